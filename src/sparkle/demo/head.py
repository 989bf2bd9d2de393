"""The demo person's head: a face whose features sit on an ellipsoid, so that it turns and nods believably."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sparkle.demo.brush import Colour, Layer, Points, ellipse, smooth
from sparkle.demo.motion import Pose

SKIN: Colour = (0.90, 0.68, 0.54)
SKIN_DEEP: Colour = (0.74, 0.47, 0.36)
HAIR: Colour = (0.62, 0.24, 0.10)
HAIR_SHADED: Colour = (0.54, 0.20, 0.09)
HAIR_LIGHT: Colour = (0.86, 0.47, 0.22)
LIPS: Colour = (0.76, 0.39, 0.36)
HALF_WIDTH = 49.0

# The right half of outlines in units of the head's half width, from the top downwards; x to the right, y down.
FACE_HALF = [
    [0, -1.28],
    [0.52, -1.16],
    [0.88, -0.72],
    [0.97, -0.1],
    [0.92, 0.38],
    [0.73, 0.84],
    [0.40, 1.19],
    [0, 1.31],
]
HAIR_BACK_HALF = [
    [0, -1.52],
    [0.60, -1.42],
    [1.06, -0.96],
    [1.22, -0.2],
    [1.24, 0.5],
    [1.12, 1.12],
    [0.80, 1.34],
    [0, 1.2],
]
FRINGE = [
    [-1.02, 0.18], [-1.13, -0.35], [-1.02, -0.95], [-0.62, -1.40], [0.0, -1.53], [0.62, -1.41], [1.03, -0.95],
    [1.14, -0.35], [1.02, 0.20], [0.95, -0.22], [0.86, -0.52], [0.66, -0.80], [0.38, -0.93], [0.16, -0.80],
    [-0.22, -0.62], [-0.60, -0.52], [-0.84, -0.36], [-0.94, -0.12],
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Head:
    """Where the head is: `centre` in reference pixels, angles in radians."""

    centre: tuple[float, float]
    yaw: float
    pitch: float
    roll: float

    def place(self, points: ArrayLike, turn: float = 1.0) -> Points:
        """Map face points (N, 2) in head units to reference pixels; `turn` scales how much they follow the turn."""
        p = np.asarray(points, np.float64)
        depth = np.sqrt(np.clip(1.25 - (p[:, 0] / 1.02) ** 2 - (p[:, 1] / 1.5) ** 2, 0.0, None))
        x = p[:, 0] * np.cos(turn * self.yaw) + depth * np.sin(turn * self.yaw)
        y = p[:, 1] * np.cos(turn * self.pitch) + depth * np.sin(turn * self.pitch)
        c, s = np.cos(self.roll), np.sin(self.roll)
        return np.stack([c * x - s * y, s * x + c * y], 1) * HALF_WIDTH + self.centre


def draw_hair_behind(layer: Layer, head: Head) -> None:
    """Paint the hair that hangs behind neck and face."""
    outline = smooth(_mirrored(HAIR_BACK_HALF))
    layer.paint(head.place(outline, turn=-0.12), HAIR_SHADED, relief=16)
    for side in (-1, 1):
        for index in range(6):
            x = side * (1.16 - 0.05 * index)
            strand = [[x * 0.98, -0.5], [x * 1.02, 0.2], [x, 0.8], [x * 0.92, 1.22]]
            layer.stroke(head.place(strand, turn=-0.12), HAIR_LIGHT, 1.2, opacity=0.35)


def draw_face(layer: Layer, head: Head, pose: Pose) -> None:
    """Paint ears, face, features and the hair in front."""
    layer.paint(head.place(smooth(_mirrored(FACE_HALF)), turn=0.10), SKIN, relief=24, shadow=0.35)
    for side in (-1, 1):
        cheek = head.place([[side * 0.52, 0.42]])[0]
        layer.paint(ellipse(cheek, 12, 9), (0.93, 0.48, 0.42), opacity=0.30, soft=4, inside=True)
    jaw = head.place(smooth([[-0.75, 0.95], [0, 1.25], [0.75, 0.95], [0.4, 1.5], [-0.4, 1.5]]), turn=0.1)
    layer.paint(jaw, SKIN_DEEP, opacity=0.30, soft=5, inside=True)
    _draw_nose(layer, head)
    _draw_mouth(layer, head, pose.mouth)
    for side in (-1, 1):
        _draw_eye(layer, head, side, pose)
        _draw_brow(layer, head, side, pose.brows)
    _draw_fringe(layer, head)


def _mirrored(half: list[list[float]]) -> Points:
    right = np.array(half, np.float64)
    left = right[-2:0:-1] * (-1, 1)
    return np.concatenate([right, left])


def _draw_eye(layer: Layer, head: Head, side: int, pose: Pose) -> None:
    centre = np.array([side * 0.40, -0.06])
    open_share = 1 - 0.94 * pose.lids
    socket = ellipse(np.add(centre, (0, -0.05)), 0.27, 0.20)
    layer.paint(head.place(socket), SKIN_DEEP, opacity=0.42, soft=2.5, inside=True)
    upper = [[-0.215, 0.02], [-0.13, -0.085], [0.0, -0.125], [0.13, -0.085], [0.215, 0.01]]
    lower = [[0.13, 0.075], [0.0, 0.10], [-0.13, 0.075]]
    almond = np.array(upper + lower) * (side, open_share) + centre
    white = head.place(smooth(almond))
    layer.paint(white, (0.97, 0.95, 0.92), relief=4)
    if open_share > 0.35:
        iris = np.add(centre, (0.055 * pose.gaze[0], 0.035 * pose.gaze[1]))
        _draw_iris(layer, head, iris, white)
    lid = head.place(np.array(upper) * (side, open_share) + centre)
    layer.stroke(lid, (0.16, 0.09, 0.07), 3.0)
    layer.stroke(
        head.place(np.array(upper) * (side * 1.05, 0.8) + centre + (0, -0.075)), SKIN_DEEP, 1.4, opacity=0.8
    )
    layer.stroke(head.place(np.array(lower) * (side, open_share) + centre), SKIN_DEEP, 1.2, opacity=0.7)


def _draw_iris(layer: Layer, head: Head, iris: Points, white: Points) -> None:
    def inside_eye(points: Points) -> Points:
        top, bottom = white[:, 1].min() + 0.8, white[:, 1].max() - 0.4
        return np.stack([points[:, 0], np.clip(points[:, 1], top, bottom)], 1)

    x, y = head.place(iris[None])[0]
    layer.paint(inside_eye(ellipse((x, y), 5.7, 5.9)), (0.25, 0.15, 0.09))
    layer.paint(inside_eye(ellipse((x, y + 1.0), 4.6, 4.4)), (0.44, 0.28, 0.15))
    layer.paint(inside_eye(ellipse((x, y), 2.7, 2.8)), (0.06, 0.04, 0.04))
    layer.paint(ellipse((x - 1.7, y - 2.0), 1.4, 1.4), (1.0, 1.0, 1.0))
    layer.paint(ellipse((x + 1.8, y + 1.8), 0.8, 0.8), (1.0, 0.96, 0.9), opacity=0.6)


def _draw_brow(layer: Layer, head: Head, side: int, raised: float) -> None:
    lift = -0.055 * raised
    brow = np.array([[0.17, -0.335], [0.34, -0.40], [0.50, -0.39], [0.64, -0.30]]) * (side, 1) + (0, lift)
    layer.stroke(head.place(brow), HAIR, 5.0, opacity=0.92)


def _draw_nose(layer: Layer, head: Head) -> None:
    # The tip stands out of the ellipsoid: it moves further than the rest of the face when the head turns.
    side_plane = smooth([[0.06, -0.15], [0.17, 0.30], [0.19, 0.40], [0.05, 0.46], [0.03, 0.2]])
    layer.paint(head.place(side_plane, turn=1.18), SKIN_DEEP, opacity=0.34, soft=2.0, inside=True)
    bridge = smooth([[-0.05, -0.2], [0.02, -0.2], [0.04, 0.3], [-0.05, 0.32]])
    layer.paint(head.place(bridge, turn=1.18), (1.0, 0.88, 0.76), opacity=0.45, soft=2.0, inside=True)
    tip = head.place([[-0.01, 0.33]], turn=1.25)[0]
    layer.paint(ellipse(tip, 6.5, 5.0), (0.97, 0.74, 0.60), opacity=0.55, soft=2.2, inside=True)
    under = [[-0.17, 0.40], [-0.08, 0.46], [0.0, 0.475], [0.08, 0.46], [0.17, 0.40]]
    layer.stroke(head.place(under, turn=1.2), (0.55, 0.30, 0.24), 2.2, opacity=0.75)
    for side in (-1, 1):
        nostril = head.place([[side * 0.085, 0.435]], turn=1.2)[0]
        layer.paint(ellipse(nostril, 2.2, 1.2), (0.42, 0.20, 0.17), opacity=0.7, soft=0.4)


def _draw_mouth(layer: Layer, head: Head, opening: float) -> None:
    drop = 0.05 + 0.16 * opening
    corners = 0.335 - 0.05 * opening
    upper = [[-corners, 0.685], [-0.16, 0.70], [0.0, 0.715], [0.16, 0.70], [corners, 0.685]]
    lower = [[0.18, 0.735 + 0.75 * drop], [0.0, 0.76 + drop], [-0.18, 0.735 + 0.75 * drop]]
    lips_up = [
        [-corners - 0.02, 0.68],
        [-0.15, 0.632],
        [-0.05, 0.612],
        [0.0, 0.628],
        [0.05, 0.612],
        [0.15, 0.632],
        [corners + 0.02, 0.68],
    ]
    lips_low = [[0.20, 0.80 + 0.8 * drop], [0.0, 0.835 + drop], [-0.20, 0.80 + 0.8 * drop]]
    layer.paint(head.place(smooth(lips_up + lips_low)), LIPS, relief=4)
    layer.paint(head.place(smooth(upper + lower)), (0.30, 0.09, 0.09))
    teeth_drop = min(0.075, 0.7 * drop)
    teeth = [
        *upper[1:4],
        [0.20, 0.70 + 0.8 * teeth_drop],
        [0.0, 0.715 + teeth_drop],
        [-0.20, 0.70 + 0.8 * teeth_drop],
    ]
    layer.paint(head.place(smooth(teeth)), (0.97, 0.95, 0.91))
    chin = head.place([[0.0, 1.0 + 0.3 * drop]])[0]
    layer.paint(ellipse(chin, 11, 3.0), SKIN_DEEP, opacity=0.28, soft=2.5, inside=True)


def _draw_fringe(layer: Layer, head: Head) -> None:
    layer.paint(head.place(smooth(FRINGE), turn=0.30), HAIR, relief=13, shadow=0.45)
    for index in range(13):
        share = index / 12
        root = np.array([0.36 - 0.1 * share, -1.44 + 0.10 * share])
        end = np.array([0.16 - 1.14 * share, -0.86 + 0.62 * share])
        bend = (root + end) / 2 + np.array([-0.18 * share, -0.24 - 0.22 * share])
        layer.stroke(head.place([root, bend, end], turn=0.30), HAIR_LIGHT, 1.7, opacity=0.50)
    for index in range(7):
        share = index / 6
        root = np.array([0.40 + 0.05 * share, -1.43 + 0.06 * share])
        end = np.array([0.66 + 0.38 * share, -0.98 + 0.98 * share])
        bend = (root + end) / 2 + np.array([0.12 + 0.12 * share, -0.10 - 0.14 * share])
        layer.stroke(head.place([root, bend, end], turn=0.30), HAIR_LIGHT, 1.7, opacity=0.45)
