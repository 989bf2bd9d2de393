"""The network of VEFX-Reward: Qwen3-VL without its words, and a head that reads three marked places of the prompt."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from transformers.models.qwen3_vl.modeling_qwen3_vl import Qwen3VLModel, Qwen3VLPreTrainedModel

THRESHOLDS = 3  # between four classes


class RewardNetwork(Qwen3VLPreTrainedModel):
    """Checkpoints hold Qwen3-VL's own keys (`model.visual`, `model.language_model`, `lm_head`, which nothing needs
    here) and `rm_head.weight` (3, hidden)."""

    _keys_to_ignore_on_load_unexpected = (r"^lm_head\.",)

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        self.model = Qwen3VLModel(config)
        self.rm_head = nn.Linear(config.text_config.hidden_size, THRESHOLDS, bias=False)
        self.post_init()

    def forward(self, places: Any, **inputs: Any) -> Any:
        """Return float32 (3, 3): at each of the `places`, int64 (3,), the logits of the thresholds."""
        hidden = self.model(**inputs).last_hidden_state[0, places]
        return self.rm_head(hidden).float()


def expected_scores(logits: Any) -> tuple[float, ...]:
    """Return the expected class, 1 to 4, of each row of thresholds' logits (axes, 3).

    A threshold's sigmoid is the probability to be above it if one is above those before it; their running products are
    the probabilities to be above each, and one more than their sum is the expected class.
    """
    above = torch.cumprod(torch.sigmoid(logits.double()), dim=-1)
    return tuple(float(value) for value in 1 + above.sum(dim=-1))
