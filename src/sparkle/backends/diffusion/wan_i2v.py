"""The living background by Wan2.2 image-to-video (role Animator; paper: Wan2.2-I2V-A14B, 4-step distilled weights).

Over diffusers' WanImageToVideoPipeline, which also runs Wan2.2-TI2V-5B for small GPUs.
"""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar, Literal, Self

import numpy as np
from PIL import Image as Pillow
from pydantic import Field, model_validator

from sparkle.backends.diffusion.diffusers_folder import DIFFUSERS_FILES, load_pipeline
from sparkle.backends.diffusion.lora_weights import lora_file
from sparkle.backends.diffusion.sizes import as_frames, extend_sides, working_length
from sparkle.backends.diffusion.text_embeddings import TextEmbeddings
from sparkle.backends.diffusion.wan_prompts import load_text_encoder, prompt_arguments
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
from sparkle.core.errors import SettingsError
from sparkle.core.extras import require
from sparkle.roles import AnimationRequest, Frames
from sparkle.video import play_looped

MODEL = "Wan-AI/Wan2.2-I2V-A14B-Diffusers"
SMALL_MODEL = "Wan-AI/Wan2.2-TI2V-5B-Diffusers"
DISTILLED = "lightx2v/Wan2.2-Lightning/Wan2.2-I2V-A14B-4steps-lora-rank64-Seko-V1"
# Working memory is at least the text encoder, which passes through: 11.4 GB.
SIZES = {
    MODEL: ModelSize(transformers=(14.3, 14.3), others=(0.13,), working_gb=13.0),
    SMALL_MODEL: ModelSize(transformers=(5.0,), others=(0.7,), working_gb=13.0),
}


class WanImageToVideoSettings(WanTeamSettings):
    """`model` is a Hub repository or a folder in diffusers' layout, the LoRAs see `lora_file`.

    lora_high, lora_low: for the expert of the first, noisy steps and for that of the last ones.
    guidance, guidance_low: of the same two; 1 is none and half the work, `guidance_low` null is as `guidance`.
    native_fps: the rate that the model's motion is made for. For a slower clip more frames are made than shown,
        and the nearest in time are taken; for a faster one they are shown one for one.
    longest: the most frames that the model makes well in one go; longer clips play them in a loop.
    """

    model: str = Field(default=MODEL, min_length=1)
    revision: str = "main"
    lora_high: str | None = f"{DISTILLED}/high_noise_model.safetensors"
    lora_low: str | None = f"{DISTILLED}/low_noise_model.safetensors"
    lora_revision: str = "main"
    schedule: Literal["distilled", "flow", "unipc"] = "distilled"
    steps: int = Field(default=4, ge=1)
    shift: float = 5.0
    guidance: float = 1.0
    guidance_low: float | None = None
    native_fps: float = Field(default=16.0, ge=1)
    longest: int = Field(default=81, ge=5)

    @model_validator(mode="after")
    def _is_guided(self) -> Self:
        if self.guidance <= 1 and (self.guidance_low or 1) > 1:
            raise SettingsError("guidance_low: guidance must be above 1 too, else there is none at all")
        return self


