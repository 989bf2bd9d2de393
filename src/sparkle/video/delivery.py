"""How a result is written: the container by its suffix, the codec, transparency; or pictures one by one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import av

from sparkle.core.errors import SetupError


@dataclass(frozen=True, slots=True)
class Codec:
    """How a codec is written: FFmpeg's names, the pixel formats without and with alpha (None: it has none), options.

    `crf` is the quality that is taken where none is asked for; None for codecs that have no such number.
    """

    encoder: str
    pixel_format: str
    alpha_format: str | None
    crf: int | None
    options: Mapping[str, str] = field(default_factory=dict)


CODECS: dict[str, Codec] = {
    "h264": Codec("libx264", "yuv420p", None, 17, {"preset": "veryfast"}),
    "h265": Codec("libx265", "yuv420p", None, 20, {"preset": "fast", "x265-params": "log-level=error"}),
    "vp9": Codec(
        "libvpx-vp9",
        "yuv420p",
        "yuva420p",
        24,
        {"b": "0", "row-mt": "1", "cpu-used": "4", "deadline": "good"},
    ),
    "prores": Codec("prores_ks", "yuv422p10le", "yuva444p10le", None, {"vendor": "apl0"}),
    "png": Codec("png", "rgb24", "rgba", None),
}

# Containers by suffix: FFmpeg's muxer, the codec without and with alpha, the codecs that they may hold, options.
CONTAINERS: dict[str, tuple[str, str, str | None, tuple[str, ...], dict[str, str]]] = {
    ".mp4": ("mp4", "h264", None, ("h264", "h265"), {"movflags": "+faststart"}),
    ".mov": ("mov", "h264", "prores", ("h264", "h265", "prores", "png"), {"movflags": "+faststart"}),
    ".webm": ("webm", "vp9", "vp9", ("vp9",), {}),
    ".mkv": ("matroska", "h264", "vp9", ("h264", "h265", "vp9", "prores"), {}),
}


PATTERN = re.compile(r"[^%]*%0?\d*d[^%]*\.png", re.IGNORECASE)
SEQUENCE_NAMES = "%06d.png"

# Bytes that a picture takes, by a byte of its RGB: generous guesses, to know in time that a disk will not do.
_SIZES = {"h264": 0.06, "h265": 0.04, "vp9": 0.04, "prores": 0.35, "png": 0.7}


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a video is written. `crf` None is the codec's own quality; `alpha` says whether pictures are RGBA.

    With a `pattern`, a file name with `%06d` or so, every picture is a PNG of its own in a folder, and has no sound.
    """

    suffix: str
    codec: str
    crf: int | None = None
    alpha: bool = False
    pattern: str | None = None

    def bytes_of(self, pixels: float) -> int:
        """Return about how many bytes so many pixels take, rather more than less."""
        return round(3 * pixels * _SIZES[self.codec])


def delivery_for(
    path: Path, *, codec: str | None = None, crf: int | None = None, alpha: bool = False
) -> Delivery:
    """Return how `path` is to be written, by its suffix. Raises SetupError for what cannot be, with what can.

    A name with `%06d` and .png, or a name without a suffix (a folder), is a sequence of PNG files; see `output_path`.
    """
    suffix = path.suffix.lower()
    if is_sequence(path):
        if codec not in (None, "png") or crf is not None:
            raise SetupError(
                f"{path}: a sequence of pictures is PNG and has no crf; leave --codec and --crf out"
            )
        return Delivery(".png", "png", None, alpha, path.name if suffix == ".png" else SEQUENCE_NAMES)
    if suffix not in CONTAINERS:
        raise SetupError(
            f"{path}: videos are written as {', '.join(CONTAINERS)}; give one of these suffixes, or for PNG files a "
            "folder or a pattern such as FOLDER/%06d.png"
        )
    _, usual, with_alpha, holds, _ = CONTAINERS[suffix]
    chosen = codec or (with_alpha if alpha else usual)
    if chosen is None:
        raise SetupError(f"{path}: {suffix} holds no transparency; write .mov (ProRes 4444) or .webm (VP9)")
    if chosen not in CODECS:
        raise SetupError(f"unknown codec {chosen!r}; known: {', '.join(CODECS)}")
    if chosen not in holds:
        raise SetupError(f"{path}: {suffix} holds {', '.join(holds)}, not {chosen}")
    if alpha and CODECS[chosen].alpha_format is None:
        able = ", ".join(name for name in holds if CODECS[name].alpha_format)
        raise SetupError(f"{chosen} holds no transparency; in {suffix}: {able or 'none'}")
    if crf is not None and CODECS[chosen].crf is None:
        raise SetupError(f"{chosen} has no crf; leave it out")
    if crf is not None and not 0 <= crf <= 63:
        raise SetupError(f"crf is a number from 0 to 63, got {crf}")
    if CODECS[chosen].encoder not in av.codecs_available:
        raise SetupError(
            f"{path}: this machine's FFmpeg has no {CODECS[chosen].encoder}; install PyAV from PyPI, or name "
            "another --codec"
        )
    return Delivery(suffix, chosen, crf, alpha)


def is_sequence(path: Path) -> bool:
    """Tell whether a name means a sequence of PNG files: a pattern with a number, or a folder (no suffix)."""
    return PATTERN.fullmatch(path.name) is not None or not path.suffix


def output_path(path: Path) -> Path:
    """Return the path that is written: of a folder for a sequence, its files' pattern."""
    return path / SEQUENCE_NAMES if is_sequence(path) and not path.suffix else path
