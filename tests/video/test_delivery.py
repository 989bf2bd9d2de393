"""What is delivered shows every picture at its own time, in the container, codec and colours that were asked for."""

import json
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray
from tests.video.tiny_media import moving_bar, numbers, write

from sparkle.core.errors import MediaError, SetupError
from sparkle.video import (
    AudioOutcome,
    Picture,
    deliver,
    delivery_for,
    output_path,
    probe,
    read_clip,
    stream_pictures,
)


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.webm", "a.mkv"])
def test_pictures_keep_their_times_in_every_container(tmp_path: Path, name: str) -> None:
    times = [0.0, 0.04, 0.1, 0.9, 1.0, 1.033, 2.5]
    pictures = [Picture(time + 3.0, frame) for time, frame in zip(times, moving_bar(7), strict=True)]
    path = tmp_path / name
    assert deliver(path, pictures, Fraction(3), delivery_for(path)) is AudioOutcome.NOT_ASKED
    clip = read_clip(path)
    assert numbers(clip.frames) == list(range(7))
    assert clip.times is not None
    assert np.abs(clip.times - times).max() < 0.001


@pytest.mark.parametrize(
    ("name", "codec"), [("a.mp4", "h265"), ("a.mov", "prores"), ("a.mov", "png"), ("b.mkv", "vp9")]
)
def test_codecs_show_the_right_colours(tmp_path: Path, name: str, codec: str) -> None:
    colours = np.array([(0, 0, 0), (255, 255, 255), (200, 40, 30), (40, 160, 50), (30, 60, 190)], np.uint8)
    frame = np.repeat(np.repeat(colours[None], 64, axis=0), 16, axis=1)
    path = tmp_path / name
    deliver(
        path,
        [Picture(k / 25, frame) for k in range(3)],
        Fraction(25),
        delivery_for(path, codec=codec, crf=None),
    )
    assert np.abs(read_clip(path).frames[1, 32, 8::16].astype(int) - colours).max() <= 6
    assert probe(path).colour == "tagged"


@pytest.mark.parametrize(
    ("name", "codec", "said"),
    [
        ("a.mp4", None, (1, 1, 1, 1)),
        ("a.mov", "prores", (1, 1, 1, 1)),
        ("a.webm", None, (1, 1, 1, 1)),
        ("a.mkv", "h265", (1, 1, 1, 1)),
        ("b.mkv", "prores", (1, 1, 1, 1)),
        ("b.mkv", "vp9", (1, 1, 1, 1)),
    ],
)
def test_colours_are_named_as_they_are(
    tmp_path: Path, name: str, codec: str | None, said: tuple[int, ...]
) -> None:
    """Matrix, transfer, primaries of BT.709 and narrow range: what players need to show the same."""
    path = tmp_path / name
    deliver(path, [Picture(0.0, moving_bar(1)[0])], Fraction(25), delivery_for(path, codec=codec))
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
    told = (frame.colorspace, frame.color_trc, frame.color_primaries, frame.color_range)
    assert tuple(map(int, told)) == said


def test_a_sequence_holds_pictures_alpha_and_times(tmp_path: Path) -> None:
    frame = np.random.default_rng(2).integers(0, 256, (12, 17, 3), np.uint8)
    alpha = np.random.default_rng(3).integers(0, 256, (12, 17), np.uint8)
    path = tmp_path / "shot" / "s_%03d.png"
    pictures = [Picture(time, frame, alpha) for time in (2.0, 2.04, 2.5)]
    deliver(path, pictures, Fraction(25), delivery_for(path, alpha=True), remarks={"comment": "seed 7"})
    told = json.loads((path.parent / "sequence.json").read_text())
    assert (told["times"], told["rate"], told["comment"]) == ([0.0, 0.04, 0.5], "25", "seed 7")
    names = sorted(each.name for each in path.parent.glob("*.png"))
    assert names == ["s_000.png", "s_001.png", "s_002.png"]
    written = np.array(PIL.Image.open(path.parent / "s_002.png"))
    assert (written == np.dstack([frame, alpha])).all(), "straight, and not a level lost"


def test_nothing_is_left_of_a_sequence_that_fails(tmp_path: Path) -> None:
    path = output_path(tmp_path / "shot")
    with pytest.raises(MediaError, match="no pictures"):
        deliver(path, [], Fraction(25), delivery_for(path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a.mov", "a.webm", "a.mkv"])
def test_alpha_is_written_and_read_again(tmp_path: Path, name: str) -> None:
    alpha = np.zeros((64, 96), np.uint8)
    alpha[16:48, 24:72] = 255
    frame = np.full((64, 96, 3), (200, 120, 40), np.uint8)
    path = tmp_path / name
    deliver(
        path,
        [Picture(k / 25, frame, alpha) for k in range(3)],
        Fraction(25),
        delivery_for(path, alpha=True),
    )
    clip = read_clip(path)
    assert clip.alpha is not None
    assert np.abs(clip.alpha.astype(int) - alpha).mean() < 2
    assert np.abs(clip.frames[1, 32, 48].astype(int) - (200, 120, 40)).max() < 8


def test_odd_sides_lose_no_more_than_the_format_asks(tmp_path: Path) -> None:
    frame = moving_bar(1, 97, 65)[0]
    for name, codec, size in (
        ("a.mp4", None, (96, 64)),
        ("a.mov", "png", (97, 65)),
        ("b.mov", "prores", (96, 65)),
    ):
        path = tmp_path / name
        deliver(
            path, [Picture(k / 25, frame) for k in range(2)], Fraction(25), delivery_for(path, codec=codec)
        )
        assert (probe(path).width, probe(path).height) == size


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("a.avi", {}, r"written as \.mp4, \.mov, \.webm, \.mkv"),
        ("a.mp4", {"alpha": True}, r"\.mp4 holds no transparency; write \.mov"),
        ("a.webm", {"codec": "h264"}, r"\.webm holds vp9, not h264"),
        ("a.mov", {"codec": "divx"}, r"unknown codec 'divx'; known: h264"),
        ("a.mov", {"codec": "prores", "crf": 10}, r"prores has no crf"),
        ("a.mov", {"codec": "h264", "alpha": True}, r"h264 holds no transparency; in \.mov: prores, png"),
        ("a.mp4", {"crf": 99}, r"0 to 63"),
        ("a/%04d.png", {"codec": "h264"}, r"is PNG and has no crf"),
        ("a", {"crf": 3}, r"is PNG and has no crf"),
        ("a/100%.png", {}, r"written as \.mp4"),
    ],
)
def test_what_cannot_be_written_is_said_with_what_can(
    name: str, options: dict[str, object], message: str
) -> None:
    with pytest.raises(SetupError, match=message):
        delivery_for(Path(name), **options)  # type: ignore[arg-type]


