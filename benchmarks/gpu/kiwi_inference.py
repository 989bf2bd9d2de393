"""Kiwi-Edit at full size with random weights: seconds of edits part by part, alone and in a row; ways to run the VAE.

    python -m benchmarks.gpu.kiwi_inference --size 832x480 --alone --json kiwi_480.json
    python -m benchmarks.gpu.kiwi_inference --size 1280x720 --whole --attention fa3 --json kiwi_720.json
    python -m benchmarks.gpu.kiwi_inference --tiny --alone

Runs the editor itself from file to file on synthetic clips, with models built on the GPU in bfloat16 and compiled.
`N in a row` is a folder: while one clip is edited, the next is read and the last written, so what a clip costs there
beside its time on the GPU is what waiting for files costs. The VAE's table compares its settings on the same latents.
What there is so far is written to --json as it
comes. `--tiny` runs the same on a CPU with toy models.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from benchmarks.gpu.pipeline_parts import PEAK_TFLOPS, setting, wan_tflop, write_json
from benchmarks.gpu.random_weights import build_on
from benchmarks.gpu.stopwatch import Stopwatch
from diffusers import AutoencoderKLWan
from transformers import Qwen2_5_VLModel

from sparkle.backends.placement import ATTENTIONS
from sparkle.kiwi import pipeline as kiwi_pipeline
from sparkle.kiwi.config import KiwiConfig
from sparkle.kiwi.editing import edit_file
from sparkle.kiwi.editor import KiwiEditor
from sparkle.kiwi.many_clips import FolderOutcome, edit_folder
from sparkle.kiwi.pipeline import KiwiEditPipeline
from sparkle.kiwi.preprocessing import edit_size
from sparkle.kiwi.schedule import make_scheduler
from sparkle.kiwi.settings import EditSettings
from sparkle.kiwi.vae import Tiling, decode, encode
from sparkle.video import write_video

INSTRUCTION = "put the bar on a windy beach at sunset, with waves that roll in behind it"

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
        stopwatch.watch(kiwi_pipeline, "decode", "VAE decode")

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
        self.stopwatch.watch_module(pipeline.transformer, "forward")
        return pipeline

    def _build(self, factory: Any) -> Any:
        return build_on(self._placement.device, self._placement.torch_dtype, factory)

    def tflop(self, tokens: int) -> float:
        """Return the arithmetic of one forward pass."""
        with self._held.use("measure") as pipeline:
            return wan_tflop(pipeline.transformer, tokens)


def edit_alone(editor: RandomKiwi, clip: Path, settings: EditSettings) -> list[float]:
    """Edit one file; return its seconds."""
    started = time.perf_counter()
    edit_file(editor, clip, INSTRUCTION, clip.with_name("edited.mp4"), settings=settings)
    return [time.perf_counter() - started]


def edit_in_a_row(editor: RandomKiwi, clip: Path, count: int, settings: EditSettings) -> list[float]:
    """Edit a folder of copies of a clip; return the seconds from each written clip to the next, from the start on."""
    folder = clip.with_name("clips")
    folder.mkdir()
    for number in range(count):
        shutil.copyfile(clip, folder / f"{number}.mp4")
    written = [time.perf_counter()]

    def note(outcome: FolderOutcome) -> None:
        if outcome.edit is None:
            raise SystemExit(f"{outcome.source} was not edited: {outcome.error}")
        written.append(time.perf_counter())

    edit_folder(editor, [folder], INSTRUCTION, clip.with_name("results"), note, settings=settings)
    return [float(seconds) for seconds in np.diff(written)]


def measure_edits(
    editor: RandomKiwi, edit: Callable[[], list[float]], settings: EditSettings, tokens: int
) -> dict[str, Any]:
    """Run `edit`, which returns the seconds of each of its clips; return a clip's, part by part.

    Where there are several, it is the mean of all but the first: the steady state.
    """
    tflop = editor.tflop(tokens)
    device = editor.stopwatch.device
    editor.stopwatch.seconds()
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    clips = edit()
    sections = editor.stopwatch.seconds()
    counted = clips[1:] or clips
    shares = {name: len(seconds) * len(counted) // len(clips) for name, seconds in sections.items()}
    parts = {name: sum(seconds[-shares[name] :]) / len(counted) for name, seconds in sections.items()}
    forward, steps = float(np.median(sections["forward"])), settings.steps
    total = float(np.mean(counted))
    on_device = sum(parts[name] for name in ("encoder", "VAE encode", "denoising", "VAE decode"))
    return {
        "clips_s": clips,
        "steps": steps,
        "tiled_vae": settings.tiled_vae,
        "forward_s": forward,
        "tflops": tflop / forward,
        "denoise_s": parts["denoising"],
        "loop_overhead": parts["denoising"] / (steps * forward) - 1.0,
        "encoder_s": parts["encoder"],
        "vae_encode_s": parts["VAE encode"],
        "vae_decode_s": parts["VAE decode"],
        "waiting_s": total - on_device,
        "total_s": total,
        "total_over_forwards": total / (steps * forward) - 1.0,
        "peak_memory_gb": torch.cuda.max_memory_allocated(device) / 1e9 if device.type == "cuda" else 0.0,
    }


@torch.no_grad()
def measure_vae(editor: RandomKiwi, shape: tuple[int, ...], tiling: Tiling | None) -> dict[str, Any]:
    """Encode and decode twice; return the second time's seconds, the memory and some of the pixels.

    `shape`: of the latents (1, C, F, H, W).
    """
    stopwatch = Stopwatch(editor.stopwatch.device)
    with editor._held.use("measure the VAE") as pipeline:
        vae, cell = pipeline.vae, pipeline.vae.config.scale_factor_spatial
        latents = torch.randn(shape, generator=torch.Generator().manual_seed(0)).to(vae.device, vae.dtype)
        frames = 4 * (shape[2] - 1) + 1
        pixels = 2 * torch.rand(1, 3, frames, shape[3] * cell, shape[4] * cell, device=vae.device) - 1
        pixels = pixels.to(vae.dtype)
        for _ in range(2):
            stopwatch.seconds()
            if vae.device.type == "cuda":
                torch.cuda.reset_peak_memory_stats(vae.device)
            with stopwatch.section("encode"):
                encode(vae, pixels, tiling)
            with stopwatch.section("decode"):
                decoded = decode(vae, latents, tiling)
        seconds = {name: sum(found) for name, found in stopwatch.seconds().items()}
        peak = torch.cuda.max_memory_allocated(vae.device) / 1e9 if vae.device.type == "cuda" else 0.0
        return {**seconds, "peak_memory_gb": peak, "pixels": decoded[:, :, ::8, ::4, ::4].float().cpu()}


def vae_rows(editor: RandomKiwi, shape: tuple[int, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what whole frames and tiles take, and how far the tiles' pixels, in [-1, 1], are from the whole frames'."""
    tiles = Tiling()
    ways: list[tuple[str, Tiling | None]] = [("whole frames", None)]
    if len(list(tiles.tiles(shape[3], shape[4]))) > 1:
        ways.append(("tiles, as the reference", tiles))
    plain = None
    for name, tiling in ways:
        try:
            row = measure_vae(editor, shape, tiling)
        except RuntimeError as error:  # a way that does not run here is a finding, too
            yield name, {"failed": " ".join(str(error).split())[:200]}
            continue
        pixels = row.pop("pixels")
        plain = pixels if plain is None else plain
        yield name, row | {"largest_difference": float((pixels - plain).abs().max())}


