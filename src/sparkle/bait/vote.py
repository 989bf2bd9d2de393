"""The vote: foreground if and only if more than half of the passes say so, and how far the passes agree.

Two ways to count. The paper's: all objects of a pass are one foreground, every pass has one vote. And objects apart:
about each object vote the passes that know it, so that an anchor which did not name an object, or a pass that lost it
on the way, does not outvote those that see it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from sparkle.core.errors import SampleError
from sparkle.roles import Mask, Masks, SoftTrackingSession

Votes = NDArray[np.uint8] | NDArray[np.uint16]
VoteName = Literal["objects", "plain"]

# An object is on a frame if this share of the passes that know it sees it there: fewer are mistaken, the rest lost it.
PRESENCE = 0.25
FULL = 255

# Axes: T frames, H rows, W columns, K objects of one anchor.


@dataclass(frozen=True, slots=True)
class BaitResult:
    """What the passes found together.

    mask: bool (T, H, W), True where more than half of the passes voted foreground.
    share: uint8 (T, H, W), share of the passes that voted foreground in 255ths, or what a tracker that is sure of
        pixels to a degree believes; above 127 exactly where `mask` is.
    passes: number of passes.
    passes_per_frame: int64 (T,): how many of them reached the frame.
    consensus: in [0, 1], intersection over union of the single passes with `mask`, pooled over passes and frames (and
        objects, where they vote apart); 0 where no foreground was found at all.
    consensus_per_frame: float32 (T,), the same per frame; 1 on a frame where every pass saw nothing.
    seen: by label, the share of the frames on which the object is seen; empty where objects do not vote apart.
    expected_iou: in [0, 1], what the tracker expects the IoU with the truth to be; None for one that cannot tell.
    """

    mask: Masks
    share: NDArray[np.uint8]
    passes: int
    passes_per_frame: NDArray[np.int64]
    consensus: float
    consensus_per_frame: NDArray[np.float32]
    seen: Mapping[str, float] = field(default_factory=dict)
    expected_iou: float | None = None

    @property
    def confidence(self) -> NDArray[np.float32]:
        """The share as float32 (T, H, W) in [0, 1]."""
        return self.share.astype(np.float32) / np.float32(FULL)


def given_matte(share: NDArray[np.uint8]) -> BaitResult:
    """Return a matte that somebody else made, uint8 (T, H, W), as a result of no passes."""
    count = len(share)
    return BaitResult(
        mask=share > FULL // 2,
        share=share,
        passes=0,
        passes_per_frame=np.zeros(count, np.int64),
        consensus=1.0,
        consensus_per_frame=np.ones(count, np.float32),
    )


class Vote(Protocol):
    """Counts what the passes say as it arrives; its memory does not depend on the number of passes."""

    def add(self, frame: int, labels: Sequence[str], masks: Masks) -> None:
        """Count one pass's masks (K, H, W) of one frame, one for each label."""
        ...

    def decide(self, frame: int, label: str, mask: Mask) -> None:
        """Hear the pass of a trusted box on the box's own frame."""
        ...

    def result(self) -> BaitResult:
        """Decide; the vote must not be used afterwards. Raises SampleError for a frame that no pass reached."""
        ...


class PlainVote:
    """The paper's vote: a pass says foreground where it sees any of its objects."""

    def __init__(self, frame_count: int, height: int, width: int, passes: int) -> None:
        self._passes = _at_least_one(passes)
        self._ballots = Ballots(frame_count, height, width, passes)

    def add(self, frame: int, labels: Sequence[str], masks: Masks) -> None:
        """See Vote."""
        self._ballots.add(frame, np.any(masks, axis=0, keepdims=True)[0])

    def decide(self, frame: int, label: str, mask: Mask) -> None:
        """Nobody decides alone in the paper's vote."""

    def result(self) -> BaitResult:
        """See Vote."""
        reached = self._ballots.reached
        return _result([self._ballots.counted(present=reached)], reached, self._passes)


class ObjectVote:
    """Objects vote apart: a pass abstains about what its anchor does not name and about what it sees nowhere.

    An object that less than a quarter of the passes that know it still see is gone. On its own frame a trusted box
    decides: that is what a box is for that somebody adds to mend a frame.
    """

    def __init__(self, frame_count: int, height: int, width: int, passes: int) -> None:
        self._passes = _at_least_one(passes)
        self._shape = (frame_count, height, width)
        self._reached = np.zeros(frame_count, np.int64)
        self._known: dict[str, NDArray[np.int64]] = {}
        self._ballots: dict[str, Ballots] = {}
        self._decided: dict[tuple[str, int], Mask] = {}

    def add(self, frame: int, labels: Sequence[str], masks: Masks) -> None:
        """See Vote. Boxes of one label are one object."""
        self._reached[frame] += 1
        for label in dict.fromkeys(labels):
            if label not in self._ballots:
                self._ballots[label] = Ballots(*self._shape, self._passes)
                self._known[label] = np.zeros(self._shape[0], np.int64)
            own = [index for index, other in enumerate(labels) if other == label]
            mask = np.any(masks[own], axis=0, keepdims=True)[0]
            self._known[label][frame] += 1
            if mask.any():
                self._ballots[label].add(frame, mask)

    def decide(self, frame: int, label: str, mask: Mask) -> None:
        """See Vote. An empty mask decides nothing: the pass has not found what it was shown."""
        if mask.any():
            self._decided[label, frame] = mask | self._decided.get((label, frame), mask)

    def result(self) -> BaitResult:
        """See Vote."""
        counts, seen_share = [], {}
        for label, ballots in self._ballots.items():
            seen = ballots.reached
            present = np.where(seen >= np.ceil(PRESENCE * self._known[label]), seen, 0)
            own = {frame: mask for (name, frame), mask in self._decided.items() if name == label}
            counts.append(ballots.counted(present, own))
            seen_share[label] = float(counts[-1].mask.any(axis=(1, 2)).mean())
        return replace(_result(counts, self._reached, self._passes), seen=seen_share)


