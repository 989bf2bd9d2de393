"""Whether the camera of a clip is followed: `fixed` and `follow` say so, `auto` looks.

`auto` follows where the coarse check sees the camera move and its path is sure. Where the path is unsure the fine judge
has the last word: a clip that it holds for fixed is edited as one, any other is refused, with the reason. A path that
the subject could have led astray is measured again once the subject is known.
"""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.camera import FRAME_WIDTH, CameraPath, check_camera, follow_camera, sampling_times
from sparkle.camera.canvas import canvas_of, reach
from sparkle.core.errors import SampleError
from sparkle.runners.beginning import Work
from sparkle.runners.follow import TrackedMasks
from sparkle.runners.steady import Steady
from sparkle.stages.source import judge_check
from sparkle.store import read_text, write_text
from sparkle.video import UntaggedColour, fit_size, sample_frames, stream_pictures

Camera = Literal["auto", "fixed", "follow"]

FOLLOWED_WIDTH = 960  # pixels; twice what it needs to be found, and it is known half as well again
SURE = 0.8  # percent of the width: the error that a path states itself, in its worst frame
LARGEST = 2.0  # a canvas is at most so many times as wide and as high as the picture
# Share of the picture with texture to tell from. Before a plain wall all texture is the subject's, and it moves.
EVIDENCE = 0.5
MOST_MOMENTS = 240  # of the coarse check
SHORTEST_PART_S = 0.5
MAYBE_SUBJECT = 0.3  # share of subject from which a point may be none of the place

Times = NDArray[np.float64]


def steadied(work: Work, camera: Camera, *, whole: bool) -> Steady | None:
    """Return the clip as a fixed camera would have filmed it; None where the camera is fixed, or to be taken as such.

    Raises SampleError for a camera that moves and cannot be followed: where its path is unsure, at a cut, beyond the
    largest canvas, and (`whole` is False) where only the clip's beginning is made.
    """
    if camera == "fixed":
        return None
    insisting = camera == "follow"
    if not insisting:
        seen = _kept_json(work, "check", {"settings": work.recipe.source.model_dump(mode="json")}, _check)
        if not seen["moving"]:
            return None
        insisting = seen["judged_moving"]
    if not whole:
        if insisting:
            raise _refused(
                work, "only edits of whole clips do that, with the cpu compositor and without --preview"
            )
        return None
    found = _followed(work, "path", {}, lambda work: _path(work, None))
    if isinstance(found, Steady):
        return found
    if insisting:
        raise found
    return None


def without_subject(work: Work, masks: TrackedMasks) -> Steady:
    """Return the same with the path measured again, now that it is known which points are the subject's.

    Raises SampleError where the rest of the picture says too little: what was followed then was the subject.
    """
    reads = {"masks": [work.kept.content(path) for _, _, path in masks.files]}
    found = _followed(work, "place", reads, lambda work: _path(work, masks))
    if isinstance(found, Steady):
        return found
    raise found


def _followed(
    work: Work, step: str, reads: dict[str, Any], measure: Callable[[Work], dict[str, Any]]
) -> Steady | SampleError:
    """Return the clip along the path that is measured, or why it cannot be followed."""
    frame = (work.info.width, work.info.height)
    told = _kept_json(work, step, {**reads, "width": FOLLOWED_WIDTH}, measure)
    places, errors, known = map(np.array, told["path"])
    path, times = CameraPath(places, errors, known, told["cut"]), np.array(told["times"])
    end_s, reason = _first_doubt(path, times, frame)
    if end_s is not None:
        return _refused(work, reason, end_s)
    canvas = canvas_of(path.homographies, frame)
    return Steady(work.clip, work.info, work.span, canvas, errors, times, work.recipe, work.kept)


def _kept_json(
    work: Work, step: str, reads: dict[str, Any], make: Callable[[Work], dict[str, Any]]
) -> dict[str, Any]:
    reads = {
        **reads,
        "clip": work.kept.content(work.clip),
        "span": work.span,
        "untagged": work.recipe.video.untagged,
    }
    path = work.kept.file(
        "camera", reads, lambda at: write_text(at, json.dumps(make(work))), name=f"{step}_", suffix=".json"
    )
    found: dict[str, Any] = json.loads(read_text(path))
    return found


