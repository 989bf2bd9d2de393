"""Kiwi training at full size with random weights: seconds per sample, peak memory, model FLOP utilisation.

    python -m benchmarks.gpu.kiwi_training --size 1280x704 --compile --from-clips --json kiwi_training_720.json
    python -m benchmarks.gpu.kiwi_training --size 832x480 --compile --from-clips
    python -m benchmarks.gpu.kiwi_training --size 832x480 --trainable transformer_lora
    python -m benchmarks.gpu.kiwi_training --size 1280x704 --compile --gradient-checkpointing wide --attention fa4
    python -m benchmarks.gpu.kiwi_training --size 1280x704 --compile --profile
    accelerate launch --num_processes 2 --use_fsdp --fsdp_version 2 --mixed_precision bf16 \\
        --fsdp_auto_wrap_policy TRANSFORMER_BASED_WRAP \\
        --fsdp_transformer_layer_cls_to_wrap WanTransformerBlock,Qwen2_5_VLDecoderLayer \\
        -m benchmarks.gpu.kiwi_training --size 1280x704

It runs the trainer's own update (`sparkle.kiwi.training.trainer`) on synthetic samples of 81 frames: the forward and
backward passes of `--samples` samples a device, then AdamW. Latents come from the cache; with `--from-clips` they come
from the VAE in a second row, which is then part of the time. One update warms up, `--updates` are measured; files are
not read. `--profile` lists the kernels of one more update.

Model FLOP utilisation counts the arithmetic that training needs, not what is computed again because of gradient
checkpointing: forward + 2 x forward for trained weights, forward + forward where only LoRA is trained; the
transformer's matrix products and attention, and in the sets that train through it the language model's. It is
relative to 989 TFLOP/s, the vendor's figure for bfloat16; `of_ceiling` to the 790 that matrix products were seen to
reach.

Memory of the published set: 5.05e9 trained weights x (4 weight + 4 gradient + 8 AdamW) bytes = 81 GB, frozen Qwen
7.5 GB, VAE 1.4 GB, a bfloat16 copy of the weights during the forward pass 10 GB: some 100 GB before activations. So it
fits one GPU of 141 GB and none of 80 GB, where FSDP2 over two or `--trainable transformer_lora` is the way.
`--tiny` runs the same with a toy model on a CPU.
"""

from __future__ import annotations

import argparse
import itertools
import os
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from benchmarks.gpu.pipeline_parts import PEAK_TFLOPS, setting, wan_tflop, write_json
from benchmarks.gpu.random_weights import build_on
from benchmarks.gpu.stopwatch import Stopwatch
from benchmarks.gpu.wan import VAE_2_2
from diffusers import AutoencoderKLWan
from transformers import Qwen2_5_VLModel

from sparkle.backends.compiling import compile_blocks
from sparkle.backends.diffusion.wan_attention import learn_by_kernel
from sparkle.config.settings import parse_settings
from sparkle.kiwi.config import KiwiConfig
from sparkle.kiwi.cosine_autoencoder import CosineAutoencoder
from sparkle.kiwi.prompt import EncoderInput
from sparkle.kiwi.schedule import TrainingTable
from sparkle.kiwi.training.batches import MicroBatch
from sparkle.kiwi.training.devices import make_accelerator
from sparkle.kiwi.training.models import Models
from sparkle.kiwi.training.objective import Objective
from sparkle.kiwi.training.scratch import ScratchSettings
from sparkle.kiwi.training.settings import TrainingSettings
from sparkle.kiwi.training.stop import StopRequest
from sparkle.kiwi.training.trainable import SETS, keeps_encoder, prepare, wants_language_lora
from sparkle.kiwi.training.trainer import Trainer
from sparkle.kiwi.training.unreadable import Unreadable
from sparkle.kiwi.vision import ENCODER_FRAMES, PAIR, PATCH, Patches, final_video_size, first_video_size

