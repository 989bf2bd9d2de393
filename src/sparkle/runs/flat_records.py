"""Records of run folders that were made when all stages shared one flat mapping, as those of today."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# What each stage left there. Provenance is the runner's, and stands beside the records now.
_CLIP = ("frames", "fps", "width", "height")
_SCORE = "edited_frame0_foreground_removed_score"


def from_flat(stage: str, flat: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the plain values of a stage's record, or None for one that has none.

    Raises KeyError for records that lack what its stage always left.
    """
    return _READERS[stage](flat) if stage in _READERS else None


def _source(flat: Mapping[str, Any]) -> dict[str, Any]:
    clip = {name: flat[name] for name in _CLIP} if "frames" in flat else None
    return {"inputs": flat.get("inputs", {}), "camera": flat.get("camera"), "clip": clip}


def _first_frame(flat: Mapping[str, Any]) -> dict[str, Any]:
    return {"original_scene": flat["original_scene"], "score": flat["edited_frame0_score"]}


def _isolate(flat: Mapping[str, Any]) -> dict[str, Any]:
    removal = None
    if _SCORE in flat:
        removal = {
            "instruction": flat["removal_instruction"],
            "score": flat[_SCORE],
            "background_caption": flat["background_caption"],
        }
    return {"labels": flat["round1_labels"], "objects": flat["round1_objects"], "removal": removal}


def _track(flat: Mapping[str, Any]) -> dict[str, Any]:
    return {name: flat[name] for name in ("anchor_frames", "frame_objects", "consensus", "passes")}


def _synthesize(flat: Mapping[str, Any]) -> dict[str, Any]:
    scored = flat["edited_video_score"]
    return {
        "audio": flat["audio"],
        "frame_indices": scored["frame_indices"],
        "scores": [_frame_score(score) for score in scored["editscore"]],
    }


def _frame_score(score: Mapping[str, Any]) -> dict[str, Any]:
    """Of the two parts of SC, only the lower one was kept."""
    return {
        "prompt_following": score["SC_score"],
        "consistency": score["SC_score"],
        "perceptual_quality": score["PQ_score"],
        "overall": score["O_score"],
        "SC_reasoning": score["SC_score_reasoning"],
        "PQ_reasoning": score["PQ_score_reasoning"],
        "scorer": score["scorer"],
        "SC_raw_output": score["SC_raw_output"],
        "PQ_raw_output": score["PQ_raw_output"],
    }


_READERS = {
    "source": _source,
    "first_frame": _first_frame,
    "isolate": _isolate,
    "track": _track,
    "synthesize": _synthesize,
}
