"""How far each pixel of a clip is subject, piece by piece: tracked small, or read from a matte that somebody made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.bait import FULL, BaitResult, anchor_frames, track_bait
from sparkle.core.boxes import LabelledBox, box_to_pixels
from sparkle.core.records import IsolateRecord
from sparkle.core.sample import Sample
from sparkle.recipes import Recipe
from sparkle.roles import Anchor, Frames
from sparkle.runners.assemble import BackendPool, model_cards
from sparkle.runners.kept import Kept
from sparkle.runners.pieces import LONGEST_PIECE, OVERLAP, Piece
from sparkle.stages.artifacts import read_anchors
from sparkle.stages.track import reach_frames
from sparkle.store import read_text, write_text
from sparkle.video import (
    Picture,
    Span,
    fit_size,
    read_confidence,
    resize_frames,
    stream_pictures,
    write_confidence,
)

SAME_OBJECT = 0.02  # share of the subject's area below which an island of its mask is no object of its own

_ANY_LENGTH = 10**9

Share = NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class PieceFinding:
    """What the votes and the tracker itself say of one piece: see `bait.BaitResult`."""

    frames: int
    consensus: float
    expected_iou: float | None


class Follow(Protocol):
    """Says how far each pixel of a piece is subject. Pieces come in order."""

    findings: list[PieceFinding]

    def __call__(self, piece: Piece, frames: Frames) -> Share:
        """Return float16 (T, h, w) in [0, 1], of any size with the frames' aspect."""
        ...


