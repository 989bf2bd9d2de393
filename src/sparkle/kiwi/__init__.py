"""Kiwi-Edit and Kiwi-Sparkle: encoder, conditioning, pipeline, checkpoints, training."""
