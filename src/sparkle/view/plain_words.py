"""What checks and stages are called for people who never saw the project: data, each said once."""

from __future__ import annotations

# check: (what it asks, what is wrong where it fails)
CHECKS: dict[str, tuple[str, str]] = {
    "source.pair_score": ("Do the clip and its given edit belong together?", "the given pair does not fit together"),
    "source.camera": ("Does the camera stand still?", "the camera moves"),
    "source.camera_judge": ("Does it stand still on a closer look?", "the camera moves on a closer look"),
    "first_frame.editscore": ("Is the new scene on the first frame good?", "the new scene is not good enough"),
    "isolate.objects": ("Was a subject found?", "no subject was found"),
    "isolate.editscore": ("Is the subject gone from the background?", "the subject was not removed cleanly"),
    "track.consensus": ("Do the tracking passes agree?", "the tracking passes disagree"),
    "track.area_minimum": ("Is the subject large enough?", "the subject is too small"),
    "track.area_maximum": ("Is there background beside it?", "the subject fills the picture"),
    "track.confidence": ("Is the tracker sure of the mask?", "the tracker is not sure of the mask"),
    "animate.camera": ("Does the new scene stand still as a whole?", "the new scene drifts"),
    "animate.liveliness": ("Is the new scene alive?", "the new scene does not move"),
    "synthesize.editscore": ("Are frames of the result good?", "the result is not good enough"),
    "synthesize.wholeness": ("Is the subject whole?", "parts of the subject are lost"),
    "synthesize.worst_wholeness": ("Is it whole on its worst frame?", "on a frame parts of the subject are lost"),
    "synthesize.background_motion": ("Does the scene move in the result?", "the scene froze in the result"),
    "synthesize.clip_score": ("Is the result good as a whole clip?", "as a whole clip the result is not good enough"),
}  # fmt: skip

STAGES: dict[str, str] = {
    "source": "Clip looked at",
    "first_frame": "Scene chosen",
    "isolate": "Subject removed",
    "track": "Subject tracked",
    "animate": "Scene brought alive",
    "synthesize": "Put together",
}


def asks(check: str) -> str:
    """Return what a check asks, or its name where it is somebody's own."""
    return CHECKS[check][0] if check in CHECKS else check


def fault(check: str) -> str:
    """Return what is wrong where a check fails, or "" for somebody's own."""
    return CHECKS[check][1] if check in CHECKS else ""
