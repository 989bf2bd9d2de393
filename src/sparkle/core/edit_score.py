"""EditScore's answer about one edited image (paper, sections 3.1, 3.2, 3.3 and 3.5)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EditScore:
    """EditScore's published fields, 0..10. `scorer` is the model id, or "heuristic" for measured quantities.

    The raw outputs are a model's own replies, empty where nothing was asked.
    """

    prompt_following: float
    consistency: float
    perceptual_quality: float
    overall: float
    SC_reasoning: str
    PQ_reasoning: str
    scorer: str
    SC_raw_output: str = ""
    PQ_raw_output: str = ""
