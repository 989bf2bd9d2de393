"""The subject of a source clip: found by the finder, tracked by the cpu tracker, with BAIT's vote.

It depends on the source alone, so that all edits of a clip are judged with the same mask.
"""

from __future__ import annotations

from sparkle.backends import create_backend
from sparkle.bait import anchor_frames, track_bait
from sparkle.core.boxes import LabelledBox
from sparkle.core.errors import BackendError
from sparkle.measure.finder import find_candidates
from sparkle.roles import Anchor, Frames, Masks, Tracker
from sparkle.video import resize_frames

TRACKING_WIDTH = 352  # pixels of the longer side
# Each pass of BAIT goes no further from its anchor than this. Five of them vote on a frame, for a third of the time
# that passes through the whole of a published clip take.
REACH_S = 1.0


def find_subject(frames: Frames, fps: float) -> Masks:
    """Return the subject's masks, bool (T, h, w), of frames (T, H, W, 3) at `fps`; neither side exceeds TRACKING_WIDTH.

    Raises BackendError when there is nothing that the finder takes for a subject.
    """
    height, width = frames.shape[1:3]
    scale = min(1.0, TRACKING_WIDTH / max(width, height))
    small = resize_frames(frames, (round(width * scale), round(height * scale)))
    schedule = anchor_frames(len(small), fps)
    subjects = [found for found in find_candidates(small, schedule) if found.is_subject]
    if not subjects:
        raise BackendError(
            "no subject was found in the source clip, so its foreground cannot be judged: nothing in it moves or "
            "stands out from its surroundings; give its masks with --masks, or let a model judge"
        )
    anchors = [
        Anchor(frame, tuple(LabelledBox(s.label, s.boxes[frame]) for s in subjects if frame in s.boxes))
        for frame in schedule
    ]
    tracker: Tracker = create_backend("cpu.tracker", {})
    session = tracker.open(small, anchors)
    count, small_height, small_width = small.shape[:3]
    return track_bait(session, anchors, count, small_height, small_width, reach=round(REACH_S * fps)).mask
