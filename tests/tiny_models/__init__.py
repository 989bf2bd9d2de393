"""Tiny random checkpoints in the real on-disk layouts, for tests that run the real loading code."""
