"""MODNet (role Matting): soft mattes of people, without a trimap, by Ke et al. 2022, Apache-2.0.

The file is the authors' photographic model as they exported it, mirrored on the Hub as `Xenova/modnet`.
"""

from __future__ import annotations

from typing import Any, ClassVar

import cv2
import numpy as np
from pydantic import Field

from sparkle.backends.onnx.network import Network, NetworkSettings, normalised, resized
from sparkle.backends.onnx.network_files import NetworkFiles
from sparkle.backends.onnx.session import GraphSpec, Port
from sparkle.config import Settings, parse_settings
from sparkle.roles import Image, Matte

FILE = "model.onnx"
SHORT_SIDE = 512  # as its authors run it
LONGEST_SIDE = 1536
STEP = 32  # sides are multiples of it
SPEC = GraphSpec(
    inputs=(Port("input", (1, 3, None, None)),),
    outputs=(Port("output", (1, 1, None, None)),),
)


class ModNetSettings(NetworkSettings):
    """`model`: a known network or a folder with model.onnx."""

    model: str = Field(default="Xenova/modnet", min_length=1)


class ModNet:
    """Portrait mattes with a short side of 512 pixels, in the picture's own proportions."""

    Options: ClassVar[type[Settings]] = ModNetSettings

    def __init__(self, **options: Any) -> None:
        """`options`: the fields of ModNetSettings."""
        settings = parse_settings(ModNetSettings, options, type(self).__name__)
        files = NetworkFiles(settings.model, (FILE,))
        self.weights = (files,)
        self.card = files.card()
        self._network = Network(files, FILE, SPEC, settings.threads)

    def __call__(self, image: Image) -> Matte:
        """See roles.Matting. Raises SetupError if the network is not here or is another."""
        height, width = image.shape[:2]
        levels = normalised(resized(image, *working_size(width, height)), (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
        (matte,) = self._network(f"portrait matting at {width}x{height}", {"input": levels})
        full = cv2.resize(matte[0, 0], (width, height), interpolation=cv2.INTER_LINEAR)
        return np.asarray(np.clip(full, 0.0, 1.0), np.float32)

    def release(self) -> None:
        """Give the network's memory back."""
        self._network.release()


def working_size(width: int, height: int) -> tuple[int, int]:
    """Return (width, height) that the network sees: multiples of 32, the shorter one 512."""
    scale = SHORT_SIDE / min(width, height)
    sides = (
        min(max(STEP * round(side * scale / STEP), SHORT_SIDE), LONGEST_SIDE) for side in (width, height)
    )
    wide, high = sides
    return wide, high
