"""D-FINE-N (role ObjectDetector): the 80 objects of COCO, by the smallest detector of Peng et al. 2024, Apache-2.0.

The file is the ONNX community's export of `ustc-community/dfine-nano-coco`: normalised boxes and one logit a class for
each of its 300 queries, to which no suppression of doubles belongs.
"""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from sparkle.backends.onnx.network import Network, NetworkSettings, normalised, resized
from sparkle.backends.onnx.network_files import NetworkFiles
from sparkle.backends.onnx.session import GraphSpec, Port
from sparkle.config import Settings, parse_settings, read_document
from sparkle.core.boxes import LabelledBox
from sparkle.roles import Detection, Image
from sparkle.store import packaged_text

FILE = "model.onnx"
SIDE = 640
CLASSES = 80
SMALLEST = 1.0  # pixels of a side
SPEC = GraphSpec(
    inputs=(Port("pixel_values", (1, 3, SIDE, SIDE)),),
    outputs=(Port("logits", (1, None, CLASSES)), Port("pred_boxes", (1, None, 4))),
)


class DFineSettings(NetworkSettings):
    """`model`: a known network or a folder with model.onnx; `score`: the least that counts."""

    model: str = Field(default="onnx-community/dfine_n_coco-ONNX", min_length=1)
    score: float = Field(default=0.4, gt=0, lt=1)


class DFineNano:
    """Objects of COCO at 640 pixels, the picture squeezed into a square as in training."""

    Options: ClassVar[type[Settings]] = DFineSettings

    def __init__(self, **options: Any) -> None:
        """`options`: the fields of DFineSettings."""
        settings = parse_settings(DFineSettings, options, type(self).__name__)
        files = NetworkFiles(settings.model, (FILE,))
        self.weights = (files,)
        self.card = files.card()
        self._score = settings.score
        self._network = Network(files, FILE, SPEC, settings.threads)

    def __call__(self, image: Image) -> list[Detection]:
        """See roles.ObjectDetector. Raises SetupError if the network is not here or is another."""
        height, width = image.shape[:2]
        square = normalised(resized(image, SIDE, SIDE), (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
        logits, boxes = self._network(f"object detection at {width}x{height}", {"pixel_values": square})
        scores = 1.0 / (1.0 + np.exp(-np.clip(logits[0], -50.0, 50.0)))
        best = scores.max(axis=1)
        found = []
        for query in np.argsort(-best, kind="stable"):
            if best[query] < self._score:
                break
            centre_x, centre_y, wide, high = boxes[0, query].astype(float)
            x1, x2 = np.clip((centre_x - wide / 2, centre_x + wide / 2), 0.0, 1.0) * width
            y1, y2 = np.clip((centre_y - high / 2, centre_y + high / 2), 0.0, 1.0) * height
            if x2 - x1 >= SMALLEST and y2 - y1 >= SMALLEST:
                label = coco_labels()[int(scores[query].argmax())]
                box = LabelledBox(label, (float(x1), float(y1), float(x2), float(y2)))
                found.append(Detection(box, float(best[query])))
        return found

    def release(self) -> None:
        """Give the network's memory back."""
        self._network.release()


@cache
def coco_labels() -> tuple[str, ...]:
    """Return the names of COCO's 80 objects, by number."""
    return tuple(read_document(packaged_text(__package__, "coco_labels.yaml"), "coco_labels.yaml"))
