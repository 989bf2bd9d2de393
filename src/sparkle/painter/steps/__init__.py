"""What the records of places are made of: each step paints one thing over what is there."""

from sparkle.painter.steps import air, building, crops, deep, falls, ground, growing, woods

__all__ = ["air", "building", "crops", "deep", "falls", "ground", "growing", "woods"]
