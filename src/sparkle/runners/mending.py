"""The folder of an edit as the browser mends it: its frames and masks, and `sparkle edit --keep` in a process."""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from sparkle.core.errors import SetupError
from sparkle.roles import Frames
from sparkle.runners.corrections import EDIT_FILE, OPTIONS, marks_from_json, parse_mark, read_object
from sparkle.runners.followed_command import FollowedCommand
from sparkle.runners.kept_masks import noted_masks, noted_weak
from sparkle.runners.sequence import kept_file
from sparkle.store import scratch_folder, write_bytes
from sparkle.video import stream_pictures
from sparkle.view.drawing import tinted
from sparkle.view.frame_pack import packed
from sparkle.view.mending import WINDOW, WantedMark, Work

_MOST_PIXELS = 64_000_000  # of a painted mask
_PLACE = "{:g}"


def is_kept_edit(folder: Path) -> bool:
    """Whether a folder is what `sparkle edit --keep` made."""
    return (folder / EDIT_FILE).is_file()


class KeptEdit:
    """An edit in its folder. Raises SetupError for one that cannot be mended. Use as a context manager: what works
    when it ends is stopped; its folder stays whole."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._command = FollowedCommand()
        self._one = Lock()
        self._read()

    def __enter__(self) -> KeptEdit:
        return self

    def __exit__(self, *_: object) -> None:
        self._command.stop()

    def _read(self) -> None:
        options = read_object(self._root / EDIT_FILE).get("options", {})
        try:
            named, self._output = Path(options["clip"]), Path(options["output"])
            self._instruction = str(options["instruction"])
        except (KeyError, TypeError) as error:
            raise SetupError(
                f"{self._root / EDIT_FILE}: names no clip and output; run the edit again"
            ) from error
        self._name, self._clip = named.name, kept_file(named, self._root)
        if options.get("matte") is not None:
            raise SetupError(
                f"{self._root}: this edit is cut out by a matte of yours; mend that, and run it again"
            )
        self._masks = noted_masks(self._root)
        share = self._share(0)
        self._size = share.shape[1], share.shape[0]

    @property
    def title(self) -> str:
        """What it is called."""
        return self._name

    def version(self) -> str:
        """Return what is another after every edit."""
        return str(self._command.state.finished)

    def about(self) -> Mapping[str, Any]:
        """Return what the page tells."""
        marks = marks_from_json(read_object(self._root / EDIT_FILE).get("marks", []))
        return {
            "instruction": self._instruction,
            "output": str(self._output),
            "keep": str(self._root),
            "frames": len(self._masks.times),
            "window": WINDOW,
            "size": self._size,
            "hasEdited": self._has_edited(),
            "marks": [{"kind": m.kind, "frame": m.frame, "numbers": m.numbers} for m in marks],
            "weak": [{"frame": each.worst, "reason": each.reason} for each in noted_weak(self._root)],
        }

    def _has_edited(self) -> bool:
        return self._output.is_file()

    def pack(self, key: str, first: int) -> Iterator[bytes]:
        """Yield the pack of a pane from a frame on."""
        times = self._masks.times[first : first + WINDOW]
        if not times or (key == "edited" and not self._has_edited()):
            raise KeyError(first)
        start_s = times[0] - (self._masks.times[0] if key == "edited" else 0.0)
        path = self._output if key == "edited" else self._clip
        frames = self._frames(path, start_s, len(times))
        if key == "mask":
            frames = self._over_masks(frames, first)
        yield from packed(_rate(times), frames)

    def _frames(self, path: Path, start_s: float, count: int) -> Iterator[Frames]:
        # Times of a file are rounded to its own steps: half of a thousandth before is still the same picture.
        pictures = stream_pictures(path, size=self._size, start_s=max(start_s - 5e-4, 0.0))
        for picture, _ in zip(pictures, range(count), strict=False):
            yield picture.frame

    def _over_masks(self, frames: Iterator[Frames], first: int) -> Iterator[Frames]:
        for number, frame in enumerate(frames, first):
            yield tinted(frame, self._share(number) > 0.5)

    def mask(self, frame: int) -> bytes:
        """Return a frame's mask as a PNG."""
        if not 0 <= frame < len(self._masks.times):
            raise KeyError(frame)
        buffer = io.BytesIO()
        PIL.Image.fromarray(np.rint(self._share(frame) * 255.0).astype(np.uint8)).save(buffer, "PNG")
        return buffer.getvalue()

    def _share(self, frame: int) -> NDArray[np.float16]:
        with self._one:
            return self._masks.at(frame)

    def work(self) -> Work:
        """Return how far mending is."""
        return self._command.state

    def redo(self, marks: Sequence[WantedMark]) -> None:
        """Begin to mend."""
        with ExitStack() as stack:
            folder = stack.enter_context(scratch_folder())
            options = [
                part for number, mark in enumerate(marks) for part in self._option(mark, folder, number)
            ]
            words = ["edit", "--keep", str(self._root), *options, "--json"]
            self._command.start(words, self._read_masks, stack.pop_all())

    def _read_masks(self) -> None:
        masks = noted_masks(self._root)
        with self._one:
            self._masks = masks

    def _option(self, mark: WantedMark, folder: Path, number: int) -> list[str]:
        """Return a mark as an option of the command. Raises SetupError for what is none."""
        if mark.frame >= len(self._masks.times):
            raise SetupError(f"frame {mark.frame}: there are {len(self._masks.times)} frames, counted from 0")
        text = f"frame={mark.frame}"
        if mark.kind == "mask":
            text += f":{_painted(mark.png, folder / f'{number}.png')}"
        elif mark.kind != "clear":
            text += ":" + ",".join(_PLACE.format(each) for each in mark.numbers)
        parse_mark(mark.kind, text)
        return [OPTIONS[mark.kind], text]


def _painted(png: str, path: Path) -> Path:
    """Write a painted mask that a page sent, and return where. Raises SetupError for what is no such picture."""
    try:
        content = base64.b64decode(png, validate=True)
        with PIL.Image.open(io.BytesIO(content), formats=("PNG",)) as image:
            if image.width * image.height > _MOST_PIXELS:
                raise SetupError(
                    f"the painted mask has {image.width}x{image.height} pixels, which is too large"
                )
            grey = np.asarray(image.convert("L"))
    except (binascii.Error, OSError, ValueError, PIL.Image.DecompressionBombError) as error:
        raise SetupError(f"the painted mask is no PNG picture ({error})") from error
    buffer = io.BytesIO()
    PIL.Image.fromarray(grey).save(buffer, "PNG")
    write_bytes(path, buffer.getvalue())
    return path


def _rate(times: Sequence[float]) -> float:
    """Return about how many frames a second begin at `times`."""
    return (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 and times[-1] > times[0] else 16.0
