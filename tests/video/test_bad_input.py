"""Whatever is wrong with a file ends in a MediaError that names file, cause and remedy, and soon."""

import os
import struct
import time
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition
from tiny_media import moving_bar, noisy_bar, numbers, write, write_sound_only

from sparkle.core.errors import MediaError
from sparkle.video import probe, read_clip, sample_frames
from sparkle.video.decoding import decode
from sparkle.video.opening import Deadline, open_video

READERS: list[Callable[[Path], object]] = [probe, read_clip, lambda path: sample_frames(path, fps=4)]


def text(path: Path) -> None:
    path.write_text("this is no video\n" * 400)


def playlist(path: Path) -> None:
    """A text that makes FFmpeg open another file, if it is let."""
    target = write(path.with_name("secret.mp4"), moving_bar(3))
    path.write_text(f"ffconcat version 1.0\nfile {target.name}\n")


def hls(path: Path) -> None:
    target = write(path.with_name("secret.ts"), moving_bar(3))
    path.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{target}\n#EXT-X-ENDLIST\n")


def header_only(path: Path) -> None:
    whole = write(path.with_name("whole.mp4"), noisy_bar(12)).read_bytes()
    path.write_bytes(whole[:2000])


def giant_header(path: Path) -> None:
    whole = bytearray(
        write(path.with_suffix(".avi"), moving_bar(3), codec="ffv1", pixel_format="bgr0").read_bytes()
    )
    place = whole.index(b"strf") + 12
    whole[place : place + 8] = struct.pack("<ii", 65000, 65000)
    path.write_bytes(whole)


def giant_picture(path: Path) -> None:
    """A JPEG inside that claims 60000 x 60000 pixels."""
    whole = bytearray(
        write(path.with_suffix(".avi"), moving_bar(3), codec="mjpeg", pixel_format="yuvj420p").read_bytes()
    )
    place = whole.find(b"\xff\xc0")
    while place >= 0:
        whole[place + 5 : place + 9] = struct.pack(">HH", 60000, 60000)
        place = whole.find(b"\xff\xc0", place + 2)
    path.write_bytes(whole)


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda path: None, "no such file; check"),
    "folder": (lambda path: path.mkdir(), "is a folder"),
    "empty": (lambda path: path.write_bytes(b""), "is empty"),
    "one byte": (lambda path: path.write_bytes(b"x"), "no video that FFmpeg can read"),
    "text": (text, "no video that FFmpeg can read"),
    "concat list": (playlist, "no video that FFmpeg can read"),
    "playlist": (hls, "no video that FFmpeg can read"),
    "sound only": (lambda path: write_sound_only(path, 1.0), "only sound"),
    "header only": (header_only, "breaks at 0.00 s|not one picture|no video"),
    "giant header": (
        giant_header,
        r"declares no picture size, or one beyond 16384 a side and 100 megapixels",
    ),
    "giant picture": (giant_picture, r"declares no picture size|breaks at 0\.00 s"),
    "pipe": (os.mkfifo, "no regular file"),
}


@pytest.mark.parametrize("reader", READERS, ids=["probe", "read_clip", "sample_frames"])
@pytest.mark.parametrize("kind", BAD)
def test_bad_files_are_named_with_cause_and_remedy(
    tmp_path: Path, kind: str, reader: Callable[[Path], object]
) -> None:
    make, cause = BAD[kind]
    path = tmp_path / "it's bad ü.mp4"
    make(path)
    started = time.process_time()
    with pytest.raises(MediaError, match=cause) as caught:
        reader(path)
    assert str(path) in str(caught.value)
    assert ";" in str(caught.value), "a remedy follows the cause"
    assert time.process_time() - started < 5, "of work, however busy the machine is"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = write(tmp_path / "private.mp4", moving_bar(3))
    path.chmod(0)
    with pytest.raises(MediaError, match=r"private\.mp4: may not be read"):
        probe(path)


def test_a_declared_side_beyond_the_limit_is_named(tmp_path: Path) -> None:
    whole = bytearray(
        write(tmp_path / "a.avi", moving_bar(3), codec="ffv1", pixel_format="bgr0").read_bytes()
    )
    place = whole.index(b"strf") + 12
    whole[place : place + 8] = struct.pack("<ii", 20000, 64)
    (tmp_path / "wide.avi").write_bytes(whole)
    with pytest.raises(MediaError, match=r"wide\.avi: declares a picture of 20000x64, beyond 16384 a side"):
        probe(tmp_path / "wide.avi")


