"""Wan image-to-video and VACE at full size with random weights: seconds per part of a clip, memory, arithmetic speed.

    python -m benchmarks.gpu.wan i2v-a14b --size 832x480 --json wan_i2v_480.json
    python -m benchmarks.gpu.wan i2v-a14b --size 1280x720 --json wan_i2v_720.json
    python -m benchmarks.gpu.wan ti2v-5b --size 1280x704 --frames 121
    python -m benchmarks.gpu.wan vace-1.3b --size 832x480
    python -m benchmarks.gpu.wan vace-14b --size 1280x720 --steps 1

Runs the backends themselves on a synthetic request, with models built on the GPU in bfloat16: a clip of two steps,
which compiles, and the clip that is measured. `--tiny` runs the same with toy models on a CPU. The guided models make
two passes a step.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from benchmarks.gpu.fun_control import FULL, TINY, RandomTokens, synthetic_request
from benchmarks.gpu.pipeline_parts import measure, print_table, setting, wan_tflop, watch_pipeline, write_json
from benchmarks.gpu.random_weights import build_on
from benchmarks.gpu.stopwatch import Stopwatch
from diffusers import (
    AutoencoderKLWan,
    WanImageToVideoPipeline,
    WanTransformer3DModel,
    WanVACEPipeline,
    WanVACETransformer3DModel,
)
from transformers import UMT5Config, UMT5EncoderModel

from sparkle.backends.diffusion.distilled_scheduler import pipeline_scheduler
from sparkle.backends.diffusion.text_embeddings import TextEmbeddings, TextEncoder
from sparkle.backends.diffusion.wan_i2v import WanImageToVideo
from sparkle.backends.diffusion.wan_prompts import NEGATIVE_PROMPT, clean_prompt
from sparkle.backends.diffusion.wan_vace import WanVACE
from sparkle.backends.placement import ATTENTIONS
from sparkle.roles import AnimationRequest

NO_PAIR: dict[str, Any] = {"lora_high": None, "lora_low": None}
LARGE = {"num_attention_heads": 40, "attention_head_dim": 128, "ffn_dim": 13824, "num_layers": 40}
SMALL = {"num_attention_heads": 12, "attention_head_dim": 128, "ffn_dim": 8960, "num_layers": 30}
VAE_2_2 = {
    "z_dim": 48,
    "in_channels": 12,
    "out_channels": 12,
    "is_residual": True,
    "patch_size": 2,
    "latents_mean": [0.0] * 48,
    "latents_std": [1.0] * 48,
    "scale_factor_spatial": 16,
}


@dataclass(frozen=True, slots=True)
class Model:
    """One published configuration (config.json of the repositories), and how its backend is set."""

    transformer: dict[str, Any]
    experts: int
    vae: dict[str, Any]
    pipeline: dict[str, Any]
    options: dict[str, Any]
    is_vace: bool = False


MODELS = {
    "i2v-a14b": Model({"in_channels": 36, **LARGE}, 2, {}, {"boundary_ratio": 0.9}, NO_PAIR),
    "ti2v-5b": Model(
        {
            "in_channels": 48,
            "out_channels": 48,
            "num_attention_heads": 24,
            "attention_head_dim": 128,
            "ffn_dim": 14336,
            "num_layers": 30,
        },
        1,
        {"base_dim": 160, "decoder_base_dim": 256, **VAE_2_2},
        {"expand_timesteps": True},
        {**NO_PAIR, "schedule": "unipc", "guidance": 5.0, "longest": 121},
    ),
    "vace-1.3b": Model({"vace_layers": list(range(0, 30, 2)), **SMALL}, 1, {}, {}, {}, is_vace=True),
    "vace-14b": Model({"vace_layers": list(range(0, 40, 5)), **LARGE}, 1, {}, {}, {}, is_vace=True),
}


def tiny(model: Model) -> Model:
    """Return the model with few and narrow layers."""
    transformer = {**model.transformer, **TINY.transformer}
    if model.is_vace:
        transformer["vace_layers"] = [0, 1]
    vae = {**model.vae, "base_dim": 4} | ({"decoder_base_dim": 4} if model.vae else {})
    return Model(transformer, model.experts, vae, model.pipeline, model.options, model.is_vace)


class RandomPipeline:
    """Loads a backend's models by building them; mixed into the backend."""

    model: Model
    text: dict[str, Any]
    stopwatch: Stopwatch

    def _load(self: Any) -> Any:
        transformer_class = WanVACETransformer3DModel if self.model.is_vace else WanTransformer3DModel
        pipeline_class = WanVACEPipeline if self.model.is_vace else WanImageToVideoPipeline

        def expert() -> Any:
            built = self.build(lambda: transformer_class(**self.model.transformer))
            return built if self._placement.offload == "none" else built.to("cpu")

        experts = {name: expert() for name in ("transformer", "transformer_2")[: self.model.experts]}
        pipeline = pipeline_class(
            tokenizer=None,
            text_encoder=None,
            vae=self.build(lambda: AutoencoderKLWan(**self.model.vae)),
            scheduler=pipeline_scheduler(self._settings.schedule, self._settings.shift),
            **experts,
            **self.model.pipeline,
        )
        self._placement.place(pipeline)
        watch_pipeline(pipeline, self.stopwatch)
        return pipeline

    def build(self: Any, factory: Any) -> Any:
        return build_on(self._placement.device, self._placement.torch_dtype, factory)

    def text_encoder(self: Any) -> TextEncoder:
        config = UMT5Config(**self.text, is_encoder_decoder=False)
        return TextEncoder(
            RandomTokens(config.vocab_size), self.build(lambda: UMT5EncoderModel(config)).to("cpu")
        )


