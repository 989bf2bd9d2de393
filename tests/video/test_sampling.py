from pathlib import Path

import av
import numpy as np
import pytest
from tiny_media import moving_bar, noisy_bar, numbers, write

from sparkle.core.errors import MediaError
from sparkle.video import read_clip, sample_frames
from sparkle.video.opening import Deadline, open_video
from sparkle.video.packets import Use, index_packets

SHORT_GROUPS = {"x264-params": "keyint=12:min-keyint=12:scenecut=0:open-gop=1:bframes=3"}
FILES = {
    "one group.mp4": {},
    "open groups.mp4": {"options": SHORT_GROUPS},
    "open groups.ts": {"options": SHORT_GROUPS},
    "b frames.avi": {},
    "hevc.mkv": {"codec": "libx265", "options": {"x265-params": "log-level=none:keyint=10:bframes=3"}},
    "intra.mov": {"codec": "prores_ks", "pixel_format": "yuv422p10le"},
    "vp9.webm": {"codec": "libvpx-vp9"},
    "raw.h264": {"container_format": "h264"},
}


@pytest.mark.parametrize("name", FILES)
def test_samples_are_the_very_frames_of_full_decoding(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, noisy_bar(40), **FILES[name])
    whole = read_clip(path, size=(48, 32))
    for fps in (1.6, 5.0):
        frames, times = sample_frames(path, fps=fps, size=(48, 32))
        positions = np.round(times * whole.fps).astype(int)
        assert np.array_equal(frames, whole.frames[positions])
        assert np.array_equal(times, np.arange(len(frames)) / fps)
        assert len(frames) == int(np.ceil(40 / whole.fps * fps - 1e-9))


def test_samples_at_given_times_leave_out_those_behind_the_end(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", moving_bar(12))
    frames, times = sample_frames(path, times=[0.0, 0.13, 0.5, 0.51, 7.0])
    assert numbers(frames) == [0, 2, 8, 8]
    assert times.tolist() == [0.0, 0.13, 0.5, 0.51]
    with pytest.raises(MediaError, match=r"a\.mp4: is over before"):
        sample_frames(path, times=[3.0])


def test_a_duration_ends_the_sampling(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", moving_bar(12))
    frames, times = sample_frames(path, fps=8, duration_s=0.375)
    assert numbers(frames) == [0, 2, 4]
    assert times.tolist() == [0, 0.125, 0.25]


def test_little_is_decoded_where_the_codec_allows(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", moving_bar(60), options=SHORT_GROUPS)
    intra = write(tmp_path / "b.mov", moving_bar(60), codec="prores_ks", pixel_format="yuv422p10le")
    decoded = {}
    for name, file in (("groups", path), ("intra", intra)):
        deadline = Deadline(file, 10.0)
        with open_video(file, deadline) as (container, stream):
            index = index_packets(container, stream, deadline)
        assert index is not None
        plan = index.plan(index.shown_at([0.0, 2.0], 0.03))
        decoded[name] = sum(use is not Use.SKIP for use in plan)
    assert decoded["intra"] == 2
    assert decoded["groups"] <= 24


def test_a_file_cut_behind_the_last_sample_is_sampled(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", noisy_bar(64))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    frames, _ = sample_frames(path, fps=4, duration_s=1.0)
    assert numbers(frames) == [0, 4, 8, 12]
    with pytest.raises(MediaError, match="breaks at"):
        sample_frames(path, fps=4, duration_s=3.0)


def test_a_trimmed_file_begins_where_its_edit_list_says(tmp_path: Path) -> None:
    """Cutting the start of a phone video only writes an edit list; frames before it must not come."""
    whole = write(tmp_path / "whole.mp4", moving_bar(14), options={"x264-params": "bframes=0"})
    trimmed = tmp_path / "trimmed.mp4"
    with av.open(str(whole)) as source, av.open(str(trimmed), "w") as container:
        stream = container.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.size:
                packet.pts -= 4 * 1024
                packet.dts -= 4 * 1024
                packet.stream = stream
                container.mux(packet)
    shown = numbers(read_clip(trimmed).frames)
    assert shown == list(range(4, 14))
    assert numbers(sample_frames(trimmed, fps=4)[0]) == shown[::4]


@pytest.mark.parametrize(("fps", "times"), [(None, None), (2.0, [0.0])])
def test_either_a_rate_or_times_must_be_given(
    tmp_path: Path, fps: float | None, times: list[float] | None
) -> None:
    path = write(tmp_path / "a.mp4", moving_bar(2))
    with pytest.raises(ValueError, match="either fps or times"):
        sample_frames(path, fps=fps, times=times)
