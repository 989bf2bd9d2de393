"""Paints scenes from words: `plan_scene` reads an instruction, `paint` makes the picture."""

from sparkle.painter.picture import paint
from sparkle.painter.plan import ScenePlan
from sparkle.painter.words import plan_scene

__all__ = ["ScenePlan", "paint", "plan_scene"]
