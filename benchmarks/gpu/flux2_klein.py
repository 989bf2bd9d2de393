"""FLUX.2-klein at full size with random weights: seconds per part of an edit, memory, arithmetic speed, by batch.

    python -m benchmarks.gpu.flux2_klein 9b --json flux2_klein_9b.json
    python -m benchmarks.gpu.flux2_klein 4b

Runs the backend itself on synthetic pictures at 832x480 and 1280x720, one by one and in batches, with models built on
the GPU in bfloat16: the blocks as they are, then compiled. 1 to 2 minutes on an H100 or H200. `--tiny` runs the same
with toy models on a CPU.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from benchmarks.gpu.pipeline_parts import (
    klein_tflop,
    measure,
    print_table,
    setting,
    watch_pipeline,
    write_json,
)
from benchmarks.gpu.random_weights import build_on
from benchmarks.gpu.stopwatch import Stopwatch
from diffusers import AutoencoderKLFlux2, FlowMatchEulerDiscreteScheduler, Flux2Transformer2DModel
from tests.tiny_models.flux2_klein import TINY_PARTS, byte_tokenizer
from transformers import Qwen3Config, Qwen3ForCausalLM

from sparkle.backends.diffusion.batch_edit import BatchEditPipeline
from sparkle.backends.diffusion.flux2_klein import Flux2KleinEditor
from sparkle.backends.held_model import HeldModel
from sparkle.backends.placement import Placement
from sparkle.roles import EditRequest

QWEN3 = {
    "vocab_size": 151936,
    "num_hidden_layers": 36,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "head_dim": 128,
}
# Transformer, text encoder, autoencoder, as config.json of the repositories has them.
MODELS: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "9b": (
        {
            "in_channels": 128,
            "num_layers": 8,
            "num_single_layers": 24,
            "num_attention_heads": 32,
            "joint_attention_dim": 12288,
            "guidance_embeds": False,
        },
        {**QWEN3, "hidden_size": 4096, "intermediate_size": 12288, "tie_word_embeddings": False},
        {},
    ),
    "4b": (
        {
            "in_channels": 128,
            "num_layers": 5,
            "num_single_layers": 20,
            "num_attention_heads": 24,
            "joint_attention_dim": 7680,
            "guidance_embeds": False,
        },
        {**QWEN3, "hidden_size": 2560, "intermediate_size": 9728, "tie_word_embeddings": True},
        {},
    ),
}


def random_pipeline(
    parts: tuple[dict[str, Any], dict[str, Any], dict[str, Any]], placement: Placement, stopwatch: Stopwatch
) -> Any:
    """Return the pipeline with random models, placed and watched."""
    transformer, text_encoder, vae = parts

    def build(factory: Any) -> Any:
        built = build_on(placement.device, placement.torch_dtype, factory)
        return built if placement.offload == "none" else built.to("cpu")

    pipeline = BatchEditPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True, base_shift=0.5, max_shift=1.15),
        vae=build(lambda: AutoencoderKLFlux2(**vae)),
        text_encoder=build(lambda: Qwen3ForCausalLM(Qwen3Config(**text_encoder))),
        tokenizer=byte_tokenizer(),
        transformer=build(lambda: Flux2Transformer2DModel(**transformer)),
        is_distilled=True,
    )
    placement.place(pipeline)
    watch_pipeline(pipeline, stopwatch)
    return pipeline


def requests(width: int, height: int, batch: int, pictures: int) -> list[EditRequest]:
    """Return different edits of one size; with a background each if `pictures` is 2."""
    random = np.random.default_rng(0)
    frames = random.integers(0, 256, (batch, 1, height, width, 3), dtype=np.uint8)
    return [
        EditRequest(frame, f"a beach at dusk, {seed}", None, seed, 255 - frame[0] if pictures == 2 else None)
        for seed, frame in enumerate(frames)
    ]


def main() -> None:
    """Build, edit, print and write the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", choices=MODELS)
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--offload", choices=["none", "model", "sequential"], default="none")
    parser.add_argument("--fp8", action="store_true")
    parser.add_argument(
        "--compiler",
        default="inductor",
        help="backend of torch.compile; none leaves it out (needed for fp8 and offload sequential)",
    )
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--tiny", action="store_true", help="toy models and pictures, on the CPU")
    parser.add_argument("--json", type=Path, help="where the figures go")
    arguments = parser.parse_args()
    parts, sizes = MODELS[arguments.model], [(832, 480), (1280, 720)]
    device, dtype = arguments.device, "bfloat16"
    if arguments.tiny:
        parts, sizes, device, dtype = TINY_PARTS, [(96, 64)], "cpu", "float32"

    began = time.perf_counter()
    stopwatch = Stopwatch(device)
    options = {"device": device, "dtype": dtype, "offload": arguments.offload, "fp8": arguments.fp8}
    editor = Flux2KleinEditor(model=f"random {arguments.model}", **options)
    placement = Placement(**options)
    editor.held = HeldModel(lambda: random_pipeline(parts, placement, stopwatch), "", "random")
    with editor.held.use("build") as pipeline:
        transformer = pipeline.transformer
    built = time.perf_counter() - began
    print(f"built in {built:.0f} s", file=sys.stderr, flush=True)

    runs: dict[str, dict[str, Any]] = {}

    def edit(kind: str, size: tuple[int, int], batch: int, pictures: int = 1) -> None:
        wanted = requests(*size, batch, pictures)
        editor.edit_many(wanted)  # the first run of a shape pays for what is set up once
        tokens = 512 + (1 + pictures) * (size[0] // 16) * (size[1] // 16)
        name = f"{kind}, {size[0]}x{size[1]}, batch {batch}" + (
            ", with a background" if pictures == 2 else ""
        )
        tflop = klein_tflop(transformer, tokens, batch)
        runs[name] = measure(stopwatch, lambda: editor.edit_many(wanted), tflop, lambda: None)
        runs[name]["per_picture_s"] = runs[name]["total_s"] / batch
        print(f"{name}: {runs[name]['total_s']:.2f} s", file=sys.stderr, flush=True)

    kinds = ["eager"] + (["compiled"] if arguments.compiler != "none" else [])
    for kind in kinds:
        if kind == "compiled":
            transformer.compile_repeated_blocks(fullgraph=True, backend=arguments.compiler)
        for size in sizes:
            for batch in arguments.batches:
                edit(kind, size, batch)
    edit(kinds[-1], sizes[-1], 1, pictures=2)

    figures = {
        **setting(device),
        "model": arguments.model,
        "options": f"offload {arguments.offload}, fp8 {arguments.fp8}",
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
