"""The edited video by Wan2.1-VACE (role VideoGenerator): an alternative to Wan2.2-Fun-Control that knows masks.

VACE is told, pixel by pixel, what is known and what is to be made, and gets a drawing of what is to be made. Known is
the edited first frame; the rest is made after the fused edges, subject included: the paper's idea, nothing is cut out
and pasted. On request the source's subject is known too, and only the background is made.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import cv2
import numpy as np
from pydantic import Field

from sparkle.backends.diffusion.diffusers_folder import DIFFUSERS_FILES, load_pipeline
from sparkle.backends.diffusion.sizes import as_frames, extend_sides, lengthen, working_length
from sparkle.backends.diffusion.text_embeddings import TextEmbeddings
from sparkle.backends.diffusion.wan_prompts import load_text_encoder, prompt_arguments
from sparkle.backends.finite_steps import FiniteSteps
from sparkle.backends.held_model import HeldModel
from sparkle.backends.placement import (
    ModelSize,
    WanPlacementSettings,
    memory_gb,
    noise_generator,
)
from sparkle.backends.weights import Weights
from sparkle.config import Settings, parse_settings
from sparkle.core.extras import require
from sparkle.roles import Frames, GenerationRequest, Masks

MODEL = "Wan-AI/Wan2.1-VACE-1.3B-diffusers"
LARGE_MODEL = "Wan-AI/Wan2.1-VACE-14B-diffusers"
# Working memory is at least the text encoder, which passes through: 11.4 GB.
SIZES = {
    MODEL: ModelSize(transformers=(2.1,), others=(0.13,), working_gb=13.0),
    LARGE_MODEL: ModelSize(transformers=(17.3,), others=(0.13,), working_gb=14.0),
}


class WanVaceSettings(WanPlacementSettings):
    """`model` is a Hub repository or a folder in diffusers' layout.

    keep_subject: the source's pixels inside the mask are known; the subject stays exactly itself, in the
        source's light.
    subject_margin: so many pixels inside the mask's border are made anew then, so that the contour fits.
    control_strength: how much the drawing counts; 1 is what the model was trained with.
    """

    model: str = Field(default=MODEL, min_length=1)
    revision: str = "main"
    keep_subject: bool = False
    subject_margin: int = Field(default=8, ge=0)
    schedule: Literal["flow", "unipc"] = "unipc"
    steps: int = Field(default=50, ge=1)
    shift: float = 16.0
    guidance: float = 5.0
    control_strength: float = 1.0


class WanVACE:
    """Generates the edited clip. Same request, same video.

    The defaults sample as VACE's own scripts do: UniPC, 50 steps, shift 16, guidance 5. The 1.3B model is made for
    832x480, the 14B model for 1280x720 too.
    """

    Options: ClassVar[type[Settings]] = WanVaceSettings

    def __init__(self, **options: Any) -> None:
        """`options`: the fields of WanVaceSettings."""
        settings = parse_settings(WanVaceSettings, options, type(self).__name__)
        self._settings, self._placement = settings, settings.placement
        main = Weights(settings.model, settings.revision, DIFFUSERS_FILES)
        self.weights = (main,)
        self.card = main.card()
        self.gpu_memory_gb = memory_gb(SIZES.get(main.model, SIZES[LARGE_MODEL]), self._placement)
        self._held = HeldModel(self._load, self._placement.remedy, main.model)
        self._texts = TextEmbeddings(
            lambda: load_text_encoder(main.folder(), self._placement), self._placement, main.model
        )

    def __call__(self, request: GenerationRequest) -> Frames:
        """Return the edited clip, same shape as `request.source`. Raises BackendError, OutOfMemoryError, SetupError."""
        count, height, width = request.source.shape[:3]
        prompts = prompt_arguments(
            self._texts, request.instruction, self._settings.guidance, self._placement.device
        )
        with self._held.use(f"generate at {width}x{height}, {count} frames") as pipeline:
            return self._generate(pipeline, request, prompts)

    def release(self) -> None:
        """Give the memory back."""
        self._held.release()
        self._texts.release()

    def _generate(self, pipeline: Any, request: GenerationRequest, prompts: dict[str, Any]) -> Frames:
        import torch

        count, height, width = request.mask.shape
        multiple = pipeline.vae_scale_factor_spatial * pipeline.transformer.config.patch_size[1]
        made = made_pixels(
            request.mask, self._settings.subject_margin if self._settings.keep_subject else None
        )
        video, mask = (
            lengthen(extend_sides(clip, multiple), working_length(count))
            for clip in (vace_video(request, made), made)
        )
        device = self._placement.device
        frames = pipeline(
            # A batch of one video, channels first, in [0, 1].
            video=torch.from_numpy(video).to(device).permute(0, 3, 1, 2)[None] / 255.0,
            mask=torch.from_numpy(mask).to(device)[None, :, None].float(),
            conditioning_scale=self._settings.control_strength,
            width=video.shape[2],
            height=video.shape[1],
            num_frames=video.shape[0],
            num_inference_steps=self._settings.steps,
            guidance_scale=self._settings.guidance,
            generator=noise_generator(request.seed),
            callback_on_step_end=FiniteSteps(self.card.name),
            output_type="pt",
            **prompts,
        ).frames[0]
        return as_frames(frames[:count, :, :height, :width], self.card.name)

    def _load(self) -> Any:
        diffusers = require("diffusers", "models", self.card.name)
        from sparkle.backends.diffusion.distilled_scheduler import pipeline_scheduler

        pipeline = load_pipeline(
            diffusers.WanVACEPipeline,
            self.weights[0].folder(),
            self._placement,
            text_encoder=None,
            tokenizer=None,
        )
        pipeline.scheduler = pipeline_scheduler(self._settings.schedule, self._settings.shift)
        self._placement.place(pipeline)
        return pipeline


def made_pixels(subject: Masks, margin: int | None) -> Masks:
    """Return what is to be made, bool (T, H, W): all but frame 0, and all but the subject if a margin is given.

    `margin` pixels inside the subject's border are made too.
    """
    made = np.ones_like(subject)
    if margin is not None:
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * margin + 1, 2 * margin + 1))
        for frame, mask in enumerate(subject):
            made[frame] = cv2.erode(mask.astype(np.uint8), kernel) == 0
    made[0] = False
    return made


def vace_video(request: GenerationRequest, made: Masks) -> Frames:
    """Return VACE's input video, uint8 (T, H, W, 3): known pixels where nothing is made, a drawing elsewhere.

    VACE was trained with black lines on white; white lines on black, as edge detectors draw, it takes for a picture
    (ali-vilab/VACE, issue 100).
    """
    drawing = 255 - np.repeat(request.control[..., None], 3, axis=-1)
    video: Frames = np.where(made[..., None], drawing, request.source)
    video[0] = request.first_frame
    return video
