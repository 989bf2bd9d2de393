"""How far each pixel of a clip is subject, piece by piece: tracked small."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.bait import FULL, BaitResult, anchor_frames, track_bait
from sparkle.core.boxes import LabelledBox, box_to_pixels
from sparkle.core.records import IsolateRecord
from sparkle.core.sample import Check, Sample
from sparkle.measure.carry_mask import carry_mask
from sparkle.recipes import Recipe
from sparkle.roles import Anchor, Frames
from sparkle.runners.assemble import BackendPool, model_cards
from sparkle.runners.corrections import Mark, marks_to_json, mended_anchors
from sparkle.runners.judged_pieces import JudgedPiece, judged_piece
from sparkle.runners.kept import Kept
from sparkle.runners.kept_anchors import anchors_from_text, anchors_to_text
from sparkle.runners.pieces import LONGEST_PIECE, OVERLAP, Piece, in_long_pieces
from sparkle.runners.weakness import FrameSign, frame_sign
from sparkle.stages.artifacts import read_anchors
from sparkle.stages.track import TrackSettings, reach_frames
from sparkle.store import read_text, write_text
from sparkle.video import (
    Picture,
    read_confidence,
    read_image,
    resize_image,
    write_confidence,
)

PAINTED = ("mask", "not")
SAME_OBJECT = 0.02  # share of the subject's area below which an island of its mask is no object of its own

_ANY_LENGTH = 10**9

Share = NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class PieceFinding:
    """What the votes and the tracker itself say of one piece: see `bait.BaitResult`."""

    frames: int
    consensus: float
    expected_iou: float | None


def piece_checks(findings: Sequence[PieceFinding], settings: TrackSettings) -> tuple[Check, ...]:
    """Return the checks of the tracking stage for a clip in pieces: the votes in the mean, its trust at the worst."""
    if not findings:
        return ()
    count = sum(each.frames for each in findings)
    consensus = sum(each.consensus * each.frames for each in findings) / count
    agreement = f"the passes of {len(findings)} pieces agree to {consensus:.3f}"
    least = settings.consensus_minimum
    checks = [Check("track.consensus", consensus, least, "minimum", agreement, "votes")]
    trusts = [each.expected_iou for each in findings if each.expected_iou is not None]
    if trusts:
        worst = min(trusts)
        reason = f"masks with signs like these had an IoU of {worst:.2f} with the truth, in the worst piece"
        checks.append(
            Check("track.confidence", worst, settings.min_confidence, "minimum", reason, "calibrated")
        )
    return tuple(checks)


class Follow(Protocol):
    """Says how far each pixel of a piece is subject. Pieces come in order."""

    def __call__(self, piece: Piece, frames: Frames) -> Share:
        """Return float16 (T, h, w) in [0, 1], of any size with the frames' aspect."""
        ...


@dataclass(slots=True)
class TrackedMasks:
    """The masks of a whole clip in files: (number of the first frame, which frames of the file are shown, file), in
    order. `findings` and `judged` are those of the pieces, `signs` those of all frames, `times` when each begins in the
    source."""

    files: list[tuple[int, range, Path]] = field(default_factory=list)
    findings: list[PieceFinding] = field(default_factory=list)
    judged: list[JudgedPiece] = field(default_factory=list)
    signs: list[FrameSign] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    _open: tuple[Path, Share] | None = None

    def __call__(self, piece: Piece, frames: Frames) -> Share:
        """See Follow."""
        return np.stack([self.at(piece.first + index) for index in range(len(frames))])

    def at(self, number: int) -> NDArray[np.float16]:
        """Return how far each pixel of a frame is subject, float16 (h, w) in [0, 1]."""
        first, _, path = next(
            each
            for each in reversed(self.files)
            if number >= each[0] + each[1].start or each is self.files[0]
        )
        if self._open is None or self._open[0] != path:
            self._open = path, read_confidence(path)
        share = self._open[1]
        found: NDArray[np.float16] = share[min(number - first, len(share) - 1)]
        return found


