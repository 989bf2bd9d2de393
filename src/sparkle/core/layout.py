"""The published layout as pure path arithmetic: where each artifact of a sample lies under the dataset root."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from sparkle.core.errors import SampleError

THEMES = ("location", "season", "time", "style", "openve3m")
TAXONOMY_THEMES = THEMES[:4]

SAMPLE_ID = re.compile(r"Sparkle_(?P<theme>[a-z0-9_]+)_(?P<number>[0-9]{6}|[1-9][0-9]{6,17})")

ARTIFACTS: dict[str, str] = {
    "source_video": "{theme}/source_video/{id}.mp4",
    "edited_video": "{theme}/edited_video/{id}.mp4",
    "source_frame0": "intermediate_data/{theme}/source_frame0/{id}.png",
    "edited_frame0": "intermediate_data/{theme}/edited_frame0/{id}.png",
    "edited_frame0_foreground_removed": "intermediate_data/{theme}/edited_frame0_foreground_removed/{id}.png",
    "edited_background_video": "intermediate_data/{theme}/edited_background_video/{id}.mp4",
    "source_video_mask": "intermediate_data/{theme}/source_video_mask/{id}.npz",
    # Ours, beside the published ones: the votes behind each mask.
    "source_video_mask_confidence": "intermediate_data/{theme}/source_video_mask_confidence/{id}.npz",
    "edited_video_canny": "intermediate_data/{theme}/edited_video_canny/{id}.mp4",
}

METADATA_FILES = (
    "edited_frame0_score",
    "edited_frame0_foreground_removed_score",
    "foreground_grounding_r1",
    "foreground_grounding_r2",
    "edited_video_score",
)


def sample_id(theme: str, number: int) -> str:
    """Return `Sparkle_{theme}_{number}`: six digits, or as many as a number from a million on has."""
    return f"Sparkle_{theme}_{number:06d}"


def artifact_path(artifact: str, theme: str, id: str) -> PurePosixPath:
    """Return the path of an artifact relative to the dataset root. Raises SampleError for an id that is no id."""
    match = SAMPLE_ID.fullmatch(id)
    if match is None or match["theme"] != theme:
        raise SampleError(f"'{id}' is not an id of theme '{theme}'; expected Sparkle_{theme}_NNNNNN")
    return PurePosixPath(ARTIFACTS[artifact].format(theme=theme, id=id))


def prompts_path(theme: str) -> PurePosixPath:
    """Return the path of a theme's training CSV."""
    return PurePosixPath(f"prompts/{theme}_train.csv")


def metadata_path(theme: str) -> PurePosixPath:
    """Return the path of a theme's training metadata."""
    return PurePosixPath(f"prompts/{theme}_train_metadata.jsonl")


def intermediate_metadata_path(theme: str, name: str) -> PurePosixPath:
    """Return the path of one of METADATA_FILES of a theme."""
    return PurePosixPath(f"intermediate_data/{theme}/{name}.jsonl")
