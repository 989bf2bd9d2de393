"""A clip of a moving camera as a fixed one would have filmed it: on a canvas that holds all of its frames.

Whatever knows fixed cameras only (the stages that study a clip, the finder, the tracker, the painter) sees the clip
there. What a user says of a frame is laid onto the canvas, and masks and backgrounds are taken from it, frame by frame.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.bait import FULL
from sparkle.camera.canvas import Canvas, laid, seen
from sparkle.core.boxes import BOX_RANGE, LabelledBox
from sparkle.recipes import Recipe
from sparkle.roles import Anchor, Frames, Glimpses, Image, Masks
from sparkle.runners.behind import Behind
from sparkle.runners.corrections import Mark
from sparkle.runners.follow import Share, TrackedMasks
from sparkle.runners.kept import Kept
from sparkle.runners.panorama import continued, panorama
from sparkle.runners.weakness import frame_sign
from sparkle.video import (
    Delivery,
    Picture,
    Span,
    UntaggedColour,
    VideoInfo,
    deliver,
    fit_size,
    probe,
    read_confidence,
    read_image,
    resize_image,
    sample_frames,
    stream_pictures,
    write_confidence,
    write_image,
)

PANORAMA_FRAMES = 24
SHOWN_S = 0.001  # after a picture begins it is surely shown
LARGEST = 2.0  # times the area of the recipe's pictures
DRAWN = (1920, 1080)  # no background is drawn larger


@dataclass(frozen=True)
class Steady:
    """`canvas` for frames of the clip's own size; `errors` (T,) how far off a corner of each is expected to be on it,
    in percent of the width; `times` (T,) when each begins, in seconds of the source."""

    source: Path
    info: VideoInfo
    span: Span
    canvas: Canvas
    errors: NDArray[np.float64]
    times: NDArray[np.float64]
    recipe: Recipe
    kept: Kept

    @property
    def drawn(self) -> tuple[int, int]:
        """The (width, height) at which a background of the whole canvas is drawn."""
        return fit_size(*self.canvas.size, *DRAWN)

    def told(self) -> str:
        """Return what a user is told of the path, as a line."""
        usual, worst = float(np.median(self.errors)), int(self.errors.argmax())
        return (
            f"the camera moves, and the new place moves with it: its path is known to {usual:.2f} % of the width, at "
            f"{self.times[worst]:.2f} s to {self.errors[worst]:.2f} %"
        )

    def on_canvas(self, path: Path) -> Path:
        """Return the clip, or a matte that belongs to it, on the canvas; only the clip is filled beyond its frames."""
        info = probe(path, time_limit_s=self.recipe.video.time_limit_s)
        filled = path == self.source and not info.has_alpha
        kind = Delivery(".mov", "png", None, True) if info.has_alpha else Delivery(".mkv", "h264", 8)
        rate = Fraction(info.fps).limit_denominator(1001)
        small = self.small
        reads = {
            "clip": self.kept.content(path),
            "span": self.span,
            "views": small.views.tobytes().hex(),
            "size": small.size,
            "untagged": self.recipe.video.untagged,
        }
        pictures = self._filled(path, small) if filled else self._bare(path, small)
        return self.kept.file(
            "steady", reads, lambda at: deliver(at, pictures, rate, kind), suffix=kind.suffix
        )

    def number_at(self, time_s: float) -> int:
        """Return the number of the frame that is shown so many seconds after the first one."""
        found = np.searchsorted(self.times - self.times[0], time_s + 1e-6, side="right") - 1
        return max(0, min(int(found), len(self.times) - 1))

    def anchors(self, anchors: Sequence[Anchor], fps: float) -> list[Anchor]:
        """Return anchors whose boxes, in thousandths of frames counted at `fps`, lie in thousandths of the canvas."""
        return [
            Anchor(
                each.frame,
                tuple(
                    LabelledBox(box.label, self._box(self.number_at(each.frame / fps), box.xyxy))
                    for box in each.boxes
                ),
            )
            for each in anchors
        ]

    def subject(self, subject: str, numbers: Sequence[float] | None) -> str:
        """Return what `--subject` says of the first frame, as it says it of the canvas; words as they are."""
        if numbers is not None and len(numbers) == 2:
            return _text(self._point(0, numbers))
        if numbers is not None:
            return _text(self._box(0, numbers))
        return str(self._mask(0, Path(subject))) if Path(subject).is_file() else subject

    def marks(self, marks: Sequence[Mark]) -> list[Mark]:
        """Return marks as they lie on the canvas."""
        return [self._mark(each) for each in marks]

    def as_filmed(self, masks: TrackedMasks) -> TrackedMasks:
        """Return masks that were tracked on the canvas as they lie in the clip's frames, in files of their own."""
        video = self.recipe.video
        size = fit_size(self.info.width, self.info.height, video.width, video.height)
        filmed = TrackedMasks(findings=masks.findings, judged=masks.judged)
        for first, shown, path in masks.files:
            numbers = range(first, first + shown.stop)
            views = [self.canvas.view(number).tolist() for number in numbers]
            reads = {"masks": self.kept.content(path), "views": views, "size": size}

            def take(at: Path, path: Path = path, first: int = first) -> None:
                share = read_confidence(path)
                there = self.canvas.resized(size=share.shape[2:0:-1], frame=size)
                taken = [
                    seen(each.astype(np.float32), there.view(first + k), size) for k, each in enumerate(share)
                ]
                write_confidence(at, np.rint(np.clip(np.stack(taken), 0, 1) * FULL).astype(np.uint8), FULL)

            file = self.kept.file("filmed", reads, take, name=f"{first:06d}_", suffix=".npz")
            share = read_confidence(file)
            filmed.files.append((first, shown, file))
            filmed.times += [float(self.times[first + index]) for index in shown]
            filmed.signs += [frame_sign(share[index]) for index in shown]
        return filmed

    def glimpses(self, frames: Frames, masks: Masks, numbers: Sequence[int]) -> Glimpses:
        """Return frames of the clip on the canvas; what a frame does not reach counts as hidden by the subject."""
        width, height = self.canvas.size
        scale = min(1.0, math.sqrt(self.info.width * self.info.height / (width * height)))
        there = self.canvas.resized(size=(round(width * scale), round(height * scale)))
        pictures, hidden = [], []
        for frame, mask, number in zip(frames, masks, numbers, strict=True):
            clear = laid(np.where(mask, 0, 255).astype(np.uint8), there.view(number), there.size)
            pictures.append(laid(frame, there.view(number), there.size))
            hidden.append(clear < 255)
        return Glimpses(np.stack(pictures), np.stack(hidden), there.views)

    @property
    def small(self) -> Canvas:
        """The canvas for frames as large as the recipe's, or smaller: tracking takes time by its pixels."""
        video = self.recipe.video
        frame = fit_size(self.info.width, self.info.height, video.width, video.height)
        scale = frame[0] / self.info.width
        width, height = (side * scale for side in self.canvas.size)
        scale = min(1.0, math.sqrt(LARGEST * video.width * video.height / (width * height)))
        size = (2 * round(width * scale / 2), 2 * round(height * scale / 2))
        return self.canvas.resized(size=size, frame=frame)

    def _stream(self, path: Path, size: tuple[int, int]) -> Iterator[tuple[Picture, int]]:
        untagged = UntaggedColour(self.recipe.video.untagged)
        for picture in stream_pictures(
            path, size=size, start_s=self.span.start_s, end_s=self.span.end_s, untagged=untagged
        ):
            yield picture, self.number_at(picture.time_s - self.times[0])

    def _bare(self, path: Path, there: Canvas) -> Iterator[Picture]:
        for picture, number in self._stream(path, there.frame):
            view = there.view(number)
            alpha = None if picture.alpha is None else laid(picture.alpha, view, there.size)
            yield picture._replace(frame=laid(picture.frame, view, there.size), alpha=alpha)

    def _filled(self, path: Path, there: Canvas) -> Iterator[Picture]:
        """Yield the clip on the canvas; beyond a frame lies what other frames show."""
        place = panorama(self._looks(path, there.frame), there)
        for picture, number in self._stream(path, there.frame):
            yield picture._replace(frame=continued(number, picture.frame, place, there))

    def _looks(self, path: Path, size: tuple[int, int]) -> Iterator[tuple[int, Image]]:
        count = len(self.times)
        numbers = sorted({round(each) for each in np.linspace(0, count - 1, min(count, PANORAMA_FRAMES))})
        moments = [float(self.times[number]) + SHOWN_S for number in numbers]
        untagged = UntaggedColour(self.recipe.video.untagged)
        frames, _ = sample_frames(path, times=moments, size=size, untagged=untagged, time_limit_s=math.inf)
        yield from zip(numbers, frames, strict=False)

    def _point(self, number: int, point: Sequence[float]) -> tuple[float, float]:
        """Return where a point of a frame lies on the canvas, both in thousandths."""
        return tuple(self._points(number, [point])[0].tolist())

    def _points(self, number: int, points: Sequence[Sequence[float]]) -> NDArray[np.float64]:
        pixels = np.array(points, np.float64) / BOX_RANGE * self.canvas.frame
        there = cv2.perspectiveTransform(pixels[None], self.canvas.view(number))[0]
        return np.asarray(np.clip(there / self.canvas.size * BOX_RANGE, 0, BOX_RANGE), np.float64)

    def _box(self, number: int, box: Sequence[float]) -> tuple[float, float, float, float]:
        """Return the box on the canvas round a box of a frame, both in thousandths."""
        x1, y1, x2, y2 = box
        there = self._points(number, [(x1, y1), (x2, y1), (x2, y2), (x1, y2)])
        (left, top), (right, bottom) = there.min(axis=0).tolist(), there.max(axis=0).tolist()
        return left, top, right, bottom

    def _mark(self, mark: Mark) -> Mark:
        if mark.path is not None:
            return replace(mark, path=str(self._mask(mark.frame, Path(mark.path))))
        if len(mark.numbers) == 4:
            return replace(mark, numbers=self._box(mark.frame, mark.numbers))
        return replace(mark, numbers=self._point(mark.frame, mark.numbers)) if mark.numbers else mark

    def _mask(self, number: int, path: Path) -> Path:
        """Return the file of a frame's mask on the canvas."""
        small = self.small
        view = small.view(number)
        reads = {"mask": self.kept.content(path), "view": view.tolist(), "size": small.size}

        def lay(at: Path) -> None:
            mask = resize_image(read_image(path), small.frame)
            write_image(at, laid(mask, view, small.size))

        return self.kept.file("laid", reads, lay, suffix=".png")


class AsSeen:
    """What is behind each frame of a moving camera, of a background that is as large as the canvas."""

    def __init__(self, behind: Behind, canvas: Canvas) -> None:
        height, width = behind.picture.shape[:2]
        self._behind, self._canvas = behind, canvas.resized(size=(width, height))
        self.picture: Image = seen(behind.picture, self._canvas.view(0), canvas.frame)

    def at(self, numbers: Sequence[int], frames: Frames, share: Share) -> Frames:
        """See Behind."""
        found = np.empty((len(numbers), *self.picture.shape), np.uint8)
        for index, number in enumerate(numbers):
            whole = self._behind.at([number], frames[index : index + 1], share[index : index + 1])[0]
            found[index] = seen(whole, self._canvas.view(number), self._canvas.frame)
        return found


def _text(numbers: Sequence[float]) -> str:
    return ",".join(f"{each:.3f}" for each in numbers)
