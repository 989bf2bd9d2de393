"""The passes: from every anchor forward to the clip's end and backward to its start."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Literal

import numpy as np

from sparkle.bait.vote import VOTES, BaitResult, VoteName, softened
from sparkle.core.box_tracks import box_trust
from sparkle.core.errors import BackendError, SampleError
from sparkle.roles import Anchor, Masks, SoftTrackingSession, TrackingSession

Progress = Callable[[int, int], None]

DECIDING_TRUST = 0.5


def track_bait(
    session: TrackingSession,
    anchors: Sequence[Anchor],
    frame_count: int,
    height: int,
    width: int,
    progress: Progress | None = None,
    reach: int | None = None,
    vote: VoteName = "objects",
) -> BaitResult:
    """Propagate every anchor through the whole clip and let the N mask videos vote per pixel (paper, 3.4).

    vote: "plain" is the paper's strict majority of all passes about all objects together; with "objects" each object
    is voted on by the passes that know it, and a trusted box decides on its own frame (see `sparkle.bait.vote`).

    reach: how many frames a pass goes from its anchor, both ways, and always as far as the next anchor; None is the
    paper's whole clip. On a frame, the passes that reach it vote. With it, time grows with the clip's length alone
    and not with its square.

    An anchor without any box is no witness: it adds no pass and does not count in N. (A pass that saw nothing
    because nothing was asked of it would outvote passes that did see the subject.)
    progress: called with (frames done, frames in all) after every frame of every pass.
    Raises SampleError when no anchor has a box or one lies outside the clip, BackendError when the tracker
    leaves out a frame or answers with another shape.
    """
    witnesses = [anchor for anchor in anchors if anchor.boxes]
    if not witnesses:
        raise SampleError(
            "none of the anchors has a box, so there is nothing to track; check the grounding or the boxes"
        )
    spans = pass_spans([anchor.frame for anchor in witnesses], frame_count, reach)
    counter = VOTES[vote](frame_count, height, width, len(witnesses))
    trust = box_trust([anchor.boxes for anchor in witnesses])
    done, work = 0, sum(len(span) for span in spans)
    for anchor, span, trusted in zip(witnesses, spans, trust, strict=True):
        labels = [box.label for box in anchor.boxes]
        for frame, masks in both_ways(session, anchor, span, (height, width)):
            counter.add(frame, labels, masks)
            if frame == anchor.frame:
                for label, mask, share in zip(labels, masks, trusted, strict=True):
                    if share >= DECIDING_TRUST:
                        counter.decide(frame, label, mask)
            done += 1
            if progress is not None:
                progress(done, work)
    result = counter.result()
    return softened(result, session) if isinstance(session, SoftTrackingSession) else result


def pass_spans(anchors: Sequence[int], frame_count: int, reach: int | None) -> list[range]:
    """Return the frames that each anchor's pass covers, for anchor frames in any order; together they cover all."""
    for frame in anchors:
        if not 0 <= frame < frame_count:
            raise SampleError(f"anchor frame {frame} is outside the clip of {frame_count} frames")
    if reach is None:
        return [range(frame_count) for _ in anchors]
    spans = []
    for frame in anchors:
        before = max((other for other in anchors if other < frame), default=0)
        after = min((other for other in anchors if other > frame), default=frame_count - 1)
        spans.append(
            range(max(min(before, frame - reach), 0), min(max(after, frame + reach), frame_count - 1) + 1)
        )
    return spans


def single_pass(session: TrackingSession, anchor: Anchor, frame_count: int, height: int, width: int) -> Masks:
    """Return the masks (T, H, W) of one anchor's pass alone: what tracking was before BAIT, and its baseline.

    An anchor without boxes gives an empty mask video. Raises as `track_bait` does.
    """
    masks = np.zeros((frame_count, height, width), bool)
    if anchor.boxes:
        (span,) = pass_spans([anchor.frame], frame_count, None)
        for frame, found in both_ways(session, anchor, span, (height, width)):
            masks[frame] = found.any(axis=0)
    return masks


def both_ways(
    session: TrackingSession, anchor: Anchor, span: range, shape: tuple[int, int]
) -> Iterator[tuple[int, Masks]]:
    """Yield (frame, masks of the anchor's K boxes, (K, H, W)) once for every frame of `span`.

    The anchor's frame and later ones come first, then earlier ones backward.

    shape: (H, W) of the masks.
    """
    yield from _checked(session, anchor, "forward", range(anchor.frame, span.stop), shape)
    if anchor.frame > span.start:
        # Both directions start with the anchor's own frame; its vote counts once.
        answers = _checked(session, anchor, "backward", range(anchor.frame, span.start - 1, -1), shape)
        next(answers)
        yield from answers


def _checked(
    session: TrackingSession,
    anchor: Anchor,
    direction: Literal["forward", "backward"],
    expected: range,
    shape: tuple[int, int],
) -> Iterator[tuple[int, Masks]]:
    wanted_shape = (len(anchor.boxes), *shape)
    answers = iter(session.propagate(anchor, direction))
    for wanted in expected:
        answer = next(answers, None)
        if answer is None or answer[0] != wanted:
            got = "nothing" if answer is None else f"frame {answer[0]}"
            raise BackendError(
                f"tracker, {direction} from frame {anchor.frame}: expected frame {wanted}, got {got}"
            )
        masks = answer[1]
        if masks.shape != wanted_shape or masks.dtype != np.bool_:
            raise BackendError(
                f"tracker, {direction} from frame {anchor.frame}: masks of frame {wanted} are {masks.dtype} "
                f"{masks.shape}, expected bool {wanted_shape}, one mask for each box of the anchor"
            )
        yield wanted, masks
