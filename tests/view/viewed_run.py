"""A small run whose pictures say which frame they are: frame n of every clip is grey 20 + 12 n."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from tests.dataset.tiny_dataset import FRAME_SCORE, VIDEO_SCORE

from sparkle.core.layout import artifact_path
from sparkle.core.model_card import ModelCard
from sparkle.core.records import (
    ClipFormat,
    FirstFrameRecord,
    IsolateRecord,
    PublishedBox,
    Removal,
    SourceRecord,
    SynthesizeRecord,
    TrackRecord,
)
from sparkle.core.sample import Check, Inputs, Sample
from sparkle.core.scene import Scene
from sparkle.core.usage import Usage
from sparkle.recipes import STAGES
from sparkle.runs import Ledger, Provenance, StageEvent, keep_plan, write_run
from sparkle.video import write_confidence, write_image, write_masks, write_video

FRAMES, HEIGHT, WIDTH, FPS = 17, 96, 160, 16.0
HOSTILE = '<img src=x onerror="window.taken=1"><script>window.taken=1</script>'
LEVELS = np.array([20 + 12 * frame for frame in range(FRAMES)], np.uint8)
IDS = (
    "Sparkle_location_000000",
    "Sparkle_season_000000",
    "Sparkle_time_000000",
    "Sparkle_style_000000",
    "Sparkle_location_000001",
)
ACCEPTED, HOSTILE_ID, REJECTED, FAILED, EARLY = IDS

_VIDEOS = ("source_video", "edited_video", "edited_background_video", "edited_video_canny")
_PICTURES = ("source_frame0", "edited_frame0", "edited_frame0_foreground_removed")
_BY = Provenance.of({"track.tracker": ModelCard(HOSTILE, "1", "Apache-2.0")})


def write_viewed_run(root: Path) -> Path:
    """Write it: two accepted, one of them hostile; one rejected by its mask, one failed, one rejected at its source."""
    plan = [Sample(id, id.split("_")[1], 7, Inputs(f"/clips/{HOSTILE}.mp4")) for id in IDS]
    root.mkdir(parents=True)
    write_run(root, {"recipe": {"name": "cpu"}, "commands": [], "times": []})
    keep_plan(root, plan)
    for sample in plan[:2]:
        _write_artifacts(
            root, sample, (*_VIDEOS, *_PICTURES, "source_video_mask", "source_video_mask_confidence")
        )
    _write_artifacts(root / "rejected", plan[2], ("source_video", *_PICTURES, "source_video_mask"))
    with Ledger(root) as ledger:
        for sample in plan[:2]:
            for stage in STAGES:
                ledger.append(_event(sample, stage))
        for stage in STAGES[:4]:
            ledger.append(_event(plan[2], stage, "rejected" if stage == "track" else "passed"))
        ledger.append(_event(plan[3], "source"))
        ledger.append(StageEvent(plan[3].id, "first_frame", "failed", error=f"the server is gone {HOSTILE}"))
        ledger.append(_event(plan[4], "source", "rejected"))
    return root


def _event(sample: Sample, stage: str, status: str = "passed") -> StageEvent:
    words = HOSTILE if sample.id == HOSTILE_ID else "a meadow in the wind"
    box = PublishedBox((200, 200, 600, 900), f"man {words}")
    records = {
        "source": SourceRecord(clip=ClipFormat(FRAMES, FPS, WIDTH, HEIGHT)),
        "first_frame": FirstFrameRecord(f"a room, {words}", FRAME_SCORE),
        "isolate": IsolateRecord((box.label,), (box,), Removal("Remove the man.", FRAME_SCORE, words)),
        "track": TrackRecord((0, 8, 16), ((box,), (box,), (PublishedBox((), box.label),)), 0.93, 3),
        "synthesize": SynthesizeRecord("copied", (1, 7, 13, 16), (VIDEO_SCORE,) * 4),
    }
    score = 3.0 if status == "rejected" else 8.5 + (sample.id == HOSTILE_ID)
    return StageEvent(
        sample.id,
        stage,
        status,  # type: ignore[arg-type]
        instruction=f"Put the subject in {words}" if stage == "first_frame" else None,
        scene=Scene(sample.theme, "rural", words.replace("/", ""), "grass sways")
        if stage == "first_frame"
        else None,
        checks=(Check(f"{stage}.score", score, 8.0, "minimum", f"because of {words}", "heuristic"),),
        record=records.get(stage),
        seconds=1.5,
        usage=(Usage("caption", "a-model", 2, 1, 100, 20, 0.5),) if stage == "isolate" else (),
        provenance=_BY if stage == "track" else None,
    )


def _write_artifacts(root: Path, sample: Sample, names: tuple[str, ...]) -> None:
    frames = np.broadcast_to(LEVELS[:, None, None, None], (FRAMES, HEIGHT, WIDTH, 3)).copy()
    mask = np.zeros((FRAMES, HEIGHT, WIDTH), np.bool_)
    mask[:, 20:80, 40:100] = True
    for name in names:
        path = root / artifact_path(name, sample.theme, sample.id)
        if name in _VIDEOS:
            write_video(path, frames, FPS, crf=8)
        elif name in _PICTURES:
            write_image(path, frames[5])
        elif name == "source_video_mask":
            write_masks(path, mask)
        else:
            votes = mask.astype(np.uint8) * 3
            votes[11, 20:50, 40:100] = 1  # on this frame the passes agree least
            write_confidence(path, votes, 3)
