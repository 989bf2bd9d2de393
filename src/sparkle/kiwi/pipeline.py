"""The editing pipeline: a clip or an image, an instruction, perhaps a reference image; out comes the edited clip."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from diffusers import AutoencoderKLWan, DiffusionPipeline, FlowMatchEulerDiscreteScheduler
from torch import Tensor

from sparkle.backends.finite_steps import FiniteSteps
from sparkle.core.errors import BackendError, SampleError
from sparkle.kiwi.encoder import KiwiEncoder
from sparkle.kiwi.preprocessing import (
    FRAMES,
    crop_and_resize,
    edit_frames,
    edit_size,
    pad_reference,
    to_frames,
    to_latent_pixels,
)
from sparkle.kiwi.prompt import Mode, make_input
from sparkle.kiwi.schedule import make_scheduler, seen_by_the_model, unshifted_sigmas
from sparkle.kiwi.settings import EditSettings
from sparkle.kiwi.transformer import KiwiTransformer
from sparkle.kiwi.vae import Tiling, decode, encode
from sparkle.kiwi.vision import REFERENCE_TOKENS, image_patches, video_patches
from sparkle.kiwi.windows import blend, split
from sparkle.roles import Frames, Image

DEFAULTS = EditSettings()


class KiwiEditPipeline(DiffusionPipeline):
    """Kiwi-Edit and Kiwi-Sparkle. `sparkle.kiwi.loading.load_pipeline` makes one of a checkpoint in any layout."""

    model_cpu_offload_seq = "encoder->transformer->vae"

    def __init__(
        self,
        transformer: KiwiTransformer,
        encoder: KiwiEncoder,
        vae: AutoencoderKLWan,
        scheduler: FlowMatchEulerDiscreteScheduler,
        tokenizer: Any,
    ) -> None:
        super().__init__()
        self.register_modules(
            transformer=transformer, encoder=encoder, vae=vae, scheduler=scheduler, tokenizer=tokenizer
        )

    @torch.no_grad()
    def __call__(
        self,
        instruction: str,
        frames: Frames,
        reference: Image | None = None,
        seed: int = 0,
        settings: EditSettings = DEFAULTS,
        after_step: Callable[[int, Tensor], None] = lambda step, latents: None,
    ) -> Frames:
        """Edit `frames`, uint8 (T, H, W, 3); one frame is edited as an image. Return uint8 (T', H', W', 3).

        Both sides become multiples of 32 within `settings.max_pixels`, cropped in the middle, and T' is the largest
        4k + 1 that T has. `reference`, uint8 (H, W, 3) of any size, needs a checkpoint with reference queries.
        The same seed gives the same result: noise is drawn on the CPU. `after_step` is that of `denoise`. Raises
        SampleError for an empty instruction, a reference that the checkpoint cannot take, and a clip below 32 pixels.
        """
        self.check_inputs(instruction, reference)
        height, width = edit_size(frames.shape[1], frames.shape[2], settings.max_pixels)
        source = crop_and_resize(frames[: edit_frames(len(frames))], height, width)
        latent_frames = (len(source) - 1) // FRAMES + 1
        windows = split(
            latent_frames, (settings.window_frames - 1) // FRAMES + 1, settings.window_overlap // FRAMES
        )
        contexts = [
            self.encode_instruction(instruction, source[frame_span(window)], reference, settings)
            for window in windows
        ]
        source_latents = self.encode_frames(source, settings)
        reference_latents = None
        if reference is not None:
            reference_latents = self.encode_frames(pad_reference(reference, height, width)[None], settings)
        noise = torch.randn(source_latents.shape, generator=torch.Generator("cpu").manual_seed(seed))
        latents = self.denoise(
            noise.to(source_latents),
            contexts,
            source_latents,
            reference_latents,
            windows,
            settings,
            after_step,
        )
        pixels = decode(self.vae, latents, Tiling() if settings.tiled_vae else None)
        if not bool(pixels.isfinite().all()):
            raise BackendError(
                "Kiwi-Edit: the VAE made pixels that are not numbers; set dtype: bfloat16 or float32"
            )
        self.maybe_free_model_hooks()
        return to_frames(pixels[0])

    def check_inputs(self, instruction: str, reference: Image | None) -> None:
        """Raise SampleError for what cannot be edited, before anything is computed."""
        if not instruction.strip():
            raise SampleError("the instruction is empty; say what the edit is")
        if reference is not None and self.transformer.reference_embedding is None:
            raise SampleError(
                "this checkpoint takes no reference image; leave it out or use Kiwi-Edit's reference checkpoint"
            )

    def encode_instruction(
        self, instruction: str, frames: Frames, reference: Image | None, settings: EditSettings
    ) -> Tensor:
        """Return the context (1, N, D) of a window's frames, already at the size of the edit."""
        mode: Mode = "reference" if reference is not None else "image" if len(frames) == 1 else "video"
        source = (
            image_patches(frames[0])
            if mode == "image"
            else video_patches(frames, settings.encoder_max_pixels)
        )
        shown = None if reference is None else image_patches(reference, REFERENCE_TOKENS)
        sample = make_input(self.tokenizer, instruction, self.encoder.query_counts, source, mode, shown)
        context: Tensor = self.encoder(sample.to(self._execution_device))
        return context

    def encode_frames(self, frames: Frames, settings: EditSettings) -> Tensor:
        """Return the normalised latents (1, C, F, H / 16, W / 16) of frames."""
        pixels = to_latent_pixels(frames, self.vae.dtype, self._execution_device)
        return encode(self.vae, pixels, Tiling() if settings.tiled_vae else None)

    def denoise(
        self,
        latents: Tensor,
        contexts: list[Tensor],
        source: Tensor,
        reference: Tensor | None,
        windows: list[slice],
        settings: EditSettings,
        after_step: Callable[[int, Tensor], None] = lambda step, latents: None,
    ) -> Tensor:
        """Turn noise (1, C, F, H, W) into the edit's latents; `contexts` has one entry per window.

        Nothing in the loop waits for the device. `after_step` gets every step's number and latents. Raises BackendError
        once the latents are not finite.
        """
        self.scheduler = make_scheduler(settings.shift)
        self.scheduler.set_timesteps(sigmas=unshifted_sigmas(settings.steps))
        self.scheduler.set_begin_index(0)
        seen = seen_by_the_model(self.scheduler, latents.dtype)
        embedded, sigmas = (values.to(latents.device) for values in seen)
        numbers = FiniteSteps("Kiwi-Edit")
        for step, timestep in enumerate(self.progress_bar(self.scheduler.timesteps)):

            def predict(index: int, window: slice, step: int = step, latents: Tensor = latents) -> Tensor:
                flow: Tensor = self.transformer(
                    latents[:, :, window],
                    embedded[step : step + 1],
                    contexts[index],
                    source=source[:, :, window],
                    sigma=sigmas[step : step + 1],
                    reference=reference,
                )
                return flow

            flow = blend(windows, latents, predict)
            latents = self.scheduler.step(flow, timestep, latents, return_dict=False)[0]
            numbers.after(step, latents)
            after_step(step, latents)
        numbers.finish()
        return latents


def frame_span(window: slice) -> slice:
    """Return the 4k + 1 frames of a window: from the last frame of its first latent frame to the last of its last."""
    return slice(FRAMES * window.start, FRAMES * (window.stop - 1) + 1)
