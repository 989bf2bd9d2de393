"""The heuristic scorer: EditScore's fields and arithmetic over measured quantities."""

from __future__ import annotations

import math
from typing import ClassVar

from sparkle.backends.cpu.scorer.edit import score_edit
from sparkle.backends.cpu.scorer.removal import score_removal
from sparkle.core.errors import BackendError
from sparkle.roles import EditScore, ModelCard, ScoreRequest


class Scorer:
    """Fulfils Scorer without a model; its scores are not comparable with those of one.

    As EditScore does, it takes the worst of what it finds: semantics = min(prompt following, consistency),
    overall = sqrt(semantics * perceptual quality).
    """

    card: ClassVar[ModelCard] = ModelCard("heuristic", "1", "Apache-2.0")

    def __call__(self, request: ScoreRequest) -> EditScore:
        """Score one picture. Raises BackendError when the shapes of source, edited picture and mask differ."""
        _check_shapes(request)
        measure = score_removal if request.task == "removal" else score_edit
        prompt_following, consistency, quality = measure(request)
        semantics = min(prompt_following.score, consistency.score)
        return EditScore(
            prompt_following=round(prompt_following.score, 3),
            consistency=round(consistency.score, 3),
            perceptual_quality=round(quality.score, 3),
            overall=round(math.sqrt(semantics * quality.score), 3),
            SC_reasoning=f"{prompt_following.text} {consistency.text}",
            PQ_reasoning=quality.text,
            scorer=self.card.name,
        )


def _check_shapes(request: ScoreRequest) -> None:
    source, edited = request.source.shape, request.edited.shape
    if (
        source != edited
        or len(source) != 3
        or (request.mask is not None and request.mask.shape != source[:2])
    ):
        mask = None if request.mask is None else request.mask.shape
        raise BackendError(
            f"source {source}, edited {edited} and mask {mask} must be of one size to be compared"
        )
