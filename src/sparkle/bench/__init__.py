"""Sparkle-Bench and OpenVE-Bench: tasks, judges, scores, statistics, comparisons."""
