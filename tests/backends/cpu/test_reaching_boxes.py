"""Boxes that reach out for a moment: smoothing cuts off nothing that evidence speaks for, and adds nothing without."""

from __future__ import annotations

import numpy as np
import pytest

from sparkle.backends.cpu.tracker import JointTracker
from sparkle.bait import track_bait
from sparkle.core.boxes import LabelledBox
from sparkle.roles import Anchor

HEIGHT, WIDTH, COUNT = 120, 208, 25
TIMES = range(0, COUNT, 4)
BODY, ARM = (80, 20, 130, 110), (30, 55, 80, 70)
REACHING = range(10, 15)


def clip(arm: bool) -> np.ndarray:
    random = np.random.default_rng(11)
    wall = np.full((HEIGHT, WIDTH, 3), (150, 155, 160), np.int16) + random.integers(
        -12, 13, (HEIGHT, WIDTH, 1)
    )
    frames = np.repeat(wall[None], COUNT, axis=0) + random.integers(-2, 3, (COUNT, HEIGHT, WIDTH, 1))
    for t, picture in enumerate(frames):
        sway = round(2 * np.sin(t))
        for x1, y1, x2, y2 in (BODY, ARM) if arm and t in REACHING else (BODY,):
            picture[y1:y2, x1 + sway : x2 + sway] = (190, 50, 40)
    return np.clip(frames, 0, 255).astype(np.uint8)


def mask_of(frames: np.ndarray) -> np.ndarray:
    def box(t: int) -> LabelledBox:
        x1, y1, x2, y2 = BODY
        return LabelledBox("figure", (float(ARM[0] if t == 12 else x1) - 3, y1 - 3.0, x2 + 3.0, y2 + 3.0))

    anchors = [Anchor(t, (box(t),)) for t in TIMES]
    session = JointTracker().open(frames, anchors)
    return track_bait(session, anchors, COUNT, HEIGHT, WIDTH).mask


@pytest.mark.parametrize("arm", [True, False])
def test_an_arm_that_reaches_out_of_the_other_boxes_is_kept_where_there_is_one(arm: bool) -> None:
    x1, y1, x2, y2 = ARM
    share = mask_of(clip(arm))[12, y1 + 2 : y2 - 2, x1 + 4 : x2].mean()
    assert share > 0.9 if arm else share < 0.05
