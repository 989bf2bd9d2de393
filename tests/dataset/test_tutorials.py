"""The commands of docs/dataset.md, as they stand there, one after the other."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_dataset import make_sample, write_artifacts

import sparkle
from sparkle.core.sample import Inputs
from sparkle.dataset import open_dataset, write_index
from sparkle.dataset.packing import pack

PAGE = Path(__file__).parents[2] / "docs/dataset.md"
STORIES = re.split(r"^## ", PAGE.read_text(), flags=re.MULTILINE)[1:3]


def blocks(story: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", story, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run of six pairs, of which one scored low."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    samples = [make_sample(number=number, inputs=Inputs(video=f"/clips/{number}.mp4")) for number in range(6)]
    for sample in samples:
        write_artifacts(tmp_path / "run", sample)
    write_index(tmp_path / "run", samples)
    scores = tmp_path / "run/intermediate_data/location/edited_video_score.jsonl"
    lines = scores.read_text().splitlines(keepends=True)
    scores.write_text("".join([lines[0].replace("8.485", "7.9"), *lines[1:]]))
    return tmp_path / "run"


def follow(story: str, folder: Path) -> None:
    commands = blocks(story, "bash")
    assert len(commands) > 3
    script = 'sparkle() { "$PYTHON" -m sparkle "$@"; }\n' + "".join(commands)
    environment = {**os.environ, "PYTHON": sys.executable}
    done = subprocess.run(
        ["bash", "-euc", script], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_one_theme_was_downloaded(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("accelerate")
    pack(open_dataset(run), tmp_path / "release")
    follow(STORIES[0], tmp_path)
    parts = [sparkle.open_dataset(tmp_path / "parts" / name) for name in ("train", "held_out")]
    assert [len(part) for part in parts] == [4, 1]
    assert (tmp_path / "stats.html").stat().st_size > 1000
    assert [*(tmp_path / "kiwi_tiny/checkpoints").glob("step-*2")]
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec("".join(blocks(STORIES[0], "python")), names)  # noqa: S102 - our own page
    assert [len(names[name]) for name in ("pairs", "strict", "mine")] == [6, 5, 3]  # type: ignore[arg-type]
    assert names["clips"][2].shape[0] == 9  # type: ignore[index]


def test_a_run_was_finished(run: Path, tmp_path: Path) -> None:
    follow(STORIES[1], tmp_path)
    assert len(open_dataset(tmp_path / "release")) == 6
    assert (tmp_path / "release/README.md").is_file()
    assert [*(tmp_path / "reversed/data/location").glob("*.parquet")]