VOTES: Mapping[VoteName, type[PlainVote] | type[ObjectVote]] = {"objects": ObjectVote, "plain": PlainVote}


@dataclass(frozen=True, slots=True)
class Count:
    """One question decided: `mask` bool (T, H, W), `share` uint8 (T, H, W), and `shared` and `united` (T,): pixels in
    which passes and mask agree, and in which either sees something, summed over passes."""

    mask: Masks
    share: NDArray[np.uint8]
    shared: NDArray[np.int64]
    united: NDArray[np.int64]


class Ballots:
    """Votes on one question, per pixel; `reached` (T,) is how many passes voted on each frame."""

    def __init__(self, frame_count: int, height: int, width: int, passes: int) -> None:
        few = passes <= np.iinfo(np.uint8).max
        shape = (frame_count, height, width)
        self._votes: Votes = np.zeros(shape, np.uint8) if few else np.zeros(shape, np.uint16)
        self.reached = np.zeros(frame_count, np.int64)

    def add(self, frame: int, mask: Mask) -> None:
        """Count one pass's mask (H, W) of one frame."""
        self._votes[frame] += mask
        self.reached[frame] += 1

    def counted(self, present: NDArray[Any], own: Mapping[int, Mask] | None = None) -> Count:
        """Decide by strict majority of the voters, but nowhere on frames where `present` (T,) is 0.

        own: masks of frames on which somebody decides alone.
        """
        mask = np.zeros(self._votes.shape, np.bool_)
        share = np.zeros(self._votes.shape, np.uint8)
        shared, united = np.zeros(len(mask), np.int64), np.zeros(len(mask), np.int64)
        # Frame by frame: numpy would otherwise widen all votes at once.
        for frame, voters in enumerate(self.reached.tolist()):
            if not voters:
                continue
            votes = self._votes[frame]
            if present[frame]:
                mask[frame] = (own or {}).get(frame, votes > voters // 2)
            share[frame] = _in_255ths(votes, voters, mask[frame])
            # Summed over passes, |pass and mask| and |pass or mask| follow from the counts: no pass has to be kept.
            shared[frame] = int(votes[mask[frame]].sum(dtype=np.int64))
            outside = int(votes.sum(dtype=np.int64)) - shared[frame]
            united[frame] = voters * int(mask[frame].sum()) + outside
        return Count(mask, share, shared, united)


def _in_255ths(votes: Votes, voters: int, mask: Mask) -> NDArray[np.uint8]:
    table = np.floor(np.arange(voters + 1) * (FULL / voters)).astype(np.uint8)
    return _consistent(table[votes], mask)


def _consistent(share: NDArray[np.uint8], mask: Mask) -> NDArray[np.uint8]:
    half = math.ceil(FULL / 2)
    consistent: NDArray[np.uint8] = np.where(mask, np.maximum(share, half), np.minimum(share, half - 1))
    return consistent.astype(np.uint8)


def softened(result: BaitResult, session: SoftTrackingSession) -> BaitResult:
    """Return the result with what the session believes of each pixel instead of votes, as far as the mask allows."""
    share = np.empty_like(result.share)
    for frame, mask in enumerate(result.mask):
        share[frame] = _consistent(np.rint(FULL * session.belief(frame)).astype(np.uint8), mask)
    return replace(result, share=share, expected_iou=session.expected_iou())


def _result(counts: Sequence[Count], reached: NDArray[np.int64], passes: int) -> BaitResult:
    if not reached.all():
        raise SampleError(f"no pass reached frame {int(np.argmin(reached))}; there is nothing to decide by")
    mask, share = counts[0].mask, counts[0].share
    for count in counts[1:]:
        mask, share = mask | count.mask, np.maximum(share, count.share)
    shared = np.sum([count.shared for count in counts], axis=0, dtype=np.float64)
    united = np.sum([count.united for count in counts], axis=0, dtype=np.float64)
    per_frame = np.divide(shared, united, out=np.ones_like(shared), where=united > 0)
    consensus = float(shared.sum() / united.sum()) if united.sum() > 0 else 0.0
    return BaitResult(mask, share, passes, reached, consensus, per_frame.astype(np.float32))


def _at_least_one(passes: int) -> int:
    if passes < 1:
        raise SampleError("a vote needs at least one pass; no anchor has a box")
    return passes
