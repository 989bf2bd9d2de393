"""Few, small frames near some moments, at little cost."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_media import moving_bar, noisy_bar, write

from sparkle.core.errors import MediaError
from sparkle.video import glance, read_clip
from sparkle.video.glance import begin_at_key_frames

BURSTS = [[0.25, 0.3125], [0.75, 0.875], [1.25, 1.3125], [1.75, 1.875]]
FILES = {
    "one group.mp4": {},
    "groups.mp4": {"options": {"x264-params": "keyint=12:min-keyint=12:scenecut=0:bframes=3"}},
    "b frames.avi": {},
    "hevc.mkv": {"codec": "libx265", "options": {"x265-params": "log-level=none:keyint=10:bframes=3"}},
    "intra.mov": {"codec": "prores_ks", "pixel_format": "yuv422p10le"},
    "stills.mov": {"codec": "mjpeg", "pixel_format": "yuvj420p"},
    "vp9.webm": {"codec": "libvpx-vp9"},
    "raw.h264": {"container_format": "h264"},
}


@pytest.mark.parametrize("name", FILES)
def test_frames_are_those_shown_at_the_moments_that_come_with_them(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, noisy_bar(40), **FILES[name])
    whole = read_clip(path, size=(48, 32))
    frames, times = glance(path, lambda duration_s: BURSTS, side=48)
    kept = [moment for moment in np.ravel(BURSTS) if moment < whole.duration_s]
    assert frames.shape == (len(kept), 32, 48, 3)
    assert len(kept) >= 6
    shown = whole.frames[np.floor(times * whole.fps + 0.5).astype(int)]
    distance = np.abs(shown.astype(int) - frames).mean(axis=(1, 2, 3))
    assert distance.max() < 6
    assert np.abs(times - kept).max() <= 0.25


def test_the_duration_is_known_without_a_second_look_and_ends_at_the_span(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", moving_bar(32))
    asked: list[float] = []

    def middle(duration_s: float) -> list[list[float]]:
        asked.append(duration_s)
        return [[duration_s / 2]]

    glance(path, middle, side=32)
    glance(path, middle, side=32, span_s=1.0)
    assert asked == pytest.approx([2.0, 1.0])


def test_a_file_cut_before_the_last_moment_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", noisy_bar(64))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(MediaError, match="breaks at"):
        glance(path, lambda duration_s: [[0.25], [duration_s - 0.25]], side=32)


def test_a_burst_begins_at_a_key_frame_within_half_the_way_to_its_neighbours() -> None:
    assert begin_at_key_frames([[0.25, 0.3], [0.75, 0.9]], [0.0, 1.0]) == [[0.25, 0.3], [1.0, 1.15]]
    assert begin_at_key_frames([[0.25], [0.75], [1.25]], [0.0, 1.0]) == [[0.25], [1.0], [1.25]]
    assert begin_at_key_frames([[0.25], [0.75]], [0.0, 2.0]) == [[0.25], [0.75]]
    assert begin_at_key_frames([[0.3]], [0.0, 0.4]) == [[0.3]]


@given(st.lists(st.floats(min_value=0, max_value=20), max_size=60).map(sorted), st.integers(1, 30))
def test_bursts_stay_near_in_order_and_apart(keys: list[float], count: int) -> None:
    bursts = [[0.25 + 0.5 * index, 0.3125 + 0.5 * index] for index in range(count)]
    moved = begin_at_key_frames(bursts, keys)
    begins = np.array([burst[0] for burst in moved])
    assert np.abs(begins - [burst[0] for burst in bursts]).max() <= 0.25 + 1e-9
    assert (np.diff(begins) >= 0.25 - 1e-9).all()
    assert np.allclose([burst[1] - burst[0] for burst in moved], 0.0625)
