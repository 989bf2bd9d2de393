"""Final generator by Wan2.2-Fun-A14B-Control (role VideoGenerator; the paper's, section 3.5).

The edited first frame goes in as the known first frame (mask and masked-video channels), the fused edges as the
control video, the instruction as the prompt. The reference image stays empty: in the published training a picture of
frame 0 never reached it.
"""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from sparkle.backends.diffusion.diffusers_folder import DIFFUSERS_FILES
from sparkle.backends.diffusion.lora_weights import lora_file
from sparkle.backends.diffusion.sizes import as_frames, lengthen, working_length
from sparkle.backends.diffusion.text_embeddings import TextEmbeddings
from sparkle.backends.finite_steps import FiniteSteps
from sparkle.backends.held_model import HeldModel
from sparkle.backends.placement import (
    ModelSize,
    WanTeamSettings,
    memory_gb,
    noise_generator,
)
from sparkle.backends.team import Place, Team
from sparkle.backends.weights import Weights, joined_card
from sparkle.config import Settings, parse_settings
from sparkle.core.errors import BackendError
from sparkle.core.extras import require
from sparkle.roles import EdgeMaps, Frames, GenerationRequest, Image

SIDE_STEP = 16
RELEASE_FILES = (
    "high_noise_model/*",
    "low_noise_model/*",
    "Wan2.1_VAE.pth",
    "models_t5_umt5-xxl-enc-bf16.pth",
    "google/umt5-xxl/*",
)
# The text encoder is there only while it embeds a text, when no working memory is in use.
SIZE = ModelSize(transformers=(14.3, 14.3), others=(0.13,), working_gb=14.0)


class WanFunControlSettings(WanTeamSettings):
    """`model` is a Hub repository or a local folder, in the release's layout or in diffusers'.

    offload: with "none" both experts lie on the device; with "model" one expert at a time.
    steps, guidance_scale, shift, boundary: the published settings; guidance of 1 or less makes one pass a step
        instead of two. The low-noise expert may have a guidance of its own.
    schedule: "flow" (the model's own), "distilled" (with 4-step LoRAs: steps 4, guidance_scale 1) or "unipc".
    negative_prompt: what guidance leads away from; None is the published scripts' own.
    lora_high, lora_low: LoRA files for the high-noise and the low-noise expert, see `lora_file`, added with the
        strength `lora_scale`.
    """

    model: str = Field(default="alibaba-pai/Wan2.2-Fun-A14B-Control", min_length=1)
    revision: str = "main"
    steps: int = Field(default=50, ge=1)
    guidance_scale: float = 6.0
    guidance_scale_low_noise: float | None = None
    shift: float = 5.0
    boundary: float = Field(default=0.9, ge=0, le=1)
    schedule: Literal["flow", "distilled", "unipc"] = "flow"
    negative_prompt: str | None = None
    lora_high: str | None = None
    lora_low: str | None = None
    lora_revision: str = "main"
    lora_scale: float = 1.0

    @property
    def guided(self) -> bool:
        """Whether every step makes two passes."""
        low = self.guidance_scale if self.guidance_scale_low_noise is None else self.guidance_scale_low_noise
        return min(self.guidance_scale, low) > 1


