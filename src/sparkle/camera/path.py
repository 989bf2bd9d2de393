"""The camera's path through every frame of a clip: where each frame lies on the picture that its first frame began.

Every frame is compared with a key frame, bent to where the frame is expected, so that what is left to find is small
whatever the camera has done since. A key frame serves as long as most of it is in view; a camera that comes back finds
its old ones again, so that errors do not add up over the length of a clip but only over new ground. Where nothing
can be recognised (blur, darkness, a subject that hides the view) the path goes on from its neighbours, and says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.camera.homography import (
    LEAST_POINTS,
    Fit,
    corner_errors,
    fit_homography,
    moved,
    relative_to,
    scaled,
)

Array = NDArray[np.float64]
Grey = NDArray[np.uint8]
Mask = NDArray[np.bool_]

FINDING_WIDTH = 480  # pixels; wider frames are read at this width
POINTS, NEAREST = 400, 7  # at most so many points of a key frame, so many pixels apart
QUALITY = 0.003
LEAST_OVERLAP = 0.7  # of a key frame in view, below which another one is looked for
LEAST_SUPPORT = 0.2  # share of a key frame's points in view that are found again and agree
LEAST_SHARED, TRIED = 0.15, 3  # of the frame with a key frame; so many key frames are asked
WELL_KNOWN = 0.16  # percent of the width: a comparison that knows the corners as well needs no other
TEXTURE = 5e-6  # least corner strength, as in CameraSettings
RETURN = 1.0  # pixels: points that do not come back to within so much are lost
NEAR_SUBJECT = 7  # pixels
MOST_KEYS = 400
LOST = 8  # frames in a row in which nothing is recognised are another scene, fewer a view that was hidden
SETTLED = 12  # frames between key frames that are taken because the others say little


@dataclass(frozen=True, slots=True)
class CameraPath:
    """Where the frames of a clip lie.

    `homographies` float64 (T, 3, 3): a pixel (x, y, 1) of a frame on the plane of the first frame, both in units of the
    width from the picture's centre. `errors` float64 (T,): how far off a corner is expected to be (one standard
    deviation), in percent of the width. `seen` bool (T,): the frame itself says where it is; elsewhere its place was
    taken from its neighbours. `cut`: the first frame of another scene, where the path ends; None without one.
    """

    homographies: Array
    errors: Array
    seen: NDArray[np.bool_]
    cut: int | None

    def at(self, frame: int) -> Array:
        """Return the homography (3, 3) of a frame; the last one beyond the end."""
        found: Array = self.homographies[min(frame, len(self.homographies) - 1)]
        return found


@dataclass(frozen=True, slots=True)
class _Key:
    grey: Grey
    points: NDArray[np.float32]
    place: Array
    variance: float


def follow_camera(frames: Iterable[Grey], masks: Iterable[Mask | None] | None = None) -> CameraPath:
    """Return the path of the camera that filmed grey `frames`, uint8 (H, W) each, best about FINDING_WIDTH wide.

    `masks` bool (H, W), true where the subject is, beside the frames if they are known: no point is looked for there.
    Without them the subject may move points as it likes as long as more of the picture agrees on something else.
    At a cut, and where the view jumps by more than about a tenth of the width, the path ends: see CameraPath.cut.
    Memory grows with new ground alone, not with the clip.
    """
    keys: list[_Key] = []
    places: list[Array] = []
    variances: list[float] = []
    seen: list[bool] = []
    cut: int | None = None
    newest = 0
    before: tuple[Grey, Mask | None] | None = None
    hidden = iter(masks) if masks is not None else None
    for number, grey in enumerate(frames):
        mask = None if hidden is None else next(hidden)
        if not keys:
            keys.append(_key(grey, mask, np.eye(3), 0.0))
            places.append(np.eye(3))
            variances.append(0.0)
            seen.append(True)
            continue
        expected = places[-1]
        found = _place(grey, expected, keys) or _place(grey, _continued(places, seen), keys)
        if (
            found is None and seen[-1] and before is not None
        ):  # the frame before shows what key frames did not
            fresh = _key(*before, expected, variances[-1])
            found = _place(grey, expected, [fresh])
            if found is not None:
                keys.append(fresh)
                newest = number - 1
        place, variance = found or (expected, np.nan)
        places.append(place)
        variances.append(variance)
        seen.append(found is not None)
        if found is not None and len(keys) < MOST_KEYS:
            poor = variance - keys[-1].variance > WELL_KNOWN**2 and number - newest >= SETTLED
            if poor or _new_ground(place, grey.shape, keys):
                keys.append(_key(grey, mask, place, variance))
                newest = number
        before = grey, mask
        if not any(seen[-LOST:]):
            cut = number + 1 - LOST
            break
    return _bridged(places[:cut], variances[:cut], seen[:cut], cut)


def _key(grey: Grey, mask: Mask | None, place: Array, variance: float) -> _Key:
    strength = cv2.cornerMinEigenVal(cv2.GaussianBlur(grey, (0, 0), 1.0), 7, ksize=3)
    allowed = strength > TEXTURE  # elsewhere corners are those of the noise
    if mask is not None:
        allowed &= cv2.dilate(mask.astype(np.uint8), np.ones((2 * NEAR_SUBJECT + 1,) * 2, np.uint8)) == 0
    # In each tile apart, so that a strongly textured thing does not take all points.
    height, width = grey.shape
    found: list[NDArray[np.float32]] = []
    rows, columns = np.linspace(0, height, 5).astype(int), np.linspace(0, width, 7).astype(int)
    for top, bottom in pairwise(rows.tolist()):
        for left, right in pairwise(columns.tolist()):
            tile = np.zeros_like(grey)
            tile[top:bottom, left:right] = allowed[top:bottom, left:right]
            corners = cv2.goodFeaturesToTrack(grey, POINTS // 24, QUALITY, NEAREST, mask=tile, blockSize=5)
            if corners is not None:
                found.append(np.asarray(corners, np.float32).reshape(-1, 2))
    points = np.concatenate(found) if found else np.zeros((0, 2), np.float32)
    return _Key(grey, points, place, variance)


def _continued(places: list[Array], seen: list[bool]) -> Array:
    """Return where the next frame is if the camera goes on as it did; where it was, if that is not known."""
    if len(places) < 2 or not (seen[-1] and seen[-2]):
        return places[-1]
    step = relative_to(places[-2], places[-1])
    return scaled(places[-1] @ step)


def _place(grey: Grey, expected: Array, keys: list[_Key]) -> tuple[Array, float] | None:
    """Return where a frame lies and the variance of its corners; None where no key frame is recognised in it.

    Key frames are tried from the one that is most in view on, until one says it well; else the best answer counts.
    """
    overlaps = [_overlap(relative_to(key.place, expected), grey.shape) for key in keys]
    order = sorted(range(len(keys)), key=lambda each: (-round(overlaps[each], 1), keys[each].variance))
    answers: list[tuple[float, Array]] = []
    for number in [each for each in order if overlaps[each] > LEAST_SHARED][:TRIED]:
        key = keys[number]
        fit = _compared(key, grey, relative_to(expected, key.place))
        if fit is not None:
            answers.append((key.variance + fit.variance, scaled(key.place @ np.linalg.inv(fit.homography))))
            if fit.variance < WELL_KNOWN**2:
                break
    if not answers:
        return None
    variance, place = min(answers, key=lambda each: each[0])
    return place, variance


def _compared(key: _Key, grey: Grey, expected: Array) -> Fit | None:
    """Return the homography that takes a key frame's points to a frame, near `expected`."""
    height, width = grey.shape
    pixels = in_pixels(expected, (width, height))
    bent = cv2.warpPerspective(
        key.grey, pixels, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    start = cv2.perspectiveTransform(key.points[None], pixels)[0] if len(key.points) else key.points
    inside = ((start > 8) & (start < np.array([width, height]) - 9)).all(axis=1)
    start = start[inside].astype(np.float32)
    if len(start) < LEAST_POINTS:
        return None
    options = {"winSize": (15, 15), "maxLevel": 3}
    there, ok, _ = cv2.calcOpticalFlowPyrLK(bent, grey, start, start.copy(), **options)  # type: ignore[call-overload]
    back, again, _ = cv2.calcOpticalFlowPyrLK(grey, bent, there, there.copy(), **options)  # type: ignore[call-overload]
    kept = (ok[:, 0] > 0) & (again[:, 0] > 0) & (np.linalg.norm(back - start, axis=1) < RETURN)
    if kept.sum() < LEAST_POINTS:
        return None
    # What is left beyond what was expected is small, and so nearly a similarity.
    rest = fit_homography(
        _units(start[kept], width, height), _units(there[kept], width, height), height / width
    )
    if rest is None or rest.support * kept.mean() < LEAST_SUPPORT:
        return None
    return replace(rest, homography=scaled(rest.homography @ expected))


def _units(points: NDArray[np.floating], width: int, height: int) -> Array:
    """Return pixels (N, 2) in units of the width from the centre."""
    return (points.astype(np.float64) - [(width - 1) / 2, (height - 1) / 2]) / width


def in_pixels(homography: Array, size: tuple[int, int]) -> Array:
    """Return a homography in units of the width from the centre as one of the pixels of pictures of (width, height)."""
    width, height = size
    units = np.array(
        [[1 / width, 0, -(width - 1) / 2 / width], [0, 1 / width, -(height - 1) / 2 / width], [0, 0, 1]]
    )
    return scaled(np.linalg.solve(units, homography @ units))


def _overlap(relative: Array, shape: tuple[int, ...]) -> float:
    """Return which share of a frame lies in the key frame that it is `relative` to, from a grid of its points."""
    half = shape[0] / shape[1] / 2
    x, y = np.meshgrid(np.linspace(-0.5, 0.5, 13), np.linspace(-half, half, 9))
    there = moved(relative, np.stack([x.ravel(), y.ravel()], axis=1))
    return float(((np.abs(there[:, 0]) <= 0.5) & (np.abs(there[:, 1]) <= half)).mean())


def _new_ground(place: Array, shape: tuple[int, ...], keys: list[_Key]) -> bool:
    """Tell whether a frame shows what no key frame shows well: another part of the place, or the same from nearer."""
    best = 0.0
    for key in keys:
        relative = relative_to(key.place, place)
        back = np.asarray(np.linalg.inv(relative), np.float64)
        best = max(best, min(_overlap(relative, shape), _overlap(back, shape)))
    return best < LEAST_OVERLAP


def _bridged(places: list[Array], variances: list[float], seen: list[bool], cut: int | None) -> CameraPath:
    """Fill the frames of which nothing is known from those before and after, evenly; their error grows with the gap."""
    path, known = np.stack(places), np.array(seen)
    variance = np.array(variances)
    numbers = np.arange(len(path))
    if not known.all():
        for row in range(3):
            for column in range(3):
                path[:, row, column] = np.interp(numbers, numbers[known], path[known, row, column])
        far = np.abs(numbers[:, None] - numbers[known][None]).min(axis=1)
        step = _usual_step(path[known])
        variance = np.interp(numbers, numbers[known], variance[known]) + (far * step) ** 2
    return CameraPath(path, np.sqrt(variance), known, cut)


def _usual_step(path: Array) -> float:
    """Return how far a corner moves from a frame to the next, in percent of the width."""
    if len(path) < 2:
        return 0.0
    steps = [corner_errors(first, second, 0.5625).max() for first, second in pairwise(path)]
    return float(np.sqrt(np.mean(np.square(steps))))
