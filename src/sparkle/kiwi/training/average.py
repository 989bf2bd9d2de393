"""An exponential moving average of the trained weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class WeightAverage:
    """Keeps a float32 copy of every trained parameter, which follows it by 1 - `decay` of the distance at every update.

    In the first updates the decay is lower, (1 + n) / (10 + n), so that the start is forgotten.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self._parameters = {
            name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad
        }
        self._average = {
            name: parameter.detach().clone().float() for name, parameter in self._parameters.items()
        }
        self._decay = decay
        self._updates = 0

    @torch.no_grad()
    def update(self) -> None:
        """Follow the weights by one update."""
        self._updates += 1
        decay = min(self._decay, (1 + self._updates) / (10 + self._updates))
        for name, average in self._average.items():
            average.lerp_(self._parameters[name].detach().float(), 1 - decay)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Put the average into the model, and the weights back afterwards."""
        kept = {name: parameter.detach().clone() for name, parameter in self._parameters.items()}
        self._set(self._average)
        try:
            yield
        finally:
            self._set(kept)

    def state_dict(self) -> dict[str, Tensor]:
        """Return the average by parameter name, and how many updates it has followed."""
        return {**self._average, "updates": torch.tensor(self._updates)}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Take up a state of the same parameters."""
        self._updates = int(state["updates"])
        for name, average in self._average.items():
            average.copy_(state[name])

    @torch.no_grad()
    def _set(self, values: Mapping[str, Tensor]) -> None:
        for name, parameter in self._parameters.items():
            parameter.copy_(values[name])
