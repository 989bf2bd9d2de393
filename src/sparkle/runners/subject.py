"""The subject that a user names: words, a point, a box or a rough mask, turned into a boxes file for the stages."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from sparkle.bait import anchor_frames
from sparkle.core.boxes import BOX_RANGE, LabelledBox, box_from_pixels, box_to_pixels
from sparkle.core.errors import BackendError, SampleError, SetupError
from sparkle.measure.choice import box_of_mask, choose_by_box, choose_by_point
from sparkle.measure.finder import Candidate, find_candidates
from sparkle.measure.recall import find_patch
from sparkle.recipes import Recipe
from sparkle.roles import Anchor, Frames, Grounder
from sparkle.runners.assemble import BackendPool
from sparkle.store import write_text
from sparkle.video import fit_size, probe, read_clip, read_image, resize_image, write_image
from sparkle.view.candidate_sheet import CandidateRow, candidate_sheet

NUMBERS = re.compile(r"\s*-?[\d.]+(\s*,\s*-?[\d.]+)+\s*")
MASK_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")


def write_subject_boxes(
    clip: Path, subject: str, recipe: Recipe, pool: BackendPool, boxes: Path, sheet: Path
) -> None:
    """Find what `subject` says in a clip, and write it as a boxes file; `pool` has the recipe's grounder.

    subject: `x1,y1,x2,y2` or `x,y` on the first frame, in [0, 1000] of width and height; the name of a mask image of
    the first frame, white where the subject is; or words for the recipe's grounder. Raises SetupError for numbers
    that mean no place, and SampleError, with a picture of the candidates at `sheet`, where nothing is meant.
    """
    numbers = subject_numbers(subject)
    frames, fps = _read(clip, recipe)
    schedule = anchor_frames(len(frames), fps, recipe.track.anchor_rate_fps)
    height, width = frames.shape[1:3]
    if numbers is not None and len(numbers) == 2:
        x, y = numbers[0] / BOX_RANGE * width, numbers[1] / BOX_RANGE * height
        anchors = _anchors(choose_by_point(find_candidates(frames, schedule), x, y), schedule)
    elif numbers is not None:
        anchors = _follow(frames, schedule, _box(numbers, width, height))
    elif Path(subject).suffix.lower() in MASK_SUFFIXES:
        anchors = _follow(frames, schedule, _mask_box(Path(subject), width, height))
    else:
        grounder: Grounder = pool.fill("track", "grounder", recipe.track.grounder)
        anchors = _named(frames, schedule, subject, grounder, clip, sheet)
    if not any(anchor.boxes for anchor in anchors):
        raise nothing_chosen(clip, frames, schedule, f"nothing was found at {subject}", sheet)
    write_text(boxes, boxes_file(anchors, fps, (width, height)))


def no_subject(clip: Path, recipe: Recipe, sheet: Path) -> SampleError:
    """Return the error of a clip that has no subject by itself; the picture of the candidates goes to `sheet`."""
    frames, fps = _read(clip, recipe)
    schedule = anchor_frames(len(frames), fps, recipe.track.anchor_rate_fps)
    looked_for = (
        "no subject was found: looked for faces that move, for things that move against a calm background, and for "
        "one thing that stands out from its surroundings"
    )
    return nothing_chosen(clip, frames, schedule, looked_for, sheet)


def nothing_chosen(clip: Path, frames: Frames, schedule: Sequence[int], why: str, sheet: Path) -> SampleError:
    """Return an error that says why, where the picture of the candidates is, and the command lines that go on."""
    candidates = find_candidates(frames, schedule)
    rows = [CandidateRow(each.boxes, f"{each.label}: {each.reason}") for each in candidates]
    write_image(sheet, candidate_sheet(frames, rows, schedule, f"{clip.name}: {why}"))
    command = f"sparkle edit {shlex.quote(str(clip))} INSTRUCTION -o OUT.mp4"
    ways = [f"{command} --subject {number}" for number in range(1, min(len(candidates), 1) + 1)]
    ways.append(f"{command} --subject {_example(candidates, frames)}")
    ways.append(f"{command} --boxes BOXES.json")
    return SampleError(
        f"{clip}: {why}",
        [
            f"{len(candidates)} candidates are numbered in {sheet}; choose one, or draw a box "
            f"(x1,y1,x2,y2 on the first frame, 0 to {BOX_RANGE} of its width and height):",
            *ways,
        ],
    )


def boxes_file(anchors: Sequence[Anchor], fps: float, size: tuple[int, int]) -> str:
    """Return anchors as the text of a boxes file, for a clip of `size` (width, height)."""
    entries = [
        {
            "frame": anchor.frame,
            "objects": [
                {"label": box.label, "bbox_2d": box_from_pixels(box.xyxy, *size)} for box in anchor.boxes
            ],
        }
        for anchor in anchors
    ]
    return json.dumps({"fps": fps, "anchors": entries}, ensure_ascii=False, indent=1)


def subject_numbers(subject: str) -> list[float] | None:
    """Return the numbers of a point or a box; None for words. Raises SetupError for numbers that mean no place."""
    if not NUMBERS.fullmatch(subject):
        return None
    try:
        numbers = [float(part) for part in subject.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) not in (2, 4) or not all(0 <= number <= BOX_RANGE for number in numbers):
        raise SetupError(
            f"--subject {subject}: a point is x,y and a box x1,y1,x2,y2, each from 0 to {BOX_RANGE} of the first "
            "frame's width or height; pixels are not meant"
        )
    return numbers


def _read(clip: Path, recipe: Recipe) -> tuple[Frames, float]:
    video = recipe.video
    info = probe(clip, time_limit_s=video.time_limit_s)
    size = fit_size(info.width, info.height, video.width, video.height)
    read = read_clip(clip, size=size, fps=video.fps, frames=video.frames, time_limit_s=video.time_limit_s)
    return read.frames, video.fps


def _named(
    frames: Frames, schedule: Sequence[int], words: str, grounder: Grounder, clip: Path, sheet: Path
) -> list[Anchor]:
    try:
        return grounder.find_named(frames, schedule, words)
    except BackendError as error:
        raise nothing_chosen(clip, frames, schedule, str(error), sheet) from error


def _box(numbers: Sequence[float], width: int, height: int) -> LabelledBox:
    xyxy = box_to_pixels(numbers, width, height)
    if xyxy is None:
        raise SetupError(f"--subject {numbers}: the box has no area; give x1,y1,x2,y2")
    return LabelledBox("subject", xyxy)


def _mask_box(path: Path, width: int, height: int) -> LabelledBox:
    grey = resize_image(read_image(path), (width, height)).max(axis=2)
    xyxy = box_of_mask(grey > 127)
    if xyxy is None:
        raise SetupError(
            f"--subject {path}: nothing in it is white; white is where the subject is on the first frame"
        )
    return LabelledBox("subject", xyxy)


def _follow(frames: Frames, schedule: Sequence[int], drawn: LabelledBox) -> list[Anchor]:
    """Return the boxes of the candidate that a drawn box means; of no candidate, where it is found by its looks."""
    chosen = choose_by_box(find_candidates(frames, schedule), drawn.xyxy)
    anchors = _anchors(chosen, schedule)
    if not chosen:
        found = [find_patch(frames[0], frames[frame], drawn) for frame in schedule]
        anchors = [
            Anchor(frame, () if box is None else (box,)) for frame, box in zip(schedule, found, strict=True)
        ]
    # On the first frame, what the user drew is the truth.
    return [Anchor(0, (LabelledBox(_label(chosen), drawn.xyxy),)), *anchors[1:]]


def _label(chosen: Sequence[Candidate]) -> str:
    return chosen[0].label if chosen else "subject"


def _anchors(chosen: Sequence[Candidate], schedule: Sequence[int]) -> list[Anchor]:
    return [
        Anchor(frame, tuple(LabelledBox(c.label, c.boxes[frame]) for c in chosen if frame in c.boxes))
        for frame in schedule
    ]


def _example(candidates: Sequence[Candidate], frames: Frames) -> str:
    height, width = frames.shape[1:3]
    box = next(
        (each.boxes[0] for each in candidates if 0 in each.boxes),
        (0.3 * width, 0.2 * height, 0.7 * width, height),
    )
    return ",".join(str(value) for value in box_from_pixels(box, width, height))
