"""UniMatch checkpoints with random weights, as the authors save theirs; the network has one size only."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch

from sparkle.backends.flow.gmflow import GMFlow
from sparkle.backends.flow.unimatch import CHECKPOINT


def write_tiny_unimatch(folder: Path, scales: int = 1, refined: bool = False) -> Path:
    """Write a checkpoint under the name of the default one; the smallest and fastest kind unless asked otherwise."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = random_weights(GMFlow(scales, refined).state_dict())
    torch.save({"model": weights, "step": 1}, folder / CHECKPOINT)
    return folder


def random_weights(like: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return weights of the same names and shapes that are the same on every machine."""
    generator = np.random.default_rng(0)
    weights = {}
    for name in sorted(like):
        shape = tuple(like[name].shape)
        values = generator.standard_normal(shape)
        if len(shape) > 1:
            values /= np.prod(shape[1:]) ** 0.5
        else:
            values = 0.1 * values + name.endswith("weight")
        weights[name] = torch.from_numpy(values.astype(np.float32))
    return weights
