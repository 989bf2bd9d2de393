"""The eyes of the demo's person, and how large they say a metre is."""

import numpy as np
import pytest
from tests.conftest import HEIGHT

from sparkle.demo import DemoClip, render_demo_clip
from sparkle.measure.eye_line import viewpoint_of


def test_eyes_and_scale_grow_with_the_picture(demo_clip: DemoClip) -> None:
    small, large = viewpoint_of(demo_clip.frames), viewpoint_of(render_demo_clip(7, 416, 240, 5, 16.0).frames)
    assert small is not None
    assert large is not None
    assert 0.2 * HEIGHT < small.eye_row < 0.45 * HEIGHT
    assert large.eye_row == pytest.approx(2 * small.eye_row, rel=0.08)
    assert large.metre == pytest.approx(2 * small.metre, rel=0.15)
    assert small.feet_row > HEIGHT, "somebody who sits at a desk"


def test_nobody_has_no_viewpoint() -> None:
    assert viewpoint_of(np.full((3, 90, 160, 3), 90, np.uint8)) is None
