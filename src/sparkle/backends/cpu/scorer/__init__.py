"""Scores of edits from measured quantities. Heuristic: not comparable with EditScore, and named so everywhere."""

from sparkle.backends.cpu.scorer.scorer import Scorer

__all__ = ["Scorer"]
