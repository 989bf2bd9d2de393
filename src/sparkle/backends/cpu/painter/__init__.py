"""Paints scenes from words: `plan_scene` reads an instruction, `paint` makes the picture."""

from .composition import paint
from .plan import ScenePlan
from .words import plan_scene

__all__ = ["ScenePlan", "paint", "plan_scene"]
