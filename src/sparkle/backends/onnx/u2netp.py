"""U2-Netp (role SalientObject): what stands out of a picture, by the small U²-Net of Qin et al. 2020, Apache-2.0.

The file is rembg's export of the authors' weights (github.com/danielgatis/rembg, release v0.0.0).
"""

from __future__ import annotations

from typing import Any, ClassVar

import cv2
import numpy as np
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
from sparkle.roles import Image, Matte

FILE = "u2netp.onnx"
SIDE = 320
# Of its seven maps, the first is the fused one; the others are those of the decoder's levels.
SPEC = GraphSpec(
    inputs=(Port("input.1", (1, 3, SIDE, SIDE)),),
    outputs=(Port("1959", (1, 1, SIDE, SIDE)),),
)


class U2NetpSettings(NetworkSettings):
    """`model`: a known network or a folder with u2netp.onnx."""

    model: str = Field(default="u2netp", min_length=1)


class U2Netp:
    """Salient objects at 320 pixels; a quarter of a second a picture on one core.

    The map is the network's own, between 0 and 1: it is not stretched to that range, as rembg does it, because a
    picture in which nothing stands out must say so.
    """

    Options: ClassVar[type[Settings]] = U2NetpSettings

    def __init__(self, **options: Any) -> None:
        """`options`: the fields of U2NetpSettings."""
        settings = parse_settings(U2NetpSettings, options, type(self).__name__)
        files = NetworkFiles(settings.model, (FILE,))
        self.weights = (files,)
        self.card = files.card()
        self._network = Network(files, FILE, SPEC, settings.threads)

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