class RandomAnimator(RandomPipeline, WanImageToVideo):
    """WanImageToVideo with random models."""


class RandomVACE(RandomPipeline, WanVACE):
    """WanVACE with random models."""


def make_backend(model: Model, text: dict[str, Any], stopwatch: Stopwatch, **options: Any) -> Any:
    """Return the backend; nothing is built yet."""
    backend = (RandomVACE if model.is_vace else RandomAnimator)(**model.options, **options)
    backend.model, backend.text, backend.stopwatch = model, text, stopwatch
    backend._texts = TextEmbeddings(backend.text_encoder, backend._placement, "random")
    return backend


def make_request(model: Model, width: int, height: int, frames: int, text: str) -> Any:
    """Return a request of the backend's role."""
    request = synthetic_request(width, height, frames, text)
    return request if model.is_vace else AnimationRequest(request.clean_background, text, frames, 16.0, 0)


def main() -> None:
    """Build, run three clips, print and write the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", choices=MODELS)
    parser.add_argument("--size", default="832x480", help="width x height")
    parser.add_argument("--frames", type=int, default=81)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--offload", choices=["none", "model", "sequential"], default="none")
    parser.add_argument("--fp8", action="store_true")
    parser.add_argument("--tile-vae", action="store_true")
    parser.add_argument("--vae-float32", action="store_true", help="run the autoencoder in float32")
    parser.add_argument("--attention", choices=ATTENTIONS, default="sdpa")
    parser.add_argument("--precision", choices=["full", "fp8"], default="full")
    parser.add_argument("--eager", action="store_true", help="leave `compile: true` out")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--tiny", action="store_true", help="toy models, 64x32, 5 frames, on the CPU")
    parser.add_argument("--json", type=Path, help="where the figures go")
    arguments = parser.parse_args()
    if importlib.util.find_spec("ftfy") is None:
        print("without ftfy prompts are not cleaned; that costs no time", file=sys.stderr)
        sys.modules["ftfy"] = SimpleNamespace(fix_text=str)  # type: ignore[assignment]
    width, height = (int(side) for side in arguments.size.split("x"))
    model, text, frames = MODELS[arguments.model], FULL.text, arguments.frames
    device, dtype = arguments.device, "bfloat16"
    if arguments.tiny:
        model, text, width, height, frames = tiny(model), TINY.text, 64, 32, 5
        device, dtype = "cpu", "float32"

    began = time.perf_counter()
    stopwatch = Stopwatch(device)
    backend = make_backend(
        model,
        text,
        stopwatch,
        device=device,
        dtype=dtype,
        offload=arguments.offload,
        fp8=arguments.fp8,
        tile_vae=arguments.tile_vae,
        compile=not (arguments.eager or arguments.tiny),
        attention=arguments.attention,
        precision=arguments.precision,
        steps=arguments.steps,
    )
    # The text encoder first: it passes through the device on its way to host memory. Both prompts of every clip but
    # the clip's own are known then, as in a run.
    backend._texts(clean_prompt(NEGATIVE_PROMPT))
    with backend._held.use("build") as pipeline:
        if arguments.vae_float32:
            pipeline.vae.float()
        spatial = pipeline.vae_scale_factor_spatial * 2
        tokens = ((frames - 1) // 4 + 1) * -(-height // spatial) * -(-width // spatial)
        tflop = wan_tflop(pipeline.transformer, tokens)
    built = time.perf_counter() - began
    print(f"built in {built:.0f} s", file=sys.stderr, flush=True)

    runs: dict[str, dict[str, Any]] = {}

    def clip(name: str, steps: int) -> None:
        backend._settings = backend._settings.model_copy(update={"steps": steps})
        request = make_request(model, width, height, frames, name)
        runs[name] = measure(
            stopwatch, lambda: backend(request), tflop, lambda: backend._texts(clean_prompt(name))
        )
        print(f"{name}: {runs[name]['total_s']:.1f} s", file=sys.stderr, flush=True)

    clip("2 steps, first clip", 2)
    clip(f"{arguments.steps} steps", arguments.steps)

    options = (
        f"offload {arguments.offload}, fp8 {arguments.fp8}, VAE {'float32' if arguments.vae_float32 else dtype}, "
        f"compile {backend._placement.compile}, attention {arguments.attention}, precision {arguments.precision}"
    )
    figures = {
        **setting(device),
        "model": arguments.model,
        "size": f"{width}x{height}",
        "frames": frames,
        "options": options,
        "tflop_per_pass": tflop,
        "build_s": built,
        "runs": runs,
        "script_s": time.perf_counter() - began,
    }
    described = {name: value for name, value in figures.items() if name != "runs"}
    print("\n" + ", ".join(f"{name} {value}" for name, value in described.items()) + "\n")
    print_table(runs)
    write_json(arguments.json, figures)


if __name__ == "__main__":
    with torch.no_grad():
        main()
