"""The loop: micro-batches, an update, its guard, its log; checkpoints and validation in between."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
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
from sparkle.kiwi.training.devices import steps_by_itself
from sparkle.kiwi.training.encode_pairs import encode_frames, on_device
from sparkle.kiwi.training.guard import LossGuard, SampleLoss
from sparkle.kiwi.training.loss_log import LossLog, Update
from sparkle.kiwi.training.models import Models
from sparkle.kiwi.training.settings import TrainingSettings
from sparkle.kiwi.training.stop import StopRequest
from sparkle.kiwi.training.unreadable import Unreadable
from sparkle.kiwi.training.validation import Validation
from sparkle.kiwi.training.write_model import write_model


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
            accelerator.register_for_checkpointing(self.average)

    @property
    def folder(self) -> Path:
        """Where checkpoints go."""
        return self.settings.output / checkpoints.CHECKPOINTS

    def resume(self) -> int:
        """Take up the last checkpoint, if there is one. Return the updates that are done."""
        found = checkpoints.latest(self.folder)
        if found is None:
            return 0
        step, guard = checkpoints.read_progress(found)
        self.accelerator.load_state(str(found / checkpoints.STATE))
        self.guard.restore(guard)
        return step

    def run(
        self,
        first_step: int,
        batches: Iterator[MicroBatch],
        log: LossLog | None,
        stop: StopRequest,
        report: Callable[[Update], None],
    ) -> int:
        """Train from update `first_step` + 1 to the end, or until stopped; return the last update. `log` is the main
        process's. Raises SetupError when losses or samples are beyond what the settings allow."""
        settings = self.settings
        for step in range(first_step + 1, settings.steps + 1):
            update, stopping = self.update(step, batches, stop)
            if log is not None:
                log.append(update)
                report(update)
            if settings.tracker != "none":
                self.accelerator.log(
                    {"loss": update.loss, "error": update.error, "rate": update.rate}, step=step
                )
            is_last = stopping or step == settings.steps
            if is_last or step % settings.checkpoints.every == 0:
                self.save(step)
            if self.validation is not None and step % self.validation.settings.every == 0 and not stopping:
                self.validate(step)
            if stopping:
                return step
        return settings.steps

    def save(self, step: int) -> None:
        """Write a checkpoint: the model for use, the average where there is one, and the state to continue from."""
        partial = checkpoints.partial_path(self.folder, step)
        if self.accelerator.is_main_process:
            checkpoints.clear_partial(self.folder)
            (partial / checkpoints.STATE).mkdir(parents=True)
        self.accelerator.wait_for_everyone()
        self.accelerator.save_state(str(partial / checkpoints.STATE))
        if self.average is not None:
            with self.average.in_place():
                self._write_model(partial)
        else:
            self._write_model(partial)
        if self.accelerator.is_main_process:
            checkpoints.write_progress(partial, step, self.guard.state())
            checkpoints.finish(self.folder, step, self.settings.checkpoints.keep)
        self.accelerator.wait_for_everyone()

    def validate(self, step: int) -> None:
        """Edit the validation pairs with the weights of the moment."""
        if self.validation is None:
            return
        self.objective.eval()
        with (
            on_device(self.models, self.accelerator.device, language_model=self._encoder_is_apart()),
            self.accelerator.autocast(),
        ):
            folder = self.settings.output / "validation" / f"step-{step:06d}"
            self.validation.run(self.models, folder, write=self.accelerator.is_main_process)
        self.objective.train()

    def update(self, step: int, batches: Iterator[MicroBatch], stop: StopRequest) -> tuple[Update, bool]:
        """Accumulate one batch, and learn from it unless the guard objects. Return also whether to stop afterwards."""
        started = time.monotonic()
        self._set_rate(step)
        losses: list[SampleLoss] = []
        totals: list[float] = []
        unreadable: list[tuple[str, str]] = []
        pending: list[tuple[MicroBatch, torch.Tensor, torch.Tensor]] = []
        for _ in range(self.accelerator.gradient_accumulation_steps):
            batch = self.encoded(next(batches).to(self.accelerator.device, self.dtype))
            with self.accelerator.accumulate(self.objective):
                total, errors = self.objective(batch)
                self._check_before_backward(batch, total)
                self.accelerator.backward(total)
            # Read after the last one, so that the device never waits for the host in between.
            pending.append((batch, total.detach(), errors))
        for batch, total, errors in pending:
            totals.append(float(total))
            losses += map(SampleLoss, batch.labels, errors.tolist())
            unreadable += batch.unreadable
        norm = float(self._clip())
        gathered = gather_object([(losses, totals, unreadable, norm, stop.received)])
        losses = [loss for part in gathered for loss in part[0]]
        totals = [total for part in gathered for total in part[1]]
        self.unreadable.add(dict(pair for part in gathered for pair in part[2]))
        skipped = self.guard.reason_to_skip(losses, norm)
        if skipped is None:
            self.optimizer.step()
            if self.average is not None:
                self.average.update()
        self.optimizer.zero_grad()
        update = Update(
            step=step,
            loss=sum(totals) / len(totals),
            error=sum(loss.error for loss in losses) / len(losses),
            gradient_norm=norm,
            rate=self.settings.optimizer.rate(step),
            seconds=round(time.monotonic() - started, 3),
            labels=tuple(loss.label for loss in losses),
            skipped=skipped,
        )
        return update, any(part[4] for part in gathered)

    def encoded(self, batch: MicroBatch) -> MicroBatch:
        """Encode frames that are not in the cache."""
        if batch.source.dtype != torch.uint8:
            return batch

        def latents(clips: torch.Tensor) -> torch.Tensor:
            tiled = self.settings.data.tiled_vae
            found = [encode_frames(self.models, clip, self.accelerator.device, tiled) for clip in clips]
            return torch.stack(found).to(self.dtype)

        return replace(batch, source=latents(batch.source), target=latents(batch.target))

    def _check_before_backward(self, batch: MicroBatch, total: torch.Tensor) -> None:
        """DeepSpeed updates the weights within its backward pass: there, a broken loss can only end the run."""
        if steps_by_itself(self.accelerator) and not torch.isfinite(total):
            raise SetupError(
                f"loss not finite under DeepSpeed: {', '.join(batch.labels)}; leave these samples out"
            )

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
