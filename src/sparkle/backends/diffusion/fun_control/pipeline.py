"""Text, a control video and known frames to video, with Wan2.2-Fun-Control."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from diffusers import AutoencoderKLWan, DiffusionPipeline, FlowMatchEulerDiscreteScheduler
from diffusers.callbacks import MultiPipelineCallbacks, PipelineCallback
from diffusers.loaders import WanLoraLoaderMixin
from diffusers.pipelines.wan.pipeline_output import WanPipelineOutput
from diffusers.utils.torch_utils import randn_tensor
from diffusers.video_processor import VideoProcessor
from transformers import AutoTokenizer, UMT5EncoderModel

from sparkle.backends.diffusion.fun_control import check_inputs
from sparkle.backends.diffusion.fun_control.conditioning import (
    build_condition,
    decode_latents,
    encode_reference,
    known_frames,
)
from sparkle.backends.diffusion.fun_control.transformer import WanFunControlTransformer3DModel
from sparkle.backends.diffusion.sharing import SharedGuidance
from sparkle.backends.diffusion.text_embeddings import TextEncoder, embed_texts

StepCallback = Callable[[Any, int, torch.Tensor, dict[str, Any]], dict[str, Any]]


class WanFunControlPipeline(DiffusionPipeline, WanLoraLoaderMixin):
    """Generates video that follows a control video (edges, depth, pose, ...), a text, and frames that are known.

    transformer: the high-noise expert, in charge while the timestep is at least `boundary_ratio` * 1000.
    transformer_2: the low-noise expert; None leaves all steps to `transformer`.
    vae: the Wan 2.1 VAE. scheduler: flow matching, shift 5.
    text_encoder, tokenizer: UMT5-XXL; may be None where prompt embeddings are given.
    shared_guidance: who makes the other pass of a guided step.

    `save_pretrained` writes diffusers' layout. Its `from_pretrained` knows no transformer classes but its own: load the
    parts with the functions of `checkpoint.py`, which read that layout and the release's.
    """

    model_cpu_offload_seq = "text_encoder->transformer->transformer_2->vae"
    _callback_tensor_inputs = ("latents", "prompt_embeds", "negative_prompt_embeds")
    _optional_components = ("tokenizer", "text_encoder", "transformer_2")
    shared_guidance: SharedGuidance | None = None

    def __init__(
        self,
        tokenizer: AutoTokenizer | None,
        text_encoder: UMT5EncoderModel | None,
        vae: AutoencoderKLWan,
        scheduler: FlowMatchEulerDiscreteScheduler,
        transformer: WanFunControlTransformer3DModel,
        transformer_2: WanFunControlTransformer3DModel | None = None,
        boundary_ratio: float = 0.9,
    ) -> None:
        super().__init__()
        self.register_modules(
            tokenizer=tokenizer,
            text_encoder=text_encoder,
            vae=vae,
            scheduler=scheduler,
            transformer=transformer,
            transformer_2=transformer_2,
        )
        self.register_to_config(boundary_ratio=boundary_ratio)
        self.vae_scale_factor_temporal = self.vae.config.scale_factor_temporal
        self.vae_scale_factor_spatial = self.vae.config.scale_factor_spatial
        # Bicubic, as in the model's own scripts; frames of the right size are not resampled.
        self.video_processor = VideoProcessor(self.vae_scale_factor_spatial, resample="bicubic")
        self.mask_processor = VideoProcessor(
            self.vae_scale_factor_spatial, do_normalize=False, do_binarize=True, do_convert_grayscale=True
        )
        self._interrupt = False
        self._current_timestep: torch.Tensor | None = None
        self._num_timesteps = 0

    @property
    def num_timesteps(self) -> int:
        """The steps of the latest call."""
        return self._num_timesteps

    @property
    def current_timestep(self) -> torch.Tensor | None:
        """The timestep that is being denoised, or None between calls."""
        return self._current_timestep

    @property
    def interrupt(self) -> bool:
        """Set `_interrupt` in a callback to skip the remaining steps."""
        return self._interrupt

    def encode_prompt(
        self, prompt: str | list[str], device: torch.device | None = None, max_sequence_length: int = 512
    ) -> torch.Tensor:
        """Return the embeddings (B, max_sequence_length, 4096) of one text or several."""
        if self.text_encoder is None or self.tokenizer is None:
            raise ValueError("this pipeline has no text encoder: pass `prompt_embeds`, not `prompt`")
        texts = [prompt] if isinstance(prompt, str) else prompt
        encoder = TextEncoder(self.tokenizer, self.text_encoder)
        return embed_texts(encoder, texts, device or self._execution_device, max_sequence_length)

    @torch.no_grad()
    def __call__(
        self,
        prompt: str | list[str] | None = None,
        negative_prompt: str | list[str] | None = None,
        control_video: Any = None,
        image: Any = None,
        last_image: Any = None,
        video: Any = None,
        mask: Any = None,
        reference_image: Any = None,
        height: int = 480,
        width: int = 832,
        num_frames: int = 81,
        num_inference_steps: int = 50,
        sigmas: list[float] | None = None,
        guidance_scale: float = 6.0,
        guidance_scale_2: float | None = None,
        generator: torch.Generator | list[torch.Generator] | None = None,
        latents: torch.Tensor | None = None,
        prompt_embeds: torch.Tensor | None = None,
        negative_prompt_embeds: torch.Tensor | None = None,
        output_type: str = "np",
        return_dict: bool = True,
        callback_on_step_end: StepCallback | PipelineCallback | MultiPipelineCallbacks | None = None,
        callback_on_step_end_tensor_inputs: tuple[str, ...] | list[str] = ("latents",),
        max_sequence_length: int = 512,
    ) -> Any:
        """Generate one video per prompt.

        Videos and images are what `VideoProcessor` takes: PIL images, arrays (T, H, W, 3) or tensors (B, T, 3, H, W)
        with values in [0, 1]; with several prompts one video serves all, or there is one for each.

        control_video: `num_frames` frames that the result follows; None leaves the control channels empty.
        image, last_image: what is known of the clip, its first and its last frame.
        video, mask: instead of these two, any known pixels: `num_frames` frames, and for each a mask, 1 (white)
            where the result is generated, 0 where it keeps the video. tensors of masks are (B, T, 1, H, W).
        reference_image: a picture of the subject; the model was not trained to take the first frame here.
        height, width: multiples of 16. num_frames: 4k + 1.
        num_inference_steps, sigmas: the schedule; `sigmas`, before the scheduler's shift, override the steps.
        guidance_scale, guidance_scale_2: of the high-noise and the low-noise expert; 1 or less makes one pass a
            step instead of two, and needs no negative prompt. The second defaults to the first.
        latents: the initial noise (B, 16, (T - 1) / 4 + 1, H / 8, W / 8), otherwise drawn from `generator`.
        prompt_embeds, negative_prompt_embeds: (B, 512, 4096), zero past the texts' ends, instead of the texts.
        output_type: "np", "pt" (B, T, 3, H, W in [0, 1], left on the device), "pil" or "latent".
        callback_on_step_end: called with (pipeline, step, timestep, tensors by name) after each step; what it
            returns replaces them.

        Returns WanPipelineOutput, or a tuple with the frames.
        """
        if isinstance(callback_on_step_end, PipelineCallback | MultiPipelineCallbacks):
            callback_on_step_end_tensor_inputs = callback_on_step_end.tensor_inputs
        if guidance_scale_2 is None:
            guidance_scale_2 = guidance_scale
        guided = max(guidance_scale, guidance_scale_2) > 1
        check_inputs.check_size(height, width, num_frames, self._size_step, self.vae_scale_factor_temporal)
        check_inputs.check_texts(
            prompt,
            negative_prompt,
            prompt_embeds,
            negative_prompt_embeds,
            guided,
            self.text_encoder is not None,
        )
        check_inputs.check_videos(control_video, image, last_image, video, mask, num_frames)
        check_inputs.check_callback(callback_on_step_end_tensor_inputs, self._callback_tensor_inputs)
        self._interrupt = False
        device = self._execution_device

        prompt_embeds, negative_prompt_embeds = self._embeddings(
            prompt,
            negative_prompt,
            prompt_embeds,
            negative_prompt_embeds,
            guided,
            device,
            max_sequence_length,
        )
        timesteps, high_noise = self._steps(num_inference_steps, sigmas, device)
        size = (
            prompt_embeds.shape[0],
            (num_frames - 1) // self.vae_scale_factor_temporal + 1,
            height // self.vae_scale_factor_spatial,
            width // self.vae_scale_factor_spatial,
        )
        latents = self._noise(size, generator, latents, device)
        condition = self._condition(size, control_video, image, last_image, video, mask, num_frames, device)
        reference = self._reference(size, reference_image, device)
        latents = self._denoise(
            latents,
            condition,
            reference,
            timesteps,
            high_noise,
            (guidance_scale, guidance_scale_2),
            prompt_embeds,
            negative_prompt_embeds,
            callback_on_step_end,
            callback_on_step_end_tensor_inputs,
        )
        if output_type == "latent":
            frames: Any = latents
        else:
            decoded = decode_latents(self.vae, latents)
            frames = self.video_processor.postprocess_video(decoded, output_type=output_type)
        self.maybe_free_model_hooks()
        return WanPipelineOutput(frames=frames) if return_dict else (frames,)

    @property
    def _size_step(self) -> int:
        return int(self.vae_scale_factor_spatial * self.transformer.config.patch_size[1])

    def _embeddings(
        self,
        prompt: Any,
        negative_prompt: Any,
        prompt_embeds: torch.Tensor | None,
        negative_prompt_embeds: torch.Tensor | None,
        guided: bool,
        device: torch.device,
        max_sequence_length: int,
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Embed the texts that were not given as embeddings; the negative one once for all prompts."""
        dtype = self.transformer.dtype
        if prompt_embeds is None:
            prompt_embeds = self.encode_prompt(prompt, device, max_sequence_length)
        prompt_embeds = prompt_embeds.to(device, dtype)
        if not guided:
            return prompt_embeds, None
        if negative_prompt_embeds is None:
            negative_prompt_embeds = self.encode_prompt(negative_prompt or "", device, max_sequence_length)
        count = prompt_embeds.shape[0]
        if negative_prompt_embeds.shape[0] not in (1, count):
            raise ValueError(
                f"{negative_prompt_embeds.shape[0]} negative prompts for {count} prompts; give 1 or {count}"
            )
        return prompt_embeds, negative_prompt_embeds.to(device, dtype).expand(count, -1, -1)

    def _steps(
        self, steps: int, sigmas: list[float] | None, device: torch.device
    ) -> tuple[torch.Tensor, list[bool]]:
        """Return the timesteps on `device`, and for each whether it is the high-noise expert's."""
        if sigmas is None:
            self.scheduler.set_timesteps(steps, device=device)
        else:
            # An array, because the multistep scheduler does not take a list.
            self.scheduler.set_timesteps(sigmas=np.asarray(sigmas, np.float32), device=device)
        # Otherwise the first step searches for its place in the schedule, and waits for the device.
        self.scheduler.set_begin_index(0)
        timesteps: torch.Tensor = self.scheduler.timesteps
        self._num_timesteps = len(timesteps)
        boundary = self.config.boundary_ratio * self.scheduler.config.num_train_timesteps
        return timesteps, [time >= boundary or self.transformer_2 is None for time in timesteps.tolist()]

    def _noise(
        self,
        size: tuple[int, int, int, int],
        generator: torch.Generator | list[torch.Generator] | None,
        latents: torch.Tensor | None,
        device: torch.device,
    ) -> torch.Tensor:
        batch, *extent = size
        shape = (batch, self.vae.config.z_dim, *extent)
        if latents is None:
            return randn_tensor(shape, generator=generator, device=device, dtype=torch.float32)
        if tuple(latents.shape) != shape:
            raise ValueError(f"`latents` must have the shape {shape}, not {tuple(latents.shape)}")
        return latents.to(device, torch.float32)

    def _condition(
        self,
        size: tuple[int, int, int, int],
        control_video: Any,
        image: Any,
        last_image: Any,
        video: Any,
        mask: Any,
        num_frames: int,
        device: torch.device,
    ) -> torch.Tensor:
        height, width = size[2] * self.vae_scale_factor_spatial, size[3] * self.vae_scale_factor_spatial

        def frames_of(given: Any) -> torch.Tensor | None:
            return None if given is None else self.video_processor.preprocess_video(given, height, width)

        control, pixels, generated = frames_of(control_video), frames_of(video), None
        if mask is not None:
            generated = self.mask_processor.preprocess_video(mask, height, width)
        pieces = [
            (start, self.video_processor.preprocess(picture, height, width).to(device).unsqueeze(2))
            for start, picture in ((0, image), (num_frames - 1, last_image))
            if picture is not None
        ]
        if pieces:
            pixels, generated = known_frames(pieces, num_frames)
        for name, given in (("control_video", control), ("video", pixels), ("mask", generated)):
            check_inputs.check_frames(name, given, num_frames, size[0])
        return build_condition(self.vae, size, control, pixels, generated, device)

    def _reference(
        self, size: tuple[int, int, int, int], image: Any, device: torch.device
    ) -> torch.Tensor | None:
        """Return the reference latents (B, 16, h, w); zeros without a picture: the tokens are there all the same."""
        channels = self.transformer.config.reference_channels
        if channels is None:
            if image is not None:
                raise ValueError("this model takes no `reference_image`")
            return None
        batch, _, height, width = size
        if image is None:
            return torch.zeros(batch, channels, height, width, device=device)
        scale = self.vae_scale_factor_spatial
        pixels = self.video_processor.preprocess(image, height * scale, width * scale).to(device)
        return encode_reference(self.vae, pixels).expand(batch, -1, -1, -1)

    def _denoise(
        self,
        latents: torch.Tensor,
        condition: torch.Tensor,
        reference: torch.Tensor | None,
        timesteps: torch.Tensor,
        high_noise: list[bool],
        guidance_scales: tuple[float, float],
        prompt_embeds: torch.Tensor,
        negative_prompt_embeds: torch.Tensor | None,
        callback: Any,
        callback_inputs: tuple[str, ...] | list[str],
    ) -> torch.Tensor:
        """Run the loop. Nothing in it waits for the device: which expert a step needs is known beforehand."""
        dtype = self.transformer.dtype
        condition = condition.to(dtype)
        if reference is not None:
            reference = reference.to(dtype)
        rotary_table = self.transformer.rotary_table(
            *latents.shape[2:], device=latents.device, with_reference=reference is not None
        )
        constant = {"reference_hidden_states": reference, "rotary_table": rotary_table, "return_dict": False}

        with self.progress_bar(total=len(timesteps)) as progress:
            for step, timestep in enumerate(timesteps):
                if self.interrupt:
                    continue
                self._current_timestep = timestep
                expert = self.transformer if high_noise[step] else self.transformer_2
                scale = guidance_scales[0] if high_noise[step] else guidance_scales[1]

                model_input = torch.cat([latents.to(dtype), condition], dim=1)
                moment = timestep.expand(latents.shape[0])
                inputs = (model_input, moment)
                if scale <= 1:
                    predicted = _predicted(expert, "cond", *inputs, prompt_embeds, constant)
                else:
                    sides = (("cond", prompt_embeds), ("uncond", negative_prompt_embeds))
                    if self.shared_guidance is None:
                        predicted, unguided = (
                            _predicted(expert, side, *inputs, text, constant) for side, text in sides
                        )
                    else:
                        side, text = sides[self.shared_guidance.side]
                        own = _predicted(expert, side, *inputs, text, constant)
                        predicted, unguided = self.shared_guidance.both(own)
                    predicted = unguided + scale * (predicted - unguided)
                latents = self.scheduler.step(predicted, timestep, latents, return_dict=False)[0]

                if callback is not None:
                    known = {
                        "latents": latents,
                        "prompt_embeds": prompt_embeds,
                        "negative_prompt_embeds": negative_prompt_embeds,
                    }
                    changed = callback(self, step, timestep, {name: known[name] for name in callback_inputs})
                    known.update(changed or {})
                    latents, prompt_embeds = known["latents"], known["prompt_embeds"]
                    negative_prompt_embeds = known["negative_prompt_embeds"]
                progress.update()
        self._current_timestep = None
        return latents


def _predicted(
    expert: Any,
    side: str,
    latents: torch.Tensor,
    moment: torch.Tensor,
    text: torch.Tensor | None,
    constant: Any,
) -> torch.Tensor:
    with expert.cache_context(side):
        predicted: torch.Tensor = expert(latents, moment, text, **constant)[0].float()
    return predicted
