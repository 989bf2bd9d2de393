"""The loop: micro-batches, an update, its guard, its log; checkpoints and validation in between."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import gather_object

from sparkle.core.errors import SetupError
from sparkle.kiwi.training import checkpoints
from sparkle.kiwi.training.average import WeightAverage
from sparkle.kiwi.training.batches import MicroBatch
from sparkle.kiwi.training.devices import complete_state, holder_of_weights, steps_by_itself
from sparkle.kiwi.training.encode_pairs import encode_frames, on_device
from sparkle.kiwi.training.guard import LossGuard, SampleLoss
from sparkle.kiwi.training.loss_log import LossLog, Update
from sparkle.kiwi.training.models import Models
from sparkle.kiwi.training.settings import TrainingSettings
from sparkle.kiwi.training.stop import StopRequest
from sparkle.kiwi.training.unreadable import Unreadable
from sparkle.kiwi.training.validation import Validation
from sparkle.kiwi.training.write_model import write_model
from sparkle.store import make_folder


class Trainer:
    """One run. `objective` and `optimizer` are prepared by the accelerator; `models` are the same weights in parts."""

    def __init__(
        self,
        settings: TrainingSettings,
        accelerator: Accelerator,
        models: Models,
        objective: Any,
        optimizer: Any,
        unreadable: Unreadable,
        validation: Validation | None,
    ) -> None:
        self.settings = settings
        self.accelerator = accelerator
        self.models = models
        self.objective = objective
        self.optimizer = optimizer
        self.unreadable = unreadable
        self.validation = validation
        self.guard = LossGuard(settings.guard)
        self.dtype = torch.bfloat16 if settings.precision == "bfloat16" else torch.float32
        self.average: WeightAverage | None = None
        if settings.average is not None:
            self.average = WeightAverage(accelerator.unwrap_model(objective), settings.average)

    @property
    def folder(self) -> Path:
        """Where checkpoints go."""
        return self.settings.output / checkpoints.CHECKPOINTS

    def resume(self) -> int:
        """Take up the last checkpoint, if there is one. Return the updates that are done."""
        found = checkpoints.latest(self.folder)
        if found is None:
            return 0
        step, guard = checkpoints.read_progress(found, holder_of_weights(self.accelerator))
        with checkpoints.reading(found):
            self.accelerator.load_state(str(found / checkpoints.STATE))
            if self.average is not None:
                self.average.load(found / checkpoints.AVERAGE)
            self.guard.restore(guard)
        # accelerate counts micro-batches; one that was given up half way would shift all updates after it.
        self.accelerator.step = 0
        return step

    def run(
        self,
        first_step: int,
        batches: Iterator[MicroBatch],
        log: LossLog | None,
        stop: StopRequest,
        report: Callable[[Update], None],
    ) -> int:
        """Train from update `first_step` + 1 to the end, or until stopped; return the last update.

        `log` is the main process's. Raises SetupError when losses or samples are beyond what the settings allow, and
        for a checkpoint that cannot be written.
        """
        settings = self.settings
        saved, due, learnt = first_step, False, True
        for step in range(first_step + 1, settings.steps + 1):
            update = self.update(step, batches, stop)
            if update is None:
                if saved < step - 1:
                    self.save(step - 1, learnt)
                return step - 1
            learnt = update.skipped is None
            if log is not None:
                log.append(update)
                report(update)
            self._track(update)
            validates = self.validation is not None and step % self.validation.settings.every == 0
            # Before a validation, too: it takes long, and nobody wants to lose the updates before it. An update that
            # was left out may tell of broken weights: the checkpoint waits for one that was learnt from.
            due = due or validates or step % settings.checkpoints.every == 0
            if step == settings.steps or (due and learnt):
                self.save(step, learnt)
                saved, due = step, False
            if validates:
                self.validate(step)
        return settings.steps

    def save(self, step: int, learnt: bool = True) -> None:
        """Write a checkpoint: the model for use, the average where there is one, and the state to continue from.

        `learnt`: the update was used. If it was not, all checkpoints before it are kept, since they may be better.
        """
        partial = checkpoints.partial_path(self.folder, step)
        with checkpoints.writing(self.folder):
            if self.accelerator.is_main_process:
                checkpoints.clear_partial(self.folder)
                make_folder(partial / checkpoints.STATE)
            self.accelerator.wait_for_everyone()
            if self.accelerator.is_fsdp2:
                complete_state(self.optimizer.optimizer)
            self.accelerator.save_state(str(partial / checkpoints.STATE))
            if self.average is not None and self.accelerator.is_main_process:
                self.average.save(partial / checkpoints.AVERAGE)
            with self._weights_for_use():
                self._write_model(partial)
            # Each process of a sharded run writes its part of the state.
            self.accelerator.wait_for_everyone()
            if self.accelerator.is_main_process:
                held_by = holder_of_weights(self.accelerator)
                checkpoints.write_progress(partial, step, self.guard.state(), held_by)
                checkpoints.finish(self.folder, step, self.settings.checkpoints.keep if learnt else None)
        self.accelerator.wait_for_everyone()

    def validate(self, step: int) -> None:
        """Edit the validation pairs, each process its share, with the weights that a checkpoint of the moment holds."""
        if self.validation is None:
            return
        accelerator = self.accelerator
        folder = self.settings.output / "validation" / f"step-{step:06d}"
        self.objective.eval()
        with (
            self._weights_for_use(),
            on_device(self.models, accelerator.device, language_model=self._encoder_is_apart()),
            accelerator.autocast(),
        ):
            mine = self.validation.run(
                self.models, folder, accelerator.process_index, accelerator.num_processes
            )
        self.objective.train()
        rows = gather_object(mine)
        if accelerator.is_main_process:
            scores = self.validation.write_scores(rows, folder)
            if self.settings.tracker != "none":
                accelerator.log(scores, step=step)

    def update(self, step: int, batches: Iterator[MicroBatch], stop: StopRequest) -> Update | None:
        """Accumulate one batch, and learn from it unless the guard objects.

        Returns None, and leaves everything as it was, when asked to stop in the middle: a batch may take half an hour.
        Raises SetupError when too many updates or samples could not be used.
        """
        started = time.monotonic()
        self._set_rate(step)
        pending: list[tuple[MicroBatch, torch.Tensor, torch.Tensor]] = []
        for micro_step in range(self.accelerator.gradient_accumulation_steps):
            if self._must_stop(stop, micro_step):
                return None
            batch = self.encoded(next(batches).to(self.accelerator.device, self.dtype))
            with self.accelerator.accumulate(self.objective):
                total, sample_losses, errors = self.objective(batch)
                self.accelerator.backward(total)
            # Read after the last one, so that the device never waits for the host in between.
            pending.append((batch, sample_losses, errors))
        losses: list[SampleLoss] = []
        unreadable: list[tuple[str, str]] = []
        for batch, sample_losses, errors in pending:
            losses += map(SampleLoss, batch.labels, sample_losses.tolist(), errors.tolist())
            unreadable += batch.unreadable
        norm = float(self._clip())
        gathered = gather_object([(losses, unreadable)])
        losses = [loss for part in gathered for loss in part[0]]
        self.unreadable.add(dict(pair for part in gathered for pair in part[1]))
        skipped = self.guard.reason_to_skip(losses, norm)
        if skipped is None:
            self.optimizer.step()
            if self.average is not None:
                self.average.update()
        elif steps_by_itself(self.accelerator):
            raise SetupError(
                f"{skipped}. DeepSpeed has learnt from step {step} already, the last checkpoint has not: start again "
                "without these samples, or with guard.outlier_factor: null"
            )
        self.optimizer.zero_grad()
        return Update(
            step=step,
            loss=sum(loss.loss for loss in losses) / len(losses),
            error=sum(loss.error for loss in losses) / len(losses),
            gradient_norm=norm,
            rate=self.settings.optimizer.rate(step),
            seconds=round(time.monotonic() - started, 3),
            labels=tuple(loss.label for loss in losses),
            skipped=skipped,
        )

    def encoded(self, batch: MicroBatch) -> MicroBatch:
        """Encode frames that are not in the cache."""
        if batch.source.dtype != torch.uint8:
            return batch

        def latents(clips: torch.Tensor) -> torch.Tensor:
            tiled = self.settings.data.tiled_vae
            found = [encode_frames(self.models, clip, self.accelerator.device, tiled) for clip in clips]
            return torch.stack(found).to(self.dtype)

        return replace(batch, source=latents(batch.source), target=latents(batch.target))

    def _must_stop(self, stop: StopRequest, micro_step: int) -> bool:
        """Tell whether any process was asked to stop. DeepSpeed keeps its own count of micro-batches, and finishes."""
        if micro_step > 0 and steps_by_itself(self.accelerator):
            return False
        if self.accelerator.num_processes == 1:
            return stop.received
        if stop.received:
            self.accelerator.set_trigger()
        return bool(self.accelerator.check_trigger())

    def _weights_for_use(self) -> AbstractContextManager[None]:
        """Put the average in the place of the weights for a while, where there is one."""
        return nullcontext() if self.average is None else self.average.in_place()

    def _track(self, update: Update) -> None:
        if self.settings.tracker != "none":
            names = ("loss", "error", "rate", "gradient_norm", "seconds")
            self.accelerator.log({name: getattr(update, name) for name in names}, step=update.step)

    def _set_rate(self, step: int) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.optimizer.rate(step)

    def _clip(self) -> Any:
        """Return the norm of the gradient, after clipping to the settings' norm, if any."""
        largest = self.settings.optimizer.clip_norm or float("inf")
        norm = self.accelerator.clip_grad_norm_(self.objective.parameters(), largest)
        if norm is None:  # DeepSpeed before its first update
            return 0.0
        return norm.full_tensor() if hasattr(norm, "full_tensor") else norm

    def _write_model(self, folder: Path) -> None:
        state = self.accelerator.get_state_dict(self.objective)
        if self.accelerator.is_main_process:
            lora = self.settings.lora
            write_model(folder, self.models, state, self.dtype, lora.alpha / lora.rank)

    def _encoder_is_apart(self) -> bool:
        return self.accelerator.unwrap_model(self.objective).encoder is None
