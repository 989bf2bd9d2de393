"""Backends that answer at once, and keep what they were asked: a whole pipeline in a moment."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import numpy as np

from sparkle.core.boxes import LabelledBox
from sparkle.roles import (
    Anchor,
    AnimationRequest,
    CameraVerdict,
    ClipScore,
    EditRequest,
    EditScore,
    GenerationRequest,
    ModelCard,
    RemovalRequest,
    ScoreRequest,
)

ASKED: list[tuple[str, Any]] = []  # by whom, with what, in order


class Plain:
    card = ModelCard("plain", "1", "Apache-2.0")


class Flow(Plain):
    def __call__(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Everything drifts by half a pixel."""
        return np.full((*first.shape[:2], 2), 0.5, np.float32)


class CameraJudge(Plain):
    def __call__(self, frames: np.ndarray, fps: float) -> CameraVerdict:
        return CameraVerdict("it stands", 0.9, "plain")


class Scorer(Plain):
    def __call__(self, request: ScoreRequest) -> EditScore:
        return EditScore(9.0, 9.0, 9.0, 9.0, "as asked.", "clean.", "plain")


class Writer(Plain):
    def describe(self, frame: np.ndarray) -> str:
        return "a room"

    def write(self, original_scene: str, scene: Any, seed: int) -> str:
        return f"put the subject before {scene.name}"


class Editor(Plain):
    def __call__(self, request: EditRequest) -> np.ndarray:
        ASKED.append(("editor", request))
        return 255 - request.frames[0]


class Grounder(Plain):
    """A box in the middle, on every frame."""

    def first_round(self, frames: np.ndarray, edited_frame: np.ndarray) -> list[LabelledBox]:
        return [self._box(frames)]

    def second_round(
        self, frames: np.ndarray, anchor_frames: Sequence[int], first_round: Sequence[LabelledBox]
    ) -> list[Anchor]:
        return [Anchor(frame, (self._box(frames),)) for frame in anchor_frames]

    def find_named(self, frames: np.ndarray, anchor_frames: Sequence[int], words: str) -> list[Anchor]:
        raise NotImplementedError

    def _box(self, frames: np.ndarray) -> LabelledBox:
        height, width = frames.shape[1:3]
        return LabelledBox("man", (width / 4, height / 4, 3 * width / 4, 3 * height / 4))


class Remover(Plain):
    def __call__(self, request: RemovalRequest) -> np.ndarray:
        return request.edited_frame


class Captioner(Plain):
    def __call__(self, instruction: str, scene: Any) -> str:
        return "waves roll"


class Session:
    """Every box stays where it is, for as long as it is asked."""

    def __init__(self, frames: np.ndarray) -> None:
        self._size = frames.shape[:3]

    def propagate(
        self, anchor: Anchor, direction: Literal["forward", "backward"]
    ) -> Iterator[tuple[int, np.ndarray]]:
        count, height, width = self._size
        mask = np.zeros((len(anchor.boxes), height, width), bool)
        for number, box in enumerate(anchor.boxes):
            x1, y1, x2, y2 = map(int, box.xyxy)
            mask[number, y1:y2, x1:x2] = True
        for frame in range(anchor.frame, count) if direction == "forward" else range(anchor.frame, -1, -1):
            yield frame, mask

    def belief(self, frame: int) -> np.ndarray:
        _, height, width = self._size
        belief = np.zeros((height, width), np.float32)
        belief[height // 4 : 3 * height // 4, width // 4 : 3 * width // 4] = 1.0
        return belief

    def expected_iou(self) -> float:
        return 0.8


class SureTracker(Plain):
    def open(self, frames: np.ndarray, anchors: Sequence[Anchor]) -> Session:
        return Session(frames)


class Animator(Plain):
    def __call__(self, request: AnimationRequest) -> np.ndarray:
        """The picture, with stripes that wander through its left third."""
        width = request.image.shape[1]
        frames = np.repeat(request.image[None], request.frames, axis=0)
        shown = np.arange(width // 3)[None, :] + 3 * np.arange(request.frames)[:, None]
        stripes = np.where(shown % 24 < 12, 60, 200).astype(np.uint8)
        frames[:, :, : width // 3] = stripes[:, None, :, None]
        return frames


class Edges(Plain):
    def __call__(self, frames: np.ndarray) -> np.ndarray:
        return np.where(frames[..., 0] > 127, 255, 0).astype(np.uint8)


class ClipScorer(Plain):
    def __call__(self, source: np.ndarray, edited: np.ndarray, fps: float, instruction: str) -> ClipScore:
        return ClipScore({"clean": 1.0}, "plain")


class Generator(Plain):
    def __call__(self, request: GenerationRequest) -> np.ndarray:
        """The subject before the background, whose upper half stands still."""
        background = (request.source if request.background is None else request.background).copy()
        upper = background.shape[1] // 2
        background[:, :upper] = background[:1, :upper]
        return np.where(request.mask[..., None], request.source, background)


RECIPE = "\n".join(
    [
        "name: plain",
        "summary: answers at once",
        "video: {width: 192, height: 96, frames: 33, minimum_frames: 5, time_limit_s: 600}",
        "source: {flow: H:Flow, camera_judge: H:CameraJudge, scorer: H:Scorer, camera: {threshold: 1000.0}}",
        "first_frame: {writer: H:Writer, editor: H:Editor, scorer: H:Scorer}",
        "isolate: {grounder: H:Grounder, remover: H:Remover, captioner: H:Captioner, scorer: H:Scorer}",
        "track: {grounder: H:Grounder, tracker: H:SureTracker, consensus_minimum: 0.0}",
        "animate: {flow: H:Flow, animator: H:Animator, camera: {threshold: 1000.0}}",
        "synthesize: {edges: H:Edges, generator: H:Generator, scorer: H:Scorer, wholeness_minimum: 0.0,"
        " worst_wholeness_minimum: 0.0, background_motion_minimum: 0.0, clip_scorer: H:ClipScorer,"
        " clip_score_minimum: 0.0}",
    ]
).replace("H:", "tests.recipes.plain_backends:")
