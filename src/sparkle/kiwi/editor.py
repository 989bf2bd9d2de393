"""Kiwi-Edit and Kiwi-Sparkle, ready to edit: where the weights are, how they are placed, one clip after another."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from sparkle.backends.diffusion.placement import ModelSize, Placement, memory_gb
from sparkle.backends.extras import require
from sparkle.backends.held_model import HeldModel
from sparkle.backends.weights import Weights
from sparkle.core.errors import SettingsError, SetupError
from sparkle.core.settings import parse_settings
from sparkle.kiwi.settings import EditSettings
from sparkle.roles import Frames, Image, ModelCard

KIWI_SPARKLE = "stdKonjac/Kiwi-Sparkle-720P-81F"
QWEN = "Qwen/Qwen2.5-VL-3B-Instruct"
WAN = "Wan-AI/Wan2.2-TI2V-5B-Diffusers"

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
    device, dtype, offload, fp8, compile: see `sparkle.backends.diffusion.placement.Placement`.
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
    ) -> None:
        self._placement = Placement(device, dtype, offload, fp8, compile)
        self._reference_first = reference_first
        self._kiwi = Weights(model, revision)
        self._qwen = Weights(qwen, qwen_revision, QWEN_FILES)
        self._wan = Weights(wan, wan_revision, VAE_FILES)
        self.weights: tuple[Weights, ...] = (self._kiwi, self._qwen, self._wan)
        self.gpu_memory_gb = memory_gb(SIZE, self._placement)
        self._held: HeldModel[Any] = HeldModel(self._load, self._placement.remedy, model)

    @property
    def card(self) -> ModelCard:
        """Checkpoint, its revision and licence; Qwen2.5-VL-3B has a licence of its own, for research only."""
        card = self._kiwi.card()
        return replace(card, revision="local file") if Path(self._kiwi.model).is_file() else card

    def edit(
        self, frames: Frames, instruction: str, settings: EditSettings, *, reference: Image | None, seed: int
    ) -> Frames:
        """Edit uint8 (T, H, W, 3); see `KiwiEditPipeline`. Raises SampleError, OutOfMemoryError, SetupError."""
        size = f"{frames.shape[2]}x{frames.shape[1]}, {len(frames)} frames"
        with self._held.use(f"Kiwi edit at {size}") as pipeline:
            edited: Frames = pipeline(instruction, frames, reference=reference, seed=seed, settings=settings)
        return edited

    def check(self) -> None:
        """Raise SetupError when a package, the device or the checkpoint is missing; nothing is loaded."""
        for package in ("torch", "diffusers", "transformers", "peft"):
            require(package, "models", "Kiwi-Edit")
        self._placement.check_device()
        self._checkpoint_path()

    def release(self) -> None:
        """Give the memory back; the next edit loads again."""
        self._held.release()

    def _load(self) -> Any:
        self.check()
        from sparkle.kiwi.checkpoint import read_checkpoint
        from sparkle.kiwi.loading import load_pipeline, own_tokenizer, own_vae

        checkpoint = read_checkpoint(self._checkpoint_path(), reference_first=self._reference_first)
        complete = checkpoint.config.whole_qwen and own_tokenizer(checkpoint) is not None
        pipeline = load_pipeline(
            checkpoint,
            None if complete else self._qwen.folder(),
            own_vae(checkpoint) or self._wan.folder() / "vae",
            self._placement.torch_dtype,
        )
        self._placement.place(pipeline)
        return pipeline

    def _checkpoint_path(self) -> Path:
        path = Path(self._kiwi.model).expanduser()
        if path.is_file():
            return path
        if path.suffix:
            raise SetupError(
                f"{path}: no such checkpoint; give a .safetensors file, a folder or a Hub repository"
            )
        return self._kiwi.folder()


def open_kiwi(model: str | None, overrides: Sequence[str]) -> tuple[KiwiEditor, EditSettings]:
    """Return an editor and the settings of its edits, from `key=value` as a user gives them to `--set`.

    Keys are the options of KiwiEditor (`offload=model`) and the fields of EditSettings (`steps=20`). `model` None is
    Kiwi-Sparkle. Raises SettingsError that names an unknown key and the nearest known one, and SetupError when the
    device is not here or weights are missing, before anything is loaded.
    """
    known = [name for name in inspect.signature(KiwiEditor).parameters if name != "model"]
    options: dict[str, Any] = {}
    values: dict[str, Any] = {}
    for override in overrides:
        name, _, text = override.partition("=")
        try:
            value = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise SettingsError(f"'{override}': the value is not YAML ({error})") from error
        if name in known:
            options[name] = value
        elif name in EditSettings.model_fields:
            values[name] = value
        else:
            names = [*known, *EditSettings.model_fields]
            near = difflib.get_close_matches(name, names, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"known keys: {', '.join(names)}"
            raise SettingsError(f"'{override}': unknown key '{name}' of the Kiwi editor; {hint}")
    editor = KiwiEditor(**options) if model is None else KiwiEditor(model, **options)
    editor.check()
    return editor, parse_settings(EditSettings, values, "--set")
