"""The demo's person: torso in a patterned sweater, two gesturing arms with hands, and the head."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from sparkle.core.seeds import generator
from sparkle.demo.brush import Layer, Pixels, Points, Texture, cloud_noise, ellipse, limb, rotation, smooth
from sparkle.demo.hand import draw_hand
from sparkle.demo.head import SKIN, SKIN_DEEP, Head, draw_face, draw_hair_behind
from sparkle.demo.motion import Hand, Pose

CENTRE_X = 412.0
SHOULDER_Y, SHOULDER_REACH = 292.0, 84.0
UPPER_ARM = 96.0
KNIT_SCALE = 2
TORSO_HALF = [
    [0, 252],
    [30, 250],
    [60, 261],
    [90, 276],
    [103, 300],
    [98, 350],
    [89, 410],
    [92, 500],
    [0, 500],
]


@dataclass(frozen=True, slots=True)
class Wardrobe:
    """The knitted cloth of the sweater, once for the torso and once for a sleeve; float32 (h, w, 3)."""

    torso: Pixels
    sleeve: Pixels

    @classmethod
    def tailored(cls, seed: int) -> Wardrobe:
        """Knit the cloth."""
        random = generator(seed, "wardrobe")
        return cls(_knit(random, 300, 300, patterned=True), _knit(random, 130, 80, patterned=False))


def draw_person(layer: Layer, pose: Pose, wardrobe: Wardrobe) -> None:
    """Paint the person in a pose onto a clear layer; afterwards its alpha is the person's coverage."""
    lean = 240 * pose.sway
    lift = -1.2 * pose.breath
    centre = (CENTRE_X + lean + pose.head[0], 158 + lift + pose.head[1])
    head = Head(centre, pose.yaw, pose.pitch, pose.roll + pose.sway)
    draw_hair_behind(layer, head)
    _draw_neck(layer, lean, lift, centre)
    _draw_torso(layer, lean, lift, wardrobe)
    draw_face(layer, head, pose)
    for side, hand in ((-1, pose.left), (1, pose.right)):
        shoulder = np.array([CENTRE_X + lean * 0.9 + side * SHOULDER_REACH, SHOULDER_Y + lift])
        _draw_arm(layer, shoulder, side, hand, wardrobe)


def _knit(random: np.random.Generator, width: int, height: int, patterned: bool) -> Pixels:
    w, h = width * KNIT_SCALE, height * KNIT_SCALE
    cloth = np.empty((h, w, 3), np.float32)
    cloth[:] = (0.72, 0.27, 0.17)
    for y in range(10, height, 34):
        cloth[y * KNIT_SCALE : (y + 7) * KNIT_SCALE] = (0.93, 0.86, 0.72)
        cloth[(y + 10) * KNIT_SCALE : (y + 12) * KNIT_SCALE] = (0.20, 0.25, 0.34)
    if patterned:
        for index, x in enumerate(range(8, width, 18)):
            colour = (0.95, 0.78, 0.42) if index % 2 else (0.93, 0.86, 0.72)
            diamond = np.array([[x, 64], [x + 6, 72], [x, 80], [x - 6, 72]]) * KNIT_SCALE
            cv2.fillPoly(cloth, [diamond.astype(np.int32)], colour, cv2.LINE_AA)
    rows = np.arange(h, dtype=np.float32)[:, None]
    columns = np.arange(w, dtype=np.float32)[None]
    stitches = np.sin(columns * 2 * np.pi / 7) * np.sin(
        rows * 2 * np.pi / 5 + np.abs((columns % 14) - 7) * 0.5
    )
    cloth *= (1 + 0.07 * stitches + 0.03 * cloud_noise(random, w, h, 4, 2))[..., None]
    return np.clip(cloth, 0, 1)


