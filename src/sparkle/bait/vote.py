"""The vote: foreground if and only if more than half of the passes say so, and how far the passes agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sparkle.core.errors import SampleError
from sparkle.roles import Mask, Masks

Votes = NDArray[np.uint8] | NDArray[np.uint16]

# Axes: T frames, H rows, W columns.


@dataclass(frozen=True, slots=True)
class BaitResult:
    """What the passes found together.

    mask: bool (T, H, W), True where more than half of the passes voted foreground.
    votes: uint8, or uint16 from 256 passes on, (T, H, W): how many passes voted foreground.
    passes: number of passes.
    passes_per_frame: int64 (T,): how many of them reached the frame, and voted there.
    consensus: in [0, 1], intersection over union of the single passes with `mask`, pooled over passes and frames;
        0 where no foreground was found at all.
    consensus_per_frame: float32 (T,), the same per frame; 1 on a frame where every pass saw nothing.
    """

    mask: Masks
    votes: Votes
    passes: int
    passes_per_frame: NDArray[np.int64]
    consensus: float
    consensus_per_frame: NDArray[np.float32]

    @property
    def confidence(self) -> NDArray[np.float32]:
        """Share of the passes on a frame that voted foreground, float32 (T, H, W) in [0, 1]."""
        return (self.votes / self.passes_per_frame[:, None, None]).astype(np.float32)


class VoteCounter:
    """Counts votes as masks arrive; its memory does not depend on the number of passes."""

    def __init__(self, frame_count: int, height: int, width: int, passes: int) -> None:
        if passes < 1:
            raise SampleError("a vote needs at least one pass; no anchor has a box")
        self.passes = passes
        shape = (frame_count, height, width)
        few = passes <= np.iinfo(np.uint8).max
        self._votes: Votes = np.zeros(shape, np.uint8) if few else np.zeros(shape, np.uint16)
        self._voters = np.zeros(frame_count, np.int64)

    def add(self, frame: int, mask: Mask) -> None:
        """Count one pass's mask of one frame."""
        self._votes[frame] += mask
        self._voters[frame] += 1

    def result(self) -> BaitResult:
        """Decide by strict majority; the counter must not be used afterwards.

        Raises SampleError when there is a frame that no pass reached.
        """
        votes, voters = self._votes, self._voters
        if not voters.all():
            raise SampleError(
                f"no pass reached frame {int(np.argmin(voters))}; there is nothing to decide by"
            )
        # Frame by frame: numpy would otherwise widen all votes at once.
        mask = np.stack([frame > voter // 2 for frame, voter in zip(votes, voters.tolist(), strict=True)])
        pairs = [_agreement(*frame) for frame in zip(votes, mask, voters.tolist(), strict=True)]
        shared = np.array([pair[0] for pair in pairs], np.float64)
        united = np.array([pair[1] for pair in pairs], np.float64)
        per_frame = np.divide(shared, united, out=np.ones_like(shared), where=united > 0)
        consensus = float(shared.sum() / united.sum()) if united.sum() > 0 else 0.0
        return BaitResult(mask, votes, self.passes, voters, consensus, per_frame.astype(np.float32))


def _agreement(votes: Votes, mask: Mask, passes: int) -> tuple[int, int]:
    # Summed over passes, |pass and mask| and |pass or mask| follow from the counts: no pass has to be kept.
    inside = int(votes[mask].sum(dtype=np.int64))
    outside = int(votes.sum(dtype=np.int64)) - inside
    return inside, passes * int(mask.sum()) + outside
