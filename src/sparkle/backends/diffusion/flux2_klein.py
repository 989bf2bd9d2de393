"""Image editing by FLUX.2-klein: the edited first frame and the clean background (FirstFrameEditor, ForegroundRemover).

Over diffusers' Flux2KleinPipeline: 4 steps, no guidance. Both roles share one loaded pipeline. Pictures are edited at
their own size, larger ones than one megapixel at about one, because the pipeline lets the model look at no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

import numpy as np
from PIL import Image as Pillow
from pydantic import Field

from sparkle.backends.diffusion.diffusers_folder import DIFFUSERS_FILES, load_pipeline, load_text_model
from sparkle.backends.diffusion.sizes import as_frames, extend_sides, working_size
from sparkle.backends.finite_steps import FiniteSteps
from sparkle.backends.held_model import HeldModel
from sparkle.backends.placement import (
    ModelSize,
    Placement,
    PlacementSettings,
    memory_gb,
    noise_generator,
)
from sparkle.backends.weights import Weights
from sparkle.config import Settings, parse_settings
from sparkle.core.errors import BackendError
from sparkle.core.extras import require
from sparkle.roles import EditRequest, Image, RemovalRequest
from sparkle.video import resize_image

MODEL = "black-forest-labs/FLUX.2-klein-9B"
APACHE_MODEL = "black-forest-labs/FLUX.2-klein-4B"
SIZES = {
    MODEL: ModelSize(transformers=(9.1,), others=(8.2, 0.1), working_gb=6.0),
    APACHE_MODEL: ModelSize(transformers=(3.9,), others=(4.0, 0.1), working_gb=5.0),
}
# What the pipeline takes: it scales what has more pixels and cuts what is no multiple, without a word.
MOST_PIXELS = 1024 * 1024
MULTIPLE = 16
SMALLEST_SIDE = 64
LARGEST_RATIO = 8
BACKGROUND_WORDS = "Use image 2 as the new background of image 1."


@dataclass(frozen=True, slots=True)
class PictureEdit:
    """One edit: pictures (the first is edited, others are references of the same size), words, and a seed."""

    pictures: tuple[Image, ...]
    prompt: str
    seed: int


class Flux2KleinSettings(PlacementSettings):
    """`model` is a Hub repository or a folder in diffusers' layout."""

    model: str = Field(default=MODEL, min_length=1)
    revision: str = "main"
    steps: int = Field(default=4, ge=1)


class Flux2Klein:
    """Edits pictures by words. Same edit, same picture."""

    Options: ClassVar[type[Settings]] = Flux2KleinSettings
    doing: ClassVar[str] = "edit"

    def __init__(self, **options: Any) -> None:
        """`options`: the fields of Flux2KleinSettings."""
        settings = parse_settings(Flux2KleinSettings, options, type(self).__name__)
        self._steps = settings.steps
        self.weights = (Weights(settings.model, settings.revision, DIFFUSERS_FILES),)
        self.card = self.weights[0].card()
        self.gpu_memory_gb = memory_gb(SIZES.get(settings.model, SIZES[MODEL]), settings.placement)
        self.held = shared_pipeline(self.weights[0], settings.placement)

    def release(self) -> None:
        """Give the memory back; the other role's backend loads the pipeline again if it needs it."""
        self.held.release()

    def run(self, edits: Sequence[PictureEdit]) -> list[Image]:
        """Return the edited pictures, uint8 (H, W, 3) each, made in one batch. All pictures must be of one size.

        Raises BackendError for pictures that differ in size or number, or are too small or too long for the model.
        """
        shapes = {picture.shape for edit in edits for picture in edit.pictures}
        if len(shapes) != 1 or len({len(edit.pictures) for edit in edits}) != 1:
            raise BackendError("a batch of edits needs pictures of one size, equally many for each edit")
        height, width = next(iter(shapes))[:2]
        if min(width, height) < SMALLEST_SIDE or max(width, height) > LARGEST_RATIO * min(width, height):
            raise BackendError(
                f"{self.card.name} edits pictures with sides of at least {SMALLEST_SIDE} pixels, none longer than "
                f"{LARGEST_RATIO} times the other; this one is {width}x{height}"
            )
        size = working_size(width, height, MULTIPLE, MOST_PIXELS)
        scaled = np.stack([resize_image(picture, size) for edit in edits for picture in edit.pictures])
        pictures = extend_sides(scaled, MULTIPLE)
        with self.held.use(f"{self.doing} at {width}x{height}, {len(edits)} pictures") as pipeline:
            edited = pipeline(
                image=[Pillow.fromarray(picture) for picture in pictures],
                prompt=[edit.prompt for edit in edits],
                width=pictures.shape[2],
                height=pictures.shape[1],
                num_inference_steps=self._steps,
                guidance_scale=1.0,
                generator=[noise_generator(edit.seed) for edit in edits],
                callback_on_step_end=FiniteSteps(self.card.name),
                output_type="pt",
            ).images
        cut = as_frames(edited, self.card.name)[:, : size[1], : size[0]]
        return [resize_image(picture, (width, height)) for picture in cut]


class Flux2KleinEditor(Flux2Klein):
    """Replaces the background of the first frame by the instruction (paper: FLUX.2-klein-9B).

    A picture of the user's own becomes a second reference image, and the prompt says that it is the background.
    """

    def __call__(self, request: EditRequest) -> Image:
        """Return the edited frame 0. Raises BackendError, OutOfMemoryError, SetupError."""
        return self.edit_many([request])[0]

    def edit_many(self, requests: Sequence[EditRequest]) -> list[Image]:
        """Return the edited frames 0 of clips of one size, made in one batch; the same pictures as one by one."""
        return self.run([_edit(request) for request in requests])


class Flux2KleinRemover(Flux2Klein):
    """Removes the foreground from the edited frame 0 (paper: "Remove the bald man").

    What is left is the background as the edit shows it; the user's own picture is not put in its place, so that
    background and edited frame agree.
    """

    doing = "remove"

    def __call__(self, request: RemovalRequest) -> Image:
        """Return the clean background. Raises BackendError, OutOfMemoryError, SetupError."""
        return self.remove_many([request])[0]

    def remove_many(self, requests: Sequence[RemovalRequest]) -> list[Image]:
        """Return the clean backgrounds of frames of one size, made in one batch."""
        return self.run(
            [
                PictureEdit((request.edited_frame,), request.removal_instruction, request.seed)
                for request in requests
            ]
        )


@cache
def shared_pipeline(weights: Weights, placement: Placement) -> HeldModel[Any]:
    """Return the one pipeline of these weights and this placement, whichever backend asks first."""

    def load() -> Any:
        require("diffusers", "models", weights.model)
        transformers = require("transformers", "models", weights.model)
        from sparkle.backends.diffusion.batch_edit import BatchEditPipeline

        text_encoder = load_text_model(transformers.Qwen3ForCausalLM, weights.folder(), placement)
        pipeline = load_pipeline(BatchEditPipeline, weights.folder(), placement, text_encoder=text_encoder)
        placement.place(pipeline)
        return pipeline

    return HeldModel(load, placement.remedy, weights.model)


def _edit(request: EditRequest) -> PictureEdit:
    frame = request.frames[0]
    if request.background is None:
        return PictureEdit((frame,), request.instruction, request.seed)
    return PictureEdit((frame, request.background), f"{request.instruction} {BACKGROUND_WORDS}", request.seed)
