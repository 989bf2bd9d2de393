"""The ablation "copy_paste": the source's subject cut out along the hard mask and pasted on the background."""

from __future__ import annotations

import numpy as np

from sparkle.backends.cpu.compositor.generator import background_frames
from sparkle.roles import Frames, GenerationRequest, ModelCard


class CopyPaste:
    """Fulfils VideoGenerator as naively as possible: no matte, no light, no blending.

    Everything of the request but source, mask and background is ignored. Without a background video the clean
    background image stands still.
    """

    card = ModelCard("sparkle-copy-paste", "1", "Apache-2.0")

    def __call__(self, request: GenerationRequest) -> Frames:
        """Return the edited clip, uint8 (T, H, W, 3). Raises BackendError when the request's shapes differ."""
        return np.where(request.mask[..., None], request.source, background_frames(request))