@dataclass
class Tracking:
    """Tracks the subject from piece to piece, at the size of the recipe's videos. `source` names the clip's content;
    `boxes` are the user's, `marks` mend single frames, both counted from the first frame that is edited."""

    sample: Sample
    recipe: Recipe
    pool: BackendPool
    fps: float
    kept: Kept
    source: str
    boxes: Path | None = None
    marks: Sequence[Mark] = ()
    _before: tuple[int, Share] | None = None

    def run(self, pictures: Iterable[Picture]) -> TrackedMasks:
        """Track all pictures, which are small already."""
        masks = TrackedMasks()
        for piece in in_long_pieces(pictures, LONGEST_PIECE):
            path = self._tracked(piece, [each for each in self._marks(piece) if each.kind not in PAINTED])
            finding = json.loads(read_text(path.with_suffix(".json")))
            path = self._painted(path, piece, [each for each in self._marks(piece) if each.kind in PAINTED])
            share = read_confidence(path)
            self._before = piece.first, share
            masks.files.append((piece.first, piece.shown, path))
            masks.findings.append(PieceFinding(len(piece.shown), **finding))
            if (judged := judged_piece(self.kept, self.source, piece, path)) is not None:
                masks.judged.append(judged)
            masks.times += [piece.pictures[index].time_s for index in piece.shown]
            masks.signs += [frame_sign(share[index]) for index in piece.shown]
        return masks

    def _marks(self, piece: Piece) -> list[Mark]:
        """Return the marks that lie in a piece, by its own frames."""
        moved = [replace(mark, frame=mark.frame - piece.first) for mark in self.marks]
        return [mark for mark in moved if 0 <= mark.frame < len(piece.pictures)]

    def _tracked(self, piece: Piece, marks: list[Mark]) -> Path:
        """Return the file of what was tracked on a piece, and faded in from the piece before."""
        height, width = piece.pictures[0].frame.shape[:2]
        objects, given = self._objects(piece, (width, height)), self._given(piece, (width, height))

        def track(path: Path) -> None:
            frames = frames_of(piece)
            found = self._track(frames, given or self._found(piece, frames, objects), marks)
            finding = {"consensus": found.consensus, "expected_iou": found.expected_iou}
            write_text(path.with_suffix(".json"), json.dumps(finding) + "\n")
            write_confidence(path, self._joined(piece, found.share), FULL)

        reads = {**self._reads(piece, objects, given), "marks": marks_to_json(marks)}
        return self.kept.file("masks", reads, track, name=f"{piece.first:06d}_", suffix=".npz")

    def _painted(self, tracked: Path, piece: Piece, marks: list[Mark]) -> Path:
        """Return the file of a tracked mask with what was painted on single frames carried to their neighbours."""
        if not marks:
            return tracked
        images = [None if mark.path is None else self.kept.content(Path(mark.path)) for mark in marks]
        reads = {"tracked": self.kept.content(tracked), "marks": marks_to_json(marks), "images": images}

        def carry(path: Path) -> None:
            share = read_confidence(tracked).astype(np.float32)
            mended = with_painted(frames_of(piece), share, marks)
            write_confidence(path, np.rint(mended * FULL).astype(np.uint8), FULL)

        return self.kept.file("mended", reads, carry, name=f"{piece.first:06d}_", suffix=".npz")

    def _reads(self, piece: Piece, objects: list[LabelledBox], given: list[Anchor]) -> dict[str, Any]:
        before = self._before_at(piece)
        return {
            **self._seen(piece),
            "shown": (piece.shown.start, piece.shown.stop),
            "fps": self.fps,
            "settings": self.recipe.track.model_dump(mode="json"),
            "objects": objects,
            "given": given,
            "before": None if before is None else hashlib.sha256(before.tobytes()).hexdigest(),
        }

    def _seen(self, piece: Piece) -> dict[str, Any]:
        """Return which pictures a piece has, and who looks at them."""
        return {
            "clip": self.source,
            "pictures": [round(each.time_s, 6) for each in piece.pictures],
            "untagged": self.recipe.video.untagged,
            "size": piece.pictures[0].frame.shape,
            "models": model_cards("track", self.recipe, self.pool),
        }

    def _before_at(self, piece: Piece) -> Share | None:
        """Return what the piece before says of the first frames of a piece; None for the first piece."""
        return None if self._before is None else self._before[1][piece.first - self._before[0] :]

    def _joined(self, piece: Piece, share: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Let a piece fade in from what the piece before says of the same frames.

        Frames that are not shown were shown as the piece before had them: what follows begins there.
        """
        before = self._before_at(piece)
        if before is None:
            return share
        both = min(len(before), len(share))
        steps = (np.arange(both, dtype=np.float32) - piece.shown.start + 0.5) / OVERLAP
        weight = np.clip(steps, 0.0, 1.0)[:, None, None]
        mixed = (1 - weight) * FULL * before[:both] + weight * share[:both]
        return np.concatenate([np.rint(mixed).astype(np.uint8), share[both:]])

    def _found(self, piece: Piece, frames: Frames, objects: list[LabelledBox]) -> list[Anchor]:
        """Return where the objects are found on a piece; marks change nothing of it, so it is kept."""
        settings = self.recipe.track
        schedule = anchor_frames(len(frames), self.fps, settings.anchor_rate_fps)

        def find(path: Path) -> None:
            found = self.pool.get(settings.grounder).second_round(frames, schedule, objects)
            write_text(path, anchors_to_text(found))

        reads = {
            **self._seen(piece),
            "grounder": settings.grounder.model_dump(mode="json"),
            "schedule": list(schedule),
            "objects": objects,
        }
        return anchors_from_text(
            read_text(self.kept.file("anchors", reads, find, name=f"{piece.first:06d}_", suffix=".json"))
        )

    def _track(self, frames: Frames, anchors: list[Anchor], marks: list[Mark]) -> BaitResult:
        settings = self.recipe.track
        count, height, width = frames.shape[:3]
        if marks:
            schedule = anchor_frames(count, self.fps, settings.anchor_rate_fps)
            anchors = mended_anchors(anchors, marks, frames, schedule)
        if not any(anchor.boxes for anchor in anchors):
            return nothing_seen((count, height, width))
        session = self.pool.get(settings.tracker).open(frames, anchors)
        reach = reach_frames(settings, self.fps)
        return track_bait(session, anchors, count, height, width, reach=reach, vote=settings.vote)

    def _given(self, piece: Piece, size: tuple[int, int]) -> list[Anchor]:
        """Return the user's anchors that lie in a piece, by its own frames."""
        if self.boxes is None:
            return []
        # Frames that the file counts without a rate are those of the stages' clip.
        rate = self.recipe.video.fps
        anchors = read_anchors(self.boxes, (_ANY_LENGTH, size[1], size[0]), rate)
        placed = {round(anchor.frame / rate * self.fps) - piece.first: anchor for anchor in anchors}
        return [
            replace(anchor, frame=frame)
            for frame, anchor in placed.items()
            if 0 <= frame < len(piece.pictures) and anchor.boxes
        ]

    def _objects(self, piece: Piece, size: tuple[int, int]) -> list[LabelledBox]:
        """Return what is to be found on a piece's first frame: the objects of round 1, or what the piece before had
        there."""
        before = self._before_at(piece)
        if before is not None and (before[0] > 0.5).any():
            return boxes_round(before[0] > 0.5)
        return [
            LabelledBox(box.label, xyxy)
            for box in self.sample.record(IsolateRecord).objects
            if (xyxy := box_to_pixels(box.bbox_2d, *size)) is not None
        ]


def frames_of(piece: Piece) -> Frames:
    """Return a piece's pictures as one array, uint8 (T, H, W, 3)."""
    return np.stack([picture.frame for picture in piece.pictures])


def with_painted(frames: Frames, share: NDArray[np.float32], marks: Sequence[Mark]) -> NDArray[np.float32]:
    """Return maps (T, H, W) in [0, 1] with painted marks of single frames carried to their neighbours, each as far as
    the next frame that has one. Raises MediaError for an image that cannot be read."""
    height, width = share.shape[1:3]
    told = sorted({mark.frame for mark in marks})
    for order, frame in enumerate(told):
        painted = share[frame].copy()
        for mark in sorted((each for each in marks if each.frame == frame), key=lambda each: each.kind):
            if mark.path is not None:
                grey = resize_image(read_image(mark.path), (width, height)).max(axis=2)
                painted = grey.astype(np.float32) / FULL
            elif (box := box_to_pixels(mark.numbers, width, height)) is not None:
                x1, y1, x2, y2 = map(round, box)
                painted[y1 : y2 + 1, x1 : x2 + 1] = 0.0
        first = told[order - 1] + 1 if order else 0
        last = told[order + 1] - 1 if order + 1 < len(told) else len(share) - 1
        share = carry_mask(frames, share, frame, painted, first=first, last=last)
    return share


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
