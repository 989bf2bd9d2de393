"""The GPU benchmark runs, as toy, on a CPU: whoever rents a GPU for it does not find out there."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")

ROOT = Path(__file__).parents[3]


def test_the_benchmark_accounts_for_the_whole_clip(tmp_path):
    file = tmp_path / "figures.json"
    command = [
        sys.executable,
        "-m",
        "benchmarks.gpu.fun_control",
        "--tiny",
        "--steps",
        "2",
    ]
    run = subprocess.run(
        [*command, "--guided-steps", "2", "--json", str(file)], cwd=ROOT, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    assert "| one pass s |" in run.stdout
    clips = json.loads(file.read_text())["clips"]
    assert [clip["forwards"] for clip in clips.values()] == [
        2,
        3,
        4,
    ]  # the second is guided while the high-noise expert is in charge
    for clip in clips.values():
        parts = ("text_s", "vae_encode_s", "denoise_s", "vae_decode_s", "host_s")
        assert sum(clip[part] for part in parts) == pytest.approx(clip["total_s"])
        assert all(clip[part] >= 0 for part in parts)
