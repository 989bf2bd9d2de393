"""PNG files that are one clip, as compositing programs hand them over: packed into one video without touching a pixel.

A PNG file is what a PNG codec's packet holds, so the files go into a .mov as they are, with any depth and alpha.
"""

from __future__ import annotations

import json
import re
import struct
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
from av.packet import Packet

from sparkle.core.errors import MediaError
from sparkle.store import read_plain, read_text, whole_file
from sparkle.video.opening import MAX_PIXELS, MAX_SIDE
from sparkle.video.sink import SEQUENCE_FILE

LARGEST_FILE_BYTES = 2**30
LARGEST_LIST_BYTES = 64 * 2**20
FASTEST_FPS = 1000.0
_TICKS = 90_000
_HEAD = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
_END = b"IEND\xaeB`\x82"
_PATTERN = re.compile(r"(?P<before>[^%]*)%(?P<width>0?\d*)d(?P<after>[^%]*)\.png", re.IGNORECASE)
_NUMBERED = re.compile(r"(?P<before>.*?)(?P<number>\d+)\.png", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PngSequence:
    """The files of a clip in their order, and when each is shown, in seconds from the first."""

    files: tuple[Path, ...]
    times: tuple[float, ...]
    rate: Fraction


def is_sequence_source(path: Path) -> bool:
    """Tell whether a clip is named as a sequence: by a folder, or by a pattern of PNG files that is no file itself."""
    return path.is_dir() or (_PATTERN.fullmatch(path.name) is not None and not path.exists())


def read_sequence(path: Path, fps: float | None) -> PngSequence:
    """Return the PNG files of a folder, or of a pattern such as `shot_%04d.png`, in the order of their numbers.

    `fps` is their rate; without it the `sequence.json` beside them says when each is shown, as Sparkle writes it.
    Raises MediaError where there are none, two sets of them, a number that is missing, or no rate.
    """
    pattern = None if path.is_dir() else _PATTERN.fullmatch(path.name)
    folder = path if path.is_dir() else path.parent
    try:
        names = [each.name for each in folder.iterdir() if not each.name.startswith(".")]
    except OSError as error:
        raise MediaError(f"{folder}: cannot be read ({error.strerror}); check the path") from None
    found: dict[str, dict[int, Path]] = {}
    for name in names:
        numbered = _number_of(name, pattern)
        if numbered is not None:
            found.setdefault(numbered[0], {})[numbered[1]] = folder / name
    if not found:
        raise MediaError(f"{path}: no PNG files with numbers; name a folder of them, or FOLDER/shot_%04d.png")
    if len(found) > 1:
        shown = ", ".join(f"{before}..." for before in sorted(found)[:3])
        raise MediaError(f"{path}: holds several sequences ({shown}); name one by its pattern")
    numbers = next(iter(found.values()))
    files = [numbers[number] for number in sorted(numbers)]
    first, last = min(numbers), max(numbers)
    if len(files) != last - first + 1:
        missing = next(number for number in range(first, last) if number not in numbers)
        raise MediaError(f"{path}: picture {missing} is missing between {first} and {last}")
    return _timed(path, folder, files, fps)


def pack_sequence(sequence: PngSequence, output: Path) -> None:
    """Write the files as the packets of a .mov, whole or not at all, bit by bit what they are.

    Raises MediaError that names the file for one that is no whole PNG, or is of another form than the first.
    """
    first: bytes | None = None
    with whole_file(output) as temporary, av.open(str(temporary), "w", format="mov") as container:
        stream = container.add_stream("png", rate=sequence.rate)
        step = round(_TICKS / sequence.rate)
        for number, (path, time) in enumerate(zip(sequence.files, sequence.times, strict=True)):
            content = _png(path)
            head = content[16:29]  # width, height, depth, colours, and how it is packed
            if first is None:
                first = head
                stream.width, stream.height = struct.unpack(">II", head[:8])
                stream.pix_fmt = "rgb24"
                stream.codec_context.time_base = Fraction(1, _TICKS)
                container.start_encoding()
            if head[:10] != first[:10]:
                raise MediaError(
                    f"{path}: is {_form(head)}, and the first picture {_form(first)}; a clip has one form"
                )
            packet = Packet(content)
            packet.stream, packet.time_base = stream, Fraction(1, _TICKS)
            packet.pts = packet.dts = round(time * _TICKS)
            following = sequence.times[number + 1 : number + 2]
            packet.duration = round(following[0] * _TICKS) - packet.pts if following else step
            packet.is_keyframe = True
            container.mux(packet)


def _number_of(name: str, pattern: re.Match[str] | None) -> tuple[str, int] | None:
    """Return what is before a file's number, and the number; None for a file that is not of the sequence."""
    if pattern is None:
        match = _NUMBERED.fullmatch(name)
    else:
        # A number has as many digits as the pattern says, or more where it needs them.
        digits = rf"(?P<number>\d{{{int(pattern['width'] or 0) or 1}}}|[1-9]\d*)"
        before, after = re.escape(pattern["before"]), re.escape(pattern["after"])
        match = re.fullmatch(rf"(?P<before>{before}){digits}{after}\.png", name, re.IGNORECASE)
    return None if match is None else (match["before"], int(match["number"]))


def _timed(path: Path, folder: Path, files: list[Path], fps: float | None) -> PngSequence:
    if fps is not None:
        rate = Fraction(fps).limit_denominator(1001)
        return PngSequence(tuple(files), tuple(float(number / rate) for number in range(len(files))), rate)
    if not (folder / SEQUENCE_FILE).exists():
        raise MediaError(f"{path}: pictures have no rate; give it with --fps, as 24 or 23.976")
    try:
        told = json.loads(read_text(folder / SEQUENCE_FILE, LARGEST_LIST_BYTES))
        times, rate = _told(told, len(files))
    except (OSError, ValueError, TypeError, KeyError, RecursionError, ZeroDivisionError) as error:
        raise MediaError(
            f"{folder / SEQUENCE_FILE}: does not say when the pictures are shown ({error}); give --fps"
        ) from None
    return PngSequence(tuple(files), times, rate)


def _told(told: Any, count: int) -> tuple[tuple[float, ...], Fraction]:
    times, rate = tuple(float(time) for time in told["times"]), Fraction(told["rate"])
    if len(times) != count:
        raise ValueError(f"it tells {len(times)} times for {count} pictures")
    rising = all(before < after for before, after in pairwise(times))
    if not rising or times[0] != 0 or not 0 < rate <= FASTEST_FPS or not times[-1] < 1e6:
        raise ValueError("its times do not rise from 0")
    return times, rate


def _png(path: Path) -> bytes:
    try:
        content = read_plain(path, LARGEST_FILE_BYTES)
    except OSError as error:
        raise MediaError(f"{path}: cannot be read ({error.strerror})") from None
    if not content.startswith(_HEAD) or len(content) < 45:
        raise MediaError(f"{path}: is no PNG; export the sequence again as PNG")
    if not content.rstrip(b"\0").endswith(_END):
        raise MediaError(f"{path}: is cut short; export it again")
    width, height = struct.unpack(">II", content[16:24])
    if not 0 < width <= MAX_SIDE or not 0 < height <= MAX_SIDE or width * height > MAX_PIXELS:
        raise MediaError(
            f"{path}: is {width}x{height}; the limits are {MAX_SIDE} a side and {MAX_PIXELS // 1_000_000} megapixels"
        )
    return content


def _form(head: bytes) -> str:
    width, height, depth, colours = struct.unpack(">IIBB", head[:10])
    return f"{width}x{height}, {depth} bit, colour type {colours}"
