"""The GPU benchmark of training runs, as toy, on a CPU: whoever rents a GPU for it does not find out there."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("options", [["--from-clips"], ["--trainable", "transformer_lora"]])
def test_the_benchmark_accounts_for_the_whole_update(tmp_path, options):
    file = tmp_path / "figures.json"
    command = [
        sys.executable,
        "-m",
        "benchmarks.gpu.kiwi_training",
        "--tiny",
        "--samples",
        "2",
        "--updates",
        "1",
    ]
    run = subprocess.run([*command, *options, "--json", str(file)], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    rows = json.loads(file.read_text())["rows"]
    assert [row["latents"] for row in rows] == ["cached", "from clips"][: 1 + ("--from-clips" in options)]
    for figures in rows:
        assert figures["sample_s"] == pytest.approx(figures["update_s"] / 2)
        # The encoder is a part of the forward pass.
        names = [name for name in figures if name.endswith("_per_sample_s") and "encoder" not in name]
        parts = sum(figures[name] for name in names)
        assert parts + figures["optimizer_s"] / 2 <= figures["sample_s"]
        assert parts > 0.5 * figures["sample_s"]
        assert figures["tflops"] > 0
