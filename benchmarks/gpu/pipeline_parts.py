"""Where a diffusers pipeline's time goes: its parts are watched from outside, the pipeline runs as it is."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import torch
import transformers
from benchmarks.gpu.stopwatch import Stopwatch

PEAK_TFLOPS = 790.0  # measured ceiling of bfloat16 matrix products on these cards


def watch_pipeline(pipeline: Any, stopwatch: Stopwatch) -> None:
    """Measure the transformers, the denoising loop, the autoencoder, and the text encoder where it has one."""
    for name in ("transformer", "transformer_2"):
        if pipeline.components.get(name) is not None:
            stopwatch.watch_module(pipeline.components[name], "forward")
    if pipeline.components.get("text_encoder") is not None:
        stopwatch.watch(pipeline.text_encoder, "forward", "text")
    stopwatch.watch(pipeline.vae, "encode", "VAE encode")
    stopwatch.watch(pipeline.vae, "decode", "VAE decode")
    # The pipelines open their progress bar around the loop, and around nothing else.
    progress_bar = pipeline.progress_bar

    @contextmanager
    def watched(*arguments: Any, **options: Any) -> Iterator[Any]:
        with stopwatch.section("denoising"), progress_bar(*arguments, **options) as bar:
            yield bar

    pipeline.progress_bar = watched


def measure(
    stopwatch: Stopwatch, run: Callable[[], Any], tflop: float, text: Callable[[], Any]
) -> dict[str, Any]:
    """Run once and return the seconds part by part. `text` embeds what `run` then finds embedded; `tflop` is one
    forward pass's arithmetic."""
    device = stopwatch.device
    stopwatch.seconds()
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    started = time.perf_counter()
    text()
    embedding = time.perf_counter() - started
    run()
    total = time.perf_counter() - started
    sections = stopwatch.seconds()
    parts = {name: sum(seconds) for name, seconds in sections.items()}
    forwards = sections["forward"]
    # The first pass of a loop may still pay for what is set up once; the middle one does not.
    forward = float(np.median(forwards))
    text_s = embedding + parts.get("text", 0.0)
    encode, denoise, decode = parts.get("VAE encode", 0.0), parts["denoising"], parts["VAE decode"]
    return {
        "forwards": len(forwards),
        "forward_s": forward,
        "tflops": tflop / forward,
        "denoise_s": denoise,
        "loop_overhead": denoise / (len(forwards) * forward) - 1.0,
        "text_s": text_s,
        "vae_encode_s": encode,
        "vae_decode_s": decode,
        "host_s": total - text_s - encode - denoise - decode,
        "total_s": total,
        "peak_memory_gb": torch.cuda.max_memory_allocated(device) / 1e9 if device.type == "cuda" else 0.0,
    }


def wan_tflop(transformer: Any, tokens: int) -> float:
    """Return one forward pass's arithmetic: matrix products of all blocks and attention, also over 512 text tokens."""
    config = transformer.config
    dim = config.num_attention_heads * config.attention_head_dim
    blocks = [*transformer.blocks, *getattr(transformer, "vace_blocks", [])]
    weights = sum(weight.numel() for block in blocks for weight in block.parameters() if weight.ndim == 2)
    text_only = len(blocks) * 2 * dim**2  # keys and values of cross-attention are made of text tokens alone
    linear = 2 * (weights - text_only) * tokens + 2 * text_only * 512
    return (linear + len(blocks) * 4 * dim * tokens * (tokens + 512)) / 1e12


def klein_tflop(transformer: Any, tokens: int, batch: int) -> float:
    """Return one forward pass's arithmetic over `tokens` (text, output and reference pictures together)."""
    config = transformer.config
    dim = config.num_attention_heads * config.attention_head_dim
    single = [*transformer.single_transformer_blocks]
    double = [*transformer.transformer_blocks]
    # In a double block each token passes one of two equal halves.
    weights = sum(weight.numel() for block in single for weight in block.parameters() if weight.ndim == 2)
    weights += (
        sum(weight.numel() for block in double for weight in block.parameters() if weight.ndim == 2) // 2
    )
    attention = (len(single) + len(double)) * 4 * dim * tokens**2
    return batch * (2 * weights * tokens + attention) / 1e12


def setting(device: str) -> dict[str, str]:
    """Return what a figure depends on beside the script."""
    return {
        "device": torch.cuda.get_device_name(device) if device != "cpu" else "cpu",
        "torch": torch.__version__,
        "diffusers": diffusers.__version__,
        "transformers": transformers.__version__,
        "python": platform.python_version(),
    }


def print_table(runs: dict[str, dict[str, Any]]) -> None:
    """Print a Markdown table, one line per run."""
    print(
        "| run | passes | one pass s | TFLOP/s | denoising s | over passes | text s | VAE encode s | VAE decode s | "
        "host s | all s | all but denoising | peak GB |"
    )
    print("|---|" + "---:|" * 12)
    for name, run in runs.items():
        rest = 1 - run["denoise_s"] / run["total_s"]
        print(
            f"| {name} | {run['forwards']} | {run['forward_s']:.3f} | "
            f"{run['tflops']:.0f} ({run['tflops'] / PEAK_TFLOPS:.0%}) | {run['denoise_s']:.2f} | "
            f"{run['loop_overhead']:+.1%} | {run['text_s']:.2f} | {run['vae_encode_s']:.2f} | "
            f"{run['vae_decode_s']:.2f} | {run['host_s']:.2f} | {run['total_s']:.2f} | {rest:.1%} | "
            f"{run['peak_memory_gb']:.1f} |",
            flush=True,
        )


def write_json(path: Path | None, figures: dict[str, Any]) -> None:
    """Write the figures if a file was named."""
    if path is not None:
        path.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
