"""Every command of docs/edit.md does what it says, in the order of the page."""

import shlex
from pathlib import Path

import av
import numpy as np
import pytest
from typer.testing import CliRunner

from sparkle.cli import app
from sparkle.demo import render_demo_clip
from sparkle.video import probe, read_clip, write_image, write_video

PAGE = Path(__file__).parents[2] / "docs" / "edit.md"
# Thirty edits: the clip is as small as they work on, and as long as the page's marks are late.
WIDTH, HEIGHT, FRAMES, FPS = 144, 80, 13, 16.0
SMALLEST = (
    *("--set", f"video.width={WIDTH}", "--set", f"video.height={HEIGHT}"),
    *("--set", f"video.frames={FRAMES}", "--set", "video.minimum_frames=9"),
)


def commands() -> list[list[str]]:
    blocks = PAGE.read_text().split("```")[1::2]
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("sparkle ")]
    return [shlex.split(line)[1:] for line in lines]


def test_every_command_of_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_video(tmp_path / "talk.mp4", render_demo_clip(7, WIDTH, HEIGHT, FRAMES, FPS).frames, FPS, crf=14)
    write_image(tmp_path / "office.jpg", np.full((90, 160, 3), (120, 110, 90), np.uint8))
    painted = np.zeros((HEIGHT, WIDTH), np.uint8)
    painted[HEIGHT // 6 : -HEIGHT // 6, WIDTH // 3 : -WIDTH // 4] = 255
    write_image(tmp_path / "mask.png", painted)
    write_matte(tmp_path / "matte.mp4")
    write_walk(tmp_path / "walk.mp4", tmp_path / "talk.mp4")
    (tmp_path / "places").mkdir()
    write_image(tmp_path / "places" / "windy_beach.png", np.full((90, 160, 3), (190, 170, 120), np.uint8))
    write_image(tmp_path / "places" / "street_at_night.png", np.full((90, 160, 3), (20, 20, 50), np.uint8))
    (tmp_path / "shots").mkdir()
    for number, frame in enumerate(read_clip("talk.mp4").frames[:12], 1001):
        write_image(tmp_path / f"shots/take_{number}.png", frame)
    page = commands()
    assert len(page) > 12
    kept_output = ""
    for words in page:
        if words[0] == "scenes":
            assert CliRunner().invoke(app, words).exit_code == 0
            continue
        # What the folder remembers, and the small clip of the tests is given with.
        small = () if words[1] == "--keep" else SMALLEST
        output = words[words.index("-o") + 1] if "-o" in words else kept_output
        kept_output = output if "--keep" in words else kept_output
        done = CliRunner().invoke(app, [*words, *small])
        assert done.exit_code == 0, (words, done.output)
        assert done.stdout.strip().endswith(output), words
    for name, codec in (("subject.mov", "prores"), ("subject.webm", "vp9"), ("beach_alone.mov", "prores")):
        assert probe(tmp_path / name).codec == codec
    at_the_sea = read_clip("at_the_sea.mp4").frames[0, :20, :20].reshape(-1, 3).mean(axis=0)
    assert np.abs(at_the_sea - (190, 170, 120)).max() < 4
    assert probe(tmp_path / "take.mov").frame_count == 12
    assert probe(tmp_path / "take.mov").fps == 24
    assert read_clip("subject.mov").alpha is not None
    assert len(list((tmp_path / "frames").glob("*.png"))) == FRAMES
    assert probe(tmp_path / "part.mp4").frame_count == 8
    for name in ("beach.mp4", "named.mp4", "another_beach.mp4"):
        with av.open(name) as container:
            assert "recipe cpu, seed " in container.metadata["comment"]
    moved, still = (read_clip(name).frames.astype(int) for name in ("forest_walk.mp4", "forest_still.mp4"))
    turned, top = FRAMES - 1, slice(HEIGHT // 3)
    assert (
        np.abs(moved[-1, top, :-turned] - moved[0, top, turned:]).mean()
        < 20
        < np.abs(moved[-1] - moved[0])[top].mean()
    )
    assert np.abs(still[-1] - still[0])[top].mean() < 20
    assert len(list((tmp_path / "pictures").glob("*.png"))) == 2
    corner = read_clip("colour.mp4").frames[0, :20, :20].reshape(-1, 3).mean(axis=0)
    assert np.abs(corner - (0x20, 0x40, 0x60)).max() < 3
    assert read_clip("cut_out.mov").alpha is not None
    assert (read_clip("another_beach.mp4").frames != read_clip("beach.mp4").frames).mean() > 0.3


def write_walk(path: Path, clip: Path) -> None:
    """The clip as a camera sees it that turns to the right, by a pixel a frame."""
    frames = read_clip(clip).frames
    width = (WIDTH - FRAMES) // 2 * 2
    write_video(path, np.stack([frame[:, at : at + width] for at, frame in enumerate(frames)]), FPS, crf=14)


def write_matte(path: Path) -> None:
    matte = np.zeros((FRAMES, HEIGHT, WIDTH, 3), np.uint8)
    matte[:, HEIGHT // 6 :, WIDTH // 3 : -WIDTH // 4] = 255
    write_video(path, matte, FPS)
