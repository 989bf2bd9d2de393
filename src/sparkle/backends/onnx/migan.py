"""MI-GAN (role ForegroundRemover): holes filled by the small generator of Sargsyan et al. 2023, MIT.

The file is its authors' whole pipeline at 512 pixels: it crops around the hole, resizes, fills and pastes by itself.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from sparkle.backends.cpu.removal import remove
from sparkle.backends.onnx.network import Network, NetworkSettings
from sparkle.backends.onnx.network_files import NetworkFiles
from sparkle.backends.onnx.session import GraphSpec, Port
from sparkle.config import Settings, parse_settings
from sparkle.core.errors import BackendError
from sparkle.roles import Image, Mask, ModelCard, RemovalRequest

FILE = "migan_pipeline_v2.onnx"
KNOWN = 255  # of its mask; 0 is to be filled
SPEC = GraphSpec(
    inputs=(Port("image", (1, 3, None, None), "uint8"), Port("mask", (1, 1, None, None), "uint8")),
    outputs=(Port("result", (1, 3, None, None), "uint8"),),
)


class MiGanSettings(NetworkSettings):
    """`model`: a known network or a folder with migan_pipeline_v2.onnx."""

    model: str = Field(default="andraniksargsyan/migan", min_length=1)


class MiGanRemover:
    """The hole of the removed subjects, after what the clip uncovers, filled by a network."""

    Options: ClassVar[type[Settings]] = MiGanSettings

    def __init__(self, **options: Any) -> None:
        """`options`: the fields of MiGanSettings."""
        settings = parse_settings(MiGanSettings, options, type(self).__name__)
        files = NetworkFiles(settings.model, (FILE,))
        self.weights = (files,)
        self.card: ModelCard = files.card()
        self._network = Network(files, FILE, SPEC, settings.threads)

    def __call__(self, request: RemovalRequest) -> Image:
        """See roles.ForegroundRemover. Raises SetupError if the network is not here or is another."""
        return remove(request, self.fill)

    def fill(self, picture: Image, hole: Mask, seed: int) -> Image:
        """Return `picture` (H, W, 3) with `hole`, bool (H, W), filled. The network is without chance."""
        if not hole.any():
            return picture
        height, width = hole.shape
        # What is under the hole must not shine through: it is told apart by the mask alone.
        image = np.where(hole[..., None], np.uint8(0), picture).transpose(2, 0, 1)[None]
        mask = np.where(hole, np.uint8(0), np.uint8(KNOWN))[None, None]
        inputs = {"image": np.ascontiguousarray(image), "mask": mask}
        (result,) = self._network(f"inpainting at {width}x{height}", inputs)
        if result.shape[2:] != hole.shape:
            raise BackendError(f"{FILE}: a picture of {width}x{height} expected, it answered {result.shape}")
        return np.where(hole[..., None], result[0].transpose(1, 2, 0), picture).astype(np.uint8)

    def release(self) -> None:
        """Give the network's memory back."""
        self._network.release()