INSTRUCTION_TOKENS = 96
VENDOR_TFLOPS = 989.0
KERNELS = 30  # that a profile lists


def make_settings(arguments: argparse.Namespace, output: Path, processes: int) -> TrainingSettings:
    """Return the published run's settings with what the command line changes."""
    values = {
        "output": str(output),
        "model": {"scratch": {}},
        "data": {"datasets": [{"folder": "synthetic"}]},
        "trainable": arguments.trainable,
        "batch": arguments.samples * processes,
        "precision": "float32" if arguments.tiny else "bfloat16",
        "device": "cpu" if arguments.tiny else "auto",
        "gradient_checkpointing": arguments.gradient_checkpointing,
        "attention": arguments.attention,
        "guard": {"outlier_factor": None},
    }
    return parse_settings(TrainingSettings, values, "benchmark")


def build_models(settings: TrainingSettings, device: torch.device, tiny: bool) -> Models:
    """Return full-size models with random weights on the device: what is trained in float32, the rest in bfloat16."""
    frozen = torch.float32 if tiny else torch.bfloat16
    config = KiwiConfig(lora_rank=None)
    if tiny:
        config = KiwiConfig.model_validate(ScratchSettings(layers=2).config_values())
    all_trained = "lora" not in settings.trainable
    transformer = build_on(device, torch.float32 if all_trained else frozen, config.new_transformer)
    encoder = build_on(device, frozen, lambda: config.new_encoder(Qwen2_5_VLModel(config.qwen_config())))
    prepare(transformer, encoder, settings.trainable, settings.lora)
    for parameter in itertools.chain(transformer.parameters(), encoder.parameters()):
        parameter.data = parameter.data.to(device, torch.float32 if parameter.requires_grad else frozen)
    vae: Any = CosineAutoencoder().to(device)
    if not tiny:
        vae = build_on(
            device, frozen, lambda: AutoencoderKLWan(base_dim=160, decoder_base_dim=256, **VAE_2_2)
        )
    return Models(transformer, encoder, vae, None, config, "random", "random", False)