def _check(work: Work) -> dict[str, Any]:
    """Return what the coarse check and, where that sees a moving camera, the fine judge say."""
    source, video, span = work.recipe.source, work.recipe.video, work.span
    length_s = min(work.info.duration_s, span.end_s) - span.start_s
    rate = min(2.0, MOST_MOMENTS / length_s)
    size = fit_size(work.info.width, work.info.height, FRAME_WIDTH, FRAME_WIDTH)
    moments = [span.start_s + each for each in sampling_times(length_s, rate)]
    frames, times = sample_frames(work.clip, times=moments, size=size, time_limit_s=math.inf)
    if len(frames) < 2:
        return {"moving": False, "judged_moving": False}
    movement = check_camera(frames, times.tolist(), work.pool.get(source.flow), source.camera)
    moving = movement.moving and movement.evidence >= EVIDENCE
    if not moving:
        return {"moving": False, "judged_moving": False}
    pictures = min(video.frames, max(2, int(length_s * video.fps)))
    beginning, _ = sample_frames(
        work.clip,
        times=[span.start_s + number / video.fps for number in range(pictures)],
        size=fit_size(work.info.width, work.info.height, video.width, video.height),
        untagged=UntaggedColour(video.untagged),
        time_limit_s=math.inf,
    )
    verdict = work.pool.get(source.camera_judge)(beginning, video.fps)
    judged = judge_check(verdict, source.judge_confidence_minimum)
    return {"moving": True, "judged_moving": not judged.passed}


def _path(work: Work, masks: TrackedMasks | None) -> dict[str, Any]:
    """Return the camera's path through all pictures, and when each begins in the source."""
    width = min(FOLLOWED_WIDTH, work.info.width)
    size = (width, max(2, round(work.info.height * width / work.info.width)))
    times: list[float] = []
    hidden = None if masks is None else (_covered(masks, number, size) for number in count())
    path = follow_camera(_greys(work, size, times), hidden)
    values = [each.tolist() for each in (path.homographies, path.errors, path.seen)]
    return {"path": values, "cut": path.cut, "times": times}


def _covered(masks: TrackedMasks, number: int, size: tuple[int, int]) -> NDArray[np.bool_]:
    return np.asarray(cv2.resize(masks.at(number).astype(np.float32), size) > MAYBE_SUBJECT, np.bool_)


def _greys(work: Work, size: tuple[int, int], times: list[float]) -> Iterator[NDArray[np.uint8]]:
    for picture in stream_pictures(work.clip, size=size, start_s=work.span.start_s, end_s=work.span.end_s):
        times.append(picture.time_s)
        yield np.asarray(cv2.cvtColor(picture.frame, cv2.COLOR_RGB2GRAY), np.uint8)


def _first_doubt(path: CameraPath, times: Times, frame: tuple[int, int]) -> tuple[float | None, str]:
    """Return from when on, in seconds of the source, the camera cannot be followed, and why; None where it can."""
    low, high = reach(path.homographies, frame)
    sides = np.maximum.accumulate(high) - np.minimum.accumulate(low)
    beyond = (sides > LARGEST * np.array([1.0, frame[1] / frame[0]])).any(axis=1)
    unsure = path.errors > SURE
    wrong = np.flatnonzero(beyond | unsure)
    if not len(wrong):
        if path.cut is None:
            return None, ""
        return float(
            times[path.cut]
        ), "another scene begins, or nothing of this one is recognised for a while"
    first = int(wrong[0])
    if unsure[first]:
        reason = f"its place is known to {path.errors[first]:.2f} % of the width only, {SURE:g} allowed"
    else:
        reason = f"it has seen more than {LARGEST:g} times the picture's width or height"
    return float(times[first]), reason


def _refused(work: Work, reason: str, end_s: float | None = None) -> SampleError:
    command = f"sparkle edit {shlex.quote(str(work.clip))} INSTRUCTION -o OUT.mp4"
    begin_s = work.span.start_s
    begin = f" --start {begin_s:g}" if begin_s > 0 else ""
    ways = []
    if end_s is None:
        ways.append(f"a part of it is soon made: {command}{begin} --end {begin_s + 2:g}")
    elif end_s - begin_s > SHORTEST_PART_S:
        ways += [
            f"the part before: {command}{begin} --end {end_s:.3f}",
            f"and after: {command} --start {end_s:.3f}",
        ]
    ways.append(f"or let the new place stand still: {command}{begin} --camera fixed")
    when = "" if end_s is None else f" from {end_s:.2f} s on"
    return SampleError(f"{work.clip}: the camera moves and cannot be followed{when}: {reason}", ways)
