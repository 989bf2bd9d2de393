"""The whole clip at its own size, rate and length, after the first stages have studied its beginning.

The stages settle what is kept and what comes behind it, on a short and small clip. Here the source is read once,
piece by piece: each piece is tracked small, overlapping its neighbours, and composed at full size before a background
that was drawn at that size. One piece is held at a time, so memory does not grow with the clip.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.core.sample import Sample
from sparkle.recipes import Recipe
from sparkle.roles import Composed, FollowingGenerator, Frames, GenerationRequest, Glimpses, Image
from sparkle.runners.assemble import BackendPool
from sparkle.runners.behind import Behind
from sparkle.runners.follow import Follow, TrackedMasks
from sparkle.runners.outputs import Outputs, layer_of, matte_of
from sparkle.runners.pieces import OVERLAP, SHORTEST_PIECE, Piece, in_pieces, piece_length, stacked
from sparkle.runners.steady import SHOWN_S, Steady
from sparkle.video import Picture, Sink, Span, UntaggedColour, VideoInfo, sample_frames, sink, stream_pictures

GLIMPSES = 20
STUDIED = SHORTEST_PIECE + OVERLAP

Tell = Callable[[str, int, float], None]  # what is done, how many pictures of it, of how many

# Processor seconds of the cpu recipe (docs/benchmarks.md, "A whole clip"): the study, and a picture by its megapixels.
STUDY_S, PICTURE_S, MEGAPIXEL_S = 15.0, 0.15, 0.45


@dataclass(frozen=True, slots=True)
class WholeClip:
    """A clip, and what is to become of the part `span` of it: `sample` is what the stages made of its beginning,
    `steady` the clip of a camera that moves as a fixed one would have filmed it."""

    path: Path
    info: VideoInfo
    span: Span
    sample: Sample
    recipe: Recipe
    steady: Steady | None = None


class Edited(NamedTuple):
    """A picture of the source, what became of it, and what is behind it now."""

    source: Picture
    composed: Composed
    background: Image


@dataclass(frozen=True, slots=True)
class Written:
    """How many pictures were written, when each begins in the source, and what became of the sound."""

    times: list[float]
    audio: str


def can_follow(recipe: Recipe, pool: BackendPool) -> bool:
    """Tell whether a recipe's generator edits clips of any length."""
    return isinstance(pool.get(recipe.synthesize.generator), FollowingGenerator)


def of_any_length(recipe: Recipe) -> Recipe:
    """Return the recipe without the least length that its clips must have: a dataset wants it, a user's clip is as it
    is."""
    return recipe.model_copy(update={"video": recipe.video.model_copy(update={"minimum_frames": 2})})


def expected_pictures(info: VideoInfo, span: Span) -> float:
    """Return about how many pictures a part of a clip has, from what its container says."""
    return max(1.0, (min(info.duration_s, span.end_s) - span.start_s) * info.fps)


def estimate(pictures: float, width: int, height: int) -> str:
    """Return about how long the cpu recipe takes for so many pictures on this machine, as a line."""
    seconds = STUDY_S + pictures * (PICTURE_S + MEGAPIXEL_S * width * height / 1e6)
    minutes = seconds / min(2, os.cpu_count() or 1) / 60
    long = f"{minutes:.0f} minutes" if minutes >= 1.5 else "a minute" if minutes > 0.75 else "half a minute"
    return f"about {pictures:.0f} pictures of {width}x{height}: about {long} with the cpu recipe, if nothing else runs"


def counted(pictures: Iterable[Picture], step: str, expected: float, tell: Tell) -> Iterator[Picture]:
    """Yield pictures, and tell of each that it was taken."""
    for number, picture in enumerate(pictures, 1):
        yield picture
        tell(step, number, expected)


