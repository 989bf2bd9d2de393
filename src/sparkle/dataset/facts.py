"""What is recorded of a sample, by name: tags, and scores as numbers. Filters, statistics and the card read these."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sparkle.dataset.index import VIDEO_SCORE_KEYS
from sparkle.dataset.offsets import PROVENANCE
from sparkle.dataset.stored_sample import StoredSample

Facts = dict[str, str | float]

_FRAME_SCORES = ("edited_frame0_score", "edited_frame0_foreground_removed_score")
_FRAME_NUMBERS = ("prompt_following", "consistency", "perceptual_quality", "overall")


def facts_of(sample: StoredSample) -> Facts:
    """Return all that is recorded of a sample.

    `id`, `theme`, `prompt`, `words` (how many the prompt has), `edit_type`, `subtheme`, `scene`, `source`; checks by
    their own names ("synthesize.editscore"); published scores by file and key ("edited_frame0_score.overall"), those of
    the video as the mean and, with ".worst", the least of its frames; `consensus`.
    """
    found: Facts = {"id": sample.id, "theme": sample.theme}
    if sample.prompt is not None:
        found |= {"prompt": sample.prompt, "words": float(len(sample.prompt.split()))}
    metadata = sample.metadata
    if isinstance(metadata.get("edit_type"), str):
        found["edit_type"] = metadata["edit_type"]
    subtheme, mark, scene = str(metadata.get("chosen_keyword", "")).partition(": ")
    if mark:
        found |= {"subtheme": subtheme, "scene": scene}
    found |= dict(_published_scores(sample))
    provenance = sample.row(PROVENANCE) or {}
    if isinstance(provenance.get("source"), str):
        found["source"] = provenance["source"]
    if _is_number(provenance.get("consensus")):
        found["consensus"] = float(provenance["consensus"])
    return found | {check.name: check.score for check in sample.checks}


def _published_scores(sample: StoredSample) -> Iterator[tuple[str, float]]:
    for kind in _FRAME_SCORES:
        score = (sample.row(kind) or {}).get("editscore")
        if isinstance(score, dict):
            yield from (
                (f"{kind}.{key}", float(score[key])) for key in _FRAME_NUMBERS if _is_number(score.get(key))
            )
    frames = (sample.row("edited_video_score") or {}).get("editscore")
    if not isinstance(frames, list) or not frames or not all(isinstance(frame, dict) for frame in frames):
        return
    for key in VIDEO_SCORE_KEYS[:3]:
        values = [frame.get(key) for frame in frames]
        if all(map(_is_number, values)):
            yield f"edited_video_score.{key}", sum(values) / len(values)
            yield f"edited_video_score.{key}.worst", float(min(values))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