def print_edits(edits: dict[str, dict[str, Any]]) -> None:
    """Print a Markdown table, one line per edit, of seconds per clip."""
    print(
        "| edit | one pass | TFLOP/s | denoising | over passes | encoder | VAE encode | VAE decode | "
        "waiting | all | all over passes | peak GB |"
    )
    print("|---|" + "---:|" * 11)
    for name, edit in edits.items():
        print(
            f"| {name} | {edit['forward_s']:.3f} | {edit['tflops']:.0f} ({edit['tflops'] / PEAK_TFLOPS:.0%}) | "
            f"{edit['denoise_s']:.2f} | {edit['loop_overhead']:+.1%} | {edit['encoder_s']:.2f} | "
            f"{edit['vae_encode_s']:.2f} | {edit['vae_decode_s']:.2f} | {edit['waiting_s']:.2f} | "
            f"{edit['total_s']:.2f} | {edit['total_over_forwards']:+.1%} | {edit['peak_memory_gb']:.1f} |"
        )


def print_vae(rows: dict[str, dict[str, Any]]) -> None:
    """Print a Markdown table, one line per way to run the VAE."""
    print("\n| VAE | encode s | decode s | largest difference | peak GB |\n|---|---:|---:|---:|---:|")
    for name, row in rows.items():
        if "failed" in row:
            print(f"| {name} | failed: {row['failed']} | | | |")
        else:
            print(
                f"| {name} | {row['encode']:.2f} | {row['decode']:.2f} | {row['largest_difference']:.4f} | "
                f"{row['peak_memory_gb']:.1f} |"
            )


