"""The module that is trained: the transformer with what makes its context, from a micro-batch to its loss."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sparkle.kiwi.encoder import KiwiEncoder
from sparkle.kiwi.loss import training_loss
from sparkle.kiwi.schedule import TrainingTable
from sparkle.kiwi.training.batches import MicroBatch
from sparkle.kiwi.training.recompute import recompute_all_but_attention, recompute_what_is_wide
from sparkle.kiwi.training.settings import Checkpointing
from sparkle.kiwi.transformer import KiwiTransformer


class Objective(nn.Module):
    """One module, since DistributedDataParallel, FSDP and DeepSpeed wrap one.

    It holds the whole encoder, or the connector alone where the encoder's states are kept.
    """

    def __init__(
        self,
        transformer: KiwiTransformer,
        encoder: KiwiEncoder,
        table: TrainingTable,
        *,
        connector_only: bool,
    ) -> None:
        super().__init__()
        self.transformer = transformer
        self.encoder = None if connector_only else encoder
        self.connector = encoder.connector if connector_only else None
        self.table = table

    def forward(self, batch: MicroBatch) -> tuple[Tensor, Tensor, Tensor]:
        """Return the loss, a mean over the micro-batch; and of each sample (B,) the loss and its unweighted error."""
        terms = training_loss(
            self.transformer,
            self.table,
            clean=batch.target,
            noise=batch.noise,
            timestep=batch.timestep,
            context=self._context(batch),
            source=batch.source,
        )
        return terms.total, terms.error * terms.weight, terms.error

    def checkpoint_gradients(self, which: Checkpointing) -> None:
        """Compute activations again in the backward pass instead of keeping them. Call it before compiling."""
        if which == "wide":
            recompute_what_is_wide(self.transformer.blocks)
        elif which != "none":
            recompute_all_but_attention(self.transformer.blocks)
        if which == "all" and self.encoder is not None:
            self.encoder.qwen.language_model.gradient_checkpointing_enable(
                gradient_checkpointing_kwargs={"use_reentrant": False}
            )

    def _context(self, batch: MicroBatch) -> Tensor:
        if self.connector is not None:
            context: Tensor = self.connector(batch.states)
            return context
        if self.encoder is None:
            raise ValueError("there is neither an encoder nor a connector")
        # One at a time: they differ in length, and Kiwi's encoder has never seen padding.
        return torch.cat([self.encoder(sample) for sample in batch.inputs])
