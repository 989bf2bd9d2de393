"""VEFX-Reward as a judge of a benchmark's clips: it watches both videos and is asked nothing in words of ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sparkle.backends.vefx import RewardSettings, VefxReward
from sparkle.bench.cost import Tokens
from sparkle.bench.rubric import Rubric
from sparkle.bench.scores import Judge, ScoreRecord
from sparkle.bench.tasks import BenchSample
from sparkle.config import parse_settings
from sparkle.video import read_clip

DIGITS = 3  # published


@dataclass(frozen=True, slots=True)
class VefxJudge:
    """Fulfils SampleJudge. The same pair gets the same scores, but for the last digits of another device."""

    reward: VefxReward
    rubric: Rubric
    dtype: str

    @property
    def judge(self) -> Judge:
        """The checkpoint and its revision, the authors' prompt, and what of the clips it sees."""
        card = self.reward.card
        return Judge(
            model=card.name,
            rubric=self.rubric.name,
            rubric_sha256=self.rubric.sha256,
            media="video:4fps",
            version=f"{card.revision}, {self.dtype}",
        )

    def __call__(self, sample: BenchSample, edited: Path) -> ScoreRecord:
        """Return the record: an expected class from 1 to 4 an axis. Raises as VefxReward does."""
        source, result = read_clip(sample.source), read_clip(edited)
        values = self.reward(source.frames, source.fps, result.frames, result.fps, sample.instruction)
        scores = tuple(round(value, DIGITS) for value in values)
        return ScoreRecord(
            id=sample.id,
            prompt=sample.instruction,
            edit_type=sample.theme,
            subtheme=sample.subtheme,
            scene=sample.scene,
            scores=scores,
            result=f"overall {sum(scores):.3f} of 12, the sum that its authors print",
            judge=self.judge,
            values=values,
        )

    def estimate(self, samples: Sequence[tuple[BenchSample, Path]]) -> Tokens:
        """Return nothing: no server is called."""
        return Tokens()

    def spent(self) -> Tokens:
        """Return nothing: no server is called."""
        return Tokens()


def open_vefx(model: str, device: str, prompt: Rubric) -> VefxJudge:
    """Return the judge; weights load at the first clip. Raises SetupError for no such prompt or files."""
    settings = parse_settings(RewardSettings, {"model": model, "device": device}, "judge vefx")
    reward = VefxReward(settings, prompt.text)
    reward.weights[0].folder()
    return VefxJudge(reward, prompt, settings.dtype)
