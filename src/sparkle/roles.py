"""What the stages need from models: one small protocol per role, with documented shapes.

A backend fulfils a role; a recipe names it by key. Pixels are uint8 RGB: an `Image` is (H, W, 3), `Frames` are
(T, H, W, 3); a `Mask` is bool (H, W), `Masks` are (T, H, W); a `Flow` is float32 (H, W, 2), (dx, dy) in pixels.
A request carries everything that any backend of the role may want; a backend uses what it needs.
Backends are deterministic given the request (its `seed` included), and raise BackendError when they have no answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from sparkle.core.boxes import LabelledBox
from sparkle.core.edit_score import EditScore as EditScore
from sparkle.core.model_card import ModelCard as ModelCard
from sparkle.core.scene import Scene

Image = NDArray[np.uint8]
Frames = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Masks = NDArray[np.bool_]
Flow = NDArray[np.float32]
Matte = NDArray[np.float32]
EdgeMaps = NDArray[np.uint8]


# --- what fills a role -----------------------------------------------------------------------------------------


class Backend(Protocol):
    """What every backend has: `card`, its name, revision and licence, recorded with every sample."""

    card: ModelCard


class ModelFiles(Protocol):
    """What a model needs on disk, wherever it comes from: `Weights` of the Hub, or files that are had in another way.

    `packages` are what it runs on, each with the extra that brings it.
    """

    packages: ClassVar[Mapping[str, str]]

    @property
    def model(self) -> str:
        """Its published name, or a folder on this machine."""
        ...

    @property
    def revision(self) -> str:
        """The published revision that is wanted."""
        ...

    @property
    def is_local(self) -> bool:
        """Whether `model` is a folder on this machine."""
        ...

    @property
    def store(self) -> Path:
        """The cache's folder, whose disk must have room."""
        ...

    def is_here(self) -> bool:
        """Whether everything is on this machine."""
        ...

    def absence(self) -> str:
        """Return the message for files that are not here, with what to do."""
        ...

    def fetch(self) -> Path:
        """Download what is missing, with progress on stderr, and return the folder. Raises SetupError if it cannot."""
        ...

    def facts(self) -> Mapping[str, Any]:
        """Return what is known of a published model: `licence`, `download_gb`, `note`; empty for others."""
        ...

    def card(self) -> ModelCard:
        """Return the card that is recorded with every sample."""
        ...


@dataclass(frozen=True, slots=True)
class EndpointReport:
    """A line for every endpoint, and those lines that keep a backend from being asked, with what to do."""

    lines: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


class ModelBackend(Backend, Protocol):
    """What doctor, `models fetch`, readiness and the runner ask of a backend that loads weights or asks a server.

    A backend that says less needs less: `backends.model_backend.as_model` fills in what it does not say.
    """

    @property
    def weights(self) -> Sequence[ModelFiles]:
        """What must be on disk, each with its size and licence; empty for none."""
        ...

    @property
    def packages(self) -> Mapping[str, str]:
        """Packages beside those of the weights, by module, each with the extra that brings it."""
        ...

    @property
    def gpu_memory_gb(self) -> float:
        """What it takes of a GPU's memory once it is loaded; 0 for none."""
        ...

    @property
    def endpoints(self) -> Sequence[str]:
        """The URLs of the servers that it asks; empty for none."""
        ...

    @property
    def held(self) -> object:
        """What is loaded: backends that hold the same thing count once."""
        ...

    def endpoint_report(self) -> EndpointReport:
        """Look at the servers that it asks, if any, for moments only."""
        ...

    def release(self) -> None:
        """Give the memory back; the next use loads again."""
        ...


# --- stage 1: source -------------------------------------------------------------------------------------------


class FlowEstimator(Backend, Protocol):
    """Dense optical flow between two frames of one clip (paper: UniMatch)."""

    def __call__(self, first: Image, second: Image) -> Flow:
        """Return where each pixel of `first` went in `second`."""
        ...


@dataclass(frozen=True, slots=True)
class CameraVerdict:
    """The fine judge's answer: reasoning first, verdict after. `confidence` that the camera is fixed, in [0, 1]."""

    reason: str
    confidence: float
    scorer: str


class CameraJudge(Backend, Protocol):
    """Looks at the whole clip and says whether its camera is fixed (paper: Qwen3-VL-32B)."""

    def __call__(self, frames: Frames, fps: float) -> CameraVerdict:
        """Judge a clip of (T, H, W, 3) frames."""
        ...


# --- scores ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ScoreRequest:
    """One edited image against its source. `mask` is the foreground where it is known, else None."""

    task: Literal["edit", "removal", "video_frame", "source_pair"]
    source: Image
    edited: Image
    instruction: str
    mask: Mask | None = None
    scene: Scene | None = None


class Scorer(Backend, Protocol):
    """Scores an edit (paper: EditScore)."""

    def __call__(self, request: ScoreRequest) -> EditScore:
        """Score one image."""
        ...