def synthetic_clip(path: Path, width: int, height: int, frames: int) -> None:
    """Write a clip of a bright bar that moves over a soft picture."""
    few = np.random.default_rng(0).integers(0, 160, (6, 10, 3), np.uint8)
    picture = cv2.resize(few, (width, height), interpolation=cv2.INTER_CUBIC)
    clip = np.repeat(picture[None], frames, axis=0)
    for index, frame in enumerate(clip):
        frame[:, width // 4 + index : width // 2 + index] = 220
    write_video(path, clip, 16.0)


def main() -> None:
    """Build, compile, edit, print and write the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", default="832x480", help="width x height")
    parser.add_argument("--frames", type=int, default=81)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--clips", type=int, default=3, help="in a row")
    parser.add_argument("--alone", action="store_true", help="also edit one clip alone, file by file")
    parser.add_argument("--offload", choices=["none", "model", "sequential"], default="none")
    parser.add_argument("--fp8", action="store_true")
    parser.add_argument("--attention", choices=ATTENTIONS, default="sdpa")
    parser.add_argument("--precision", choices=["full", "fp8"], default="full")
    parser.add_argument("--eager", action="store_true", help="leave `compile: true` out")
    parser.add_argument("--whole", action="store_true", help="the VAE takes whole frames (tiled_vae: false)")
    parser.add_argument("--device", default="cuda")
    parser.add_argument(
        "--tiny", action="store_true", help="toy models, 64x96, 5 frames, 4 steps, on the CPU"
    )
    parser.add_argument("--json", type=Path, help="where the figures go")
    arguments = parser.parse_args()
    width, height = (int(side) for side in arguments.size.split("x"))
    device, dtype, config, vae = arguments.device, "bfloat16", KiwiConfig(), FULL_VAE
    if arguments.tiny:
        width, height, arguments.frames, arguments.steps = 96, 64, 5, 4
        device, dtype, config, vae = "cpu", "float32", TINY, TINY_VAE

    began = time.perf_counter()
    editor = RandomKiwi(
        config,
        vae,
        Stopwatch(device),
        device=device,
        dtype=dtype,
        offload=arguments.offload,
        fp8=arguments.fp8,
        compile=not (arguments.eager or arguments.tiny),
        attention=arguments.attention,
        precision=arguments.precision,
    )
    settings = EditSettings(steps=arguments.steps, tiled_vae=not arguments.whole)
    rows, columns = (side // 32 for side in edit_size(height, width, settings.max_pixels))
    latent_frames = (arguments.frames - 1) // 4 + 1
    tokens = latent_frames * rows * columns
    edits: dict[str, dict[str, Any]] = {}
    ways: dict[str, dict[str, Any]] = {}
    figures = {
        "size": f"{width}x{height}",
        "edited_size": f"{columns * 32}x{rows * 32}",
        "frames": arguments.frames,
        "tokens": tokens,
        "offload": arguments.offload,
        "fp8": arguments.fp8,
        "compiled": editor._placement.compile,
        "attention": arguments.attention,
        "precision": arguments.precision,
        **setting(device),
        "edits": edits,
        "vae": ways,
    }

    def keep() -> None:
        figures["script_s"] = time.perf_counter() - began
        write_json(arguments.json, figures)
        print(f"{figures['script_s']:.0f} s", file=sys.stderr, flush=True)

    def run(name: str, edit: Callable[[], list[float]], settings: EditSettings) -> None:
        edits[name] = measure_edits(editor, edit, settings, tokens)
        print(f"{name}: {edits[name]['clips_s']}", file=sys.stderr, flush=True)
        keep()

    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.mp4"
        synthetic_clip(clip, width, height, arguments.frames)
        first = settings.model_copy(update={"steps": 2})
        run("first, 2 steps", lambda: edit_alone(editor, clip, first), first)
        if arguments.alone:
            run(f"alone, {arguments.steps} steps", lambda: edit_alone(editor, clip, settings), settings)
        run(
            f"{arguments.clips} in a row, {arguments.steps} steps",
            lambda: edit_in_a_row(editor, clip, arguments.clips, settings),
            settings,
        )
    if arguments.offload == "none":
        shape = (1, vae["z_dim"], latent_frames, 2 * rows, 2 * columns)
        for name, row in vae_rows(editor, shape):
            ways[name] = row
            keep()
    told = {name: value for name, value in figures.items() if name not in ("edits", "vae")}
    print(f"\n{', '.join(f'{name} {value}' for name, value in told.items())}\n")
    print_edits(edits)
    print_vae(ways)


if __name__ == "__main__":
    main()
