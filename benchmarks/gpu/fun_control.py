"""Wan2.2-Fun-A14B-Control at full size with random weights: seconds per part of a clip, memory, arithmetic speed.

    python -m benchmarks.gpu.fun_control --size 832x480 --json fun_control_480.json
    python -m benchmarks.gpu.fun_control --size 1280x720 --attention fa3_fp8 --guided-steps 4 --json fun_720.json

Runs the backend itself (text embedding, conditioning, loop, decoding) on a synthetic request, with models built on the
GPU in bfloat16 and compiled: clips of few distilled steps, one guided while the high-noise expert is in charge, and one
guided to the end. `--tiny` runs the same on a CPU with toy models.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from benchmarks.gpu.pipeline_parts import measure, print_table, setting, wan_tflop, watch_pipeline, write_json
from benchmarks.gpu.random_weights import build_on
from benchmarks.gpu.stopwatch import Stopwatch
from diffusers import AutoencoderKLWan
from transformers import UMT5Config, UMT5EncoderModel

from sparkle.backends.diffusion.fun_control.pipeline import WanFunControlPipeline
from sparkle.backends.diffusion.fun_control.schedules import make_scheduler, sigmas
from sparkle.backends.diffusion.fun_control.transformer import WanFunControlTransformer3DModel
from sparkle.backends.diffusion.text_embeddings import TextEncoder
from sparkle.backends.diffusion.wan_fun_control import WanFunControl
from sparkle.backends.placement import ATTENTIONS
from sparkle.roles import GenerationRequest
from sparkle.video import write_video


@dataclass(frozen=True, slots=True)
class Models:
    """What is built: the arguments of the three models' classes."""

    transformer: dict[str, Any]
    vae: dict[str, Any]
    text: dict[str, Any]


FULL = Models(
    transformer={},
    vae={},
    text={
        "vocab_size": 256384,
        "d_model": 4096,
        "d_kv": 64,
        "d_ff": 10240,
        "num_layers": 24,
        "num_heads": 64,
        "feed_forward_proj": "gated-gelu",
    },
)
TINY = Models(
    transformer={
        "num_attention_heads": 2,
        "attention_head_dim": 12,
        "text_dim": 16,
        "freq_dim": 16,
        "ffn_dim": 32,
        "num_layers": 2,
    },
    vae={"base_dim": 4},
    text={
        "vocab_size": 64,
        "d_model": 16,
        "d_kv": 4,
        "d_ff": 16,
        "num_layers": 1,
        "num_heads": 2,
        "feed_forward_proj": "gated-gelu",
    },
)


class RandomFunControl(WanFunControl):
    """The backend with models that are built instead of loaded."""

    def __init__(self, models: Models, stopwatch: Stopwatch, **options: Any) -> None:
        super().__init__(**options)
        self.models = models
        self.stopwatch = stopwatch

    def _load_pipeline(self) -> Any:
        def expert() -> Any:
            built = self._build(lambda: WanFunControlTransformer3DModel(**self.models.transformer))
            return built if self._placement.offload == "none" else built.to("cpu")

        pipeline = WanFunControlPipeline(
            tokenizer=None,
            text_encoder=None,
            vae=self._build(lambda: AutoencoderKLWan(**self.models.vae)),
            scheduler=make_scheduler(self._settings.schedule, self._settings.shift),
            transformer=expert(),
            transformer_2=expert(),
        )
        self._placement.place(pipeline)
        watch_pipeline(pipeline, self.stopwatch)
        return pipeline

    def _load_text_encoder(self) -> TextEncoder:
        config = UMT5Config(**self.models.text, is_encoder_decoder=False)
        model = self._build(lambda: UMT5EncoderModel(config))
        return TextEncoder(RandomTokens(config.vocab_size), model.to("cpu"))

    def _build(self, factory: Any) -> Any:
        return build_on(self._placement.device, self._placement.torch_dtype, factory)


class RandomTokens:
    """A tokenizer of nothing: 60 tokens of 512, as a long instruction has."""

    def __init__(self, vocabulary: int) -> None:
        self.vocabulary = vocabulary

    def __call__(self, texts: list[str], max_length: int, **_: Any) -> Any:
        ids = torch.randint(0, self.vocabulary, (len(texts), max_length))
        mask = (torch.arange(max_length) < 60).long().expand(len(texts), -1)
        return SimpleNamespace(input_ids=ids * mask, attention_mask=mask)


