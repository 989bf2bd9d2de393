"""A question to a vision-language model: text, pictures and videos in order, and the form of the answer."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from sparkle.core.errors import BackendError, MediaError
from sparkle.roles import Frames, Image
from sparkle.store import read_plain, scratch_folder
from sparkle.video import probe, sample_frames, write_video

LARGEST_VIDEO_BYTES = 2**31
VIDEO_TYPES = {".mp4": "video/mp4", ".m4v": "video/mp4", ".mov": "video/quicktime", ".webm": "video/webm"}
JPEG_QUALITY = 92


@dataclass(frozen=True, slots=True)
class Media:
    """An encoded picture or video, sent inline. `type` is its media type, "image/png" or "video/mp4"."""

    type: str
    content: bytes

    @property
    def sha256(self) -> str:
        """The content's hash, by which caches know it."""
        return hashlib.sha256(self.content).hexdigest()


def picture(image: Image) -> Media:
    """Return uint8 RGB (H, W, 3) as PNG, every pixel as it is: for questions about small flaws and exact places."""
    return Media("image/png", _encode(".png", image, [cv2.IMWRITE_PNG_COMPRESSION, 3]))


def photo(image: Image) -> Media:
    """Return uint8 RGB (H, W, 3) as JPEG at quality 92, for questions with many pictures."""
    return Media("image/jpeg", _encode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]))


@dataclass(frozen=True, slots=True)
class VideoFile:
    """A whole video file, sent as it is, or as frames to servers that take no video."""

    path: Path

    def whole(self) -> Media:
        """Return the file. Raises MediaError if it cannot be read."""
        try:
            content = read_plain(self.path, LARGEST_VIDEO_BYTES)
        except OSError as error:
            raise MediaError(f"{self.path}: cannot be read ({error.strerror}); check the path") from None
        return Media(VIDEO_TYPES.get(self.path.suffix.lower(), "video/mp4"), content)

    def sampled(self, rate_fps: float, most: int) -> list[tuple[float, Image]]:
        """Return frames with their seconds, at `rate_fps`, or fewer so that no more than `most` cover the video."""
        duration_s = probe(self.path).duration_s
        rate = min(rate_fps, most / duration_s) if duration_s > 0 else rate_fps
        frames, seconds = sample_frames(self.path, fps=rate)
        return list(zip(seconds.tolist()[:most], frames[:most], strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class VideoFrames:
    """A clip in memory, uint8 RGB (T, H, W, 3) with even sides; sent as mp4, or as frames."""

    frames: Frames
    fps: float

    def whole(self) -> Media:
        """Return the clip as mp4 (H.264); the same frames give the same bytes."""
        with scratch_folder() as folder:
            path = folder / "clip.mp4"
            write_video(path, self.frames, self.fps)
            return Media("video/mp4", read_plain(path, LARGEST_VIDEO_BYTES))

    def sampled(self, rate_fps: float, most: int) -> list[tuple[float, Image]]:
        """Return frames with their seconds, evenly spaced from the first to the last, at most `most`."""
        last = len(self.frames) - 1
        count = min(most, len(self.frames), math.floor(last / self.fps * rate_fps) + 1)
        chosen = np.unique(np.linspace(0, last, max(count, min(2, len(self.frames)))).round().astype(int))
        return [(index / self.fps, self.frames[index]) for index in chosen.tolist()]


Part = str | Media | VideoFile | VideoFrames


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked.

    kind: its name in usage, saved replies and the request's header: a word such as "camera_judge".
    parts: text, pictures (`picture`, `photo`) and videos (`VideoFile`, `VideoFrames`), in the order they are sent.
    system: the system text, if any.
    schema: the JSON schema of the answer, an object at the top; None asks for free text.
    temperature, seed, max_tokens: in place of the endpoint's, where they are not None.
    """

    kind: str
    parts: tuple[Part, ...]
    system: str = ""
    schema: Mapping[str, Any] | None = None
    temperature: float | None = None
    seed: int | None = None
    max_tokens: int | None = None

    def __post_init__(self) -> None:
        """Raise ValueError for a kind that is not fit for a file's name and a header."""
        if not re.fullmatch(r"[a-z0-9_]{1,40}", self.kind):
            raise ValueError(f"kind must be a word of a-z, 0-9 and _, got {self.kind!r}")


def schema_of(**properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of an object that must have all `properties`, in this order, and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def flatten(
    parts: Sequence[Part], *, as_frames: bool, rate_fps: float, most_frames: int
) -> list[str | Media]:
    """Return parts as they are sent: a video whole, or as frames that each follow their time."""
    flat: list[str | Media] = []
    for part in parts:
        if isinstance(part, str | Media):
            flat.append(part)
        elif as_frames:
            for seconds, frame in part.sampled(rate_fps, most_frames):
                flat.extend([f"Frame at {seconds:.2f} s:", photo(frame)])
        else:
            flat.append(part.whole())
    return flat


def schema_request(schema: Mapping[str, Any]) -> str:
    """Return the text that asks for an answer of a schema, for servers that cannot enforce one."""
    return (
        "Reply with one JSON object and nothing else, no code fences and no comments. "
        f"It must fit this JSON schema: {json.dumps(schema, ensure_ascii=False)}"
    )


def as_content(part: str | Media, *, video_as_picture: bool) -> dict[str, Any]:
    """Return a part as an item of an OpenAI-compatible message's content; media are data URLs."""
    if isinstance(part, str):
        return {"type": "text", "text": part}
    is_video = part.type.startswith("video/") and not video_as_picture
    name = "video_url" if is_video else "image_url"
    data = base64.b64encode(part.content).decode("ascii")
    return {"type": name, name: {"url": f"data:{part.type};base64,{data}"}}


def _encode(suffix: str, image: Image, options: list[int]) -> bytes:
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise BackendError(f"a picture must be uint8 (H, W, 3), got {image.dtype} {image.shape}")
    good, content = cv2.imencode(suffix, cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)
    if not good:
        raise BackendError(f"a picture of shape {image.shape} cannot be encoded as {suffix}")
    return bytes(content.tobytes())
