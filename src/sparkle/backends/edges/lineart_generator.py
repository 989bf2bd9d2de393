"""The line drawing network of "informative drawings" (Chan et al., CVPR 2022), MIT: a small residual generator.

Module names are those of the published checkpoints (`sk_model.pth`, `sk_model2.pth` of lllyasviel/Annotators).
"""

from __future__ import annotations

import pickle
from pathlib import Path

import torch
from torch import nn

from sparkle.backends.sound_weights import refuse_not_finite, refuse_torch_dtypes
from sparkle.core.errors import SetupError
from sparkle.store import check_plain

RESIDUAL_BLOCKS = 3


class ResidualBlock(nn.Module):
    """Two reflected 3x3 convolutions around a shortcut."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv_block = nn.Sequential(
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, 3),
            nn.InstanceNorm2d(channels),
            nn.ReLU(inplace=True),
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, 3),
            nn.InstanceNorm2d(channels),
        )

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Return the same shape."""
        return pictures + self.conv_block(pictures)


class LineArtGenerator(nn.Module):
    """RGB pictures (N, 3, H, W) in [0, 1] to drawings (N, 1, H, W): 1 is paper, 0 is ink. H and W: multiples of 4."""

    def __init__(self) -> None:
        super().__init__()
        self.model0 = nn.Sequential(
            nn.ReflectionPad2d(3), nn.Conv2d(3, 64, 7), nn.InstanceNorm2d(64), nn.ReLU(inplace=True)
        )
        self.model1 = nn.Sequential(*_halved(64, 128), *_halved(128, 256))
        self.model2 = nn.Sequential(*(ResidualBlock(256) for _ in range(RESIDUAL_BLOCKS)))
        self.model3 = nn.Sequential(*_doubled(256, 128), *_doubled(128, 64))
        self.model4 = nn.Sequential(nn.ReflectionPad2d(3), nn.Conv2d(64, 1, 7), nn.Sigmoid())

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Return the drawings."""
        coarse = self.model2(self.model1(self.model0(pictures)))
        drawings: torch.Tensor = self.model4(self.model3(coarse))
        return drawings


def load_generator(path: Path) -> LineArtGenerator:
    """Load a checkpoint. Raises SetupError, which names the keys, for one that is not exactly this network's."""
    generator = LineArtGenerator()
    try:
        check_plain(path)
        weights = torch.load(path, map_location="cpu", weights_only=True)
        generator.load_state_dict(weights)
        refuse_torch_dtypes(path, weights)
    except (OSError, RuntimeError, TypeError, pickle.UnpicklingError) as error:
        raise SetupError(f"{path}: no checkpoint of the line art network: {error}") from error
    refuse_not_finite(path, generator)
    generator.eval()
    return generator


def _halved(channels: int, wider: int) -> list[nn.Module]:
    return [
        nn.Conv2d(channels, wider, 3, stride=2, padding=1),
        nn.InstanceNorm2d(wider),
        nn.ReLU(inplace=True),
    ]


def _doubled(channels: int, narrower: int) -> list[nn.Module]:
    return [
        nn.ConvTranspose2d(channels, narrower, 3, stride=2, padding=1, output_padding=1),
        nn.InstanceNorm2d(narrower),
        nn.ReLU(inplace=True),
    ]
