"""Sparkle: instruction-guided video background replacement, from source videos to dataset and benchmark."""

__version__ = "0.1.0"
