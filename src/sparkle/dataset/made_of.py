"""What a pair was made of: the models that filled the roles, and the background that came from a library."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sparkle.core.model_card import ModelCard
from sparkle.core.records import Fingerprint, FirstFrameRecord, SourceRecord, TrackRecord
from sparkle.core.sample import Sample

BACKGROUND_ROLE = "first_frame.background"


def cards_of(sample: Sample) -> dict[str, ModelCard]:
    """Return what filled each role, with licences: a library's background by its file, its revision by its content."""
    entry = sample.background
    if entry is None:
        return dict(sample.provenance)
    content = sample.record(SourceRecord).inputs.get("background")
    revision = content.sha256[:12] if isinstance(content, Fingerprint) else ""
    return {**sample.provenance, BACKGROUND_ROLE: ModelCard(entry.file, revision, entry.licence)}


def background_of(sample: Sample) -> dict[str, Any]:
    """Return what provenance says of a library's background: its words, and how it was laid behind the subject."""
    if sample.background is None:
        return {}
    placing = sample.record(FirstFrameRecord).placing
    told = {**asdict(sample.background), "placing": None if placing is None else asdict(placing)}
    return {"background": told}


def correction_of(sample: Sample) -> dict[str, Any]:
    """Return what provenance says of a mask that a person corrected: the SHA-256 of that mask."""
    corrected = sample.record(TrackRecord).corrected
    return {} if corrected is None else {"mask": {"corrected_by": "a person", "sha256": corrected}}