class WanImageToVideo:
    """Animates a picture. Same request, same video.

    The defaults are the paper's: both experts with LightX2V's LoRA pair, 4 steps without guidance. Without the pair
    (`lora_high` and `lora_low` null) the model is sampled as published by: schedule unipc, steps 40, guidance 3.5.
    For Wan2.2-TI2V-5B: no pair, schedule unipc, steps 50, guidance 5, native_fps 24, longest 121.
    """

    Options: ClassVar[type[Settings]] = WanImageToVideoSettings

    def __init__(self, **options: Any) -> None:
        """`options`: the fields of WanImageToVideoSettings."""
        settings = parse_settings(WanImageToVideoSettings, options, type(self).__name__)
        self._settings, self._placement = settings, settings.placement
        self._loras = [
            lora_file(where, settings.lora_revision) if where is not None else None
            for where in (settings.lora_high, settings.lora_low)
        ]
        main = Weights(settings.model, settings.revision, DIFFUSERS_FILES)
        self.weights = (main, *dict.fromkeys(lora.weights for lora in self._loras if lora is not None))
        self.card = joined_card(self.weights)
        self.gpu_memory_gb = memory_gb(SIZES.get(main.model, SIZES[MODEL]), self._placement)
        load = self._load if settings.gpus == 1 else self._start_team
        self._held = HeldModel(load, self._placement.remedy, main.model)
        self._texts = TextEmbeddings(
            lambda: load_text_encoder(main.folder(), self._placement), self._placement, main.model
        )

    def __call__(self, request: AnimationRequest) -> Frames:
        """Return `request.frames` frames of the image's size. Raises BackendError, OutOfMemoryError, SetupError."""
        height, width = request.image.shape[:2]
        moments = shown_moments(request.frames, request.fps, self._settings.native_fps)
        length = working_length(min(int(moments[-1]) + 1, self._settings.longest))
        # Of several processes none is this one: each brings what it gets to its own device.
        device = self._placement.device if self._settings.gpus == 1 else "cpu"
        prompts = prompt_arguments(self._texts, request.caption, self._settings.guidance, device)
        given = (request, length, prompts)
        with self._held.use(f"animate at {width}x{height}, {length} frames") as held:
            video = held(*given) if isinstance(held, Team) else self._animate(held, *given)
        return play_looped(video[moments[moments < length]], request.frames)

    def release(self) -> None:
        """Give the memory back."""
        self._held.release()
        self._texts.release()

    def _animate(
        self, pipeline: Any, request: AnimationRequest, length: int, prompts: dict[str, Any]
    ) -> Frames:
        multiple = pipeline.vae_scale_factor_spatial * pipeline.transformer.config.patch_size[1]
        height, width = request.image.shape[:2]
        image = extend_sides(request.image[None], multiple)[0]
        video = pipeline(
            image=Pillow.fromarray(image),
            width=image.shape[1],
            height=image.shape[0],
            num_frames=length,
            num_inference_steps=self._settings.steps,
            guidance_scale=self._settings.guidance,
            guidance_scale_2=self._settings.guidance_low,
            generator=noise_generator(request.seed),
            callback_on_step_end=FiniteSteps(self.card.name),
            output_type="pt",
            **{name: embedded.to(self._placement.device) for name, embedded in prompts.items()},
        ).frames[0]
        return as_frames(video[:, :, :height, :width], self.card.name)

    def _load(self) -> Any:
        diffusers = require("diffusers", "models", self.weights[0].model)
        from sparkle.backends.diffusion.distilled_scheduler import pipeline_scheduler
        from sparkle.backends.diffusion.wan_lora import merge_lora

        pipeline = load_pipeline(
            diffusers.WanImageToVideoPipeline,
            self.weights[0].folder(),
            self._placement,
            text_encoder=None,
            tokenizer=None,
        )
        experts = {"lora_high": pipeline.transformer, "lora_low": pipeline.transformer_2}
        for (option, expert), lora in zip(experts.items(), self._loras, strict=True):
            if lora is not None and expert is None:
                raise SettingsError(
                    f"{option}: {self.weights[0].model} has no such expert; set {option}: null"
                )
            if lora is not None:
                merge_lora(expert, lora.path())
        if self._settings.guidance_low is not None and pipeline.transformer_2 is None:
            raise SettingsError(f"guidance_low: {self.weights[0].model} has one expert; set guidance alone")
        pipeline.scheduler = pipeline_scheduler(self._settings.schedule, self._settings.shift)
        self._placement.place(pipeline)
        return pipeline

    def _start_team(self) -> Team:
        require("torch", "models", self.weights[0].model)
        options = self._settings.model_dump(exclude={"gpus", "device"})
        return Team(partial(_member, type(self), options), self._settings.gpus, self._settings.device)

    def _load_shared(self, place: Place) -> Any:
        """The pipeline of one of several that work on a clip together, each on a part of its tokens."""
        from sparkle.backends.diffusion.sharing import share
        from sparkle.backends.diffusion.wan_attention import share_tokens

        pipeline = self._load()
        if pipeline.config.expand_timesteps:
            raise SettingsError(
                f"gpus: {self.weights[0].model} gives every token a time of its own; set gpus: 1"
            )
        heads = pipeline.transformer.config.num_attention_heads
        tokens, _ = share(place.size, place.rank, heads, guided=False)
        for expert in (pipeline.transformer, pipeline.transformer_2):
            if tokens is not None and expert is not None:
                share_tokens(expert, tokens)
        return pipeline


def _member(kind: type[WanImageToVideo], options: dict[str, Any], place: Place) -> Any:
    """What one of several processes answers with."""
    backend = kind(**options, device=place.device)
    return partial(backend._animate, backend._load_shared(place))


def shown_moments(frames: int, fps: float, native_fps: float) -> Any:
    """Return which of the frames made at `native_fps` are shown at `fps`, int (frames,), increasing from 0."""
    return np.round(np.arange(frames) * max(1.0, native_fps / fps)).astype(int)
