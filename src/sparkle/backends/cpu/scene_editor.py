"""First-frame editor by painting: the scene of the instruction behind the subject of frame 0."""

from __future__ import annotations

import numpy as np

from sparkle.backends.cpu.compositor import Compositor
from sparkle.backends.cpu.grounder import EvidenceGrounder
from sparkle.backends.cpu.repaint import new_background
from sparkle.backends.cpu.tracker import JointTracker
from sparkle.roles import Anchor, EditRequest, GenerationRequest, Image, Mask, ModelCard

FRAMES_SEEN = 20


class SceneEditor:
    """Fulfils FirstFrameEditor with the grounder, the tracker and the compositor, on frame 0 alone.

    Without a subject to keep, everything is background: the answer is the new scene itself.
    """

    card = ModelCard("sparkle-scene-editor", "1", "Apache-2.0")

    def __init__(self) -> None:
        self._grounder = EvidenceGrounder()
        self._tracker = JointTracker()
        self._compositor = Compositor()

    def __call__(self, request: EditRequest) -> Image:
        """Return the edited frame 0, uint8 (H, W, 3)."""
        frame = request.frames[0]
        background = new_background(
            frame, request.instruction, request.scene, request.seed, request.background
        )
        mask = self._subject(request)
        if not mask.any():
            return background
        edited = self._compositor(
            GenerationRequest(
                first_frame=frame,
                control=np.zeros((1, *mask.shape), np.uint8),
                instruction=request.instruction,
                source=request.frames[:1],
                clean_background=background,
                background=background[None],
                mask=mask[None],
                confidence=mask[None].astype(np.float32),
                fps=1.0,
                seed=request.seed,
                scene=request.scene,
            )
        )
        first: Image = edited[0]
        return first

    def _subject(self, request: EditRequest) -> Mask:
        """Return the subject's mask on frame 0, from the user's boxes or from what the grounder finds."""
        given = [anchor for anchor in request.anchors if anchor.frame == 0 and anchor.boxes]
        boxes = (
            given[0].boxes if given else tuple(self._grounder.first_round(request.frames, request.frames[0]))
        )
        if not boxes:
            return np.zeros(request.frames.shape[1:3], np.bool_)
        anchor = Anchor(0, boxes)
        # One frame's mask needs to see what moves over the clip, not every frame of it.
        few = request.frames[:: max(1, len(request.frames) // FRAMES_SEEN)]
        session = self._tracker.open(few, [anchor])
        masks = next(session.propagate(anchor, "forward"))[1]
        whole: Mask = np.any(masks, axis=0, keepdims=True)[0]
        return whole
