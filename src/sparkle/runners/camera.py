"""`sparkle camera`: stage 1's two camera checks, on their own."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sparkle.backends.model_backend import as_model
from sparkle.camera import CameraMovement
from sparkle.core.errors import SampleError
from sparkle.core.sample import Check
from sparkle.core.threads import in_order
from sparkle.recipes import Recipe
from sparkle.roles import CameraJudge
from sparkle.runners.assemble import BackendPool
from sparkle.stages.source import camera_checks, judge_check, measure_camera
from sparkle.video import fit_size, probe, read_clip

JUDGED_WIDTH = 416
MOST_WORKERS = 8


@dataclass(frozen=True, slots=True)
class CameraReport:
    """One file's answer. `movement` is in percent of the width; all but `error` is None for an unreadable file."""

    file: str
    moving: bool | None
    movement: float | None
    checks: tuple[Check, ...]
    error: str | None

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        checks = [{**asdict(check), "passed": check.passed} for check in self.checks]
        return {**asdict(self), "checks": checks}


def examine_cameras(clips: Sequence[Path], recipe: Recipe) -> Iterator[CameraReport]:
    """Yield one report per clip, in order; a clip that cannot be read gets its error and the others go on.

    Movements are measured side by side, unless the flow holds a model on the GPU; the judge is asked about one clip
    after the other, so that what a server fails at is one clip's and always the same one's.
    """
    pool, source = BackendPool(), recipe.source
    flow = pool.fill("source", "flow", source.flow)
    judge = pool.fill("source", "camera_judge", source.camera_judge)

    def measure(clip: Path) -> CameraMovement | SampleError:
        try:
            return measure_camera(clip, flow, source.camera, time_limit_s=recipe.video.time_limit_s)
        except SampleError as error:
            return error

    workers = 1 if as_model(flow).gpu_memory_gb else min(len(clips), os.cpu_count() or 1, MOST_WORKERS)
    movements = in_order(measure, clips, workers=max(workers, 1), ahead=2 * MOST_WORKERS)
    for clip, movement in zip(clips, movements, strict=True):
        try:
            if isinstance(movement, SampleError):
                raise movement
            yield _judged(clip, movement, recipe, judge)
        except SampleError as error:
            yield CameraReport(str(clip), None, None, (), str(error))


def _judged(clip: Path, movement: CameraMovement, recipe: Recipe, judge: CameraJudge) -> CameraReport:
    source, limit = recipe.source, recipe.video.time_limit_s
    checks = camera_checks("source.camera", movement, source.camera)
    if all(check.passed for check in checks):
        info = probe(clip, time_limit_s=limit)
        size = fit_size(info.width, info.height, JUDGED_WIDTH, JUDGED_WIDTH)
        whole = read_clip(
            clip, size=size, fps=recipe.video.fps, frames=recipe.video.frames, time_limit_s=limit
        )
        verdict = judge(whole.frames, whole.fps)
        checks.append(judge_check(verdict, source.judge_confidence_minimum))
    moving = not all(check.passed for check in checks)
    return CameraReport(str(clip), moving, movement.movement, tuple(checks), None)
