"""The commands of docs/tutorials do what they say, each page in its order; docs/questions.md quotes what is said."""

import re
import shlex
from pathlib import Path
from urllib.request import urlopen

import numpy as np
import pytest
from tests.conftest import FRAMES, SMALL_OPTIONS, WIDTH
from tests.dataset.tiny_dataset import make_sample, write_artifacts
from tests.view.conftest import serving
from typer.testing import CliRunner

from sparkle.cli import app
from sparkle.core.sample import Inputs
from sparkle.dataset import open_dataset, write_index
from sparkle.demo import DemoClip
from sparkle.runners.view import open_collection
from sparkle.runs.plan import read_plan
from sparkle.store import Folder
from sparkle.video import probe, read_clip, write_image, write_video

DOCS = Path(__file__).parents[1] / "docs"


def commands(page: Path) -> list[list[str]]:
    """Return the lines of a page's bash blocks that call sparkle; `text` blocks need what no test has."""
    blocks = re.findall(r"^```bash\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("sparkle ")]
    return [shlex.split(line)[1:] for line in lines]


def call(words: list[str]) -> tuple[int, str]:
    """Call a command on the tests' small clips; of the viewer look whether its page opens."""
    if words[0] == "view":
        with serving(*words[1:]) as address, urlopen(address) as answer:  # noqa: S310 - our own server
            return int(answer.status != 200), ""
    sized = words[0] in {"edit", "build"} or (words[:2] == ["bench", "infer"] and "cpu" in words)
    goes_on = words[:2] == ["edit", "--keep"]  # with what the folder remembers
    done = CliRunner().invoke(app, [*words, *(SMALL_OPTIONS if sized and not goes_on else ())])
    return done.exit_code, done.output


def follow(name: str) -> None:
    found = commands(DOCS / "tutorials" / f"{name}.md")
    assert len(found) > 1
    for words in found:
        code, said = call(words)
        assert code == 0, (words, said)


@pytest.fixture(autouse=True)
def workplace(clip_file: Path, demo_clip: DemoClip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with what the pages take for granted: a clip, a folder of clips, a picture of an office."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "clips").mkdir()
    for name in ("talk.mp4", "clips/talk.mp4"):
        (tmp_path / name).write_bytes(clip_file.read_bytes())
    write_image(tmp_path / "office.jpg", np.full((90, 160, 3), (120, 110, 90), np.uint8))
    return tmp_path


def write_handheld(demo_clip: DemoClip, path: Path) -> None:
    moved = [np.roll(frame, 4 * number, axis=1) for number, frame in enumerate(demo_clip.frames)]
    write_video(path, np.stack(moved), demo_clip.fps)


def test_every_tutorial_is_followed_below() -> None:
    names = {page.stem for page in (DOCS / "tutorials").glob("*.md")}
    assert names == {"replace", "mend", "build", "judge", "finetune", "cluster"}


def test_replace_a_background() -> None:
    follow("replace")
    assert (probe(Path("beach.mp4")).width, probe(Path("beach.mp4")).frame_count) == (WIDTH, FRAMES)
    assert read_clip("subject.mov").alpha is not None
    assert len(list(Path("scenes").glob("*.png"))) == 2


def test_mend_a_mask() -> None:
    follow("mend")
    assert probe(Path("beach.mp4")).frame_count == FRAMES


def test_build_a_dataset_from_a_folder(demo_clip: DemoClip) -> None:
    write_handheld(demo_clip, Path("clips/handheld.mp4"))
    follow("build")
    run = open_collection("runs/first")
    assert run.facts().failed.count("source.camera") == 1
    assert len(open_dataset("watched")) == 1
    assert "the camera moves" in Path("first.html").read_text()


def test_judge_a_model() -> None:
    pytest.importorskip("scipy")
    follow("judge")
    report = Path("report.html").read_text()
    assert "cpu" in report and "nothing" in report


def test_fine_tune() -> None:
    pytest.importorskip("accelerate")
    samples = [make_sample(number=number, inputs=Inputs(f"/clips/{number}.mp4")) for number in range(6)]
    for sample in samples:
        write_artifacts(Path("runs/first"), sample)
    write_index(Path("runs/first"), samples)
    follow("finetune")
    assert [*Path("tiny/checkpoints").glob("step-*2")]


def test_from_laptop_to_cluster() -> None:
    pytest.importorskip("ray")
    follow("cluster")
    assert len(list(read_plan(Folder.at("runs/first")))) == 1
    assert len(open_dataset("runs/first")) == 1


def test_the_questions_quote_what_is_said(demo_clip: DemoClip, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    Path("notes").mkdir()
    Path("notes/a.txt").write_text("nothing to see")
    write_handheld(demo_clip, Path("handheld.mp4"))
    Path("broken.mp4").write_bytes(Path("talk.mp4").read_bytes()[:3000])
    text = (DOCS / "questions.md").read_text("utf-8")
    quoted = re.findall(r"^```bash\nsparkle (.*?)\n```\n```text\n(.*?)\n```", text, re.MULTILINE | re.DOTALL)
    assert len(quoted) > 7
    for line, told in quoted:
        words = shlex.split(line)
        sized = words[0] in {"edit", "build"} and "--set" not in words and "papr" not in words
        done = CliRunner().invoke(app, [*words, *(SMALL_OPTIONS if sized else ())])
        assert done.exit_code in {1, 2}, (line, done.output)
        assert told.removeprefix("sparkle: ") in f"{done.output} {done.exception}", line
        assert not Path("beach.mp4").exists()
