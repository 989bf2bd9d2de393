"""Clips kept on disk between runs: one file a clip, named after the scene and the code that made it."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import numpy as np
from benchmarks.eyes.compose import make_clip
from benchmarks.eyes.scene import Clip, Scene

from sparkle.store import whole_file

NO_PART_OF_A_CLIP = {
    "__main__.py",
    "boxes.py",
    "finding.py",
    "metrics.py",
    "store.py",
    "sheet.py",
    "tables.py",
    "tracking.py",
    "yardstick.py",
}


def stored_clip(scene: Scene, folder: Path | None) -> Clip:
    """Return a scene's clip, from `folder` when it was made before by the same code, and leave it there when not."""
    if folder is None:
        return make_clip(scene)
    path = folder / f"{file_name(scene.name)}-{code_key()}.npz"
    if not path.is_file():
        clip = make_clip(scene)
        alphas = np.rint(clip.alphas * 255).astype(np.uint8)
        with whole_file(path) as temporary:
            np.savez_compressed(
                temporary, frames=clip.frames, alphas=alphas, subjects=clip.subjects, things=clip.things
            )
        return clip
    with np.load(path, allow_pickle=False) as archive:
        return Clip(
            scene.name,
            scene.half,
            scene.traits,
            archive["frames"],
            scene.stage.fps,
            tuple(archive["subjects"].tolist()),
            archive["alphas"].astype(np.float32) / np.float32(255),
            tuple(tuple(box) for box in archive["things"].tolist()),
        )


def file_name(clip: str) -> str:
    """Return a clip's name as a file's."""
    return "".join(letter if letter.isalnum() else "-" for letter in clip)


@cache
def code_key() -> str:
    """Return a hash of the code that makes clips: made by other code, a clip is another clip."""
    digest = hashlib.blake2b(digest_size=6)
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path.name not in NO_PART_OF_A_CLIP:
            digest.update(path.read_bytes())
    return digest.hexdigest()