def test_nothing_is_left_of_a_delivery_that_fails(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    for pictures in ([], [Picture(0.0, moving_bar(1)[0]), Picture(0.1, moving_bar(1, 48, 32)[0])]):
        with pytest.raises(MediaError):
            deliver(path, pictures, Fraction(25), delivery_for(path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "outcome"), [("o.mp4", AudioOutcome.COPIED), ("o.webm", AudioOutcome.REENCODED_OPUS)]
)
def test_sound_of_a_part_starts_with_the_part(tmp_path: Path, name: str, outcome: AudioOutcome) -> None:
    source = write(tmp_path / "a.mov", moving_bar(32), sound_s=1.0)
    path = tmp_path / name
    pictures = list(stream_pictures(source, start_s=0.5, end_s=1.5))
    assert len(pictures) == 16
    assert deliver(path, pictures, Fraction(16), delivery_for(path), audio_from=source) is outcome
    with av.open(str(path)) as container:
        heard = list(container.decode(audio=0))
    assert float(heard[0].time) < 0.05
    assert float(heard[-1].time) == pytest.approx(0.5 if outcome is AudioOutcome.COPIED else 1.0, abs=0.06)


@pytest.mark.parametrize(
    ("source", "codec", "name", "start_s"),
    [
        ("a.mp4", "aac", "o.mp4", 0.0),
        ("a.mp4", "aac", "o.mp4", 0.53),
        ("a.mp4", "aac", "o.mov", 0.0),
        ("a.mkv", "aac", "o.mp4", 0.53),
        ("a.mp4", "libmp3lame", "o.mov", 0.53),
        ("a.mp4", "aac", "o.mkv", 0.0),
        ("a.mkv", "libopus", "o.webm", 0.0),
        ("a.mkv", "libopus", "o.mp4", 0.0),
    ],
)
def test_sound_that_is_copied_sounds_as_the_source_from_its_first_sample_on(
    tmp_path: Path, source: str, codec: str, name: str, start_s: float, caplog: pytest.LogCaptureFixture
) -> None:
    clip = write(tmp_path / source, moving_bar(16), sound_s=1.0, sound_codec=codec)
    pictures = list(stream_pictures(clip, start_s=start_s))
    path = tmp_path / name
    caplog.clear()  # of what writing the source logged
    assert deliver(path, pictures, Fraction(16), delivery_for(path), audio_from=clip) is AudioOutcome.COPIED
    assert caplog.messages == []  # a user would see them
    of_source, source_s = _heard(clip)
    of_result, result_s = _heard(path)
    ahead = round((pictures[0].time_s + result_s - source_s) * 48000)
    near = [_difference(of_source, of_result, ahead + each) for each in range(-60, 61)]  # Matroska rounds
    assert min(near) < 1e-4


def _heard(path: Path) -> tuple[NDArray[np.float64], float]:
    """Return all samples of a file's first channel, and when the first is heard after the first picture."""
    with av.open(str(path)) as container:
        first_s = next(container.decode(video=0)).time
    with av.open(str(path)) as container:
        frames = list(container.decode(audio=0))
    samples = np.concatenate(
        [frame.to_ndarray()[0, :: 1 if frame.format.is_planar else 2] for frame in frames]
    )
    return samples.astype(np.float64), float(frames[0].time) - float(first_s)


def _difference(source: NDArray[np.float64], result: NDArray[np.float64], ahead: int) -> float:
    source, result = source[max(ahead, 0) :], result[max(-ahead, 0) :]
    count = min(len(source), len(result))
    return float(np.abs(source[:count] - result[:count]).max())


def test_remarks_are_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    source = write(tmp_path / "a.mov", moving_bar(8), sound_s=0.5)
    deliver(
        path,
        stream_pictures(source),
        Fraction(16),
        delivery_for(path),
        audio_from=source,
        remarks={"comment": "seed 7"},
    )
    with av.open(str(path)) as container:
        assert container.metadata["comment"] == "seed 7"
        assert container.streams.audio


def test_a_stream_of_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="shows no picture between 9 s and"):
        list(stream_pictures(write(tmp_path / "a.mov", moving_bar(8)), start_s=9.0))