def write_whole(
    clip: WholeClip,
    outputs: Outputs,
    follow: Follow,
    behind: Behind,
    pool: BackendPool,
    remarks: dict[str, str],
    tell: Tell,
) -> Written:
    """Edit all of a clip and write it, every picture at its own time. Raises MediaError where the source breaks."""
    rate = Fraction(clip.info.fps).limit_denominator(1001)
    expected, times = expected_pictures(clip.info, clip.span), list[float]()
    with ExitStack() as open_sinks:
        sinks: list[Sink] = []
        for each in outputs.each():
            sound = clip.path if each is outputs.main else None
            writing = sink(each.path, rate, each.delivery, audio_from=sound, remarks=remarks)
            sinks.append(open_sinks.enter_context(writing))
        alpha = outputs.main.delivery.alpha
        length = piece_length((clip.info.width, clip.info.height))
        for edited in edited_pictures(clip, follow, behind, pool, length):
            source, composed, background = edited
            sinks[0].write(layer_of(outputs.layer, source, composed, background, alpha=alpha))
            for other in sinks[1:]:
                other.write(matte_of(source, composed))
            times.append(source.time_s)
            tell("composing", len(times), expected)
            del edited, source, composed, background  # a picture holds the piece that it is of
    return Written(times, sinks[0].audio.value)


def edited_pictures(
    clip: WholeClip, follow: Follow, behind: Behind, pool: BackendPool, length: int
) -> Iterator[Edited]:
    """Yield every picture of a clip, edited, in pieces of `length` pictures."""
    source = stream_pictures(
        clip.path,
        start_s=clip.span.start_s,
        end_s=clip.span.end_s,
        untagged=UntaggedColour(clip.recipe.video.untagged),
    )
    compose = None
    for piece in in_pieces(source, length):
        request, background = _request(clip, piece, follow, behind)
        if compose is None:
            seen = glimpses_of(clip, follow) or Glimpses(request.source, request.mask)
            compose = pool.get(clip.recipe.synthesize.generator).follow(_beginning_of(request), seen)
            del seen
        for index, composed in zip(piece.shown, compose(request, piece.first, piece.shown), strict=True):
            yield Edited(piece.pictures[index], composed, background[index])
            del composed
        del piece, request, background  # two pieces at once would be half of all memory


def _beginning_of(request: GenerationRequest) -> GenerationRequest:
    """Return the first frames of the first piece: as many whatever the pieces' length, so that it changes no look."""
    background = None if request.background is None else request.background[:STUDIED]
    return replace(
        request,
        control=request.control[:STUDIED],
        source=request.source[:STUDIED],
        background=background,
        mask=request.mask[:STUDIED],
        confidence=request.confidence[:STUDIED],
    )


def glimpses_of(clip: WholeClip, follow: Follow) -> Glimpses | None:
    """Return frames from all over a clip, as it is, with their masks; None where masks come with the pictures only."""
    if not isinstance(follow, TrackedMasks):
        return None
    count = len(follow.times)
    numbers = sorted({round(each) for each in np.linspace(0, count - 1, min(count, GLIMPSES))})
    untagged = UntaggedColour(clip.recipe.video.untagged)
    moments = [follow.times[number] + SHOWN_S for number in numbers]
    frames, _ = sample_frames(clip.path, times=moments, untagged=untagged, time_limit_s=math.inf)
    height, width = frames.shape[1:3]
    masks = [enlarged([follow.at(number)], (width, height))[0] > 0.5 for number in numbers[: len(frames)]]
    if clip.steady is not None:
        return clip.steady.glimpses(frames, np.stack(masks), numbers[: len(frames)])
    return Glimpses(frames, np.stack(masks))


def _request(
    clip: WholeClip, piece: Piece, follow: Follow, behind: Behind
) -> tuple[GenerationRequest, Frames]:
    """Return what the generator is asked for a piece, and what is behind its pictures."""
    frames = stacked(piece)
    height, width = frames.shape[1:3]
    share = follow(piece, frames)
    confidence = enlarged(share, (width, height))
    background = behind.at([piece.first + index for index in range(len(frames))], frames, share)
    request = GenerationRequest(
        first_frame=frames[0],
        control=np.broadcast_to(np.uint8(0), frames.shape[:3]),
        instruction=clip.sample.instruction or "",
        source=frames,
        clean_background=behind.picture,
        background=background,
        mask=confidence > 0.5,
        confidence=confidence,
        fps=clip.info.fps,
        seed=clip.sample.seed,
        scene=clip.sample.scene,
    )
    return request, background


def enlarged(shares: Iterable[NDArray[np.floating]], size: tuple[int, int]) -> NDArray[np.float16]:
    """Return maps (h, w) in [0, 1] at (width, height) `size`, float16 (T, H, W)."""
    return np.stack(
        [
            cv2.resize(each.astype(np.float32), size, interpolation=cv2.INTER_LINEAR).astype(np.float16)
            for each in shares
        ]
    )
