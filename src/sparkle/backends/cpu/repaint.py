"""Foreground remover by painting again: the painter knows what it put behind the subject."""

from __future__ import annotations

import logging

import numpy as np

from sparkle.core.errors import BackendError
from sparkle.core.scene import Scene
from sparkle.core.seeds import derive_seed
from sparkle.painter import Painted, paint, paint_scene, plan_scene
from sparkle.roles import Image, ModelCard, RemovalRequest

logger = logging.getLogger(__name__)

KNOWN_PLACES = (
    "a beach",
    "a forest",
    "mountains",
    "a city street",
    "a cafe",
    "a library",
    "an office",
    "a desert",
)
LONGEST_SHOWN = 200
SAME_PICTURE = 6.0  # grey levels, mean: what encoding leaves of a painted picture differs by less


class Repaint:
    """Fulfils ForegroundRemover for edits made by `cpu.scene_editor`, and for no others.

    A picture of unknown origin would need inpainting; this one is a function of instruction, scene and seed.
    """

    card = ModelCard("sparkle-repaint", "1", "Apache-2.0")

    def __call__(self, request: RemovalRequest) -> Image:
        """Return the clean background, uint8 (H, W, 3)."""
        height, width = request.edited_frame.shape[:2]
        return self.at_size(request, (width, height))

    def at_size(self, request: RemovalRequest, size: tuple[int, int]) -> Image:
        """See roles.AnySizeRemover."""
        like = np.broadcast_to(np.uint8(0), (size[1], size[0], 3))
        return new_background(like, request.instruction, request.scene, request.seed, request.background)


def new_background(like: Image, instruction: str, scene: Scene | None, seed: int, own: Image | None) -> Image:
    """Return the user's own picture, or the painted scene, in the size of `like`.

    Raises BackendError where the painter knows no word of the text; it warns where it knows the light alone.
    """
    if own is not None:
        return own
    plan = plan_scene(instruction, scene)
    asked = repr(instruction if scene is None else scene.keyword)
    asked = asked if len(asked) <= LONGEST_SHOWN else f"{asked[:LONGEST_SHOWN]}..."
    if not plan.understood:
        raise BackendError(
            f"the painter knows no word of {asked}; it draws places such as {', '.join(KNOWN_PLACES)}. Name one of "
            "them, give a picture or video of your own as background, or use a recipe with models"
        )
    if not plan.names_place:
        logger.warning("the painter knows no place in %s, and draws a %s", asked, plan.setting)
    height, width = like.shape[:2]
    return paint(plan, width, height, derive_seed(seed, "scene"))


def painted_again(image: Image, instruction: str, scene: Scene | None, seed: int) -> Painted | None:
    """Return the painting that `image` (H, W, 3) is, with what is where in it; None if it is not one of this text."""
    plan = plan_scene(instruction, scene)
    if not plan.understood:
        return None
    height, width = image.shape[:2]
    painted = paint_scene(plan, width, height, derive_seed(seed, "scene"))
    difference = np.abs(painted.picture.astype(np.int16) - image).mean()
    return painted if difference < SAME_PICTURE else None
