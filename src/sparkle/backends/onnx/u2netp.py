"""U2-Netp (role SalientObject): what stands out of a picture, by the small U²-Net of Qin et al. 2020, Apache-2.0.

The file is rembg's export of the authors' weights (github.com/danielgatis/rembg, release v0.0.0).
"""

from __future__ import annotations

import cv2
import numpy as np

from sparkle.backends.onnx.network import IMAGENET_DEVIATION, IMAGENET_MEAN, Network, normalised, resized
from sparkle.backends.onnx.network_files import NetworkFiles
from sparkle.backends.onnx.session import GraphSpec, Port
from sparkle.roles import Image, Matte

FILE = "u2netp.onnx"
SIDE = 320
# Of its seven maps, the first is the fused one; the others are those of the decoder's levels.
SPEC = GraphSpec(
    inputs=(Port("input.1", (1, 3, SIDE, SIDE)),),
    outputs=(Port("1959", (1, 1, SIDE, SIDE)),),
)


class U2Netp:
    """Salient objects at 320 pixels; a quarter of a second a picture on one core.

    The map is the network's own, between 0 and 1: it is not stretched to that range, as rembg does it, because a
    picture in which nothing stands out must say so.
    """

    def __init__(self, model: str = "u2netp", threads: int = 2) -> None:
        """`model`: a known network or a folder with u2netp.onnx; `threads`: at most so many of the CPU's cores."""
        files = NetworkFiles(model, (FILE,))
        self.weights = (files,)
        self.card = files.card()
        self._network = Network(files, FILE, SPEC, threads)

    def __call__(self, image: Image) -> Matte:
        """See roles.SalientObject. Raises SetupError if the network is not here or is another."""
        height, width = image.shape[:2]
        # As in training, the brightest level of the picture is white.
        white = max(1.0, float(image.max()))
        square = normalised(resized(image, SIDE, SIDE), IMAGENET_MEAN, IMAGENET_DEVIATION, white)
        (salient,) = self._network(f"salient object at {width}x{height}", {"input.1": square})
        full = cv2.resize(salient[0, 0], (width, height), interpolation=cv2.INTER_LINEAR)
        return np.asarray(np.clip(full, 0.0, 1.0), np.float32)

    def release(self) -> None:
        """Give the network's memory back."""
        self._network.release()
