"""The subject of a source clip: grounded and tracked by the cpu backends, with BAIT's vote.

It depends on the source alone, so that all edits of a clip are judged with the same mask.
"""

from __future__ import annotations

from sparkle.backends.cpu.grounder import EvidenceGrounder
from sparkle.backends.cpu.tracker import JointTracker
from sparkle.bait import anchor_frames, track_bait
from sparkle.core.errors import BackendError
from sparkle.roles import Frames, Masks
from sparkle.video import resize_frames

TRACKING_WIDTH = 352  # pixels of the longer side
# Each pass of BAIT goes no further from its anchor than this. Five of them vote on a frame, for a third of the time
# that passes through the whole of a published clip take.
REACH_S = 1.0


def find_subject(frames: Frames, fps: float) -> Masks:
    """Return the subject's masks, bool (T, h, w), of frames (T, H, W, 3) at `fps`; neither side exceeds TRACKING_WIDTH.

    Raises BackendError when there is nothing that the grounder takes for a subject.
    """
    height, width = frames.shape[1:3]
    scale = min(1.0, TRACKING_WIDTH / max(width, height))
    small = resize_frames(frames, (round(width * scale), round(height * scale)))
    grounder = EvidenceGrounder()
    # The first frame stands for "edited", too: what an edit kept must not decide what should have been kept.
    objects = grounder.first_round(small, small[0])
    anchors = grounder.second_round(small, anchor_frames(len(small), fps), objects)
    if not any(anchor.boxes for anchor in anchors):
        raise BackendError(
            "no subject was found in the source clip, so its foreground cannot be judged; a model judge can see it"
        )
    session = JointTracker().open(small, anchors)
    count, small_height, small_width = small.shape[:3]
    return track_bait(session, anchors, count, small_height, small_width, reach=round(REACH_S * fps)).mask
