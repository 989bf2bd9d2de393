"""Makes samples, and tiny but real videos, pictures and masks for them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image

from sparkle.core.edit_score import EditScore
from sparkle.core.layout import artifact_path
from sparkle.core.model_card import ModelCard
from sparkle.core.records import (
    ClipFormat,
    FirstFrameRecord,
    IsolateRecord,
    PublishedBox,
    Records,
    Removal,
    SourceRecord,
    SynthesizeRecord,
    TrackRecord,
)
from sparkle.core.sample import Check, Inputs, Sample
from sparkle.core.scene import Scene

FRAMES, HEIGHT, WIDTH, FPS = 20, 32, 48, 16

FRAME_SCORE = EditScore(8.5, 9.0, 9.25, 8.87, "the background changed", "sharp", "heuristic")
VIDEO_SCORE = EditScore(8.0, 8.5, 9.0, 8.485, "kept", "clean", "heuristic")
MAN = PublishedBox((100, 200, 500, 900), "man")

RECORDS = Records(
    source=SourceRecord(clip=ClipFormat(FRAMES, float(FPS), WIDTH, HEIGHT)),
    first_frame=FirstFrameRecord("a bright room", FRAME_SCORE),
    isolate=IsolateRecord(("man",), (MAN,), Removal("Remove the man.", FRAME_SCORE, "a meadow in the wind")),
    track=TrackRecord((0, 8, 16), ((MAN,), (MAN,), (PublishedBox((), "man"),)), consensus=0.93, passes=3),
    synthesize=SynthesizeRecord("copied", (1, 7, 13, 18), (VIDEO_SCORE,) * 4),
)


def make_sample(theme: str = "location", number: int = 0, **changes: Any) -> Sample:
    known = {
        "id": f"Sparkle_{theme}_{number:06d}",
        "theme": theme,
        "seed": 7,
        "inputs": Inputs(video="/home/somebody/clips/street.mp4"),
        "scene": Scene(theme, "rural", "meadow", "grass sways") if theme != "openve3m" else None,
        "instruction": "Put the subject in a meadow, where grass sways.",
        "checks": (Check("first_frame.editscore", 8.87, 8.0, "minimum", "fine", "heuristic"),),
        "records": RECORDS,
        "provenance": {"scorer": ModelCard("heuristic", "1", "Apache-2.0")},
    }
    return Sample(**{**known, **changes})


def picture(
    size: tuple[int, int] = (WIDTH, HEIGHT), subject: int = 0, background: int = 0, frame: int = 0
) -> np.ndarray:
    """A frame of `write_clip`, uint8 (H, W, 3): blocks of noise, so that coding leaves it much as it is."""
    width, height = size
    around, image = (
        np.kron(
            np.random.default_rng([seed, frame]).integers(0, 255, (height // 4, width // 4, 1)),
            np.ones((4, 4, 3), np.int64),
        ).astype(np.uint8)
        for seed in (1000 + background, subject)
    )
    mask = np.zeros((height, width, 1), dtype=bool)
    mask[height // 8 : height * 7 // 8, width // 4 : width * 3 // 4] = True
    return np.where(mask, image, around)


def write_clip(
    path: Path,
    frames: int = FRAMES,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    subject: int = 0,
    background: int = 0,
    crf: int = 12,
) -> None:
    """Write noise: the pixels of `subject` in the middle of those of `background`, which numbers tell apart."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=FPS)
        stream.width, stream.height, stream.pix_fmt = *size, pixel_format
        stream.options = {"crf": str(crf)} if codec == "libx264" else {}
        for number in range(frames):
            image = picture(size, subject, background, number)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())


def write_mask(path: Path, shape: Sequence[int] = (FRAMES, HEIGHT, WIDTH)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    mask = np.zeros(shape, dtype=bool)
    mask[:, 8:20, 8:20] = True
    np.savez_compressed(path, mask=np.packbits(mask), shape=np.array(shape))


def write_artifacts(root: Path, sample: Sample) -> None:
    def path(kind: str) -> Path:
        return root / artifact_path(kind, sample.theme, sample.id)

    number = int(sample.id[-6:])
    looks = {
        "source_video": (number, 0),
        "edited_video": (number, 1),
        "edited_background_video": (99, 1),
        "edited_video_canny": (number, 98),
        "source_frame0": (number, 0),
        "edited_frame0": (number, 1),
        "edited_frame0_foreground_removed": (99, 1),
    }
    for kind, (subject, background) in looks.items():
        if path(kind).suffix == ".mp4":
            write_clip(path(kind), subject=subject, background=background)
        else:
            path(kind).parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture(subject=subject, background=background)).save(path(kind))
    write_mask(path("source_video_mask"))
