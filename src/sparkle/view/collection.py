"""What viewer and report show: samples by columns, and each sample's story, whatever kind of folder holds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from sparkle.core.sample import Check
from sparkle.store import Extent, Folder

RUN_STATUSES = ("accepted", "rejected", "failed", "unfinished")
STATUSES = (*RUN_STATUSES, "made")  # made: a result of which no check was asked


@dataclass(frozen=True, slots=True)
class CheckColumn:
    """A check over all samples: `scores` has None where it was not made. `passes`: "minimum" or "maximum"."""

    name: str
    threshold: float
    passes: str
    scores: list[float | None]


@dataclass(frozen=True, slots=True)
class Index:
    """The samples in order: ids, themes, and the place of each status in STATUSES."""

    ids: Sequence[str]
    themes: Sequence[str]
    statuses: Sequence[int]


@dataclass(frozen=True, slots=True)
class Facts:
    """What else the grid sorts and filters by, a value a sample. `failed` names the check (or "STAGE: failed");
    `sources`, where there are any, the file of a sample that has no instruction."""

    instructions: list[str]
    subthemes: list[str]
    scenes: list[str]
    failed: list[str]
    seconds: list[float]
    checks: list[CheckColumn] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class StageStory:
    """One stage of a sample: how it ended, what it took, and what filled its roles."""

    stage: str
    status: str
    seconds: float
    error: str | None = None
    usage: list[dict[str, Any]] = field(default_factory=list)
    models: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Box:
    """A labelled box, corners (x1, y1, x2, y2) as shares of width and height."""

    label: str
    corners: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Story:
    """All that is known of one sample. `boxes` maps anchor frames to what was found there; `notes` are (what, text),
    `again` the commands that edit its clip alone."""

    id: str
    theme: str
    status: str
    source: str
    instruction: str = ""
    scene: str = ""
    stages: list[StageStory] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    boxes: Mapping[int, list[Box]] = field(default_factory=dict)
    notes: list[tuple[str, str]] = field(default_factory=list)
    again: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values; checks say whether they passed."""
        checks = [{**asdict(check), "passed": check.passed} for check in self.checks]
        return {**asdict(self), "checks": checks}


class Collection(Protocol):
    """A folder of samples. Reading changes nothing in it; every method may be called from several threads."""

    @property
    def folder(self) -> Folder:
        """Where it lies."""

    @property
    def kind(self) -> str:
        """What it is called: "run" or "dataset"."""

    def reopened(self) -> Collection:
        """Return it as it is now: itself where nothing was written since. Raises SetupError where it is gone."""

    def index(self) -> Index:
        """Return the samples; quick."""

    def facts(self) -> Facts:
        """Return the rest of what the grid shows; seconds for a hundred thousand samples."""

    def story(self, id: str) -> Story:
        """Return all of one sample. Raises KeyError for an id that is none of its own."""

    def artifact(self, id: str, name: str) -> Extent | None:
        """Return where one of `core.layout.ARTIFACTS` of a sample lies, None where it does not.

        Raises KeyError for an id that is none of its own.
        """
