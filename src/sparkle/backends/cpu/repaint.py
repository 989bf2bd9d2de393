"""Foreground remover by painting again: the painter knows what it put behind the subject."""

from __future__ import annotations

from sparkle.backends.cpu.painter import paint, plan_scene
from sparkle.core.scene import Scene
from sparkle.core.seeds import derive_seed
from sparkle.roles import Image, ModelCard, RemovalRequest


class Repaint:
    """Fulfils ForegroundRemover for edits made by `cpu.scene_editor`, and for no others.

    A picture of unknown origin would need inpainting; this one is a function of instruction, scene and seed.
    """

    card = ModelCard("sparkle-repaint", "1", "Apache-2.0")

    def __call__(self, request: RemovalRequest) -> Image:
        """Return the clean background, uint8 (H, W, 3)."""
        return new_background(
            request.edited_frame, request.instruction, request.scene, request.seed, request.background
        )


def new_background(like: Image, instruction: str, scene: Scene | None, seed: int, own: Image | None) -> Image:
    """Return the user's own picture, or the painted scene, in the size of `like`."""
    if own is not None:
        return own
    height, width = like.shape[:2]
    return paint(plan_scene(instruction, scene), width, height, derive_seed(seed, "scene"))
