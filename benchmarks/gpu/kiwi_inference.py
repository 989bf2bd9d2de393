"""Kiwi-Edit at full size with random weights: seconds of an edit part by part, memory, arithmetic speed.

    python -m benchmarks.gpu.kiwi_inference --size 832x480 --json kiwi_480.json
    python -m benchmarks.gpu.kiwi_inference --size 1280x720 --json kiwi_720.json

Runs the editor itself from file to file on a synthetic clip, with models built on the GPU in bfloat16: once with the
blocks as they are and a few steps, then compiled with all. `over passes` is what the loop takes beside its forward
passes. Takes about 3 minutes on an H100 or H200. `--tiny` runs the same on a CPU with toy models.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from benchmarks.gpu.pipeline_parts import PEAK_TFLOPS, setting, wan_tflop, write_json
from benchmarks.gpu.random_weights import build_on
from benchmarks.gpu.stopwatch import Stopwatch
from diffusers import AutoencoderKLWan
from transformers import Qwen2_5_VLModel

from sparkle.kiwi.config import KiwiConfig
from sparkle.kiwi.editing import edit_file
from sparkle.kiwi.editor import KiwiEditor
from sparkle.kiwi.pipeline import KiwiEditPipeline
from sparkle.kiwi.preprocessing import edit_size
from sparkle.kiwi.schedule import make_scheduler
from sparkle.kiwi.settings import EditSettings
from sparkle.video import write_video

# The VAE of Wan2.2-TI2V-5B, as its config.json has it; the statistics do not matter here.
FULL_VAE: dict[str, Any] = {
    "base_dim": 160,
    "decoder_base_dim": 256,
    "z_dim": 48,
    "latents_mean": [0.0] * 48,
    "latents_std": [1.0] * 48,
    "is_residual": True,
    "in_channels": 12,
    "out_channels": 12,
    "patch_size": 2,
    "scale_factor_spatial": 16,
}
TINY_VAE = FULL_VAE | {
    "base_dim": 8,
    "decoder_base_dim": 8,
    "z_dim": 8,
    "latents_mean": [0.0] * 8,
    "latents_std": [1.0] * 8,
    "dim_mult": [1, 1, 2, 2],
    "num_res_blocks": 1,
}
TINY = KiwiConfig(
    num_attention_heads=2,
    attention_head_dim=16,
    in_channels=8,
    text_dim=16,
    freq_dim=32,
    ffn_dim=48,
    num_layers=2,
    image_queries=3,
    video_queries=4,
    qwen={
        "vision_config": {
            "depth": 1,
            "hidden_size": 16,
            "intermediate_size": 24,
            "num_heads": 2,
            "out_hidden_size": 32,
            "fullatt_block_indexes": [0],
        },
        "text_config": {
            "hidden_size": 32,
            "intermediate_size": 48,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "rope_parameters": {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [2, 3, 3]},
        },
    },
)
SPECIAL = {
    "<|object_ref_start|>": 151646,
    "<|vision_start|>": 151652,
    "<|vision_end|>": 151653,
    "<|image_pad|>": 151655,
    "<|video_pad|>": 151656,
}


class RandomTokens:
    """A tokenizer of nothing: one token a word, special tokens where Qwen has them."""

    def __call__(self, text: str, **_: Any) -> dict[str, list[int]]:
        return {"input_ids": [100 + len(word) for word in text.split()]}

    def convert_tokens_to_ids(self, token: str) -> int:
        return SPECIAL[token]


class RandomKiwi(KiwiEditor):
    """The editor with models that are built instead of loaded, and a watch on their parts."""

    def __init__(self, config: KiwiConfig, vae: dict[str, Any], stopwatch: Stopwatch, **options: Any) -> None:
        super().__init__("random", **options)
        self.config, self.vae, self.stopwatch = config, vae, stopwatch

    def _load(self) -> Any:
        qwen = self.config.qwen_config()
        pipeline = KiwiEditPipeline(
            transformer=self._build(self.config.new_transformer),
            encoder=self._build(lambda: self.config.new_encoder(Qwen2_5_VLModel(qwen))),
            vae=self._build(lambda: AutoencoderKLWan(**self.vae)),
            scheduler=make_scheduler(),
            tokenizer=RandomTokens(),
        )
        self._placement.place(pipeline)
        for method, name in (
            ("encode_instruction", "encoder"),
            ("encode_frames", "VAE encode"),
            ("denoise", "denoising"),
        ):
            self.stopwatch.watch(pipeline, method, name)
        self.stopwatch.watch(pipeline.vae, "decode", "VAE decode")
        self.stopwatch.watch_module(pipeline.transformer, "forward")
        return pipeline

    def _build(self, factory: Any) -> Any:
        return build_on(self._placement.device, self._placement.torch_dtype, factory)

    def compile_blocks(self, compiler: str) -> None:
        """Compile the repeated blocks, as the editor's option `compile` does."""
        with self._held.use("compile") as pipeline:
            pipeline.transformer.compile_repeated_blocks(fullgraph=not self._placement.fp8, backend=compiler)

    def tflop(self, tokens: int) -> float:
        """Return the arithmetic of one forward pass."""
        with self._held.use("measure") as pipeline:
            return wan_tflop(pipeline.transformer, tokens)


