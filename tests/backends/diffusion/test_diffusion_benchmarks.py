"""The GPU benchmarks run as they are, with toy models on the CPU: GPU time is too dear to find a typing error with."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("diffusers")

ROOT = Path(__file__).parents[3]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "model"),
    [
        ("wan", "i2v-a14b"),
        ("wan", "ti2v-5b"),
        ("wan", "vace-1.3b"),
        ("wan", "vace-14b"),
        ("flux2_klein", "9b"),
    ],
)
def test_a_benchmark_measures_every_part(module: str, model: str, tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    command = [sys.executable, "-m", f"benchmarks.gpu.{module}", model, "--tiny"]
    if module == "flux2_klein":
        command += ["--compiler", "eager"]
    done = subprocess.run(
        [*command, "--json", str(figures)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "| run | passes |" in done.stdout
    for run in json.loads(figures.read_text())["runs"].values():
        assert run["forwards"] > 0
        assert 0 < run["denoise_s"] < run["total_s"]
        assert run["vae_decode_s"] > 0
