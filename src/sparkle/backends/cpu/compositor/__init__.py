"""The classical final generator: matte, clean rim, the new place's light, light wrap, grain, contact shadow."""

from sparkle.backends.cpu.compositor.generator import Compositor, CompositorSettings

__all__ = ["Compositor", "CompositorSettings"]
