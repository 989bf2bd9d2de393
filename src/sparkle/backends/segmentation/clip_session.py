"""One clip in front of a promptable video model: passes that share the encoded frames and remember only what counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

import numpy as np
import torch
from torch.nn import functional

from sparkle.backends.held_model import HeldModel
from sparkle.backends.segmentation.frame_features import FrameFeatures
from sparkle.backends.segmentation.pixels import PreparedFrames
from sparkle.core.boxes import check_inside
from sparkle.core.errors import BackendError, SampleError
from sparkle.roles import Anchor, Masks

# Labels by which the prompt encoders of the SAM family know a box's two corners.
BOX_CORNERS = (2, 3)


class ClipSession:
    """Fulfils roles.TrackingSession.

    Each pass has a session of transformers of its own, fresh for each anchor and direction, so that no pass knows
    of another: they are witnesses in a vote. What a pass holds is bounded by the model's memory (16 frames), and
    goes when its iterator is exhausted, closed or forgotten.
    """

    def __init__(
        self,
        held: HeldModel[Any],
        new_session: Callable[..., Any],
        frames: PreparedFrames,
        features: FrameFeatures,
        size: tuple[int, int],
    ) -> None:
        """`new_session` makes an empty session of transformers; `size` is the frames' own (height, width)."""
        self._held = held
        self._new_session = new_session
        self._frames = frames
        self._features = features
        self._size = size

    def propagate(
        self, anchor: Anchor, direction: Literal["forward", "backward"]
    ) -> Iterator[tuple[int, Masks]]:
        """See roles.TrackingSession. Raises SampleError for an anchor outside the clip or a box without area."""
        count = len(self._frames)
        if not 0 <= anchor.frame < count:
            raise SampleError(f"anchor frame {anchor.frame} is outside the clip of {count} frames")
        height, width = self._size
        for box in anchor.boxes:
            check_inside(box, anchor.frame, width, height)
        order = range(anchor.frame, count) if direction == "forward" else range(anchor.frame, -1, -1)
        if not anchor.boxes:
            return ((frame, np.zeros((0, *self._size), bool)) for frame in order)
        return self._pass(anchor, order)

    def _pass(self, anchor: Anchor, order: range) -> Iterator[tuple[int, Masks]]:
        session = self._prompted(anchor)
        for frame in order:
            # The model is lent for one frame at a time: other clips take turns, and nothing is locked in a yield.
            with self._held.use("tracking at {1}x{0}".format(*self._size)) as model:
                answer = model(inference_session=session, frame_idx=frame, reverse=order.step < 0)
                masks = object_masks(answer.pred_masks, self._size)
            forget(session, frame, memory_reach(model.config))
            yield frame, masks

    def _prompted(self, anchor: Anchor) -> Any:
        """Return a session that knows the anchor's boxes, one object each."""
        height, width = self._size
        session = self._new_session(video_height=height, video_width=width)
        session.processed_frames = self._frames
        session.cache = self._features
        scale = self._frames.side / torch.tensor([width, height])
        objects = range(len(anchor.boxes))
        for number in objects:
            corners = torch.tensor(anchor.boxes[number].xyxy, dtype=torch.float32).view(2, 2) * scale
            session.add_point_inputs(
                session.obj_id_to_idx(number),
                anchor.frame,
                {
                    "point_coords": corners[None, None],
                    "point_labels": torch.tensor([[BOX_CORNERS]], dtype=torch.int32),
                },
            )
        session.obj_with_new_inputs = list(objects)
        return session


@torch.inference_mode()
def object_masks(logits: torch.Tensor, size: tuple[int, int]) -> Masks:
    """Return where each object is, bool (objects, H, W), from logits (objects, 1, h, w).

    An object that the model judges absent has large negative logits everywhere, so its mask is empty. Raises
    BackendError for logits that are not numbers, which would pass for an empty mask.
    """
    if not bool(logits.isfinite().all()):
        raise BackendError("the tracker's masks are not numbers; set dtype: bfloat16 or float32")
    full = functional.interpolate(logits.float(), size, mode="bilinear", align_corners=False)
    masks: Masks = (full > 0)[:, 0].cpu().numpy()
    return masks


def memory_reach(config: Any) -> int:
    """Return how many frames back a model looks: for memories of the picture, and for pointers to the objects."""
    return int(max(config.num_maskmem, config.max_object_pointers_in_encoder)) - 1


def forget(session: Any, frame: int, reach: int) -> None:
    """Drop what the model will not read again: it reads memories and pointers of the last `reach` frames.

    Masks it reads on their own frame only. Without this a pass would keep several megabytes for every object and
    frame.
    """
    for outputs in session.output_dict_per_obj.values():
        tracked = outputs["non_cond_frame_outputs"]
        for old in [each for each in tracked if abs(each - frame) >= reach]:
            del tracked[old]
        for output in (*tracked.values(), *outputs["cond_frame_outputs"].values()):
            output.pop("high_res_masks", None)
            output.pop("pred_masks", None)