def _draw_neck(layer: Layer, lean: float, lift: float, head_centre: tuple[float, float]) -> None:
    x = CENTRE_X + lean
    top = head_centre[0]
    neck = [[top - 25, 190], [top + 25, 190], [x + 27, 236 + lift], [x + 46, 262 + lift], [x, 284 + lift],
            [x - 46, 262 + lift], [x - 27, 236 + lift]]  # fmt: skip
    layer.paint(smooth(neck), SKIN, relief=20, shadow=0.4)
    under_chin = ellipse((top + 2, 221 + lift), 34, 15)
    layer.paint(under_chin, SKIN_DEEP, opacity=0.55, soft=5, inside=True)


def _draw_torso(layer: Layer, lean: float, lift: float, wardrobe: Wardrobe) -> None:
    half = np.array(TORSO_HALF, np.float64)
    outline = np.concatenate([half, half[-2:0:-1] * (-1, 1)])
    outline[:, 0] += CENTRE_X + lean * np.clip((500 - outline[:, 1]) / 240, 0, 1)
    outline[:, 1] += lift * np.clip((500 - outline[:, 1]) / 150, 0, 1)
    collar = np.array([[-40, 253], [-24, 266], [0, 272], [24, 266], [40, 253]])
    collar = np.add(collar, (CENTRE_X + lean, lift))
    cloth = Texture(wardrobe.torso, _placed(np.array([CENTRE_X + lean - 150, 236 + lift]), 0.0))
    body = smooth(outline[1:], closed=True)
    neckline = smooth(collar, closed=False)
    layer.paint(np.concatenate([neckline, _around(body, neckline)]), cloth, relief=42, shadow=0.3)
    layer.stroke(collar, (0.58, 0.20, 0.13), 9)
    layer.stroke(np.add(collar, (0, -1.5)), (0.80, 0.36, 0.24), 4, opacity=0.6)


def _around(body: Points, neckline: Points) -> Points:
    """Return the body's outline without its stretch over the neck, ordered so that it closes the neckline."""
    left, right = neckline[0], neckline[-1]
    start = int(np.argmin(np.linalg.norm(body - right, axis=1)))
    rolled = np.roll(body, -start, axis=0)
    end = int(np.argmin(np.linalg.norm(rolled - left, axis=1)))
    return rolled[: end + 1]


def _draw_arm(layer: Layer, shoulder: Points, side: int, hand: Hand, wardrobe: Wardrobe) -> None:
    wrist = shoulder + hand.offset
    # The arm bends towards the viewer: the elbow stays low and beside the body, and both parts foreshorten.
    raised = np.clip((130 - hand.offset[1]) / 130, 0, 1)
    elbow = np.add(shoulder, (side * (22 + 14 * raised), UPPER_ARM - 12 * raised))
    forward = (wrist - elbow) / np.linalg.norm(wrist - elbow)
    layer.paint(limb(shoulder, elbow, 25, 20), _sleeve(wardrobe, shoulder, elbow), relief=20, shadow=0.26)
    layer.paint(
        limb(elbow, wrist - 6 * forward, 20, 14), _sleeve(wardrobe, elbow, wrist), relief=16, shadow=0.45
    )
    draw_hand(layer, wrist, side, hand)
    across = np.array([-forward[1], forward[0]]) * 15
    back, front = wrist - 9 * forward, wrist + 3 * forward
    cuff = smooth([back + across, front + across, front + 4 * forward, front - across, back - across])
    layer.paint(cuff, (0.60, 0.21, 0.14), relief=9, shadow=0.2)


def _sleeve(wardrobe: Wardrobe, start: Points, end: Points) -> Texture:
    direction = end - start
    angle = float(np.arctan2(direction[1], direction[0])) - np.pi / 2
    corner = start + rotation(angle) @ np.array([-65.0, -20.0])
    return Texture(wardrobe.sleeve, _placed(corner, angle))


def _placed(corner: Points, angle: float) -> Points:
    return np.concatenate([rotation(angle) / KNIT_SCALE, np.asarray(corner)[:, None]], 1)
