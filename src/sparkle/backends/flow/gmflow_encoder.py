"""GMFlow's picture encoder: a small residual network, RAFT's without its last stage."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

CHANNELS = 128


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with instance norm around a shortcut."""

    def __init__(self, channels: int, wider: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, wider, 3, stride, padding=1, bias=False)
        self.conv2 = nn.Conv2d(wider, wider, 3, padding=1, bias=False)
        self.norm = nn.InstanceNorm2d(wider)  # without weights, so one serves all
        self.downsample = (
            nn.Sequential(nn.Conv2d(channels, wider, 1, stride)) if channels != wider or stride != 1 else None
        )

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return (N, wider, H / stride, W / stride)."""
        new = functional.relu(self.norm(self.conv1(features)))
        new = functional.relu(self.norm(self.conv2(new)))
        if self.downsample is not None:
            features = self.norm(self.downsample(features))
        return functional.relu(features + new)


class Encoder(nn.Module):
    """Pictures (N, 3, H, W) to features (N, 128, ., .), coarse to fine: at 1/8, and with two scales also at 1/4."""

    def __init__(self, scales: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.norm1 = nn.InstanceNorm2d(64)
        self.layer1 = nn.Sequential(ResidualBlock(64, 64, 1), ResidualBlock(64, 64, 1))
        self.layer2 = nn.Sequential(ResidualBlock(64, 96, 2), ResidualBlock(96, 96, 1))
        self.layer3 = nn.Sequential(
            ResidualBlock(96, 128, 2 if scales == 1 else 1), ResidualBlock(128, 128, 1)
        )
        self.conv2 = nn.Conv2d(128, CHANNELS, 1)
        # One kernel seen at two strides (TridentNet).
        self.trident_conv = nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1, bias=False) if scales == 2 else None

    def forward(self, pictures: torch.Tensor) -> list[torch.Tensor]:
        """Return one feature map per scale."""
        features = functional.relu(self.norm1(self.conv1(pictures)))
        features = self.conv2(self.layer3(self.layer2(self.layer1(features))))
        if self.trident_conv is None:
            return [features]
        half = functional.conv2d(features, self.trident_conv.weight, stride=2, padding=1)
        return [half, self.trident_conv(features)]
