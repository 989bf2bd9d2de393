"""A line art checkpoint with random weights, as lllyasviel/Annotators has it; the network has one size only."""

from pathlib import Path

import torch

from sparkle.backends.edges.lineart import COARSE, FINE
from sparkle.backends.edges.lineart_generator import LineArtGenerator


def write_tiny_lineart(folder: Path) -> Path:
    """Write the fine and the coarse checkpoint; they draw different lines."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed, name in enumerate((FINE, COARSE)):
        torch.manual_seed(seed)
        torch.save(LineArtGenerator().state_dict(), folder / name)
    return folder
