"""Makes samples, and tiny but real videos, pictures and masks for them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image

from sparkle.core.layout import artifact_path
from sparkle.core.sample import Check, Inputs, Sample
from sparkle.core.scene import Scene

FRAMES, HEIGHT, WIDTH, FPS = 20, 32, 48, 16

FRAME_SCORE = {
    "prompt_following": 8.5,
    "consistency": 9,
    "perceptual_quality": 9.25,
    "overall": 8.87,
    "SC_reasoning": "the background changed",
    "PQ_reasoning": "sharp",
    "scorer": "heuristic",
}
VIDEO_SCORE = {
    "SC_score": 8.0,
    "PQ_score": 9.0,
    "O_score": 8.485,
    "SC_score_reasoning": "kept",
    "PQ_score_reasoning": "clean",
    "SC_raw_output": "",
    "PQ_raw_output": "",
    "scorer": "heuristic",
}


def make_sample(theme: str = "location", number: int = 0, **changes: Any) -> Sample:
    man = {"bbox_2d": [100, 200, 500, 900], "label": "man"}
    records = {
        "original_scene": "a bright room",
        "edited_frame0_score": FRAME_SCORE,
        "edited_frame0_foreground_removed_score": FRAME_SCORE,
        "removal_instruction": "Remove the man.",
        "round1_labels": ["man"],
        "round1_objects": [man],
        "frame_objects": [[man], [man], [{"bbox_2d": [], "label": "man"}]],
        "background_caption": "a meadow in the wind",
        "edited_video_score": {"frame_indices": [1, 7, 13, 18], "editscore": [VIDEO_SCORE] * 4},
        "provenance": {"scorer": {"name": "heuristic", "revision": "1", "licence": "Apache-2.0"}},
        "consensus": 0.93,
        "audio": "copied",
    }
    known = {
        "id": f"Sparkle_{theme}_{number:06d}",
        "theme": theme,
        "seed": 7,
        "inputs": Inputs(video="/home/somebody/clips/street.mp4"),
        "scene": Scene(theme, "rural", "meadow", "grass sways") if theme != "openve3m" else None,
        "instruction": "Put the subject in a meadow, where grass sways.",
        "checks": (Check("first_frame.editscore", 8.87, 8.0, "minimum", "fine", "heuristic"),),
    }
    return Sample(**{**known, **changes, "records": {**records, **changes.get("records", {})}})


def write_clip(
    path: Path,
    frames: int = FRAMES,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(0)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=FPS)
        stream.width, stream.height, stream.pix_fmt = *size, pixel_format
        for _ in range(frames):
            image = noise.integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
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

    for kind in ("source_video", "edited_video", "edited_background_video", "edited_video_canny"):
        write_clip(path(kind))
    for kind in ("source_frame0", "edited_frame0", "edited_frame0_foreground_removed"):
        path(kind).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((HEIGHT, WIDTH, 3), 90, dtype=np.uint8)).save(path(kind))
    write_mask(path("source_video_mask"))