@dataclass(frozen=True, slots=True)
class ClipScore:
    """What watching an edit as a whole tells: a score by axis, each in the judge's own range."""

    axes: Mapping[str, float]
    scorer: str


class ClipScorer(Backend, Protocol):
    """Watches the source and the edited clip as a whole (not the paper's; VEFX-Reward, arXiv 2604.16272)."""

    def __call__(self, source: Frames, edited: Frames, fps: float, instruction: str) -> ClipScore:
        """Score two clips uint8 (T, H, W, 3) of one rate."""
        ...


# --- stage 2: first frame --------------------------------------------------------------------------------------


class InstructionWriter(Backend, Protocol):
    """Describes a scene, and writes the instruction that replaces it (paper: Qwen3-VL)."""

    def describe(self, frame: Image) -> str:
        """Describe the original scene of a frame in a sentence."""
        ...

    def write(self, original_scene: str, scene: Scene, seed: int) -> str:
        """Write one or two sentences that ask for `scene`, with explicit motion in the background."""
        ...


@dataclass(frozen=True, slots=True)
class Anchor:
    """A frame with the boxes of the subjects on it; an object that was not found is absent from `boxes`."""

    frame: int
    boxes: tuple[LabelledBox, ...]


@dataclass(frozen=True, slots=True)
class EditRequest:
    """Edit frame 0 of a clip. `frames` is the whole clip; `background` is the user's own picture, if given;
    `anchors` are the user's own boxes, if given."""

    frames: Frames
    instruction: str
    scene: Scene | None
    seed: int
    background: Image | None = None
    anchors: tuple[Anchor, ...] = ()


class FirstFrameEditor(Backend, Protocol):
    """Replaces the background of the first frame (paper: FLUX.2-klein-9B)."""

    def __call__(self, request: EditRequest) -> Image:
        """Return the edited frame 0, same shape as a source frame."""
        ...


# --- stage 3: isolate ------------------------------------------------------------------------------------------


class Grounder(Backend, Protocol):
    """Finds the foreground that was kept, in two rounds (paper: Qwen3-VL)."""

    def first_round(self, frames: Frames, edited_frame: Image) -> list[LabelledBox]:
        """Name the kept foreground objects, each with a box on source frame 0; `frames` is the source clip."""
        ...

    def second_round(
        self, frames: Frames, anchor_frames: Sequence[int], first_round: Sequence[LabelledBox]
    ) -> list[Anchor]:
        """Find every label of the first round again on each anchor frame; one Anchor per anchor frame, in order."""
        ...

    def find_named(self, frames: Frames, anchor_frames: Sequence[int], words: str) -> list[Anchor]:
        """Find what a user's words name, in the same form. Raises BackendError where nothing is meant by them."""
        ...


@dataclass(frozen=True, slots=True)
class RemovalRequest:
    """Remove the foreground from the edited frame 0. `background` is the user's own picture, if given; `source` is
    the source clip: what its subject uncovers is of use where the edit kept the old background.

    `removal_instruction` asks for the removal ("Remove the bald man."); `instruction` is the sample's own.
    """

    edited_frame: Image
    source: Frames
    objects: tuple[LabelledBox, ...]
    removal_instruction: str
    instruction: str
    scene: Scene | None
    seed: int
    background: Image | None = None


class ForegroundRemover(Backend, Protocol):
    """Leaves the background alone (paper: FLUX.2-klein, "Remove the bald man")."""

    def __call__(self, request: RemovalRequest) -> Image:
        """Return the clean background, same shape as the edited frame."""
        ...


class BackgroundCaptioner(Backend, Protocol):
    """Extracts a caption of the target background from the instruction (paper: Qwen3-VL)."""

    def __call__(self, instruction: str, scene: Scene | None) -> str:
        """Return the caption: what is seen and what moves, without a word about the subject."""
        ...


# --- stage 4: track --------------------------------------------------------------------------------------------


class TrackingSession(Protocol):
    """A tracker that has seen (encoded, modelled) a clip once; all anchors' passes share that work."""

    def propagate(
        self, anchor: Anchor, direction: Literal["forward", "backward"]
    ) -> Iterator[tuple[int, Masks]]:
        """Yield (frame, masks bool (K, H, W)) from the anchor frame itself to the clip's end or start.

        There is one mask for each of the anchor's K boxes, in their order, empty where the object is not seen.
        Frames come in that order, none is left out.
        """
        ...


@runtime_checkable
class SoftTrackingSession(TrackingSession, Protocol):
    """A session that can say more than masks: how sure it is of every pixel, and of the whole."""

    def belief(self, frame: int) -> NDArray[np.float32]:
        """Return the belief that a pixel shows any object of the clip, float32 (H, W) in [0, 1]."""
        ...

    def expected_iou(self) -> float:
        """Return the IoU with the truth, in [0, 1], that masks had whose signs were like this clip's."""
        ...


class Tracker(Backend, Protocol):
    """Segments and follows boxed objects (paper: SAM3)."""

    def open(self, frames: Frames, anchors: Sequence[Anchor]) -> TrackingSession:
        """See the clip once. `anchors` are all that will be propagated: hints, some of which may be wrong."""
        ...


