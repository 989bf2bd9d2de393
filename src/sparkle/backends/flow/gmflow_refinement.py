"""GMFlow's optional refinement: RAFT's recurrent update, which corrects the flow by looking again nearby."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

HIDDEN = 128
WINDOW = 81  # places of a window of radius 4


class MotionEncoder(nn.Module):
    """What the likenesses nearby and the present flow say together."""

    def __init__(self) -> None:
        super().__init__()
        self.convc1 = nn.Conv2d(WINDOW, 256, 1)
        self.convc2 = nn.Conv2d(256, 192, 3, padding=1)
        self.convf1 = nn.Conv2d(2, 128, 7, padding=3)
        self.convf2 = nn.Conv2d(128, 64, 3, padding=1)
        self.conv = nn.Conv2d(64 + 192, HIDDEN - 2, 3, padding=1)

    def forward(self, flow: torch.Tensor, correlation: torch.Tensor) -> torch.Tensor:
        """Return (N, 128, H, W), the last two channels the flow itself."""
        seen = functional.relu(self.convc2(functional.relu(self.convc1(correlation))))
        moved = functional.relu(self.convf2(functional.relu(self.convf1(flow))))
        return torch.cat([functional.relu(self.conv(torch.cat([seen, moved], 1))), flow], 1)


class SeparableGRU(nn.Module):
    """A convolutional GRU along rows, then along columns."""

    def __init__(self) -> None:
        super().__init__()
        for axis, (kernel, padding) in enumerate((((1, 5), (0, 2)), ((5, 1), (2, 0))), start=1):
            for gate in "zrq":
                self.add_module(f"conv{gate}{axis}", nn.Conv2d(3 * HIDDEN, HIDDEN, kernel, padding=padding))

    def forward(self, state: torch.Tensor, inputs: torch.Tensor) -> torch.Tensor:
        """Return the new state (N, 128, H, W)."""
        for axis in (1, 2):
            both = torch.cat([state, inputs], 1)
            update = torch.sigmoid(self.get_submodule(f"convz{axis}")(both))
            reset = torch.sigmoid(self.get_submodule(f"convr{axis}")(both))
            new = torch.tanh(self.get_submodule(f"convq{axis}")(torch.cat([reset * state, inputs], 1)))
            state = (1 - update) * state + update * new
        return state


class FlowHead(nn.Module):
    """State to a correction of the flow."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(HIDDEN, 256, 3, padding=1)
        self.conv2 = nn.Conv2d(256, 2, 3, padding=1)

    def forward(self, state: torch.Tensor) -> torch.Tensor:
        """Return (N, 2, H, W)."""
        correction: torch.Tensor = self.conv2(functional.relu(self.conv1(state)))
        return correction


class Refinement(nn.Module):
    """One step: state, context, likenesses and flow to a new state, a correction and weights for upsampling."""

    def __init__(self, factor: int) -> None:
        super().__init__()
        self.encoder = MotionEncoder()
        self.gru = SeparableGRU()
        self.flow_head = FlowHead()
        self.mask = nn.Sequential(
            nn.Conv2d(HIDDEN, 256, 3, padding=1), nn.ReLU(inplace=True), nn.Conv2d(256, 9 * factor**2, 1)
        )

    def forward(
        self, state: torch.Tensor, context: torch.Tensor, correlation: torch.Tensor, flow: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the correction (N, 2, H, W) and the upsampling weights (N, 9 * factor^2, H, W)."""
        state = self.gru(state, torch.cat([context, self.encoder(flow, correlation)], 1))
        return self.flow_head(state), self.mask(state)
