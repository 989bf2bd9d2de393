"""The whole clip comes back at its own size, rate, length and times, whatever the recipe's are."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from tests.conftest import SMALL

from sparkle.core.errors import SetupError
from sparkle.demo import DemoClip
from sparkle.recipes import load_recipe
from sparkle.runners.edit import edit
from sparkle.runners.follow import boxes_round
from sparkle.runners.pieces import OVERLAP, in_long_pieces, in_pieces, piece_length
from sparkle.video import Picture, deliver, delivery_for, probe, read_clip


def pictures(count: int) -> Iterator[Picture]:
    for index in range(count):
        yield Picture(index / 25, np.full((2, 2, 3), index % 256, np.uint8))


@pytest.mark.parametrize("count", [1, 7, 24, 25, 39, 40, 41, 64, 65, 100])
def test_pieces_show_every_frame_once_and_see_their_neighbours(count: int) -> None:
    shown = []
    for piece in in_pieces(pictures(count), 24):
        numbers = [piece.first + index for index in range(len(piece.pictures))]
        assert [int(picture.frame[0, 0, 0]) for picture in piece.pictures] == numbers
        assert piece.shown.start in (0, OVERLAP)
        shown += [numbers[index] for index in piece.shown]
        last = numbers[-1] == count - 1
        assert last or numbers[-1] - numbers[piece.shown[-1]] == OVERLAP
    assert shown == list(range(count))


@pytest.mark.parametrize("count", [1, 7, 24, 31, 32, 33, 40, 41, 48, 57, 64, 65, 100])
def test_the_last_long_piece_sees_as_much_as_the_others(count: int) -> None:
    shown = []
    for piece in in_long_pieces(pictures(count), 24):
        numbers = [piece.first + index for index in range(len(piece.pictures))]
        assert [int(picture.frame[0, 0, 0]) for picture in piece.pictures] == numbers
        last = numbers[-1] == count - 1
        assert len(numbers) >= min(count, 24 + 2 * OVERLAP) or (numbers[0] == 0 and not last)
        assert piece.shown.start >= OVERLAP or piece.first == 0
        shown += [numbers[index] for index in piece.shown]
        assert last or numbers[-1] - shown[-1] == OVERLAP
    assert shown == list(range(count))


def test_pieces_of_large_pictures_are_short() -> None:
    assert piece_length((640, 360)) == 96
    assert piece_length((3840, 2160)) == 24
    assert piece_length((1920, 1080)) == 24 < piece_length((1280, 720)) < 96


def test_boxes_round_islands_leave_specks_out() -> None:
    mask = np.zeros((60, 80), bool)
    mask[10:40, 10:30], mask[20:30, 50:60], mask[50, 70] = True, True, True
    assert [box.xyxy for box in boxes_round(mask)] == [(10, 10, 30, 40), (50, 20, 60, 30)]


@pytest.fixture(scope="module")
def odd_clip(demo_clip: DemoClip, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[float]]:
    """The demo clip at an uneven rate, longer than one piece."""
    path = tmp_path_factory.mktemp("whole") / "clip.mov"
    frames = np.concatenate([demo_clip.frames, demo_clip.frames[::-1]])
    frames = np.concatenate([frames] * (150 // len(frames) + 1))[:150]
    steps = np.random.default_rng(3).choice([1 / 30, 1 / 24, 1 / 20], len(frames))
    times = np.cumsum(steps) - steps[0]
    shown = [Picture(float(time), frame) for time, frame in zip(times, frames, strict=True)]
    deliver(path, shown, Fraction(24), delivery_for(path))
    return path, times.tolist()


def test_the_whole_clip_keeps_size_length_and_times(
    odd_clip: tuple[Path, list[float]], tmp_path: Path
) -> None:
    clip, times = odd_clip
    output = tmp_path / "o.webm"
    told: list[int] = []
    done = edit(
        clip,
        "put the subject on a beach",
        output,
        load_recipe("cpu", [*SMALL, "video.fps=8"]),
        progress=lambda step, number, of_all: told.append(number),
    )
    source, edited = read_clip(clip), read_clip(output)
    assert edited.frames.shape == source.frames.shape
    assert edited.times is not None
    assert np.abs(edited.times - times).max() < 0.002
    assert (done.frames, told[-1], done.followed) == (150, 150, False)
    assert probe(output).codec == "vp9"
    changed = np.abs(edited.frames.astype(int) - source.frames).mean(axis=(1, 2, 3))
    assert changed.min() > 5, "every picture has another background"
    steps = np.abs(np.diff(edited.frames.astype(int), axis=0)).mean(axis=(1, 2, 3))
    assert steps[95] < 3 * np.median(steps), "no jump where pieces meet"


def test_another_container_or_generator_is_refused_before_the_work(
    odd_clip: tuple[Path, list[float]], tmp_path: Path
) -> None:
    recipe = load_recipe("cpu", ["synthesize.generator=copy_paste"])
    with pytest.raises(SetupError, match=r"what copy_paste makes is an \.mp4"):
        edit(odd_clip[0], "a beach", tmp_path / "o.mov", recipe)
