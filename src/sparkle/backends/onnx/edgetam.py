"""EdgeTAM on a CPU (role Tracker): boxed objects by the image half of Zhou et al. 2025, Apache-2.0, frame after frame.

The published export, `onnx-community/EdgeTAM-ONNX`, has the encoder of pictures and the decoder of prompts, and no
memory. So an object is followed by prompting every frame with the box of its mask on the frame before; that it stays
the same object rests on it moving little between frames. Heuristics, unmeasured: the weights could not be had here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from sparkle.backends.onnx.network import (
    IMAGENET_DEVIATION,
    IMAGENET_MEAN,
    Network,
    NetworkSettings,
    normalised,
    resized,
)
from sparkle.backends.onnx.network_files import NetworkFiles
from sparkle.backends.onnx.session import GraphSpec, Port
from sparkle.config import Settings, parse_settings
from sparkle.core.boxes import LabelledBox, check_inside
from sparkle.core.errors import SampleError
from sparkle.roles import Anchor, Frames, Image, Masks, TrackingSession

ENCODER, DECODER = "vision_encoder.onnx", "prompt_encoder_mask_decoder.onnx"
DATA = "_data"  # each graph's tensors lie in a file beside it
SIDE, GRID = 1024, 256
BOX_SLACK = 0.05  # of the sides: how far an object's outline may move until the next frame
CANDIDATES = 3

EMBEDDINGS = (
    Port("image_embeddings.0", (1, 32, GRID, GRID)),
    Port("image_embeddings.1", (1, 64, GRID // 2, GRID // 2)),
    Port("image_embeddings.2", (1, 256, GRID // 4, GRID // 4)),
)
ENCODER_SPEC = GraphSpec(inputs=(Port("pixel_values", (1, 3, SIDE, SIDE)),), outputs=EMBEDDINGS)
DECODER_SPEC = GraphSpec(
    inputs=(
        Port("input_points", (1, 1, None, 2)),
        Port("input_labels", (1, 1, None), "int64"),
        Port("input_boxes", (1, None, 4)),
        *EMBEDDINGS,
    ),
    outputs=(
        Port("iou_scores", (1, 1, CANDIDATES)),
        Port("pred_masks", (1, 1, CANDIDATES, GRID, GRID)),
        Port("object_score_logits", (1, 1, 1)),
    ),
)
FRAME_BYTES = 2 * sum(32 * GRID**2 // scale for scale in (1, 2, 2))

Box = tuple[float, float, float, float]
Features = list[NDArray[np.float16]]
Logits = NDArray[np.float32]


class EdgeTamSettings(NetworkSettings):
    """`model`: a known network or a folder with both graphs and their `_data`; `feature_memory_gb`: of encoded frames
    that are kept, 8.4 MB each; the others are encoded again by every pass."""

    model: str = Field(default="onnx-community/EdgeTAM-ONNX", min_length=1)
    feature_memory_gb: float = Field(default=1.0, ge=0)


class EdgeTamImages:
    """Tracker that prompts every frame anew. Passes of all anchors share the encoded frames of a clip."""

    Options: ClassVar[type[Settings]] = EdgeTamSettings

    def __init__(self, **options: Any) -> None:
        """`options`: the fields of EdgeTamSettings."""
        settings = parse_settings(EdgeTamSettings, options, type(self).__name__)
        threads = settings.threads
        files = NetworkFiles(settings.model, (ENCODER, ENCODER + DATA, DECODER, DECODER + DATA))
        self.weights = (files,)
        self.card = files.card()
        self._frames_kept = int(settings.feature_memory_gb * 1e9 / FRAME_BYTES)
        self._encoder = Network(files, ENCODER, ENCODER_SPEC, threads, (ENCODER + DATA,))
        self._decoder = Network(files, DECODER, DECODER_SPEC, threads, (DECODER + DATA,))

    def open(self, frames: Frames, anchors: Sequence[Anchor]) -> TrackingSession:
        """See roles.Tracker; frames are encoded as passes reach them."""
        return EdgeTamSession(frames, self._encoder, self._decoder, self._frames_kept)

    def release(self) -> None:
        """Give the networks' memory back."""
        self._encoder.release()
        self._decoder.release()


