"""VEFX-Reward as a filter of a pipeline's results (role ClipScorer)."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from sparkle.backends.vefx.reward import AXES, RewardSettings, VefxReward
from sparkle.config import Settings, parse_settings
from sparkle.core.errors import SetupError
from sparkle.roles import ClipScore, Frames
from sparkle.store import named_constant, read_short_text, string_constants


class VefxClipScorerSettings(RewardSettings):
    """`prompt`: the authors' text, FILE or SCRIPT.py::CONSTANT; no line of the script is executed."""

    prompt: str = Field(min_length=1)


class VefxClipScorer:
    """Scores Instructional Following, Render Quality and Edit Exclusivity, 1 (worst) to 4 each."""

    Options: ClassVar[type[Settings]] = VefxClipScorerSettings

    # 4B in bfloat16 and the longest clip that it takes: an estimate.
    _gpu_memory_gb = 16.0

    def __init__(self, **options: Any) -> None:
        """`options`: the fields of VefxClipScorerSettings. Raises SetupError for a prompt that is none."""
        settings = parse_settings(VefxClipScorerSettings, options, type(self).__name__)
        prompt = _prompt(settings.prompt)
        self._reward = VefxReward(settings, prompt)
        self.weights = self._reward.weights
        self.card = self._reward.card
        self.gpu_memory_gb = 0.0 if settings.device == "cpu" else self._gpu_memory_gb
        self._scorer = f"{self.card.name}, prompt {hashlib.sha256(prompt.encode()).hexdigest()[:12]}"

    def __call__(self, source: Frames, edited: Frames, fps: float, instruction: str) -> ClipScore:
        """Return the three axes. Raises as VefxReward does."""
        scores = self._reward(source, fps, edited, fps, instruction)
        return ClipScore(dict(zip(AXES, scores, strict=True)), self._scorer)

    def release(self) -> None:
        """Give the model's memory back."""
        self._reward.release()


def _prompt(location: str) -> str:
    file, colons, constant = location.partition("::")
    path = Path(file).expanduser()
    text = read_short_text(path, "prompt")
    if not colons:
        if path.suffix == ".py":
            raise SetupError(f"prompt {path}: name the constant too, {path.name}::EDITREWARD_V2_SPECIAL")
        return text
    return named_constant(path, string_constants(path, text), constant)
