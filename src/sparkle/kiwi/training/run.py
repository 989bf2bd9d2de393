"""A training run from its settings: data, cache, models, and the trainer. Started again it continues."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import gather_object

from sparkle.backends.compiling import compile_blocks, compiler_failure
from sparkle.backends.diffusion.wan_attention import learn_by_kernel
from sparkle.config import changes
from sparkle.core.errors import OutOfMemoryError, SetupError
from sparkle.core.parsing import parse_json
from sparkle.kiwi.schedule import TrainingTable
from sparkle.kiwi.training.batches import MicroBatches, load_in_order
from sparkle.kiwi.training.checkpoints import CHECKPOINTS, latest
from sparkle.kiwi.training.data import Data, prepare_data
from sparkle.kiwi.training.devices import make_accelerator, save_only_what_is_trained
from sparkle.kiwi.training.loss_log import LossLog, Update, draw_losses, read_rows
from sparkle.kiwi.training.models import Models, make_models
from sparkle.kiwi.training.objective import Objective
from sparkle.kiwi.training.samples import find_pairs
from sparkle.kiwi.training.settings import TrainingSettings
from sparkle.kiwi.training.stop import StopRequest
from sparkle.kiwi.training.trainer import Trainer
from sparkle.kiwi.training.validation import Validation
from sparkle.runs import locked, refuse_run_folder
from sparkle.store import prepare_folder, read_text, write_text

SETTINGS_FILE = "settings.json"
LOSSES_FILE = "losses.jsonl"
FIGURE_FILE = "losses.svg"


@dataclass(frozen=True, slots=True)
class Reports:
    """What the caller wants to hear: (done, of, label) while the cache is filled, and every update."""

    caching: Callable[[int, int, str], None] = lambda done, of, label: None
    update: Callable[[Update], None] = lambda update: None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended. step: the last update; stopped: by a signal, before the end. checkpoint: the last one.

    samples: pairs that can be used; unreadable: pairs that cannot, listed in unreadable.jsonl. is_main: whether this
    is the process that reports.
    """

    output: Path
    step: int
    stopped: bool
    checkpoint: Path | None
    samples: int
    unreadable: int
    is_main: bool


def train(settings: TrainingSettings, *, cache_only: bool = False, reports: Reports | None = None) -> Outcome:
    """Train to `settings.steps`, or continue; with `cache_only` stop when the latents are kept.

    Raises SetupError for settings that differ from those that the output folder was begun with, for a folder that
    another process writes, for data or models that are not there, and for losses or samples beyond what the settings
    allow, and for blocks that cannot be compiled here; OutOfMemoryError for a device that is too small.
    """
    refuse_run_folder(settings.output)
    prepare_folder(settings.output)
    accelerator = make_accelerator(settings)
    try:
        with locked(settings.output) if accelerator.is_main_process else nullcontext():
            return _train(settings, accelerator, cache_only, reports or Reports())
    except torch.OutOfMemoryError as error:
        raise OutOfMemoryError(
            f"{str(error).splitlines()[0]} Lower micro_batch, data.max_pixels or the frames of a dataset; set "
            "gradient_checkpointing: all; train less (trainable: transformer_lora), or on more GPUs with FSDP2"
        ) from error
    except RuntimeError as error:
        if failure := compiler_failure(error):
            raise failure from error
        raise


def _train(
    settings: TrainingSettings, accelerator: Accelerator, cache_only: bool, reports: Reports
) -> Outcome:
    _keep_settings(settings, accelerator)
    # What is not there is missed before models are loaded and clips encoded.
    shards = settings.cache / "shards"
    pairs = find_pairs(settings.data.datasets, shards)
    validation = None
    if settings.validation is not None:
        validation = Validation.make(settings.validation, settings.data, shards)
    models = make_models(settings)
    data = prepare_data(settings, models, pairs, accelerator, reports.caching)
    step, stopped = 0, False
    if not cache_only:
        with StopRequest() as stop:
            trainer = _make_trainer(settings, models, data, accelerator, validation)
            step = _run(trainer, trainer.resume(), data, stop, reports.update)
        stopped = step < settings.steps
    return Outcome(
        output=settings.output,
        step=step,
        stopped=stopped,
        checkpoint=latest(settings.output / CHECKPOINTS),
        samples=len(data.pairs),
        unreadable=len(data.unreadable.reasons),
        is_main=accelerator.is_main_process,
    )