def synthetic_request(width: int, height: int, frames: int, instruction: str) -> GenerationRequest:
    """A square that moves over a gradient; the time that a clip takes does not depend on what is in it."""
    rows, columns = np.mgrid[:height, :width]
    picture = np.stack([rows * 255 // height, columns * 255 // width, (rows + columns) % 256], -1).astype(
        np.uint8
    )
    source = np.repeat(picture[None], frames, axis=0)
    side = height // 3
    for frame in range(frames):
        left = (width - side) * frame // frames
        source[frame, side : 2 * side, left : left + side] = (200, 60, 40)
    control = np.zeros((frames, height, width), np.uint8)
    control[:, side, :] = 255
    return GenerationRequest(
        first_frame=source[0],
        control=control,
        instruction=instruction,
        source=source,
        clean_background=picture,
        background=None,
        mask=np.zeros((frames, height, width), bool),
        confidence=np.zeros((frames, height, width), np.float32),
        fps=16.0,
        seed=0,
    )


def measure_clip(backend: RandomFunControl, request: GenerationRequest) -> dict[str, Any]:
    """Generate one clip; return its seconds part by part."""
    frames, height, width = request.control.shape
    tokens = ((frames - 1) // 4 + 2) * (height // 16) * (width // 16)  # one latent frame more: the reference
    with backend._pipeline.use("measure") as pipeline:
        tflop = wan_tflop(pipeline.transformer, tokens)
    return measure(
        backend.stopwatch, lambda: backend(request), tflop, lambda: backend._texts(request.instruction)
    )


def set_schedule(
    backend: RandomFunControl, schedule: str, steps: int, guidance: tuple[float, float] = (1.0, 1.0)
) -> None:
    """Sample the next clips so. `guidance`: of the high-noise and of the low-noise expert."""
    backend._settings = backend._settings.model_copy(update={"schedule": schedule, "steps": steps})
    backend._guidance = guidance
    with backend._pipeline.use("measure") as pipeline:
        pipeline.scheduler = make_scheduler(schedule, backend._settings.shift)


def shares(backend: RandomFunControl) -> tuple[int, int]:
    """Return the steps of the high-noise and of the low-noise expert."""
    settings = backend._settings
    with backend._pipeline.use("measure") as pipeline:
        levels = sigmas(settings.schedule, settings.steps)
        _, high = pipeline._steps(settings.steps, levels, torch.device("cpu"))
    return sum(high), len(high) - sum(high)


def writing_seconds(request: GenerationRequest) -> float:
    """Encode the source as the stages encode their videos."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        write_video(Path(folder) / "clip.mp4", request.source, request.fps)
        return time.perf_counter() - started


def main() -> None:
    """Build, run three clips, print and write the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", default="832x480", help="width x height")
    parser.add_argument("--frames", type=int, default=81)
    parser.add_argument("--steps", type=int, nargs="*", default=[4, 6, 8], help="of the distilled clips")
    parser.add_argument("--guided-steps", type=int, default=6, help="of the guided clips")
    parser.add_argument("--guidance", type=float, default=6.0)
    parser.add_argument("--offload", choices=["none", "model", "sequential"], default="none")
    parser.add_argument("--fp8", action="store_true")
    parser.add_argument("--attention", choices=ATTENTIONS, default="sdpa")
    parser.add_argument("--precision", choices=["full", "fp8"], default="full")
    parser.add_argument("--eager", action="store_true", help="leave `compile: true` out")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--tiny", action="store_true", help="toy models, 32x48, 5 frames, on the CPU")
    parser.add_argument("--json", type=Path, help="where the figures go")
    arguments = parser.parse_args()
    width, height = (int(side) for side in arguments.size.split("x"))
    frames, device, dtype, models = arguments.frames, arguments.device, "bfloat16", FULL
    if arguments.tiny:
        width, height, frames, device, dtype, models = 48, 32, 5, "cpu", "float32", TINY

    began = time.perf_counter()
    backend = RandomFunControl(
        models,
        Stopwatch(device),
        device=device,
        dtype=dtype,
        offload=arguments.offload,
        fp8=arguments.fp8,
        compile=not (arguments.eager or arguments.tiny),
        attention=arguments.attention,
        precision=arguments.precision,
        schedule="distilled",
    )
    # The text encoder first: it passes through the device on its way to host memory.
    backend._texts("a first text, for the encoder to be built")
    backend._texts(backend._negative())
    set_schedule(backend, "distilled", 2)
    backend(synthetic_request(width, height, frames, "one"))
    built = time.perf_counter() - began
    print(f"built, compiled and a first clip of two steps in {built:.0f} s", file=sys.stderr, flush=True)

    clips: dict[str, dict[str, Any]] = {}

    def clip(name: str) -> None:
        high, low = shares(backend)
        name = f"{name}: {high} steps of the high-noise and {low} of the low-noise expert"
        clips[name] = measure_clip(backend, synthetic_request(width, height, frames, name))
        print(f"{name}: {clips[name]['total_s']:.1f} s", file=sys.stderr, flush=True)

    for steps in arguments.steps:
        set_schedule(backend, "distilled", steps)
        clip("distilled")
    for low in (1.0, arguments.guidance):
        if arguments.guided_steps:
            set_schedule(backend, "flow", arguments.guided_steps, (arguments.guidance, low))
            clip(f"guidance {arguments.guidance:g} and {low:g}")

    figures = {
        "size": f"{width}x{height}",
        "frames": frames,
        "offload": arguments.offload,
        "fp8": arguments.fp8,
        "compiled": backend._placement.compile,
        "attention": arguments.attention,
        "precision": arguments.precision,
        **setting(device),
    }
    print(f"\n{', '.join(f'{name} {value}' for name, value in figures.items())}\n")
    print_table(clips)
    figures |= {
        "build_s": built,
        "write_video_s": writing_seconds(synthetic_request(width, height, frames, "")),
        "clips": clips,
        "script_s": time.perf_counter() - began,
    }
    print(
        f"\nWriting the clip as a stage does {figures['write_video_s']:.2f} s; "
        f"the whole script {figures['script_s']:.0f} s."
    )
    write_json(arguments.json, figures)


if __name__ == "__main__":
    main()
