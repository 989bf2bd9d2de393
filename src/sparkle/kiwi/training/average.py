"""An exponential moving average of the trained weights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from sparkle.backends.sound_weights import finite
from sparkle.kiwi.training.checkpoints import CONTINUE_FROM_THE_ONE_BEFORE

_UPDATES = "updates"


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
        self._swap()
        try:
            yield
        finally:
            self._swap()

    def save(self, path: Path) -> None:
        """Write the average by parameter name, and how many updates it has followed; as safetensors, never a pickle."""
        tensors = {name: average.cpu().contiguous() for name, average in self._average.items()}
        save_file({**tensors, _UPDATES: torch.tensor(self._updates)}, path)

    def load(self, path: Path) -> None:
        """Take up what `save` wrote, of the same parameters. Raises SetupError for values that are not finite."""
        state = dict(finite(path, load_file(path).items(), CONTINUE_FROM_THE_ONE_BEFORE))
        self._updates = int(state[_UPDATES])
        for name, average in self._average.items():
            average.copy_(state[name])

    def _swap(self) -> None:
        # No copies: for the published set each would be 20 GB.
        for name, parameter in self._parameters.items():
            parameter.data, self._average[name] = self._average[name], parameter.data