# --- what backends use of each other: small networks that look at one picture ----------------------------------


class SalientObject(Backend, Protocol):
    """Says what stands out of a picture, whatever it is (desk: U2-Netp)."""

    def __call__(self, image: Image) -> Matte:
        """Return float32 (H, W) in [0, 1], how far each pixel belongs to it; all low where nothing stands out."""
        ...


@dataclass(frozen=True, slots=True)
class Detection:
    """An object that was seen: its label and box in pixels, and how sure the detector is, in [0, 1]."""

    box: LabelledBox
    score: float


class ObjectDetector(Backend, Protocol):
    """Names the objects of a picture that it knows (desk: D-FINE-N, the 80 objects of COCO)."""

    def __call__(self, image: Image) -> list[Detection]:
        """Return the objects, the surest first; boxes have area and lie inside the picture."""
        ...


class Matting(Backend, Protocol):
    """Draws the soft outline of the people in a picture (desk: MODNet)."""

    def __call__(self, image: Image) -> Matte:
        """Return float32 (H, W) in [0, 1]: how much of each pixel belongs to a person."""
        ...


# --- stage 5: animate, synthesize ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AnimationRequest:
    """Animate a clean background image under a caption, by a fixed camera. `scene` is known for taxonomy scenes;
    `own_picture` says that the image is the user's: nothing may be put into it that the caption does not name.
    `instruction` is what the picture was made for: whoever can paint it again, with the same scene and seed, knows what
    is where in it."""

    image: Image
    caption: str
    frames: int
    fps: float
    seed: int
    scene: Scene | None = None
    own_picture: bool = False
    instruction: str = ""


class Animator(Backend, Protocol):
    """Makes the background move (paper: Wan2.2-I2V-A14B with distilled weights)."""

    def __call__(self, request: AnimationRequest) -> Frames:
        """Return `request.frames` frames of the image's size; the first looks like the image."""
        ...


class EdgeDetector(Backend, Protocol):
    """Edge maps of a clip (paper: "Canny", made with a line-art detector)."""

    def __call__(self, frames: Frames) -> EdgeMaps:
        """Return uint8 (T, H, W): white lines on black."""
        ...


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """Generate the edited video, foreground included.

    `control` is the fused edge video, uint8 (T, H, W). `background` is the background video, or None when the
    guidance is of the foreground alone. `confidence` is how far BAIT's passes say foreground, float16 or float32
    (T, H, W) in [0, 1], for backends that make a soft matte of it.
    """

    first_frame: Image
    control: EdgeMaps
    instruction: str
    source: Frames
    clean_background: Image
    background: Frames | None
    mask: Masks
    confidence: NDArray[np.floating]
    fps: float
    seed: int
    scene: Scene | None = None
    labels: tuple[str, ...] = field(default=())


class VideoGenerator(Backend, Protocol):
    """The final generator (paper: Wan2.2-Fun-A14B-Control)."""

    def __call__(self, request: GenerationRequest) -> Frames:
        """Return the edited clip, same shape as `request.source`."""
        ...


class Composed(NamedTuple):
    """One edited picture, and the layer that was laid over the new background, each uint8 of the clip's size.

    `subject` are the subject's colours in the new light, free of the old background's, and straight: not multiplied
    with `alpha` (H, W), which is 255 where a pixel is all subject. Where alpha is 0 they are of no account.
    """

    picture: Image
    subject: Image
    alpha: NDArray[np.uint8]


class Glimpses(NamedTuple):
    """Frames from all over a clip, (T, H, W, 3), in order, and masks of its subject there: what is behind it.

    Those of a camera that moves lie on one canvas, masked where they do not reach; `views` float64 (frames of the clip,
    3, 3) say where the pixels (x, y, 1) of each of the clip's frames lie in it. None: the camera is fixed.
    """

    frames: Frames
    mask: Masks
    views: NDArray[np.float64] | None = None


class ClipComposer(Protocol):
    """Goes on with a clip whose beginning was seen, piece by piece."""

    def __call__(self, piece: GenerationRequest, first: int, shown: range) -> Iterator[Composed]:
        """Yield the frames `shown` of a piece, which begins with frame `first` of the clip.

        Frames of the piece outside `shown` are there to be looked at: neighbours of those that are.
        """
        ...


@runtime_checkable
class FollowingGenerator(Protocol):
    """A generator that can edit clips of any length: it keeps what the beginning told about light and grain."""

    def follow(self, beginning: GenerationRequest, glimpses: Glimpses) -> ClipComposer:
        """Study the first piece of a clip, which is composed like the others, and its place by `glimpses` of all."""
        ...


@runtime_checkable
class AnySizeRemover(Protocol):
    """A remover that knows what is behind the subject at any size, not only at that of the edited frame."""

    def at_size(self, request: RemovalRequest, size: tuple[int, int]) -> Image:
        """Return the clean background of a request, uint8 (H, W, 3), as (width, height) `size`."""
        ...