def test_zero_duration(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", moving_bar(1))
    whole = bytearray(path.read_bytes())
    for box, offset in ((b"mvhd", 20), (b"mdhd", 20)):
        place = whole.index(box) + offset
        whole[place : place + 4] = bytes(4)
    entry = whole.index(b"stts") + 16
    whole[entry : entry + 4] = bytes(4)
    path.write_bytes(whole)
    with pytest.raises(MediaError, match=r"a\.mp4: lasts 0 s"):
        probe(path)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.avi", "a.webm"])
@pytest.mark.parametrize("share", [0.3, 0.6])
def test_a_cut_file_tells_where_it_breaks_and_gives_what_lies_before(
    tmp_path: Path, name: str, share: float
) -> None:
    codec = "libvpx-vp9" if name == "a.webm" else "libx264"
    path = write(tmp_path / name, noisy_bar(64), codec=codec)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(MediaError, match=r"breaks at \d\.\d\d s") as caught:
        read_clip(path)
    with pytest.raises(MediaError, match="breaks at"):
        sample_frames(path, fps=4)
    broken_at_s = float(str(caught.value).partition("breaks at ")[2].split()[0])
    assert 0.3 < broken_at_s < 4 * share + 0.5
    before = read_clip(path, frames=5, minimum_frames=5)
    assert numbers(before.frames) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("seed", range(6))
def test_flipped_bytes_end_in_an_error_or_in_all_frames(tmp_path: Path, seed: int) -> None:
    path = write(tmp_path / "a.mp4", noisy_bar(48))
    content = np.frombuffer(path.read_bytes(), np.uint8).copy()
    generator = np.random.default_rng(seed)
    content[generator.integers(len(content) // 4, len(content), 20)] ^= 0xFF
    path.write_bytes(content.tobytes())
    with pytest.raises(MediaError, match=r"breaks at \d\.\d\d s \(.+\); get the file again"):
        read_clip(path)


@pytest.mark.parametrize("seed", range(12))
def test_a_damaged_header_never_hangs_or_crashes(tmp_path: Path, seed: int) -> None:
    path = write(tmp_path / "a.mp4", noisy_bar(12))
    content = np.frombuffer(path.read_bytes(), np.uint8).copy()
    generator = np.random.default_rng(seed)
    header = int(np.flatnonzero([content[k : k + 4].tobytes() == b"mdat" for k in range(4000)])[0])
    content[generator.integers(0, header, 12)] ^= generator.integers(1, 256, 12).astype(np.uint8)
    path.write_bytes(content.tobytes())
    for reader in READERS:
        started = time.process_time()
        try:
            reader(path)
        except MediaError as error:
            assert str(path) in str(error)
        assert time.process_time() - started < 10


def test_the_time_limit_ends_reading(tmp_path: Path) -> None:
    path = write(tmp_path / "long.mp4", moving_bar(40))
    for read in (read_clip, probe):
        with pytest.raises(
            MediaError, match=r"long\.mp4: reading took longer than the limit of 1e-06 s; raise"
        ):
            read(path, time_limit_s=1e-6)
    with pytest.raises(MediaError, match="reading took longer"):
        sample_frames(path, fps=2, time_limit_s=1e-6)


def test_the_time_limit_counts_while_frames_are_used(tmp_path: Path) -> None:
    path = write(tmp_path / "long.mp4", moving_bar(40))
    deadline = Deadline(path, 600.0)
    with open_video(path, deadline) as (container, stream):
        frames = decode(container, stream, deadline)
        next(frames)
        object.__setattr__(deadline, "started", deadline.started - 601)  # as if the caller had taken so long
        with pytest.raises(MediaError, match="reading took longer"):
            next(frames)


def test_cover_art_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "song.mp4"
    art = write(tmp_path / "art.avi", moving_bar(1), codec="mjpeg", pixel_format="yuvj420p")
    with av.open(str(art)) as source, av.open(str(path), "w") as container:
        stream = container.add_stream_from_template(source.streams.video[0])
        stream.disposition = Disposition.attached_pic
        for packet in source.demux(source.streams.video[0]):
            if packet.size:
                packet.stream = stream
                container.mux(packet)
    with pytest.raises(MediaError, match="no video stream"):
        probe(path)