def make_batch(
    models: Models, frames: int, height: int, width: int, *, from_clips: bool, has_states: bool
) -> MicroBatch:
    """Return one synthetic sample as a worker would hand it over."""
    generator = torch.Generator().manual_seed(0)
    cell = models.vae.config.scale_factor_spatial
    shape = (1, models.config.in_channels, (frames - 1) // 4 + 1, height // cell, width // cell)
    if from_clips:
        pixels = (1, frames, height, width, 3)
        source = torch.randint(0, 256, pixels, dtype=torch.uint8, generator=generator)
        target = torch.randint(0, 256, pixels, dtype=torch.uint8, generator=generator)
    else:
        source, target = (torch.randn(shape, generator=generator) for _ in range(2))
    hidden = models.encoder.video_queries.shape
    return MicroBatch(
        labels=("synthetic",),
        source=source,
        target=target,
        noise=torch.randn(shape, generator=generator),
        timestep=torch.tensor([500.0]),
        inputs=() if has_states else (make_input(models, frames, height, width),),
        states=torch.randn(1, *hidden, generator=generator) if has_states else None,
    )


def make_input(models: Models, frames: int, height: int, width: int) -> EncoderInput:
    """Return an instruction of usual length with a video, as token ids and patches."""
    rows, columns = final_video_size(*first_video_size(height, width, 262_144), 262_144)
    grid = (-(-min(frames, ENCODER_FRAMES) // PAIR), rows // PATCH, columns // PATCH)
    patches = Patches(torch.randn(grid[0] * grid[1] * grid[2], 3 * PAIR * PATCH**2), grid)
    video = models.encoder.qwen.config.video_token_id
    queries = len(models.encoder.video_queries)
    ids = [*[1] * INSTRUCTION_TOKENS, *[video] * patches.tokens, *[2] * queries, 1, 1]
    tokens = torch.tensor([ids])
    return EncoderInput("video", tokens, tokens == 2, patches)


def needed_tflop(models: Models, settings: TrainingSettings, batch: MicroBatch) -> float:
    """Return the arithmetic of one sample's forward and backward pass (see the module's docstring)."""
    frames, rows, columns = batch.noise.shape[2:]
    trained = 2 if "lora" in settings.trainable else 3
    total = trained * wan_tflop(models.transformer, frames * rows * columns // 4)
    if batch.inputs:
        language = models.encoder.qwen.language_model
        weights = sum(weight.numel() for weight in language.layers.parameters() if weight.ndim == 2)
        length = batch.inputs[0].ids.shape[1]
        # LoRA's own gradients are a hundredth of this; where everything is trained, so are the weights.
        passes = 2 if wants_language_lora(settings.trainable) else 3
        attention = len(language.layers) * 2 * models.encoder.image_queries.shape[1] * length**2  # causal
        total += passes * (2 * weights * length + attention) / 1e12
    return total


def measure(trainer: Trainer, batch: MicroBatch, updates: int, stopwatch: Stopwatch) -> dict[str, Any]:
    """Run one update to warm up and `updates` more; return seconds part by part, per sample where it says so."""
    device = trainer.accelerator.device
    stop = StopRequest()

    def run(count: int, first: int) -> float:
        started = time.perf_counter()
        for step in range(first, first + count):
            trainer.update(step, itertools.repeat(batch), stop)
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        return (time.perf_counter() - started) / count

    warm_up = run(1, 1)
    stopwatch.seconds()
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    seconds = run(updates, 2)
    parts = {name: sum(found) / updates for name, found in stopwatch.seconds().items()}
    samples = trainer.accelerator.gradient_accumulation_steps
    optimizer = parts.pop("optimizer", 0.0)
    return {
        "first_update_s": warm_up,
        "update_s": seconds,
        "samples_per_device": samples,
        "sample_s": seconds / samples,
        "optimizer_s": optimizer,
        **{f"{name}_per_sample_s": found / samples for name, found in parts.items()},
        "peak_memory_gb": torch.cuda.max_memory_allocated(device) / 1e9 if device.type == "cuda" else 0.0,
    }


def watch(trainer: Trainer, stopwatch: Stopwatch) -> None:
    """Measure the parts of an update from outside."""
    stopwatch.watch_module(trainer.objective, "forward")
    stopwatch.watch(trainer.accelerator, "backward", "backward")
    stopwatch.watch(trainer, "encoded", "encode_latents")
    stopwatch.watch(trainer.optimizer, "step", "optimizer")
    encoder = trainer.accelerator.unwrap_model(trainer.objective).encoder
    if encoder is not None:
        stopwatch.watch_module(encoder, "encoder_forward")


def print_profile(trainer: Trainer, batch: MicroBatch) -> None:
    """Print what the device's time of one update went to, kernel by kernel."""
    activities = [torch.profiler.ProfilerActivity.CPU, torch.profiler.ProfilerActivity.CUDA]
    with torch.profiler.profile(activities=activities) as profile:
        trainer.update(99, itertools.repeat(batch), StopRequest())
    table = profile.key_averages()
    print(table.table(sort_by="self_device_time_total", row_limit=KERNELS, max_name_column_width=80))


def benchmark(arguments: argparse.Namespace, output: Path) -> list[dict[str, Any]]:
    """Build, measure, and return the figures of each kind of latents; none in all but the first process."""
    settings = make_settings(arguments, output, int(os.environ.get("WORLD_SIZE", "1")))
    accelerator = make_accelerator(settings)
    device = accelerator.device
    width, height = (int(side) for side in arguments.size.split("x"))
    models = build_models(settings, device, arguments.tiny)
    has_states = keeps_encoder(settings.trainable)
    objective = Objective(
        models.transformer, models.encoder, TrainingTable.make(device=device), connector_only=has_states
    ).train()
    if settings.attention == "fa4":
        learn_by_kernel(models.transformer, device)
    objective.checkpoint_gradients(settings.gradient_checkpointing)
    if arguments.compile:
        compile_blocks(models.transformer)
    trained = [parameter for parameter in objective.parameters() if parameter.requires_grad]
    count = sum(parameter.numel() for parameter in trained)
    optimizer = torch.optim.AdamW(trained, lr=1e-5, weight_decay=0.01, fused=device.type == "cuda")
    if has_states:
        models.encoder.qwen.to("cpu")
    models.vae.to("cpu")
    del trained  # FSDP puts shards in their place
    prepared = accelerator.prepare(objective, optimizer)
    unreadable = Unreadable(output, 1, 1.0, (), writes=False)
    trainer = Trainer(settings, accelerator, models, *prepared, unreadable, None)
    stopwatch = Stopwatch(device)
    watch(trainer, stopwatch)
    figures = []
    for from_clips in (False, True) if arguments.from_clips else (False,):
        models.vae.to(device if from_clips else "cpu")
        batch = make_batch(
            models, arguments.frames, height, width, from_clips=from_clips, has_states=has_states
        )
        tflop = needed_tflop(models, settings, batch)
        found = measure(trainer, batch, arguments.updates, stopwatch)
        if arguments.profile:
            print_profile(trainer, batch)
        if not accelerator.is_main_process:
            continue
        figures.append(
            {
                **setting("cpu" if arguments.tiny else "cuda"),
                "devices": accelerator.num_processes,
                "size": arguments.size,
                "frames": arguments.frames,
                "trainable": settings.trainable,
                "trained_parameters": count,
                "latents": "from clips" if from_clips else "cached",
                "gradient_checkpointing": settings.gradient_checkpointing,
                "compiled": arguments.compile,
                "attention": settings.attention,
                "tflop_per_sample": tflop,
                "tflops": tflop / found["sample_s"],
                "utilisation": tflop / found["sample_s"] / VENDOR_TFLOPS,
                "of_ceiling": tflop / found["sample_s"] / PEAK_TFLOPS,
                **found,
            }
        )
        write_json(arguments.json, {"rows": figures})
    return figures


def print_table(figures: list[dict[str, Any]]) -> None:
    """Print the figures, name by name, a column for each kind of latents."""
    show: Callable[[Any], str] = lambda value: f"{value:.4g}" if isinstance(value, float) else str(value)  # noqa: E731
    print(f"| |{' |' * len(figures)}\n|---|{'---|' * len(figures)}")
    for name in figures[0]:
        print(f"| {name} | {' | '.join(show(row[name]) for row in figures)} |", flush=True)


def main() -> None:
    """Measure one configuration."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", default="1280x704", help="width x height, multiples of 32")
    parser.add_argument("--frames", type=int, default=81)
    parser.add_argument("--trainable", choices=SETS, default="published")
    parser.add_argument(
        "--from-clips", action="store_true", help="also with frames that are encoded within the update"
    )
    parser.add_argument(
        "--gradient-checkpointing", choices=["none", "wide", "transformer", "all"], default="transformer"
    )
    parser.add_argument("--attention", choices=["sdpa", "fa4"], default="sdpa")
    parser.add_argument("--profile", action="store_true", help="list the kernels of an update")
    parser.add_argument("--compile", action="store_true", help="compile the transformer's blocks")
    parser.add_argument("--samples", type=int, default=4, help="of an update, on each device")
    parser.add_argument("--updates", type=int, default=2, help="measured, after one to warm up")
    parser.add_argument("--tiny", action="store_true", help="a toy model, 64x64, 9 frames, on the CPU")
    parser.add_argument("--json", type=Path, help="where the figures go")
    arguments = parser.parse_args()
    if arguments.tiny:
        arguments.size, arguments.frames = "64x64", 9
    with TemporaryDirectory() as folder:
        figures = benchmark(arguments, Path(folder))
    if figures:
        print_table(figures)


if __name__ == "__main__":
    main()
