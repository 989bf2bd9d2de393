"""The whole clip at its own size, rate and length, after the stages have edited its beginning.

The stages settle what is kept, what comes behind it and how it is lit, on a short and small clip. Here the source is
read once, piece by piece: each piece is tracked small, overlapping its neighbours, and composed at full size before
a background that was drawn at that size. A few pieces are held at a time, so memory does not grow with the clip.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.bait import FULL, anchor_frames, track_bait
from sparkle.core.boxes import LabelledBox, box_to_pixels
from sparkle.core.records import IsolateRecord
from sparkle.core.sample import Sample
from sparkle.recipes import Recipe
from sparkle.roles import (
    Anchor,
    AnimationRequest,
    AnySizeRemover,
    FollowingGenerator,
    Frames,
    GenerationRequest,
    Image,
    RemovalRequest,
)
from sparkle.runners.assemble import BackendPool
from sparkle.stages.artifacts import read_anchors, read_background_video, read_frame, read_user_background
from sparkle.stages.track import reach_frames
from sparkle.store import Folder
from sparkle.video import (
    AudioOutcome,
    Delivery,
    Picture,
    UntaggedColour,
    VideoInfo,
    deliver,
    fit_size,
    is_media_name,
    play_looped,
    resize_frames,
    resize_image,
    stream_pictures,
)

OVERLAP = 8  # frames by which pieces overlap on either side: half a second of the published clips
PIECE_BYTES = 200 * 2**20
LONGEST_PIECE, SHORTEST_PIECE = 96, 24
LOOP_BYTES = 350 * 2**20
LOOP_S = 6.0
MOST_BACKGROUND_FPS = 30.0
SAME_OBJECT = 0.02  # share of the subject's area below which an island of its mask is no object of its own

_ANY_LENGTH = 10**9

Progress = Callable[[int, float], None]


@dataclass(slots=True)
class Counted:
    """Counts the frames that are done, and passes on how many of about how many."""

    progress: Progress
    expected: float
    frames: int = 0

    def __call__(self, pictures: Iterable[Picture]) -> Iterator[Picture]:
        """Yield the pictures, and count each once it was taken."""
        for picture in pictures:
            yield picture
            self.frames += 1
            self.progress(self.frames, self.expected)


@dataclass(frozen=True, slots=True)
class Piece:
    """Consecutive pictures of the source. `first` is the clip's number of the first one; `shown` are those that no
    other piece shows, the rest overlaps."""

    pictures: list[Picture]
    first: int
    shown: range


def can_follow(recipe: Recipe, pool: BackendPool) -> bool:
    """Tell whether a recipe's generator edits clips of any length."""
    return isinstance(pool.get(recipe.synthesize.generator), FollowingGenerator)


def write_whole(
    clip: Path,
    info: VideoInfo,
    sample: Sample,
    folder: Folder,
    recipe: Recipe,
    pool: BackendPool,
    output: Path,
    delivery: Delivery,
    remarks: dict[str, str],
    counted: Counted,
) -> AudioOutcome:
    """Edit all of a clip whose beginning the stages have edited (`sample`, in `folder`), and write it.

    Raises MediaError where the source breaks.
    """
    size = info.width, info.height
    source = stream_pictures(clip, untagged=UntaggedColour(recipe.video.untagged))
    pieces = in_pieces(source, piece_length(size))
    edited = _edited(pieces, info.fps, sample, folder, recipe, pool, size)
    rate = Fraction(info.fps).limit_denominator(1001)
    return deliver(
        output,
        counted(edited),
        rate,
        delivery,
        audio_from=clip,
        remarks=remarks,
    )


def piece_length(size: tuple[int, int]) -> int:
    """Return how many frames a piece shows, for pictures of (width, height)."""
    frames = PIECE_BYTES // (3 * size[0] * size[1]) - 2 * OVERLAP
    return max(SHORTEST_PIECE, min(LONGEST_PIECE, frames))


def in_pieces(pictures: Iterable[Picture], length: int) -> Iterator[Piece]:
    """Cut a stream into pieces that show `length` frames each and overlap by OVERLAP frames on either side.

    The last one shows what is left: OVERLAP frames at least unless the clip has fewer, at most `length` and as many.
    """
    held: list[Picture] = []
    first, before = 0, 0
    for picture in pictures:
        held.append(picture)
        if len(held) == before + length + OVERLAP:
            following = [each._replace(frame=each.frame.copy()) for each in held[before + length - OVERLAP :]]
            yield Piece(held, first, range(before, before + length))
            held = following
            first += before + length - OVERLAP
            before = OVERLAP
    if len(held) > before:
        yield Piece(held, first, range(before, len(held)))


