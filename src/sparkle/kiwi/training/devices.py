"""What `accelerate` is told, and what its way of saving is told."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator, DistributedDataParallelKwargs, InitProcessGroupKwargs
from accelerate.utils import DistributedType, set_seed

from sparkle.core.errors import SettingsError
from sparkle.core.extras import require
from sparkle.kiwi.training.checkpoints import load_trained, save_trained
from sparkle.kiwi.training.settings import TrainingSettings

# Other processes wait while one fills the cache or writes a checkpoint of many GB.
PATIENCE = timedelta(hours=6)


def make_accelerator(settings: TrainingSettings) -> Accelerator:
    """Return the accelerator of this process, of as many as `accelerate launch` or `torchrun` started.

    Raises SettingsError for a batch that cannot be divided among them, MissingExtraError for a tracker that is not
    installed.
    """
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    at_once = settings.micro_batch * processes
    if settings.batch % at_once:
        raise SettingsError(
            f"batch {settings.batch} cannot be divided among {processes} processes with micro_batch "
            f"{settings.micro_batch}; take a multiple of {at_once}"
        )
    if settings.tracker != "none":
        extra = "wandb" if settings.tracker == "wandb" else "train"
        require(settings.tracker, extra, f"tracker: {settings.tracker}")
    accelerator = Accelerator(
        cpu=settings.device == "cpu",
        mixed_precision="bf16" if settings.precision == "bfloat16" else "no",
        log_with=None if settings.tracker == "none" else settings.tracker,
        project_dir=settings.output,
        # A sample uses the queries of its own mode only.
        kwargs_handlers=[
            DistributedDataParallelKwargs(find_unused_parameters=True),
            InitProcessGroupKwargs(timeout=PATIENCE),
        ],
    )
    set_seed(settings.seed)
    _accumulate(settings, accelerator, settings.batch // at_once)
    if shards_weights(accelerator):
        _refuse(settings)
        _keep_inputs_exact(accelerator)
    return accelerator


def holder_of_weights(accelerator: Accelerator) -> str:
    """Return "FSDP" or "DeepSpeed", or "each process", which then has all of them."""
    names = {DistributedType.FSDP: "FSDP", DistributedType.DEEPSPEED: "DeepSpeed"}
    return names.get(accelerator.distributed_type, "each process")


def shards_weights(accelerator: Accelerator) -> bool:
    """Tell whether FSDP or DeepSpeed holds the weights, rather than every process all of them."""
    return holder_of_weights(accelerator) != "each process"


def steps_by_itself(accelerator: Accelerator) -> bool:
    """Tell whether the backward pass updates the weights, so that an update cannot be left out."""
    return bool(accelerator.distributed_type == DistributedType.DEEPSPEED)


def complete_state(optimizer: torch.optim.Optimizer) -> None:
    """Give AdamW's state to weights that have had no gradient yet, as their first one would.

    FSDP's checkpoints are read for all weights or not at all; the queries of images have no gradient among videos.
    """
    for group in optimizer.param_groups:
        on_device = group["fused"] or group["capturable"]
        for weight in group["params"]:
            if not optimizer.state[weight]:
                optimizer.state[weight] = {
                    "step": torch.zeros((), device=weight.device if on_device else "cpu"),
                    "exp_avg": torch.zeros_like(weight),
                    "exp_avg_sq": torch.zeros_like(weight),
                }


def save_only_what_is_trained(accelerator: Accelerator) -> None:
    """Keep frozen weights out of the saved state, where accelerate itself saves the model."""
    if shards_weights(accelerator):
        return

    def save(models: list[Any], weights: list[Any], folder: str) -> None:
        weights.clear()
        if accelerator.is_main_process:
            save_trained(accelerator.unwrap_model(models[0]), Path(folder))

    def load(models: list[Any], folder: str) -> None:
        load_trained(accelerator.unwrap_model(models.pop()), Path(folder))

    accelerator.register_save_state_pre_hook(save)
    accelerator.register_load_state_pre_hook(load)


def _accumulate(settings: TrainingSettings, accelerator: Accelerator, micro_steps: int) -> None:
    """Let the settings decide about batch and clipping, whatever accelerate's or DeepSpeed's configuration says."""
    accelerator.gradient_accumulation_steps = micro_steps
    if accelerator.distributed_type == DistributedType.DEEPSPEED:
        accelerator.deepspeed_plugin.deepspeed_config |= {
            "train_batch_size": settings.batch,
            "train_micro_batch_size_per_gpu": settings.micro_batch,
            "gradient_accumulation_steps": micro_steps,
            "gradient_clipping": settings.optimizer.clip_norm or 0.0,
        }


def _refuse(settings: TrainingSettings) -> None:
    if settings.average is not None:
        raise SettingsError(
            "average: needs all weights in one process; leave it out under FSDP and DeepSpeed"
        )
    if settings.validation is not None:
        raise SettingsError(
            "validation: cannot run on sharded weights; leave it out under FSDP and DeepSpeed, and judge the "
            "checkpoints with: sparkle edit --editor kiwi --model OUTPUT/checkpoints/step-NNNNNN"
        )


def _keep_inputs_exact(accelerator: Accelerator) -> None:
    """Keep FSDP from rounding tables of positions and noise levels to bfloat16 on their way into the blocks."""
    if accelerator.distributed_type != DistributedType.FSDP:
        return
    plugin = accelerator.state.fsdp_plugin
    if plugin.fsdp_version != 2:
        raise SettingsError("FSDP: set fsdp_version: 2 in accelerate's configuration")
    if accelerator.mixed_precision != "bf16":
        return
    plugin.mixed_precision_policy = torch.distributed.fsdp.MixedPrecisionPolicy(
        param_dtype=torch.bfloat16, reduce_dtype=torch.float32, cast_forward_inputs=False
    )
