"""Unusual and legitimate files come out as a careful player shows them."""

from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.video.odd_media import (
    BT709,
    BT2020,
    HLG,
    PQ,
    add_clean_aperture,
    join,
    write_fields,
    write_light,
    write_transport_stream,
    write_with_crop,
)
from tests.video.tiny_media import BAR, WIDTH, moving_bar, numbers, write

from sparkle.core.errors import MediaError
from sparkle.video import AudioOutcome, UntaggedColour, probe, read_clip, sample_frames, write_video


def pq_code(nits: float) -> float:
    power = (nits / 10_000) ** 0.1593017578125
    return float(((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375)


def hlg_code(light: float) -> float:
    if light <= 1 / 12:
        return float(np.sqrt(3 * light))
    return float(0.17883277 * np.log(12 * light - 0.28466892) + 0.55991073)


def bars(path: Path, count: int) -> NDArray[np.float64]:
    return read_clip(path).frames[0, 16, 8::16].astype(float)[:count]


def test_hdr_is_brought_to_a_white_that_is_white(tmp_path: Path) -> None:
    nits = [0.0, 5.0, 50.0, 203.0, 1000.0, 4000.0]
    pq = bars(
        write_light(tmp_path / "pq.mkv", np.array([[pq_code(n)] * 3 for n in nits]), PQ, BT2020), len(nits)
    )
    # 1000 nits are scene light 1 where red, green and blue are equal; the system gamma is 1.2.
    light = [(n / 1000) ** (1 / 1.2) for n in nits[:5]]
    hlg = bars(
        write_light(tmp_path / "hlg.mkv", np.array([[hlg_code(e)] * 3 for e in light]), HLG, BT2020), 5
    )
    for grey in (pq, hlg):
        assert np.abs(grey - grey.mean(axis=1, keepdims=True)).max() <= 1
        assert (np.diff(grey.mean(axis=1)) >= 0).all()
        assert grey[0].max() == 0
        assert 210 <= grey[3].min() <= 250
        assert grey[4].min() >= 253
    assert np.abs(pq[:5] - hlg).max() <= 3


def test_the_mastering_peak_decides_how_far_white_gives_way(tmp_path: Path) -> None:
    """Without one 1000 nits are taken: had it been 10,000, a white of 203 nits would be a grey."""
    (white,) = bars(write_light(tmp_path / "a.mkv", np.array([[pq_code(203.0)] * 3]), PQ, BT2020), 1)
    assert white.min() >= 210


def test_wide_colours_are_brought_to_bt709(tmp_path: Path) -> None:
    to_wide = np.linalg.inv(
        [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]]
    )
    colours = np.array([(200, 40, 30), (40, 160, 50), (30, 60, 190), (118, 118, 118)])
    codes = ((colours / 255) ** 2.4 @ to_wide.T) ** (1 / 2.4)
    assert np.abs(bars(write_light(tmp_path / "a.mkv", codes, BT709, BT2020), 4) - colours).max() <= 3
    assert np.abs(bars(write_light(tmp_path / "b.mkv", codes, BT709, BT709), 4) - colours).max() > 15


@pytest.mark.parametrize("codec", ["libx264", "mpeg2video"])
def test_fields_become_whole_pictures(tmp_path: Path, codec: str) -> None:
    """Every line of a picture shows the moment of its first field; woven, odd lines are a bar's width apart."""
    path = write_fields(tmp_path / "a.ts", moving_bar(24), codec)
    assert probe(path).interlaced
    frames = read_clip(path).frames
    assert len(frames) == 12
    for index in range(2, 7):
        bar = frames[index][8:-8, :, 1] > 180
        centres = np.array([np.flatnonzero(row).mean() for row in bar if row.any()])
        assert len(centres) == len(bar)
        assert np.abs(centres - (2 * index * BAR + BAR / 2 - 0.5)).max() < 1.5
    sampled, times = sample_frames(path, times=[0.25, 0.5])
    assert (sampled == frames[[4, 8]]).all()
    assert times.tolist() == [0.25, 0.5]


def test_crops_of_codec_and_container_are_applied(tmp_path: Path) -> None:
    frames = moving_bar(4, 128, 64)
    whole = write(tmp_path / "whole.mp4", frames, options={"qp": "1"})
    in_codec = write_with_crop(tmp_path / "codec.mp4", whole, 22)
    assert read_clip(in_codec).size == (probe(in_codec).width, probe(in_codec).height) == (106, 64)
    assert np.abs(read_clip(in_codec).frames.astype(int) - read_clip(whole).frames[:, :, 22:]).max() < 12
    with av.open(str(whole)) as source, av.open(str(tmp_path / "clap.mp4"), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                target.mux(packet)
    cut = add_clean_aperture(tmp_path / "clap.mp4", (96, 50), (6, -3))
    assert read_clip(cut).size == (probe(cut).width, probe(cut).height) == (96, 50)
    expected = read_clip(whole).frames[:, 4:54, 22:118]
    assert np.abs(read_clip(cut).frames.astype(int) - expected).max() < 12


@pytest.mark.parametrize(
    "change", [lambda box: box[:20], lambda box: box[:8] + b"\0" * 32, lambda box: b"\xff" * 8 + box]
)
def test_a_senseless_crop_says_nothing(tmp_path: Path, change: object) -> None:
    path = tmp_path / "a.mp4"
    write_video(tmp_path / "b.mp4", moving_bar(4, 128, 64), 16)
    with av.open(str(tmp_path / "b.mp4")) as source, av.open(str(path), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                target.mux(packet)
    add_clean_aperture(path, (96, 50), (0, 0), change)  # type: ignore[arg-type]
    assert read_clip(path).size == (128, 64)


@pytest.mark.parametrize(
    ("name", "codec", "pixel_format"),
    [
        ("a.mov", "qtrle", "argb"),
        ("a.webm", "libvpx-vp9", "yuva420p"),
        ("b.mov", "prores_ks", "yuva444p10le"),
    ],
)
def test_transparency_is_read(tmp_path: Path, name: str, codec: str, pixel_format: str) -> None:
    alpha = np.zeros((6, 64, 96, 1), np.uint8)
    alpha[:, 16:48, 24:72] = 255
    colour = np.full((6, 64, 96, 3), (30, 200, 60), np.uint8)
    path = write(tmp_path / name, np.concatenate([colour, alpha], -1), codec=codec, pixel_format=pixel_format)
    assert probe(path).has_alpha
    clip = read_clip(path)
    assert clip.alpha is not None
    assert clip.alpha.shape == (6, 64, 96)
    assert np.abs(clip.alpha.astype(int) - alpha[..., 0])[:, 24:40, 32:64].max() < 8
    assert clip.alpha[:, :8].max() < 8
    assert clip.frames[:, :8].max() < 8
    small = read_clip(path, size=(48, 32), fps=8, frames=2)
    assert small.alpha is not None
    assert small.alpha.shape == (2, 32, 48)


def test_pictures_of_a_variable_rate_keep_their_times(tmp_path: Path) -> None:
    times = [0.0, 0.02, 0.05, 0.4, 0.41, 0.9, 1.0, 1.3]
    path = write(tmp_path / "a.mkv", moving_bar(8), times=times)
    clip = read_clip(path)
    assert numbers(clip.frames) == list(range(8))
    assert clip.times is not None
    assert np.abs(clip.times - times).max() < 0.002
    between = [0.6 * begin + 0.4 * end for begin, end in pairwise(times)]
    assert numbers(sample_frames(path, times=[0.0, *between])[0]) == [0, 0, 1, 2, 3, 4, 5, 6]
    assert numbers(read_clip(path, fps=10).frames)[:5] == [0, 2, 2, 2, 3]


@pytest.mark.parametrize("jump_s", [60.0, -0.75])
def test_jumps_of_a_joined_stream_are_closed(tmp_path: Path, jump_s: float) -> None:
    first = write_transport_stream(tmp_path / "a.ts", 0, 6, 1.0)
    second = write_transport_stream(tmp_path / "b.ts", 6, 6, 1.0 + 6 / 16 + jump_s)
    joined = join(tmp_path / "c.ts", first, second, counted=True)
    assert numbers(read_clip(joined).frames) == list(range(12))
    assert numbers(read_clip(joined, fps=16).frames) == list(range(12))
    assert probe(joined).duration_s == pytest.approx(12 / 16, abs=0.07)
    assert numbers(sample_frames(joined, times=[0.0, 0.5])[0]) == [0, 8]


def test_a_join_that_lost_something_is_refused_by_its_cause(tmp_path: Path) -> None:
    first = write_transport_stream(tmp_path / "a.ts", 0, 6, 1.0)
    jumps = write_transport_stream(tmp_path / "b.ts", 6, 6, 61.0)
    wider = write_transport_stream(tmp_path / "c.ts", 6, 6, 1.0 + 6 / 16, 2 * WIDTH)
    with pytest.raises(MediaError, match=r"its times jump by \S+ s, as where files are joined"):
        read_clip(join(tmp_path / "d.ts", first, jumps, counted=False))
    with pytest.raises(MediaError, match=r"picture size changes from 96x64 to 192x64"):
        read_clip(join(tmp_path / "e.ts", first, wider, counted=False))


def test_untagged_pictures_are_read_as_models_or_as_players_do() -> None:
    for size, by_size in {(720, 576): "BT.601", (1280, 544): "BT.709", (1080, 1920): "BT.709"}.items():
        assert UntaggedColour.BT601.matrix(*size) == "BT.601"
        assert UntaggedColour.BY_SIZE.matrix(*size) == by_size


def test_what_reading_makes_of_a_file_is_said(tmp_path: Path) -> None:
    hdr = probe(write_light(tmp_path / "a.mkv", np.ones((3, 3)), PQ, BT2020))
    plain = probe(write(tmp_path / "b.mkv", moving_bar(4)))
    fields = probe(write_fields(tmp_path / "c.ts", moving_bar(8)))
    assert [line.split(":")[0] for line in hdr.remarks(UntaggedColour.BY_SIZE)] == ["is HDR"]
    assert plain.remarks(UntaggedColour.BY_SIZE) == ["does not name its colours: read as BT.601"]
    assert "is interlaced: one whole picture is made of every two fields" in fields.remarks(
        UntaggedColour.BT601
    )


def test_sound_that_is_late_or_short_keeps_its_place(tmp_path: Path) -> None:
    source = write(tmp_path / "a.mov", moving_bar(32), sound_s=1.0)
    late = tmp_path / "late.mkv"
    with av.open(str(source)) as before, av.open(str(late), "w") as after:
        streams = {each.index: after.add_stream_from_template(each) for each in before.streams}
        for packet in before.demux():
            if packet.size:
                if packet.stream.type == "audio":
                    packet.pts += round(0.5 / packet.time_base)
                    packet.dts = packet.pts
                packet.stream = streams[packet.stream.index]
                after.mux(packet)
    for name, begin_s in ((source, 0.0), (late, 0.5)):
        assert write_video(tmp_path / "o.mp4", moving_bar(32), 16, audio_from=name) is AudioOutcome.COPIED
        with av.open(str(tmp_path / "o.mp4")) as container:
            heard = list(container.decode(audio=0))
        assert float(heard[0].time) == pytest.approx(begin_s, abs=0.03)
        assert float(heard[-1].time) == pytest.approx(begin_s + 1.0, abs=0.05)