def _edited(
    pieces: Iterable[Piece],
    fps: float,
    sample: Sample,
    folder: Folder,
    recipe: Recipe,
    pool: BackendPool,
    size: tuple[int, int],
) -> Iterator[Picture]:
    background = _Background(sample, folder, recipe, pool, size, fps)
    follow = _MatteReader(sample) if sample.inputs.matte else _Follower(sample, recipe, pool, fps)
    compose = None
    for piece in pieces:
        frames = stacked(piece)
        share = follow(piece, frames)
        request = GenerationRequest(
            first_frame=frames[0],
            control=np.broadcast_to(np.uint8(0), frames.shape[:3]),
            instruction=sample.instruction or "",
            source=frames,
            clean_background=background.picture,
            background=background.at([piece.first + index for index in range(len(frames))]),
            mask=share > 0.5,
            confidence=share,
            fps=fps,
            seed=sample.seed,
            scene=sample.scene,
        )
        if compose is None:
            compose = pool.get(recipe.synthesize.generator).follow(request)
        for index, picture in zip(piece.shown, compose(request, piece.first, piece.shown), strict=True):
            yield piece.pictures[index]._replace(frame=picture, alpha=None)


def stacked(piece: Piece) -> Frames:
    """Return a piece's pictures as one array (T, H, W, 3), which the piece then shares, so that none is held twice."""
    frames = np.empty((len(piece.pictures), *piece.pictures[0].frame.shape), np.uint8)
    for index, picture in enumerate(piece.pictures):
        frames[index] = picture.frame
        piece.pictures[index] = picture._replace(frame=frames[index])
    return frames


def enlarged(shares: Iterable[NDArray[np.float32]], size: tuple[int, int]) -> NDArray[np.float16]:
    """Return maps (h, w) in [0, 1] at (width, height) `size`, float16 (T, H, W)."""
    return np.stack(
        [cv2.resize(each, size, interpolation=cv2.INTER_LINEAR).astype(np.float16) for each in shares]
    )


class _Follower:
    """Tracks the subject from piece to piece, at the size of the recipe's videos."""

    def __init__(self, sample: Sample, recipe: Recipe, pool: BackendPool, fps: float) -> None:
        self._settings, self._video, self._fps = recipe.track, recipe.video, fps
        self._boxes = sample.inputs.boxes
        self._grounder, self._tracker = pool.get(recipe.track.grounder), pool.get(recipe.track.tracker)
        self._known = sample.record(IsolateRecord)
        self._last: NDArray[np.float32] | None = None

    def __call__(self, piece: Piece, frames: Frames) -> NDArray[np.float16]:
        """Return how far each pixel is subject, float16 (T, H, W) in [0, 1], at the frames' size."""
        height, width = frames.shape[1:3]
        small = resize_frames(frames, fit_size(width, height, self._video.width, self._video.height))
        share = self._tracked(piece, small)
        if self._last is not None:
            # Frames before the overlap's middle were shown as the piece before had them: what follows begins there.
            both = min(len(self._last), len(share))
            steps = (np.arange(both, dtype=np.float32) - OVERLAP + 0.5) / OVERLAP
            weight = np.clip(steps, 0.0, 1.0)[:, None, None]
            share[:both] = (1 - weight) * self._last[:both] + weight * share[:both]
        self._last = share[piece.shown.stop - OVERLAP :].copy()
        return enlarged(share, (width, height))

    def _given(self, piece: Piece, size: tuple[int, int]) -> list[Anchor]:
        """Return the user's anchors that lie in a piece, by its own frames."""
        if self._boxes is None:
            return []
        # Frames that the file counts without a rate are those of the stages' clip.
        anchors = read_anchors(Path(self._boxes), (_ANY_LENGTH, *size), self._video.fps)
        placed = {
            round(anchor.frame / self._video.fps * self._fps) - piece.first: anchor for anchor in anchors
        }
        return [
            replace(anchor, frame=frame)
            for frame, anchor in placed.items()
            if 0 <= frame < len(piece.pictures) and anchor.boxes
        ]

    def _tracked(self, piece: Piece, frames: Frames) -> NDArray[np.float32]:
        count, height, width = frames.shape[:3]
        anchors = self._given(piece, (height, width))
        if not anchors:
            schedule = anchor_frames(count, self._fps, self._settings.anchor_rate_fps)
            anchors = self._grounder.second_round(frames, schedule, self._objects(height, width))
        if not any(anchor.boxes for anchor in anchors):
            return np.zeros((count, height, width), np.float32)
        session = self._tracker.open(frames, anchors)
        reach = reach_frames(self._settings, self._fps)
        found = track_bait(session, anchors, count, height, width, reach=reach, vote=self._settings.vote)
        return (found.share / np.float32(FULL)).astype(np.float32)

    def _objects(self, height: int, width: int) -> list[LabelledBox]:
        """Return what is to be found on a piece's first frame: the objects of round 1, or what the piece before had
        there."""
        if self._last is not None and (self._last[0] > 0.5).any():
            return boxes_round(self._last[0] > 0.5)
        return [
            LabelledBox(box.label, xyxy)
            for box in self._known.objects
            if (xyxy := box_to_pixels(box.bbox_2d, width, height)) is not None
        ]


