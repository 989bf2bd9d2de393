"""One stage on one small clip, with roles that are simple enough to know what they answer, and say what they saw.

    trial = Trial(tmp_path)
    outcome = trial.run("track", reach_s=0.5)
    trial.asked["tracker"]                  what the role was asked, call by call

The clip is a figure that walks before a wall (`tests.measure.test_wholeness.walker`), whose true mask is known.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from tests.measure.test_wholeness import walker

from sparkle.backends.cpu.flow import DenseInverseSearchFlow
from sparkle.config.settings import BackendChoice, VideoSettings
from sparkle.core.boxes import LabelledBox
from sparkle.core.edit_score import EditScore
from sparkle.core.layout import artifact_path
from sparkle.core.model_card import ModelCard
from sparkle.core.outcome import Outcome
from sparkle.core.records import (
    ClipFormat,
    FirstFrameRecord,
    IsolateRecord,
    PublishedBox,
    Records,
    Removal,
    SourceRecord,
    TrackRecord,
)
from sparkle.core.sample import Inputs, Sample
from sparkle.core.scene import Scene
from sparkle.core.stage import Resources
from sparkle.recipes.fillings import STAGE_CLASSES
from sparkle.roles import (
    Anchor,
    AnimationRequest,
    CameraVerdict,
    ClipScore,
    EditRequest,
    GenerationRequest,
    RemovalRequest,
    ScoreRequest,
)
from sparkle.store import Folder
from sparkle.taxonomy import load_taxonomy
from sparkle.video import write_confidence, write_image, write_masks, write_video

FRAMES, MASK = walker()
COUNT, HEIGHT, WIDTH = MASK.shape
FPS = 16.0
WALL = FRAMES.min(axis=0)  # any picture of that size will do
BOX = LabelledBox("figure", (70.0, 20.0, 122.0, 92.0))
CARD = ModelCard("tiny", "1", "CC0")
SCENE = Scene("season", "autumn", "forest", "leaves fall")
GOOD = EditScore(9.0, 9.0, 9.0, 9.0, "kept", "clean", "tiny")


def drifting(step: int) -> np.ndarray:
    """Soft noise that moves to the side, (COUNT, HEIGHT, WIDTH, 3); one that `step` 0 leaves where it is."""
    noise = np.random.default_rng(4).normal(0, 1, (HEIGHT, WIDTH)).astype(np.float32)
    pattern = np.clip(128 + 250 * cv2.GaussianBlur(noise, (0, 0), 4), 0, 255).astype(np.uint8)
    return np.stack([np.repeat(np.roll(pattern, step * at, 1)[..., None], 3, -1) for at in range(COUNT)])


def alive() -> np.ndarray:
    """A picture that lives and whose camera rests: its lower third brightens and darkens in waves."""
    still = drifting(0).astype(np.float32)
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    for at in range(COUNT):
        waves = 40 * np.sin(rows / 9 + columns / 11 + at / 2)
        still[at] += np.where(rows > 72, waves, 0)[..., None]
    return np.clip(still, 0, 255).astype(np.uint8)


@dataclass
class Roles:
    """What fills every role, and how it answers; a test changes the answer."""

    asked: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    score: EditScore = GOOD
    watched: float = 3.0
    fixed: float = 0.9
    boxes: tuple[LabelledBox, ...] = (BOX,)
    masks: np.ndarray = field(default_factory=lambda: MASK[None])
    expected_iou: float | None = None
    background: np.ndarray = field(default_factory=alive)
    edited: np.ndarray = field(default_factory=lambda: np.where(MASK[..., None], FRAMES, alive()))


@dataclass
class Role:
    roles: Roles
    card: ModelCard = CARD

    def note(self, *asked: Any) -> None:
        self.roles.asked[type(self).__name__.lower()].append(asked)


class Judge(Role):
    def __call__(self, frames: np.ndarray, fps: float) -> CameraVerdict:
        self.note(frames, fps)
        return CameraVerdict("looks fixed", self.roles.fixed, "tiny")


class Scorer(Role):
    def __call__(self, request: ScoreRequest) -> EditScore:
        self.note(request)
        return self.roles.score


class Watcher(Role):
    def __call__(self, source: np.ndarray, edited: np.ndarray, fps: float, instruction: str) -> ClipScore:
        self.note(source, edited, fps, instruction)
        return ClipScore({"kept": 3.5, "clean": self.roles.watched}, "tiny")


class Writer(Role):
    def describe(self, frame: np.ndarray) -> str:
        self.note(frame)
        return "a blue wall"

    def write(self, original_scene: str, scene: Scene, seed: int) -> str:
        self.note(original_scene, scene, seed)
        return f"Put the figure in {scene.name}, where {scene.motion}."


class Editor(Role):
    def __call__(self, request: EditRequest) -> np.ndarray:
        self.note(request)
        return self.roles.edited[0]


class Grounder(Role):
    def first_round(self, frames: np.ndarray, edited: np.ndarray) -> list[LabelledBox]:
        self.note(frames, edited)
        return list(self.roles.boxes)

    def second_round(
        self, frames: np.ndarray, anchor_frames: Sequence[int], first_round: Sequence[LabelledBox]
    ) -> list[Anchor]:
        self.note(frames, tuple(anchor_frames), tuple(first_round))
        return [Anchor(frame, self.roles.boxes) for frame in anchor_frames]

    def find_named(self, frames: np.ndarray, anchor_frames: Sequence[int], words: str) -> list[Anchor]:
        self.note(frames, tuple(anchor_frames), words)
        return [Anchor(frame, self.roles.boxes[-1:]) for frame in anchor_frames]


class Remover(Role):
    def __call__(self, request: RemovalRequest) -> np.ndarray:
        self.note(request)
        return self.roles.background[0]


class Captioner(Role):
    def __call__(self, instruction: str, scene: Scene | None) -> str:
        self.note(instruction, scene)
        return "a forest; leaves fall"


@dataclass
class Session:
    """Answers with the masks of its roles, one a box; every other pass has lost the second object."""

    role: "Tracker"
    passes: int = 0

    def propagate(self, anchor: Anchor, direction: str) -> Iterator[tuple[int, np.ndarray]]:
        masks = self.role.roles.masks.copy()
        self.passes += 1
        ahead = range(anchor.frame, COUNT) if direction == "forward" else range(anchor.frame, -1, -1)
        for frame in ahead:
            self.role.note(anchor.frame, direction, frame)
            shown = masks[:, frame].copy()
            if anchor.frame % 16 and len(shown) > 1:
                shown[1:] = False
            yield frame, shown


class SureSession(Session):
    def belief(self, frame: int) -> np.ndarray:
        return self.role.roles.masks[:, frame].any(axis=0).astype(np.float32)

    def expected_iou(self) -> float:
        assert self.role.roles.expected_iou is not None
        return self.role.roles.expected_iou


class Tracker(Role):
    def open(self, frames: np.ndarray, anchors: Sequence[Anchor]) -> Session:
        return Session(self) if self.roles.expected_iou is None else SureSession(self)


class Animator(Role):
    def __call__(self, request: AnimationRequest) -> np.ndarray:
        self.note(request)
        return self.roles.background


class Edges(Role):
    def __call__(self, frames: np.ndarray) -> np.ndarray:
        self.note(frames)
        grey = frames.mean(axis=-1)
        return np.where(np.abs(np.diff(grey, axis=2, append=grey[..., -1:])) > 4, 255, 0).astype(np.uint8)


class Generator(Role):
    def __call__(self, request: GenerationRequest) -> np.ndarray:
        self.note(request)
        return self.roles.edited


FILLED: dict[str, dict[str, Any]] = {
    "source": {"camera_judge": Judge, "scorer": Scorer},
    "first_frame": {"writer": Writer, "editor": Editor, "scorer": Scorer},
    "isolate": {"grounder": Grounder, "remover": Remover, "captioner": Captioner, "scorer": Scorer},
    "track": {"grounder": Grounder, "tracker": Tracker},
    "animate": {"animator": Animator},
    "synthesize": {"edges": Edges, "generator": Generator, "scorer": Scorer},
}


@dataclass
class Trial:
    """A folder in which every stage can be called: all artifacts are there, and the records of every stage."""

    place: Path
    roles: Roles = field(default_factory=Roles)
    video: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.place.mkdir(exist_ok=True)
        self.folder = Folder.at(self.place / "run")
        self.clip = self.place / "clip.mp4"
        write_video(self.clip, FRAMES, FPS, crf=10)
        self.sample = Sample(
            "Sparkle_season_000003",
            "season",
            11,
            Inputs(str(self.clip)),
            scene=SCENE,
            instruction="Put the figure in a forest, where leaves fall.",
            records=Records(
                source=SourceRecord(clip=ClipFormat(COUNT, FPS, WIDTH, HEIGHT)),
                first_frame=FirstFrameRecord("a blue wall", GOOD),
                isolate=IsolateRecord(
                    ("figure",),
                    (PublishedBox((365, 185, 635, 852), "figure"),),
                    Removal("Remove the figure.", GOOD, "a forest; leaves fall"),
                ),
                track=TrackRecord((0, 8, 16, 24), ((),), 1.0, 4),
            ),
        )
        self.write_artifacts()

    def write_artifacts(self) -> None:
        write_video(self.path("source_video"), FRAMES, FPS, crf=10)
        write_video(self.path("edited_background_video"), self.roles.background, FPS, crf=10)
        write_image(self.path("edited_frame0"), self.roles.edited[0])
        write_image(self.path("edited_frame0_foreground_removed"), self.roles.background[0])
        write_masks(self.path("source_video_mask"), MASK)
        write_confidence(self.path("source_video_mask_confidence"), 255 * MASK.astype(np.uint8), 255)

    def path(self, artifact: str) -> Path:
        assert self.folder.path is not None
        return self.folder.path / artifact_path(artifact, self.sample.theme, self.sample.id)

    @property
    def asked(self) -> dict[str, list[Any]]:
        return self.roles.asked

    def give(self, **inputs: Path | None) -> None:
        """Change the user's files."""
        given = {name: None if path is None else str(path) for name, path in inputs.items()}
        self.sample = replace(self.sample, inputs=replace(self.sample.inputs, **given))

    def stage(self, name: str, **settings: Any) -> Any:
        kind = STAGE_CLASSES[name]
        model = kind.__annotations__["settings"]
        model = getattr(__import__(kind.__module__, fromlist=[model]), model)
        backends = {
            role: BackendChoice(key="tiny")
            for role, each in model.model_fields.items()
            if each.annotation is BackendChoice
        }
        filled = {role: made(self.roles) for role, made in FILLED[name].items()}
        if "clip_scorer" in settings:
            filled["clip_scorer"] = Watcher(self.roles)
        if "flow" in backends:
            filled["flow"] = DenseInverseSearchFlow()
        if name == "first_frame":
            filled |= {"run_seed": 7, "taxonomy": load_taxonomy()}
        video = {"width": WIDTH, "height": HEIGHT, "frames": COUNT, "minimum_frames": 9, **self.video}
        return kind(
            settings=model.model_validate({**backends, **settings}),
            video=VideoSettings.model_validate(video),
            resources=Resources(),
            **filled,
        )

    def run(self, name: str, **settings: Any) -> Outcome:
        """Call a stage with these of its settings changed."""
        outcome: Outcome = self.stage(name, **settings)(self.sample, self.folder)
        return outcome

    def seen(self, name: str, **settings: Any) -> str:
        """Call a stage, and return a digest of all that can be told from outside: outcome, files, questions."""
        self.asked.clear()
        try:
            outcome: object = self.run(name, **settings)
        except Exception as error:
            outcome = f"{type(error).__name__}: {error}"
        return digest([outcome, dict(self.asked)])


def digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(_plain(value), sort_keys=True).encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return [value.shape, hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()]
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value if isinstance(value, str | int | float | bool | None) else repr(value)
