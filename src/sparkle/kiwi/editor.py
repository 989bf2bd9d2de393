"""Kiwi-Edit and Kiwi-Sparkle, ready to edit: where the weights are, how they are placed, one clip after another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkle.backends.held_model import HeldModel
from sparkle.backends.placement import ModelSize, Placement, memory_gb
from sparkle.backends.weights import Weights
from sparkle.core.errors import SetupError
from sparkle.core.extras import require
from sparkle.kiwi.settings import EditSettings
from sparkle.roles import Frames, Image, ModelCard

if TYPE_CHECKING:
    from sparkle.kiwi.checkpoint import Checkpoint

KIWI_SPARKLE = "stdKonjac/Kiwi-Sparkle-720P-81F"
KIWI_REFERENCE = "linyq/kiwi-edit-5b-instruct-reference-diffusers"
QWEN = "Qwen/Qwen2.5-VL-3B-Instruct"
WAN = "Wan-AI/Wan2.2-TI2V-5B-Diffusers"

# The authors' diffusers releases also hold Python code, which is not used.
KIWI_FILES = ("*.safetensors", "*.json", "*.txt", "*.jinja")
CHECKPOINT_SUFFIXES = (".safetensors", ".pth", ".pt", ".bin", ".ckpt")
QWEN_FILES = ("*.json", "*.safetensors", "*.txt")
VAE_FILES = ("vae/*",)
# Billions of parameters: transformer with its embeddings; encoder and VAE. The working size is an estimate.
SIZE = ModelSize(transformers=(5.0,), others=(3.8, 0.7), working_gb=12.0)


class KiwiEditor:
    """Edits clips as instructed. Weights load at the first edit; the same seed gives the same clip.

    model: a Hub repository or a local path: the official model.safetensors, a folder of the authors' diffusers
        release (linyq/kiwi-edit-5b-instruct-only-diffusers and its siblings) or one of ours.
    qwen, wan: the language model and the VAE that the official files are used with; local folders or repositories.
    reference_first: overrides where the reference's frame goes, which official files do not say: True for Kiwi-Edit's
        reference-only checkpoint, False for the others. None: as the checkpoint says, else False.
    device, dtype, offload, fp8, compile, attention, precision: see `sparkle.backends.placement.Placement`.
    """

    def __init__(
        self,
        model: str = KIWI_SPARKLE,
        revision: str = "main",
        qwen: str = QWEN,
        qwen_revision: str = "main",
        wan: str = WAN,
        wan_revision: str = "main",
        reference_first: bool | None = None,
        device: str = "cuda",
        dtype: str = "bfloat16",
        offload: str = "none",
        fp8: bool = False,
        compile: bool = False,
        attention: str = "sdpa",
        precision: str = "full",
    ) -> None:
        self._placement = Placement(
            device, dtype, offload, fp8, compile, attention=attention, precision=precision
        )
        self._reference_first = reference_first
        self._kiwi = Weights(model, revision, KIWI_FILES)
        self._qwen = Weights(qwen, qwen_revision, QWEN_FILES)
        self._wan = Weights(wan, wan_revision, VAE_FILES)
        self.weights: tuple[Weights, ...] = (self._kiwi, self._qwen, self._wan)
        self.gpu_memory_gb = memory_gb(SIZE, self._placement)
        self._known: Checkpoint | None = None
        self._held: HeldModel[Any] = HeldModel(self._load, _remedy(self._placement), model)

    @property
    def card(self) -> ModelCard:
        """Checkpoint, its revision and licence; Qwen2.5-VL-3B has a licence of its own, for research only."""
        card = self._kiwi.card()
        return replace(card, revision="local file") if Path(self._kiwi.model).is_file() else card

    def fit(self, frames: Frames, settings: EditSettings) -> Frames:
        """Return those of the frames, uint8 (T, H, W, 3), that `edit` keeps, cropped and scaled as it does.

        `edit` leaves what comes out of here as it is, so this part of its work may be done before, in another thread.
        Raises MediaError for frames that are too small.
        """
        from sparkle.kiwi.preprocessing import crop_and_resize, edit_frames, edit_size

        height, width = edit_size(frames.shape[1], frames.shape[2], settings.max_pixels)
        return crop_and_resize(frames[: edit_frames(len(frames))], height, width)

    def edit(
        self,
        frames: Frames,
        instruction: str,
        settings: EditSettings,
        *,
        reference: Image | None,
        seed: int,
        after_step: Callable[[int], None] = lambda step: None,
    ) -> Frames:
        """Edit uint8 (T, H, W, 3); see `KiwiEditPipeline`. Raises SampleError, OutOfMemoryError, SetupError.

        `after_step` gets the number of every step that was done, from 0; what it raises stops the edit.
        """
        size = f"{frames.shape[2]}x{frames.shape[1]}, {len(frames)} frames"
        with self._held.use(f"Kiwi edit at {size}") as pipeline:
            edited: Frames = pipeline(
                instruction,
                frames,
                reference=reference,
                seed=seed,
                settings=settings,
                after_step=lambda step, latents: after_step(step),
            )
        return edited

    def load(self) -> None:
        """Load the weights now, if they are not yet. Raises SetupError, OutOfMemoryError."""
        with self._held.use("loading Kiwi-Edit"):
            pass

    def needed_weights(self) -> Iterator[Weights]:
        """Yield what must be in a folder or in the cache, the checkpoint first.

        What the checkpoint lacks can be said only when it is there; until then it is the language model and the VAE,
        which official files are used with. Raises SetupError for a checkpoint that does not exist or does not fit.
        """
        if not Path(self._kiwi.model).expanduser().is_file():
            yield self._kiwi
        place = self._place()
        checkpoint = None if place is None else self._read(place)
        if checkpoint is None or not _has_language_model(checkpoint):
            yield self._qwen
        if checkpoint is None or _vae_of(checkpoint) is None:
            yield self._wan

    def absences(self) -> list[str]:
        """Return a line, with what to do, for everything of the weights that is not here."""
        chosen = (
            (" --model ", self._kiwi, KIWI_SPARKLE),
            (" --set qwen=", self._qwen, QWEN),
            (" --set wan=", self._wan, WAN),
        )
        options = "".join(name + weights.model for name, weights, usual in chosen if weights.model != usual)
        return [
            f"{weights.model} at '{weights.revision}' is neither a folder nor in the cache; "
            f"fetch it with: sparkle models fetch --editor kiwi{options}"
            for weights in self.needed_weights()
            if not weights.is_local and weights.cached_folder() is None
        ]

    def check_device(self) -> None:
        """Raise SetupError when the device is not here."""
        self._placement.check_device()

    def check(self, *, reference: bool = False) -> None:
        """Raise SetupError when a package, the device or something of the weights is missing; nothing is loaded.

        With `reference`, also when the checkpoint takes no reference image.
        """
        for package in ("torch", "diffusers", "transformers", "peft"):
            require(package, "models", "Kiwi-Edit")
        self.check_device()
        absences = self.absences()
        if absences:
            raise SetupError(absences[0], absences[1:])
        if reference and not self._checkpoint().config.reference:
            raise SetupError(
                f"{self._kiwi.model}: takes no reference image; leave it out, or give a checkpoint that takes one, "
                f"such as --model {KIWI_REFERENCE}"
            )

    def release(self) -> None:
        """Give the memory back; the next edit loads again."""
        self._held.release()
        self._known = None

    def _load(self) -> Any:
        self.check()
        from sparkle.kiwi.loading import load_pipeline

        checkpoint = self._checkpoint()
        pipeline = load_pipeline(
            checkpoint,
            None if _has_language_model(checkpoint) else self._qwen.folder(),
            _vae_of(checkpoint) or self._wan.folder() / "vae",
            self._placement.torch_dtype,
        )
        self._placement.place(pipeline)
        return pipeline

    def _checkpoint(self) -> Checkpoint:
        return self._read(self._place() or self._kiwi.folder())

    def _read(self, place: Path) -> Checkpoint:
        require("torch", "models", "reading a Kiwi checkpoint")
        from sparkle.kiwi.checkpoint import read_checkpoint

        if self._known is None:  # comparing a thousand names and shapes takes seconds
            self._known = read_checkpoint(place, reference_first=self._reference_first)
        return self._known

    def _place(self) -> Path | None:
        """Return the checkpoint's file or folder, None for a Hub repository that is not in the cache."""
        path = Path(self._kiwi.model).expanduser()
        if path.is_file():
            return path
        if path.suffix in CHECKPOINT_SUFFIXES:  # names of repositories have dots, too
            raise SetupError(
                f"{path}: no such checkpoint; give a .safetensors file, a folder or a Hub repository"
            )
        return path if self._kiwi.is_local else self._kiwi.cached_folder()


def _remedy(placement: Placement) -> str:
    """Return the settings that would need less memory, for an out-of-memory message."""
    steps = [f"offload={kind}" for kind in ("model", "sequential") if placement.offload == "none"]
    steps += [] if placement.fp8 else ["fp8=true"]
    return f"to need less memory: --set {', or --set '.join([*steps, 'max_pixels=360000'])}"


def _has_language_model(checkpoint: Checkpoint) -> bool:
    from sparkle.kiwi.loading import own_tokenizer

    return checkpoint.config.whole_qwen and own_tokenizer(checkpoint) is not None


def _vae_of(checkpoint: Checkpoint) -> Path | None:
    from sparkle.kiwi.loading import own_vae

    return own_vae(checkpoint)
