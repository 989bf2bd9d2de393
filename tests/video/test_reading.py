"""Every kind of video that people have, read as frames."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation
from numpy.typing import NDArray
from tiny_media import HEIGHT, WIDTH, moving_bar, numbers, write

from sparkle.core.errors import MediaError
from sparkle.video import UntaggedColour, probe, read_clip

UNSPECIFIED = 2
CODECS = {
    "h264.mp4": {},
    "h264.ts": {},
    "h264.avi": {},
    "hevc.mkv": {"codec": "libx265", "options": {"x265-params": "log-level=none"}},
    "vp9.webm": {"codec": "libvpx-vp9"},
    "mpeg4.avi": {"codec": "mpeg4", "options": {"qscale": "2"}},
    "mpeg2.ts": {"codec": "mpeg2video", "fps": 25},
    "mjpeg.avi": {"codec": "mjpeg", "pixel_format": "yuvj420p"},
    "prores.mov": {"codec": "prores_ks", "pixel_format": "yuv422p10le"},
    "ten_bit.mkv": {"codec": "ffv1", "pixel_format": "yuv444p10le"},
    "raw.h264": {"container_format": "h264", "fps": 25},
}


@pytest.mark.parametrize("name", CODECS)
def test_all_frames_come_once_and_in_order(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, moving_bar(12), **CODECS[name])
    clip = read_clip(path)
    assert numbers(clip.frames) == list(range(12))
    assert clip.frames.dtype == np.uint8
    assert clip.fps == CODECS[name].get("fps", 16)
    info = probe(path)
    assert (info.width, info.height, info.fps) == (WIDTH, HEIGHT, clip.fps)
    assert info.duration_s == pytest.approx(12 / clip.fps, abs=0.05)
    assert not info.has_audio


@pytest.mark.parametrize(
    ("codec", "pixel_format"),
    [
        ("ffv1", "yuv444p"),
        ("ffv1", "yuv420p"),
        ("ffv1", "yuv444p10le"),
        ("libx264", "yuvj444p"),
        ("ffv1", "gbrp10le"),
    ],
)
@pytest.mark.parametrize("height", [64, 720])
def test_colours_survive_depth_range_and_matrix(
    tmp_path: Path, codec: str, pixel_format: str, height: int
) -> None:
    """The files do not name their matrix, as most do not: players take BT.601 up to 576 lines, BT.709 above."""
    colours = np.array([(0, 0, 0), (255, 255, 255), (200, 30, 40), (20, 180, 60), (30, 60, 220)], np.uint8)
    frame = np.repeat(np.repeat(colours[None], height, axis=0), 16, axis=1)
    path = tmp_path / "colours.mkv"
    write_untagged(path, frame, codec, pixel_format, Colorspace.ITU709 if height > 576 else Colorspace.ITU601)
    centres = read_clip(path, untagged=UntaggedColour.BY_SIZE).frames[0, height // 2, 8::16]
    assert np.abs(centres.astype(int) - colours).max() <= 3


def write_untagged(
    path: Path, image: NDArray[np.uint8], codec: str, pixel_format: str, matrix: Colorspace
) -> None:
    limited = pixel_format.startswith("yuv4")
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=16, options={"qp": "0"} if codec == "libx264" else {})
        stream.height, stream.width = image.shape[:2]
        stream.pix_fmt = pixel_format
        frame = VideoFrame.from_ndarray(image, "rgb24").reformat(
            format=pixel_format,
            src_color_range=ColorRange.JPEG,
            dst_color_range=ColorRange.MPEG if limited else ColorRange.JPEG,
            dst_colorspace=matrix if pixel_format.startswith("yuv") else None,
            interpolation=Interpolation.ACCURATE_RND | Interpolation.BICUBIC,
        )
        if pixel_format.startswith("yuv"):
            frame.colorspace = UNSPECIFIED
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


@pytest.mark.parametrize(("turn", "quarter_turns"), [(90, 1), (180, 2), (270, 3)])
def test_the_rotation_of_phones_is_applied(tmp_path: Path, turn: int, quarter_turns: int) -> None:
    frames = moving_bar(3)
    path = write(tmp_path / "phone.mp4", frames, rotation=turn)
    upright = np.rot90(frames, quarter_turns, axes=(1, 2))
    clip = read_clip(path)
    assert clip.frames.shape == upright.shape
    assert np.abs(clip.frames.astype(int) - upright).mean() < 3
    info = probe(path)
    assert (info.width, info.height) == clip.size
    assert info.rotation == (360 - turn) % 360
    small = read_clip(path, size=(clip.size[0] // 2, clip.size[1] // 2)).frames
    assert np.abs(small.astype(int) - upright[:, ::2, ::2]).mean() < 20


def test_pixels_that_are_not_square_become_square(tmp_path: Path) -> None:
    path = write(tmp_path / "anamorphic.mp4", moving_bar(12), pixel_aspect=Fraction(4, 3))
    assert probe(path).width == WIDTH * 4 // 3
    clip = read_clip(path)
    assert clip.size == (WIDTH * 4 // 3, HEIGHT)
    assert numbers(clip.frames) == list(range(12))


def test_odd_sizes_are_read_as_they_are_or_in_the_size_wanted(tmp_path: Path) -> None:
    path = write(tmp_path / "odd.mkv", moving_bar(3, 95, 63), codec="ffv1", pixel_format="yuv444p")
    assert read_clip(path).size == (95, 63)
    assert read_clip(path, size=(48, 32)).size == (48, 32)


@pytest.mark.parametrize(
    ("codec", "pixel_format"), [("qtrle", "argb"), ("prores_ks", "yuva444p10le"), ("png", "rgba")]
)
def test_transparent_pixels_lie_over_black(tmp_path: Path, codec: str, pixel_format: str) -> None:
    rgb = np.full((2, HEIGHT, WIDTH, 3), 200, np.uint8)
    alpha = np.full((2, HEIGHT, WIDTH, 1), 255, np.uint8)
    alpha[:, :, : WIDTH // 2] = 128
    alpha[:, : HEIGHT // 2] = 0
    path = write(
        tmp_path / "alpha.mov", np.concatenate([rgb, alpha], axis=3), codec=codec, pixel_format=pixel_format
    )
    frame = read_clip(path).frames[0].astype(int)
    assert frame[: HEIGHT // 2 - 2].max() <= 4
    assert np.abs(frame[HEIGHT // 2 + 2 :, WIDTH // 2 + 2 :] - 200).max() <= 4
    assert np.abs(frame[HEIGHT // 2 + 2 :, : WIDTH // 2 - 2] - 100).max() <= 4


def test_a_variable_rate_is_resampled_by_time(tmp_path: Path) -> None:
    times = [0, 0.1, 0.2, 0.3, 1.0, 1.1, 1.2, 1.3, 2.0, 2.1, 2.2, 2.3]
    path = write(tmp_path / "variable.mp4", moving_bar(12), times=times)
    expected = [max(k for k, time in enumerate(times) if time <= tenth / 10 + 1e-6) for tenth in range(24)]
    assert numbers(read_clip(path, fps=10).frames)[:24] == expected


def test_rates_are_changed_and_the_length_is_kept(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", moving_bar(12), fps=8)
    assert numbers(read_clip(path, fps=16).frames) == [k // 2 for k in range(24)]
    assert numbers(read_clip(path, fps=4).frames) == [0, 2, 4, 6, 8, 10]


def test_reading_stops_at_the_number_of_frames(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", moving_bar(12))
    assert numbers(read_clip(path, frames=5).frames) == [0, 1, 2, 3, 4]
    assert len(read_clip(path, frames=50).frames) == 12


def test_a_clip_that_is_too_short_is_refused_by_name(tmp_path: Path) -> None:
    path = write(tmp_path / "one frame.mp4", moving_bar(1))
    assert probe(path).frame_count == 1
    with pytest.raises(
        MediaError, match=r"one frame\.mp4: is too short: .*has 1 frames at 16 fps, at least 17 are needed"
    ):
        read_clip(path, minimum_frames=17)


def test_shrinking_averages_and_does_not_alias(tmp_path: Path) -> None:
    checks = np.indices((HEIGHT, WIDTH)).sum(axis=0) % 2 * 255
    frames = np.repeat(np.repeat(checks[None, ..., None], 2, axis=0), 3, axis=3).astype(np.uint8)
    path = write(tmp_path / "checks.mkv", frames, codec="ffv1", pixel_format="yuv444p")
    small = read_clip(path, size=(WIDTH // 4, HEIGHT // 4)).frames
    assert np.abs(small.astype(int) - 128).max() <= 3


@pytest.mark.parametrize(
    "name", ['it\'s a "clip".mp4', "ein schönes 海 clip.mp4", "100%d [1] *?.mp4", "a:b.mp4"]
)
def test_any_name_is_fine(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "plain.mp4", moving_bar(3)).rename(tmp_path / name)
    assert len(read_clip(name).frames) == len(read_clip(tmp_path / name).frames) == 3


def test_a_matroska_that_starts_late_is_whole_and_a_cut_one_is_not(tmp_path: Path) -> None:
    """Its DURATION counts from 0, wherever its clock begins."""
    late = write(tmp_path / "late.mkv", moving_bar(48), times=[2 + index / 16 for index in range(48)])
    assert len(read_clip(late).frames) == 48
    assert probe(late).duration_s == pytest.approx(3.0, abs=0.1)
    content = late.read_bytes()
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(content[: len(content) * 6 // 10])
    with pytest.raises(MediaError, match="breaks at"):
        read_clip(cut)
