"""The clip that the project renders itself: a person before a room, with the true mask known exactly."""

from sparkle.demo.clip import DemoClip, render_demo_clip

__all__ = ["DemoClip", "render_demo_clip"]