class WanFunControl:
    """Generates the edited video, foreground included.

    The model takes sides that are multiples of 16 and 4k + 1 frames. Other clips are extended, at the right and the
    bottom by repeating their edges and at the end by repeating the last frame, and the result is cropped: it always
    has exactly the source's shape.
    """

    Options: ClassVar[type[Settings]] = WanFunControlSettings

    def __init__(self, **options: Any) -> None:
        """`options`: the fields of WanFunControlSettings. Nothing is loaded yet."""
        settings = parse_settings(WanFunControlSettings, options, type(self).__name__)
        self._settings, self._placement = settings, settings.placement
        self._loras = {
            expert: lora_file(where, settings.lora_revision)
            for expert, where in (("transformer", settings.lora_high), ("transformer_2", settings.lora_low))
            if where is not None
        }
        main = Weights(settings.model, settings.revision, (*RELEASE_FILES, *DIFFUSERS_FILES))
        self.weights = (main, *dict.fromkeys(lora.weights for lora in self._loras.values()))
        self.card = joined_card(self.weights)
        self.gpu_memory_gb = memory_gb(SIZE, self._placement)
        low = settings.guidance_scale_low_noise
        self._guidance = (settings.guidance_scale, settings.guidance_scale if low is None else low)
        self._texts = TextEmbeddings(self._load_text_encoder, self._placement, main.model)
        load = self._load_pipeline if settings.gpus == 1 else self._start_team
        self._pipeline = HeldModel(load, self._placement.remedy, main.model)

    def __call__(self, request: GenerationRequest) -> Frames:
        """Generate a clip of the source's shape. Raises BackendError for a request whose parts do not fit."""
        _check(request)
        frames, height, width = request.control.shape
        prompt = self._texts(request.instruction)
        negative = self._texts(self._negative()) if max(self._guidance) > 1 else None
        given = (request.control, request.first_frame, request.seed, prompt, negative)
        with self._pipeline.use(f"generate at {width}x{height}, {frames} frames") as held:
            found: Frames = held(*given) if isinstance(held, Team) else self._generate(held, *given)
        return found

    def release(self) -> None:
        """Give the memory back; the next use loads again."""
        self._pipeline.release()
        self._texts.release()

    def _generate(
        self,
        pipeline: Any,
        control: EdgeMaps,
        first_frame: Image,
        seed: int,
        prompt: Any,
        negative: Any,
    ) -> Frames:
        from sparkle.backends.diffusion.fun_control.frames import to_control, to_picture
        from sparkle.backends.diffusion.fun_control.schedules import sigmas

        frames, height, width = control.shape
        control = lengthen(extend_sides(control), working_length(frames))
        first_frame = extend_sides(first_frame[None])[0]
        device = self._placement.device
        video = pipeline(
            prompt_embeds=prompt,
            negative_prompt_embeds=negative,
            control_video=to_control(control, device),
            image=to_picture(first_frame, device),
            height=control.shape[1],
            width=control.shape[2],
            num_frames=control.shape[0],
            num_inference_steps=self._settings.steps,
            sigmas=sigmas(self._settings.schedule, self._settings.steps),
            guidance_scale=self._guidance[0],
            guidance_scale_2=self._guidance[1],
            generator=noise_generator(seed),
            callback_on_step_end=FiniteSteps(self.card.name),
            output_type="pt",
            return_dict=False,
        )[0]
        return as_frames(video[0, :frames, :, :height, :width], self.card.name)

    def _negative(self) -> str:
        if self._settings.negative_prompt is not None:
            return self._settings.negative_prompt
        from sparkle.backends.diffusion.wan_prompts import NEGATIVE_PROMPT

        return NEGATIVE_PROMPT

    def _load_pipeline(self) -> Any:
        require("diffusers", "models", "Wan2.2-Fun-Control")
        require("transformers", "models", "Wan2.2-Fun-Control")
        self._placement.check_device()
        loras = {expert: lora.path() for expert, lora in self._loras.items()}
        folder = self.weights[0].folder()

        from sparkle.backends.diffusion.fun_control.checkpoint import load_transformer, load_vae
        from sparkle.backends.diffusion.fun_control.pipeline import WanFunControlPipeline
        from sparkle.backends.diffusion.fun_control.schedules import make_scheduler
        from sparkle.backends.diffusion.wan_lora import merge_lora

        dtype = self._placement.torch_dtype
        experts = {name: load_transformer(folder, name, dtype) for name in ("transformer", "transformer_2")}
        for name, file in loras.items():
            merge_lora(experts[name], file, self._settings.lora_scale)
        pipeline = WanFunControlPipeline(
            tokenizer=None,
            text_encoder=None,
            vae=load_vae(folder, dtype),
            scheduler=make_scheduler(self._settings.schedule, self._settings.shift),
            boundary_ratio=self._settings.boundary,
            **experts,
        )
        self._placement.place(pipeline)
        return pipeline

    def _start_team(self) -> Team:
        require("torch", "models", "Wan2.2-Fun-Control")
        options = self._settings.model_dump(exclude={"gpus", "device"})
        return Team(partial(_member, type(self), options), self._settings.gpus, self._settings.device)

    def _shared_pipeline(self, place: Place) -> Any:
        """The pipeline of one of several that work on a clip together."""
        from sparkle.backends.diffusion.sharing import share
        from sparkle.backends.diffusion.wan_attention import share_attention

        pipeline = self._load_pipeline()
        heads = pipeline.transformer.config.num_attention_heads
        tokens, pipeline.shared_guidance = share(place.size, place.rank, heads, self._settings.guided)
        for expert in (pipeline.transformer, pipeline.transformer_2):
            if tokens is not None:
                expert.shared = tokens
                share_attention(expert, tokens)
        return pipeline

    def _load_text_encoder(self) -> Any:
        require("transformers", "models", "Wan2.2-Fun-Control")
        self._placement.check_device()
        folder = self.weights[0].folder()

        from sparkle.backends.diffusion.fun_control.checkpoint import load_text_encoder

        return load_text_encoder(folder, self._placement.torch_dtype)


def _member(kind: type[WanFunControl], options: dict[str, Any], place: Place) -> Any:
    """What one of several processes answers with."""
    backend = kind(**options, device=place.device)
    return partial(backend._generate, backend._shared_pipeline(place))


def extend_sides(clip: Any) -> Any:
    """Extend (T, H, W) or (T, H, W, 3) to sides of multiples of 16, by repeating the last row and column."""
    missing = [(0, -side % SIDE_STEP) for side in clip.shape[1:3]]
    return np.pad(clip, [(0, 0), *missing, *[(0, 0)] * (clip.ndim - 3)], mode="edge")


def _check(request: GenerationRequest) -> None:
    shape = request.source.shape
    if request.control.shape != shape[:3]:
        raise BackendError(
            f"the control video is {request.control.shape} (frames, height, width), the source {shape[:3]}"
        )
    if request.first_frame.shape != shape[1:]:
        raise BackendError(
            f"the first frame is {request.first_frame.shape}, the source's frames are {shape[1:]}"
        )
