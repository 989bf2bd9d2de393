"""What an export says of a sample: the pair in one of two directions, its words, and what is recorded of it.

`made-target`: the source video is the input, the generated one the target: a model learns to replace backgrounds.
`real-target`: the roles are exchanged: the generated video is the input and the real one the target. A model that is
trained on it sees only real pictures as targets and learns to put a real background behind a subject; its instruction
names the scene that the real clip shows. Its columns have names of their own, so that nobody mixes the two unseen.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from sparkle.core.errors import SampleError
from sparkle.core.layout import artifact_path
from sparkle.dataset.facts import facts_of
from sparkle.dataset.stored_sample import StoredSample
from sparkle.store import Extent

Direction = Literal["made-target", "real-target"]
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)
VIDEO_COLUMNS: dict[Direction, tuple[str, str]] = {
    "made-target": ("source_video", "edited_video"),
    "real-target": ("generated_video", "real_video"),
}
_KINDS: dict[Direction, tuple[str, str]] = {
    "made-target": ("source_video", "edited_video"),
    "real-target": ("edited_video", "source_video"),
}

# What an export says of itself.
NOTES: dict[Direction, str] = {
    "made-target": (
        "`source_video` is a real clip and the input, `edited_video` the generated one and the target: a model that is "
        "trained on these pairs learns to replace backgrounds as `prompt` says. Its targets are generated pictures, "
        "with their faults."
    ),
    "real-target": (
        "The roles are exchanged: `generated_video` is the input and `real_video`, a real clip, the target; `prompt` "
        "names the scene that the real clip shows. A model that is trained on these pairs sees real pictures alone as "
        "targets, and learns to put a real background behind a subject that stands before a generated one. Do not mix "
        "them unseen with pairs of the other direction: `direction` says which they are."
    ),
}


@dataclass(frozen=True, slots=True)
class Exported:
    """One pair. `input`, `target`: where the clips lie, and `input_path`, `target_path` their keys in the layout."""

    id: str
    theme: str
    prompt: str
    direction: Direction
    input: Extent
    target: Extent
    input_path: str
    target_path: str
    facts: str  # what is recorded, as JSON

    @property
    def videos(self) -> dict[str, tuple[Extent, str]]:
        """The clips by the names of their columns, each with its key in the layout."""
        names = VIDEO_COLUMNS[self.direction]
        places = ((self.input, self.input_path), (self.target, self.target_path))
        return dict(zip(names, places, strict=True))


def exported(samples: Iterable[StoredSample], direction: Direction) -> Iterator[Exported]:
    """Yield what to export of samples.

    Raises SampleError for a sample without an instruction, and, for `real-target`, without a description of its scene.
    """
    for sample in samples:
        kinds = _KINDS[direction]
        clips = [sample.own_extent(kind) for kind in kinds]
        paths = [str(artifact_path(kind, sample.theme, sample.id)) for kind in kinds]
        facts = json.dumps(facts_of(sample), ensure_ascii=False, sort_keys=True)
        yield Exported(
            sample.id,
            sample.theme,
            _prompt(sample, direction),
            direction,
            input=clips[0],
            target=clips[1],
            input_path=paths[0],
            target_path=paths[1],
            facts=facts,
        )


def _prompt(sample: StoredSample, direction: Direction) -> str:
    if sample.prompt is None:
        raise SampleError(
            f"{sample.id}: has no instruction, since prompts/{sample.theme}_train.csv is not here; fetch it"
        )
    if direction == "made-target":
        return sample.prompt
    scene = sample.metadata.get("original_scene")
    if not isinstance(scene, str) or not scene.strip():
        raise SampleError(
            f"{sample.id}: its metadata has no original_scene, so nothing says what the real clip shows"
        )
    words = scene.strip().rstrip(".")
    if words.split()[0] in {"A", "An", "The"}:  # a description begins a sentence, here it goes on in one
        words = words[0].lower() + words[1:]
    return f"Replace the background with {words}."
