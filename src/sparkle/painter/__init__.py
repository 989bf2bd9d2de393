"""Paints scenes from words: `plan_scene` reads an instruction, `paint` makes the picture, `paint_scene` says too
what is where in it, `read` what became of the words."""

from sparkle.painter.engine.kinds import Kind
from sparkle.painter.engine.movers import Movers
from sparkle.painter.picture import Painted, paint, paint_scene
from sparkle.painter.plan import ScenePlan
from sparkle.painter.reading import Reading, read
from sparkle.painter.words import plan_scene

__all__ = ["Kind", "Movers", "Painted", "Reading", "ScenePlan", "paint", "paint_scene", "plan_scene", "read"]