def boxes_round(mask: NDArray[np.bool_]) -> list[LabelledBox]:
    """Return a box round every island of a mask that is no speck, the largest first."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    areas = stats[1:count, cv2.CC_STAT_AREA]
    found: list[LabelledBox] = []
    for number in np.argsort(-areas):
        if areas[number] < SAME_OBJECT * areas.sum():
            break
        x, y, width, height = stats[number + 1, :4].tolist()
        found.append(
            LabelledBox(
                f"subject {len(found) + 1}", (float(x), float(y), float(x + width), float(y + height))
            )
        )
    return found


class _MatteReader:
    """Reads the user's matte beside the clip, by its own times; that of the clip itself is already there."""

    def __init__(self, sample: Sample) -> None:
        self._own = sample.inputs.matte == sample.inputs.video
        self._rest = iter(()) if self._own else stream_pictures(str(sample.inputs.matte))
        self._read: list[Picture] = []

    def __call__(self, piece: Piece, frames: Frames) -> NDArray[np.float16]:
        """Return how far each pixel is subject, float16 (T, H, W) in [0, 1]."""
        found = ((self._at(picture) / np.float32(255)).astype(np.float32) for picture in piece.pictures)
        return enlarged(found, (frames.shape[2], frames.shape[1]))

    def _at(self, picture: Picture) -> NDArray[np.uint8]:
        shown = picture if self._own else self._shown_at(picture.time_s)
        if shown.alpha is not None:
            return shown.alpha
        return np.asarray(cv2.cvtColor(shown.frame, cv2.COLOR_RGB2GRAY), np.uint8)

    def _shown_at(self, time_s: float) -> Picture:
        while not self._read or self._read[-1].time_s < time_s:
            following = next(self._rest, None)
            if following is None:
                break
            self._read.append(following)
        self._read = self._read[-LONGEST_PIECE - 4 * OVERLAP :]
        return min(self._read, key=lambda each: abs(each.time_s - time_s))


class _Background:
    """What is behind the subject, in a loop, drawn as large as memory allows and as the clip is."""

    def __init__(
        self,
        sample: Sample,
        folder: Folder,
        recipe: Recipe,
        pool: BackendPool,
        size: tuple[int, int],
        fps: float,
    ) -> None:
        self._size = size
        self._step = max(1, math.ceil(fps / MOST_BACKGROUND_FPS - 0.01))
        drawn = fit_size(*size, 1920, 1080) if max(size) >= max(1920, 1080) else size
        count = max(16, min(round(LOOP_S * fps / self._step), LOOP_BYTES // (3 * drawn[0] * drawn[1])))
        self._frames = _background_loop(sample, folder, recipe, pool, drawn, fps / self._step, count)
        self.picture: Image = self._fitted(self._frames[0])

    def at(self, numbers: list[int]) -> Frames:
        """Return the frames behind those of the clip, uint8 (T, H, W, 3)."""
        return np.stack(
            [self._fitted(self._frames[number // self._step % len(self._frames)]) for number in numbers]
        )

    def _fitted(self, frame: Image) -> Image:
        return frame if frame.shape[1::-1] == self._size else resize_image(frame, self._size)


def _background_loop(
    sample: Sample,
    folder: Folder,
    recipe: Recipe,
    pool: BackendPool,
    size: tuple[int, int],
    fps: float,
    count: int,
) -> Frames:
    given = sample.inputs.background
    if given is not None and is_media_name(Path(given)):
        return _closed(read_background_video(Path(given), size, fps, count, recipe.video), count)
    removal = sample.record(IsolateRecord).needed_removal
    own = read_user_background(sample, size, recipe.video)
    picture = own if own is not None else _clean_background(sample, folder, recipe, pool, size)
    animator = pool.get(recipe.animate.animator)
    request = AnimationRequest(
        image=picture,
        caption=removal.background_caption,
        frames=count,
        fps=fps,
        seed=sample.seed,
        scene=sample.scene,
        own_picture=own is not None,
        instruction=sample.instruction or "",
    )
    frames: Frames = animator(request)
    return frames if getattr(animator, "makes_loops", False) else _closed(frames, count)


def _closed(frames: Frames, count: int) -> Frames:
    """Return a loop without a jump: two rounds of `play_looped`, of which the second begins where it ends."""
    if len(frames) < 8:
        return frames
    return play_looped(frames[: max(8, len(frames) * 3 // 4)], count)


def _clean_background(
    sample: Sample, folder: Folder, recipe: Recipe, pool: BackendPool, size: tuple[int, int]
) -> Image:
    clean = read_frame(folder, sample, "edited_frame0_foreground_removed")
    remover = pool.get(recipe.isolate.remover)
    if not isinstance(remover, AnySizeRemover):
        return resize_image(clean, size)
    request = RemovalRequest(
        edited_frame=clean,
        source=clean[None],
        objects=(),
        removal_instruction="",
        instruction=sample.instruction or "",
        scene=sample.scene,
        seed=sample.seed,
    )
    return remover.at_size(request, size)
