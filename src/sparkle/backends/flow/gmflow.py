"""GMFlow, the optical flow model of UniMatch (Xu et al., CVPR 2022 and TPAMI 2023), MIT.

Module names are those of the published checkpoints (`gmflow-scale1-*`, `gmflow-scale2-*`,
`gmflow-scale2-regrefine6-*.pth`); which of the three a checkpoint is, its keys tell.
"""

from __future__ import annotations

import pickle
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

from sparkle.backends.flow.gmflow_attention import Transformer, add_window_positions
from sparkle.backends.flow.gmflow_encoder import CHANNELS, Encoder
from sparkle.backends.flow.gmflow_matching import (
    Propagation,
    correlate_nearby,
    match_everywhere,
    match_nearby,
    upsample_convex,
    warp,
)
from sparkle.backends.flow.gmflow_refinement import Refinement
from sparkle.backends.sound_weights import refuse_not_finite, refuse_torch_dtypes
from sparkle.core.errors import SetupError
from sparkle.store import check_plain

# How the published checkpoints are run, coarse to fine: windows per side, and how far matching and propagation look
# (None: everywhere).
WINDOW_SPLITS = (2, 8)
MATCH_RADIUS = 4
PROPAGATION_RADIUS = 1
REFINEMENTS = 6
REFINEMENT_RADIUS = 4

Pair = tuple[torch.Tensor, torch.Tensor]

MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)


class GMFlow(nn.Module):
    """Two pictures (N, 3, H, W), levels in [0, 255], to the flow (N, 2, H, W) from the first to the second.

    scales: 1 matches at 1/8 of the size, 2 corrects that at 1/4. H and W are multiples of `multiple`.
    """

    def __init__(self, scales: int, refined: bool) -> None:
        super().__init__()
        self.scales = scales
        self.factor = 8 if scales == 1 else 4
        self.multiple = 16 * scales
        self.backbone = Encoder(scales)
        self.transformer = Transformer(CHANNELS)
        self.feature_flow_attn = Propagation(CHANNELS)
        if refined:
            self.refine_proj = nn.Conv2d(CHANNELS, 2 * CHANNELS, 1)
            self.refine = Refinement(self.factor)
        else:
            self.upsampler = nn.Sequential(
                nn.Conv2d(2 + CHANNELS, 256, 3, padding=1),
                nn.ReLU(inplace=True),
                nn.Conv2d(256, 9 * self.factor**2, 1),
            )
        self._refined = refined

    def forward(self, first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
        """Return the flow in pixels."""
        pictures = normalised(torch.cat([first, second]))
        scales = [level.chunk(2) for level in self.backbone(pictures)]
        known, flow = self._match(scales[0], WINDOW_SPLITS[0], None)
        if self.scales == 2:
            known, flow = self._match(scales[1], WINDOW_SPLITS[1], _doubled(flow))
        if self._refined:
            return self._refine(scales[-1], known, flow)
        return upsample_convex(flow, self.upsampler(torch.cat([flow, known], 1)), self.factor)

    def _match(
        self, level: Pair, splits: int, flow: torch.Tensor | None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the first picture's features after attention, and the flow at this scale."""
        first, second = level
        if flow is not None:
            second = warp(second, flow)
        first, second = self.transformer(
            add_window_positions(first, splits), add_window_positions(second, splits), splits
        )
        if flow is None:
            return first, self.feature_flow_attn(first, match_everywhere(first, second), None)
        flow = flow + match_nearby(first, second, MATCH_RADIUS)
        return first, self.feature_flow_attn(first, flow, PROPAGATION_RADIUS)

    def _refine(self, level: Pair, known: torch.Tensor, flow: torch.Tensor) -> torch.Tensor:
        # The published model starts every step from the same state; only the flow is carried on.
        state, context = self.refine_proj(known).chunk(2, dim=1)
        state, context = torch.tanh(state), torch.relu(context)
        for _ in range(REFINEMENTS):
            correlation = correlate_nearby(*level, flow, REFINEMENT_RADIUS)
            correction, weights = self.refine(state, context, correlation, flow)
            flow = flow + correction
        return upsample_convex(flow, weights, self.factor)


def normalised(pictures: torch.Tensor) -> torch.Tensor:
    """Return levels in [0, 255] with ImageNet's mean and deviation."""
    mean, deviation = (
        torch.tensor(values, dtype=pictures.dtype, device=pictures.device)[:, None, None]
        for values in (MEAN, DEVIATION)
    )
    return (pictures / 255 - mean) / deviation


def load_gmflow(path: Path) -> GMFlow:
    """Load a published checkpoint. Raises SetupError, which names the keys, for one that is not exactly GMFlow's."""
    try:
        check_plain(path)
        stored = torch.load(path, map_location="cpu", weights_only=True)
        weights = stored.get("model", stored)
        scales = 2 if "backbone.trident_conv.weight" in weights else 1
        model = GMFlow(scales, refined="refine_proj.weight" in weights)
        model.load_state_dict(weights)
        refuse_torch_dtypes(path, weights)
    except (OSError, RuntimeError, TypeError, AttributeError, pickle.UnpicklingError) as error:
        raise SetupError(f"{path}: no checkpoint of UniMatch's optical flow: {error}") from error
    refuse_not_finite(path, model)
    model.eval()
    return model


def _doubled(flow: torch.Tensor) -> torch.Tensor:
    return 2 * functional.interpolate(flow, scale_factor=2, mode="bilinear", align_corners=True)
