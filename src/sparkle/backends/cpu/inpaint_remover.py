"""Foreground remover for pictures of any origin: the subject cut out, the hole filled with patches around it."""

from __future__ import annotations

from sparkle.backends.cpu.patch_filling import fill_with_patches, library
from sparkle.backends.cpu.removal import remove
from sparkle.roles import Image, ModelCard, RemovalRequest


class InpaintRemover:
    """Fulfils ForegroundRemover for any edited frame, e.g. of a neural editor; needs the extra `inpaint`.

    Where the edit kept the old background, it takes from the clip what the subject uncovers. It invents nothing: large
    holes in pictures with much structure stay the weak case.
    """

    card = ModelCard("sparkle-inpaint-remover", "1", "Apache-2.0, with PyPatchMatch (MIT)")

    def __init__(self) -> None:
        """Raises MissingExtraError without PyPatchMatch: before the first clip, not in the middle of a run."""
        library()

    def __call__(self, request: RemovalRequest) -> Image:
        """Return the clean background, uint8 (H, W, 3)."""
        return remove(request, fill_with_patches)