@dataclass
class Tracked:
    """Tracks the subject from piece to piece, at the size of the recipe's videos. `source` names the clip's content."""

    sample: Sample
    recipe: Recipe
    pool: BackendPool
    fps: float
    kept: Kept
    source: str
    findings: list[PieceFinding] = field(default_factory=list)
    _last: Share | None = None

    def __call__(self, piece: Piece, frames: Frames) -> Share:
        """See Follow."""
        video = self.recipe.video
        size = fit_size(frames.shape[2], frames.shape[1], video.width, video.height)
        objects, given = self._objects(size), self._given(piece, size)

        def track(path: Path) -> None:
            found = self._track(resize_frames(frames, size), objects, given)
            finding = {"consensus": found.consensus, "expected_iou": found.expected_iou}
            write_text(path.with_suffix(".json"), json.dumps(finding) + "\n")
            write_confidence(path, self._joined(found.share), FULL)

        path = self.kept.file(
            "masks",
            self._reads(piece, size, objects, given),
            track,
            name=f"{piece.first:06d}_",
            suffix=".npz",
        )
        share = read_confidence(path)
        self._last = share[piece.shown.stop - OVERLAP :].copy()
        self.findings.append(
            PieceFinding(len(piece.shown), **json.loads(read_text(path.with_suffix(".json"))))
        )
        return share

    def _reads(
        self, piece: Piece, size: tuple[int, int], objects: list[LabelledBox], given: list[Anchor]
    ) -> dict[str, Any]:
        return {
            "clip": self.source,
            "pictures": [(round(each.time_s, 6)) for each in piece.pictures],
            "untagged": self.recipe.video.untagged,
            "size": size,
            "fps": self.fps,
            "settings": self.recipe.track.model_dump(mode="json"),
            "models": model_cards("track", self.recipe, self.pool),
            "objects": objects,
            "given": given,
            "before": None if self._last is None else hashlib.sha256(self._last.tobytes()).hexdigest(),
        }

    def _joined(self, share: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Let a piece's beginning fade from what the piece before says of the same frames.

        Frames before the overlap's middle were shown as the piece before had them: what follows begins there.
        """
        if self._last is None:
            return share
        both = min(len(self._last), len(share))
        steps = (np.arange(both, dtype=np.float32) - OVERLAP + 0.5) / OVERLAP
        weight = np.clip(steps, 0.0, 1.0)[:, None, None]
        mixed = (1 - weight) * FULL * self._last[:both] + weight * share[:both]
        return np.concatenate([np.rint(mixed).astype(np.uint8), share[both:]])

    def _track(self, frames: Frames, objects: list[LabelledBox], given: list[Anchor]) -> BaitResult:
        settings = self.recipe.track
        count, height, width = frames.shape[:3]
        anchors = given
        if not anchors:
            schedule = anchor_frames(count, self.fps, settings.anchor_rate_fps)
            anchors = self.pool.get(settings.grounder).second_round(frames, schedule, objects)
        if not any(anchor.boxes for anchor in anchors):
            return nothing_seen((count, height, width))
        session = self.pool.get(settings.tracker).open(frames, anchors)
        reach = reach_frames(settings, self.fps)
        return track_bait(session, anchors, count, height, width, reach=reach, vote=settings.vote)

    def _given(self, piece: Piece, size: tuple[int, int]) -> list[Anchor]:
        """Return the user's anchors that lie in a piece, by its own frames."""
        if self.sample.inputs.boxes is None:
            return []
        # Frames that the file counts without a rate are those of the stages' clip.
        rate = self.recipe.video.fps
        anchors = read_anchors(Path(self.sample.inputs.boxes), (_ANY_LENGTH, size[1], size[0]), rate)
        placed = {round(anchor.frame / rate * self.fps) - piece.first: anchor for anchor in anchors}
        return [
            replace(anchor, frame=frame)
            for frame, anchor in placed.items()
            if 0 <= frame < len(piece.pictures) and anchor.boxes
        ]

    def _objects(self, size: tuple[int, int]) -> list[LabelledBox]:
        """Return what is to be found on a piece's first frame: the objects of round 1, or what the piece before had
        there."""
        if self._last is not None and (self._last[0] > 0.5).any():
            return boxes_round(self._last[0] > 0.5)
        return [
            LabelledBox(box.label, xyxy)
            for box in self.sample.record(IsolateRecord).objects
            if (xyxy := box_to_pixels(box.bbox_2d, *size)) is not None
        ]


def nothing_seen(shape: tuple[int, int, int]) -> BaitResult:
    """Return the result of a piece (T, H, W) on which nothing of the subject was found."""
    count = shape[0]
    return BaitResult(
        mask=np.zeros(shape, np.bool_),
        share=np.zeros(shape, np.uint8),
        passes=0,
        passes_per_frame=np.zeros(count, np.int64),
        consensus=1.0,
        consensus_per_frame=np.ones(count, np.float32),
    )


def boxes_round(mask: NDArray[np.bool_]) -> list[LabelledBox]:
    """Return a box round every island of a mask that is no speck, the largest first."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    areas = stats[1:count, cv2.CC_STAT_AREA]
    found: list[LabelledBox] = []
    for number in np.argsort(-areas):
        if areas[number] < SAME_OBJECT * areas.sum():
            break
        x, y, width, height = stats[number + 1, :4].tolist()
        found.append(
            LabelledBox(
                f"subject {len(found) + 1}", (float(x), float(y), float(x + width), float(y + height))
            )
        )
    return found


class Given:
    """Reads the user's matte beside the clip, by its own times; that of the clip itself is already there."""

    def __init__(self, matte: Path, clip: Path, span: Span) -> None:
        self.findings: list[PieceFinding] = []
        self._own = matte == clip
        self._rest: Iterator[Picture] = (
            iter(()) if self._own else stream_pictures(matte, start_s=span.start_s, end_s=span.end_s)
        )
        self._read: list[Picture] = []

    def __call__(self, piece: Piece, frames: Frames) -> Share:
        """See Follow."""
        height, width = frames.shape[1:3]
        found = np.empty((len(frames), height, width), np.float16)
        for index, picture in enumerate(piece.pictures):
            there = cv2.resize(self._at(picture), (width, height), interpolation=cv2.INTER_LINEAR)
            found[index] = np.divide(there, FULL, dtype=np.float32)
        return found

    def _at(self, picture: Picture) -> NDArray[np.uint8]:
        shown = picture if self._own else self._shown_at(picture.time_s)
        if shown.alpha is not None:
            return shown.alpha
        return np.asarray(cv2.cvtColor(shown.frame, cv2.COLOR_RGB2GRAY), np.uint8)

    def _shown_at(self, time_s: float) -> Picture:
        while not self._read or self._read[-1].time_s < time_s:
            following = next(self._rest, None)
            if following is None:
                break
            self._read.append(following)
        self._read = self._read[-LONGEST_PIECE - 4 * OVERLAP :]
        return min(self._read, key=lambda each: abs(each.time_s - time_s))
