"""What is behind the subject of a whole clip: a loop, drawn as large as memory allows and as the clip is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sparkle.core.records import FirstFrameRecord, IsolateRecord
from sparkle.core.sample import Sample
from sparkle.recipes import Recipe
from sparkle.roles import AnimationRequest, AnySizeRemover, Frames, Image, RemovalRequest
from sparkle.runners.assemble import BackendPool, model_cards
from sparkle.runners.follow import Share
from sparkle.runners.kept import Kept
from sparkle.stages.artifacts import read_background_video, read_frame, read_user_background, reading
from sparkle.store import Folder, sha256_of
from sparkle.video import (
    fit_size,
    is_media_name,
    map_frames,
    play_looped,
    resize_image,
    write_frames,
)

LOOP_BYTES = 350 * 2**20
LOOP_S = 6.0
MOST_BACKGROUND_FPS = 30.0


class Backdrop:
    """The background of a whole clip; made once, and read from its file."""

    def __init__(
        self,
        sample: Sample,
        folder: Folder,
        recipe: Recipe,
        pool: BackendPool,
        kept: Kept,
        size: tuple[int, int],
        fps: float,
    ) -> None:
        self._size = size
        self._step = max(1, math.ceil(fps / MOST_BACKGROUND_FPS - 0.01))
        drawn = fit_size(*size, 1920, 1080) if max(size) >= max(1920, 1080) else size
        rate = fps / self._step
        count = max(16, min(round(LOOP_S * rate), LOOP_BYTES // (3 * drawn[0] * drawn[1])))

        def draw(path: Path) -> None:
            write_frames(path, _loop(sample, folder, recipe, pool, drawn, rate, count))

        reads = {**_reads(sample, folder, recipe, pool), "size": drawn, "fps": rate, "frames": count}
        self._frames = map_frames(kept.file("background", reads, draw, suffix=".npy"))
        self.picture: Image = self._fitted(self._frames[0])

    def at(self, numbers: Sequence[int], frames: Frames, share: Share) -> Frames:
        """See Behind."""
        width, height = self._size
        found = np.empty((len(numbers), height, width, 3), np.uint8)
        for index, number in enumerate(numbers):
            found[index] = self._fitted(self._frames[number // self._step % len(self._frames)])
        return found

    def _fitted(self, frame: Image) -> Image:
        return frame if frame.shape[1::-1] == self._size else resize_image(frame, self._size)


def _reads(sample: Sample, folder: Folder, recipe: Recipe, pool: BackendPool) -> dict[str, Any]:
    with reading(folder, sample, "edited_frame0_foreground_removed") as clean:
        picture = sha256_of(clean)
    own = sample.inputs.background
    return {
        "clean_background": picture,
        "caption": sample.record(IsolateRecord).needed_removal.background_caption,
        "instruction": sample.instruction,
        "scene": sample.scene,
        "seed": sample.seed,
        "own": None if own is None else sha256_of(Path(own)),
        "placing": sample.record(FirstFrameRecord).placing,
        "untagged": recipe.video.untagged,
        "remover": recipe.isolate.remover.model_dump(mode="json"),
        "settings": recipe.animate.model_dump(mode="json"),
        "models": {**model_cards("isolate", recipe, pool), **model_cards("animate", recipe, pool)},
    }


def _loop(
    sample: Sample,
    folder: Folder,
    recipe: Recipe,
    pool: BackendPool,
    size: tuple[int, int],
    fps: float,
    count: int,
) -> Frames:
    given, placing = sample.inputs.background, sample.record(FirstFrameRecord).placing
    if given is not None and is_media_name(Path(given)):
        return _closed(read_background_video(Path(given), size, fps, count, recipe.video, placing), count)
    own = read_user_background(sample, size, recipe.video, placing)
    picture = own if own is not None else _clean_background(sample, folder, recipe, pool, size)
    animator = pool.get(recipe.animate.animator)
    request = AnimationRequest(
        image=picture,
        caption=sample.record(IsolateRecord).needed_removal.background_caption,
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