def measure_edit(editor: RandomKiwi, clip: Path, steps: int, tokens: int) -> dict[str, Any]:
    """Edit a file into a file once; return its seconds part by part."""
    tflop = editor.tflop(tokens)
    device = editor.stopwatch.device
    editor.stopwatch.seconds()
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    started = time.perf_counter()
    edit_file(
        editor,
        clip,
        "put the bar on a windy beach at sunset, with waves that roll in behind it",
        clip.with_name("edited.mp4"),
        settings=EditSettings(steps=steps),
    )
    total = time.perf_counter() - started
    sections = editor.stopwatch.seconds()
    parts = {name: sum(seconds) for name, seconds in sections.items()}
    forward = float(np.median(sections["forward"]))
    known = ("encoder", "VAE encode", "denoising", "VAE decode")
    return {
        "steps": steps,
        "forward_s": forward,
        "tflops": tflop / forward,
        "denoise_s": parts["denoising"],
        "loop_overhead": parts["denoising"] / (steps * forward) - 1.0,
        "encoder_s": parts["encoder"],
        "vae_encode_s": parts["VAE encode"],
        "vae_decode_s": parts["VAE decode"],
        "files_s": total - sum(parts[name] for name in known),
        "total_s": total,
        "total_over_forwards": total / (steps * forward) - 1.0,
        "peak_memory_gb": torch.cuda.max_memory_allocated(device) / 1e9 if device.type == "cuda" else 0.0,
    }


def print_edits(edits: dict[str, dict[str, Any]]) -> None:
    """Print a Markdown table, one line per edit."""
    print(
        "| edit | one pass s | TFLOP/s | denoising s | over passes | encoder s | VAE encode s | VAE decode s | "
        "files s | all s | all over passes | peak GB |"
    )
    print("|---|" + "---:|" * 11)
    for name, edit in edits.items():
        print(
            f"| {name} | {edit['forward_s']:.3f} | {edit['tflops']:.0f} ({edit['tflops'] / PEAK_TFLOPS:.0%}) | "
            f"{edit['denoise_s']:.2f} | {edit['loop_overhead']:+.1%} | {edit['encoder_s']:.2f} | "
            f"{edit['vae_encode_s']:.2f} | {edit['vae_decode_s']:.2f} | {edit['files_s']:.2f} | "
            f"{edit['total_s']:.2f} | {edit['total_over_forwards']:+.1%} | {edit['peak_memory_gb']:.1f} |"
        )


def synthetic_clip(path: Path, width: int, height: int, frames: int) -> None:
    """Write a clip of a bright bar that moves over a picture."""
    picture = np.random.default_rng(0).integers(0, 160, (height, width, 3), np.uint8)
    clip = np.repeat(picture[None], frames, axis=0)
    for index, frame in enumerate(clip):
        frame[:, width // 4 + index : width // 2 + index] = 220
    write_video(path, clip, 16.0)


def main() -> None:
    """Build, edit twice, print and write the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", default="832x480", help="width x height")
    parser.add_argument("--frames", type=int, default=81)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--eager-steps", type=int, default=3, help="of the edit that is not compiled")
    parser.add_argument("--offload", choices=["none", "model", "sequential"], default="none")
    parser.add_argument("--fp8", action="store_true")
    parser.add_argument("--compiler", default="inductor", help="backend of torch.compile; none leaves it out")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--tiny", action="store_true", help="toy models, 64x96, 5 frames, on the CPU")
    parser.add_argument("--json", type=Path, help="where the figures go")
    arguments = parser.parse_args()
    width, height = (int(side) for side in arguments.size.split("x"))
    frames, device, dtype, config, vae = (
        arguments.frames,
        arguments.device,
        "bfloat16",
        KiwiConfig(),
        FULL_VAE,
    )
    if arguments.tiny:
        width, height, frames, device, dtype, config, vae = 96, 64, 5, "cpu", "float32", TINY, TINY_VAE

    began = time.perf_counter()
    editor = RandomKiwi(
        config,
        vae,
        Stopwatch(device),
        device=device,
        dtype=dtype,
        offload=arguments.offload,
        fp8=arguments.fp8,
    )
    rows, columns = (side // 32 for side in edit_size(height, width, EditSettings().max_pixels))
    tokens = ((frames - 1) // 4 + 1) * rows * columns
    edits: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.mp4"
        synthetic_clip(clip, width, height, frames)

        def run(name: str, steps: int) -> None:
            edits[name] = measure_edit(editor, clip, steps, tokens)
            print(f"{name}: {edits[name]['total_s']:.1f} s", file=sys.stderr, flush=True)

        run(f"eager, {arguments.eager_steps} steps, first", arguments.eager_steps)
        run(f"eager, {arguments.eager_steps} steps", arguments.eager_steps)
        if arguments.compiler != "none":
            editor.compile_blocks(arguments.compiler)
            run("compiling, 2 steps", 2)
            run(f"compiled, {arguments.steps} steps", arguments.steps)
    figures = {
        "size": f"{width}x{height}",
        "edited_size": f"{columns * 32}x{rows * 32}",
        "frames": frames,
        "tokens": tokens,
        "offload": arguments.offload,
        "fp8": arguments.fp8,
        "compiler": arguments.compiler,
        **setting(device),
    }
    print(f"\n{', '.join(f'{name} {value}' for name, value in figures.items())}\n")
    print_edits(edits)
    write_json(arguments.json, figures | {"edits": edits, "script_s": time.perf_counter() - began})


if __name__ == "__main__":
    main()