def _make_trainer(
    settings: TrainingSettings,
    models: Models,
    data: Data,
    accelerator: Accelerator,
    validation: Validation | None,
) -> Trainer:
    table = TrainingTable.make(device=accelerator.device)
    objective = Objective(models.transformer, models.encoder, table, connector_only=data.has_states).train()
    if settings.attention == "fa4":
        learn_by_kernel(models.transformer, accelerator.device)
    objective.checkpoint_gradients(settings.gradient_checkpointing)
    if settings.compile:
        compile_blocks(models.transformer)
    chosen = settings.optimizer
    optimizer = torch.optim.AdamW(
        [parameter for parameter in objective.parameters() if parameter.requires_grad],
        lr=chosen.learning_rate,
        betas=chosen.betas,
        eps=chosen.epsilon,
        weight_decay=chosen.weight_decay,
        # One pass over the weights, without a copy of them.
        fused=accelerator.device.type == "cuda",
    )
    objective, optimizer = accelerator.prepare(objective, optimizer)
    save_only_what_is_trained(accelerator)
    if not settings.data.cache_latents:
        models.vae.to(accelerator.device)
    if settings.tracker != "none":
        accelerator.init_trackers("sparkle-kiwi", config=_flat(settings))
    return Trainer(settings, accelerator, models, objective, optimizer, data.unreadable, validation)


def _run(
    trainer: Trainer, first: int, data: Data, stop: StopRequest, report: Callable[[Update], None]
) -> int:
    settings, accelerator = trainer.settings, trainer.accelerator
    log = LossLog(settings.output / LOSSES_FILE, first) if accelerator.is_main_process else None
    if first >= settings.steps:
        return first
    batches = MicroBatches(
        order=data.order,
        labels=[pair.label for pair in data.pairs],
        read=data.read,
        noise_shape=data.noise_shape,
        table=TrainingTable.make(),
        rounding=settings.timestep_rounding,
        seed=settings.seed,
    )
    # Process r of P computes micro-batches r, r + P, r + 2P, ...: an update is the same for any P.
    per_update = accelerator.gradient_accumulation_steps * accelerator.num_processes
    numbers = range(
        first * per_update + accelerator.process_index, settings.steps * per_update, accelerator.num_processes
    )
    loaded = load_in_order(batches, numbers, settings.data.workers)
    try:
        return trainer.run(first, loaded, log, stop, report)
    finally:
        del loaded  # ends the workers
        accelerator.end_training()
        if accelerator.is_main_process:
            draw_losses(list(read_rows(settings.output / LOSSES_FILE)), settings.output / FIGURE_FILE)


def _keep_settings(settings: TrainingSettings, accelerator: Accelerator) -> None:
    """Write the settings beside the run, or compare them with those of its last checkpoint.

    Before there is one anything may change: a first start often fails over a folder's name.
    """
    path = settings.output / SETTINGS_FILE
    lasting = settings.lasting()
    differences: Sequence[str] = []
    if accelerator.is_main_process:
        if latest(settings.output / CHECKPOINTS) is not None and path.is_file():
            differences = [str(change) for change in changes(_read_settings(path), lasting)]
        else:
            write_text(path, json.dumps(lasting, indent=2) + "\n")
    differences = gather_object(list(differences))
    if differences:
        raise SetupError(
            f"{settings.output}: was begun with other settings ({'; '.join(differences)}); restore them, or choose "
            "another output folder, where model.checkpoint may name a checkpoint of this one"
        )


def _read_settings(path: Path) -> dict[str, Any]:
    try:
        return dict(parse_json(read_text(path)))
    except (OSError, ValueError, TypeError) as error:
        raise SetupError(
            f"{path}: cannot be read ({error}); delete it if you know that the settings are the same"
        ) from error


def _flat(settings: TrainingSettings) -> dict[str, str | int | float | bool]:
    """Return the settings as trackers want them: one level, plain values."""
    flat: dict[str, str | int | float | bool] = {}

    def add(prefix: str, value: object) -> None:
        if isinstance(value, dict):
            for name, inner in value.items():
                add(f"{prefix}{name}.", inner)
        elif isinstance(value, str | int | float | bool):
            flat[prefix.rstrip(".")] = value
        else:
            flat[prefix.rstrip(".")] = json.dumps(value)

    add("", settings.model_dump(mode="json"))
    return flat