class EdgeTamSession:
    """One clip, see roles.TrackingSession."""

    def __init__(self, frames: Frames, encoder: Network, decoder: Network, frames_kept: int) -> None:
        self._frames = frames
        self._encoder = encoder
        self._decoder = decoder
        self._kept: dict[int, Features] = {}
        self._most = frames_kept

    def propagate(
        self, anchor: Anchor, direction: Literal["forward", "backward"]
    ) -> Iterator[tuple[int, Masks]]:
        """See roles.TrackingSession. Raises SampleError for an anchor outside the clip or a box without area."""
        count, height, width = self._frames.shape[:3]
        if not 0 <= anchor.frame < count:
            raise SampleError(f"anchor frame {anchor.frame} is outside the clip of {count} frames")
        for box in anchor.boxes:
            check_inside(box, anchor.frame, width, height)
        order = range(anchor.frame, count) if direction == "forward" else range(anchor.frame, -1, -1)
        return self._pass(anchor.boxes, order)

    def _pass(self, boxes: Sequence[LabelledBox], order: range) -> Iterator[tuple[int, Masks]]:
        height, width = self._frames.shape[1:3]
        scale = (SIDE / width, SIDE / height)
        prompts: list[Box] = [_scaled(box.xyxy, scale) for box in boxes]
        before: list[Logits | None] = [None] * len(boxes)
        for frame in order:
            masks = np.zeros((len(boxes), height, width), bool)
            features = self._features(frame) if boxes else []
            for number, prompt in enumerate(prompts):
                logits = self._segment(features, prompt, before[number])
                if logits is None:
                    continue  # gone from this frame: it is looked for where it was last
                masks[number] = cv2.resize(logits, (width, height), interpolation=cv2.INTER_LINEAR) > 0
                before[number] = logits
                prompts[number] = _around(logits)
            yield frame, masks

    def _features(self, frame: int) -> Features:
        if frame in self._kept:
            return self._kept[frame]
        height, width = self._frames.shape[1:3]
        pixels = prepared(self._frames[frame])
        encoded = self._encoder(f"encoding at {width}x{height}", {"pixel_values": pixels})
        # Half precision whether or not they are kept: the masks do not depend on the memory.
        features = [each.astype(np.float16) for each in encoded]
        if len(self._kept) < self._most:
            self._kept[frame] = features
        return features

    def _segment(self, features: Features, box: Box, before: Logits | None) -> Logits | None:
        """Return the logits of the object in a box, (256, 256), or None where the model sees none."""
        inputs: dict[str, NDArray[np.generic]] = {
            "input_points": np.zeros((1, 1, 0, 2), np.float32),
            "input_labels": np.zeros((1, 1, 0), np.int64),
            "input_boxes": np.array([[box]], np.float32),
        }
        for port, feature in zip(EMBEDDINGS, features, strict=True):
            inputs[port.name] = feature.astype(np.float32)
        scores, masks, present = self._decoder("segmenting a box", inputs)
        if present[0, 0, 0] <= 0:
            return None
        chosen: Logits = masks[0, 0, choose(scores[0, 0], masks[0, 0], before)]
        return chosen if (chosen > 0).any() else None


def choose(ratings: Logits, masks: Logits, before: Logits | None) -> int:
    """Return which of a box's readings, logits (N, h, w) rated by the model (N,), is the object: the best rated, and on
    later frames the one that is also like the object was before, (h, w); if none is, the best rated again."""
    ranks = ratings if before is None else ratings * [_overlap(mask, before) + 1e-6 for mask in masks]
    return int(np.argmax(ranks))


def prepared(image: Image) -> NDArray[np.float32]:
    """Return a picture as the encoder wants it: squeezed into a square, (1, 3, 1024, 1024)."""
    return normalised(resized(image, SIDE, SIDE), IMAGENET_MEAN, IMAGENET_DEVIATION)


def _scaled(box: Box, scale: tuple[float, float]) -> Box:
    x1, y1, x2, y2 = np.clip(np.array(box) * (*scale, *scale), 0.0, SIDE)
    return float(x1), float(y1), float(x2), float(y2)


def _around(logits: Logits) -> Box:
    """Return the box of a mask, a little widened, in pixels of the square."""
    rows, columns = (np.flatnonzero((logits > 0).any(axis=axis)) for axis in (1, 0))
    x1, x2, y1, y2 = columns[0], columns[-1] + 1, rows[0], rows[-1] + 1
    wide, high = BOX_SLACK * (x2 - x1), BOX_SLACK * (y2 - y1)
    box = np.clip((x1 - wide, y1 - high, x2 + wide, y2 + high), 0, GRID) * (SIDE / GRID)
    return float(box[0]), float(box[1]), float(box[2]), float(box[3])


def _overlap(one: Logits, other: Logits) -> float:
    either = ((one > 0) | (other > 0)).sum()
    return float(((one > 0) & (other > 0)).sum() / either) if either else 0.0
