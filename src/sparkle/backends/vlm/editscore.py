"""Role Scorer: EditScore (arXiv 2509.23909), asked in the words that its adapter was trained on.

Those words are read from the installed package `editscore`, whose code is neither imported nor run: its own scorer
returns random or made-up scores for replies that it cannot read. The arithmetic is done here. Of two lists of two
numbers in [0, 25], SC = [prompt following, consistency] and PQ = [naturalness, artifacts], scaled to [0, 10]:
overall = sqrt(min(SC) * min(PQ)).
"""

from __future__ import annotations

import ast
import importlib.util
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from statistics import fmean
from typing import Any, ClassVar, Literal

from pydantic import Field

from sparkle.backends.vlm.backend import VisionLanguageBackend
from sparkle.backends.vlm.endpoint import EndpointSettings
from sparkle.backends.vlm.question import Media, Question, picture
from sparkle.backends.vlm.reply import UnusableReplyError, quote, read_number, read_object
from sparkle.config import parse_settings
from sparkle.core.errors import BackendError, SetupError
from sparkle.roles import EditScore, EndpointReport, ScoreRequest
from sparkle.store import read_text

SCORE_RANGE = 25
INSTALL = "pip install --no-deps 'editscore>=0.2,<0.3'"
INSTRUCTION = "<instruction>"
CONTEXT, TWO_IMAGES, RULE_SC, RULE_PQ = (
    "_context_no_delimit_reasoning_first",
    "_prompts_0shot_two_image_edit_rule",
    "_prompts_0shot_tie_rule_SC",
    "_prompts_0shot_rule_PQ",
)
# The published scores of single pictures have the keys of the package's single call, which shows the second question
# the edited picture alone; those of videos have the keys of its batched call, which shows both.
PUBLISHED_PQ_IMAGES: Mapping[str, Literal["edited", "both"]] = {
    "edit": "edited",
    "removal": "edited",
    "video_frame": "both",
    "source_pair": "both",
}


@dataclass(frozen=True, slots=True)
class Pass:
    """One answer to both questions, in [0, 10]."""

    prompt_following: float
    consistency: float
    perceptual_quality: float

    @property
    def overall(self) -> float:
        """The geometric mean of what is worst in either answer."""
        return math.sqrt(min(self.prompt_following, self.consistency) * self.perceptual_quality)


class EditScoreSettings(EndpointSettings):
    """passes: how often both questions are asked, with seeds that follow each other; scores are averaged.

    pq_images: which pictures the question of quality shows; "published" is as the published file of that check was
        made.
    picture_names: "<img1>: " before the first picture and so on, as the package asks adapters on Qwen2.5-VL; those on
        Qwen3-VL get the pictures alone.
    temperature, top_p, max_tokens, extra_body: what the package asks its servers with. `top_k` is known to vLLM and
        SGLang.
    """

    passes: int = Field(default=1, ge=1, le=32)
    pq_images: Literal["published", "edited", "both"] = "published"
    picture_names: bool = False
    temperature: float | None = Field(default=0.7, ge=0, le=2)
    top_p: float | None = Field(default=0.9, gt=0, le=1)
    max_tokens: int | None = Field(default=512, ge=1)
    extra_body: dict[str, Any] = Field(default_factory=lambda: {"top_k": 20})


class EditScoreScorer(VisionLanguageBackend):
    """Scores an edited picture against its source. Both questions, of all passes, are asked at the same time."""

    Options: ClassVar[type[EndpointSettings]] = EditScoreSettings

    def __init__(self, **options: Any) -> None:
        """`options`: the fields of EditScoreSettings."""
        settings = parse_settings(EditScoreSettings, options, type(self).__name__)
        super().__init__(**options)
        self.passes = settings.passes
        self.pq_images = settings.pq_images
        self.picture_names = settings.picture_names

    @cached_property
    def texts(self) -> tuple[str, str]:
        """The two questions, with "<instruction>" where the instruction goes. Raises SetupError without the package."""
        return read_questions()

    def __call__(self, request: ScoreRequest) -> EditScore:
        """Score one picture, source and edited of one shape. The reasonings and replies are those of the first pass."""
        if request.source.shape != request.edited.shape:
            raise BackendError(
                f"source {request.source.shape} and edited {request.edited.shape} must be of one size"
            )
        semantics, quality = self.texts
        pictures = (picture(request.source), picture(request.edited))
        shown = PUBLISHED_PQ_IMAGES[request.task] if self.pq_images == "published" else self.pq_images
        semantics = semantics.replace(INSTRUCTION, request.instruction)
        semantics_parts = (*self._named(pictures), semantics)
        quality_parts = (*self._named(pictures if shown == "both" else pictures[1:]), quality)
        asked = []
        for number in range(self.passes):
            seed = (self.client.settings.seed or 0) + number
            asked.append(Question("editscore_sc", semantics_parts, seed=seed))
            asked.append(Question("editscore_pq", quality_parts, seed=seed))
        answers = self.client.ask_all(asked, parse_scores)
        replies = [answer.value for answer in answers]
        passes = [
            Pass(sc[0], sc[1], min(pq)) for (_, sc), (_, pq) in zip(replies[::2], replies[1::2], strict=True)
        ]
        return EditScore(
            prompt_following=fmean(item.prompt_following for item in passes),
            consistency=fmean(item.consistency for item in passes),
            perceptual_quality=fmean(item.perceptual_quality for item in passes),
            overall=fmean(item.overall for item in passes),
            SC_reasoning=replies[0][0],
            PQ_reasoning=replies[1][0],
            scorer=self.card.name,
            SC_raw_output=answers[0].text,
            PQ_raw_output=answers[1].text,
        )

    def _named(self, pictures: Sequence[Media]) -> Iterator[str | Media]:
        for number, shown in enumerate(pictures, 1):
            if self.picture_names:
                yield f"<img{number}>: "
            yield shown

    def endpoint_report(self) -> EndpointReport:
        """As for all backends; that the package with the questions is missing is a fault too."""
        report = super().endpoint_report()
        try:
            _ = self.texts
        except SetupError as error:
            return replace(report, faults=(*report.faults, str(error)))
        return report


def parse_scores(text: str) -> tuple[str, tuple[float, float]]:
    """Return the reasoning and the two scores of a reply, scaled from [0, 25] to [0, 10].

    Raises UnusableReplyError for anything but two numbers in range: there is no default score.
    """
    reply = read_object(text, "reasoning", "score")
    score = reply["score"]
    if not isinstance(score, list) or len(score) != 2:
        raise UnusableReplyError(f"score must be two numbers, got {quote(score)}")
    first, second = (read_number(value, "a score", 0, SCORE_RANGE) * 10 / SCORE_RANGE for value in score)
    reasoning = reply["reasoning"]
    if not isinstance(reasoning, str):
        raise UnusableReplyError(f"reasoning must be text, got {quote(reasoning)}")
    return " ".join(reasoning.split()), (first, second)


def read_questions() -> tuple[str, str]:
    """Return the questions SC and PQ from the source text of the installed package, for scores in [0, 25].

    Raises SetupError, with the command that helps, when the package is not installed or holds other names.
    """
    spec = importlib.util.find_spec("editscore")
    folders = [] if spec is None else list(spec.submodule_search_locations or ())
    if not folders:
        raise SetupError(
            f"EditScore's questions are in the package 'editscore', which is not installed. Install it with: {INSTALL} "
            f"(its own requirements are for running the model here, and not needed)"
        )
    file = Path(folders[0]) / "vie_prompts.py"
    try:
        texts = _text_constants(read_text(file))
        context, images, rule_sc, rule_pq = (texts[name] for name in (CONTEXT, TWO_IMAGES, RULE_SC, RULE_PQ))
        if INSTRUCTION not in rule_sc:
            raise ValueError(f"{RULE_SC} has no place for {INSTRUCTION}")
    except (OSError, ValueError, SyntaxError, KeyError) as error:
        raise SetupError(
            f"{file}: holds no questions as expected ({error!r}); install with: {INSTALL}"
        ) from error
    # The texts say "from 0 to 10" and are turned to the range of the training data before the instruction is put in,
    # whose own numbers must stay.
    return (
        "\n".join([context, images, rule_sc.replace("10", str(SCORE_RANGE))]),
        "\n".join([context, rule_pq.replace("10", str(SCORE_RANGE))]),
    )


def _text_constants(source: str) -> dict[str, str]:
    """Return the text constants that a Python source assigns at its top level, without running it."""
    texts = {}
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant):
            for target in statement.targets:
                if isinstance(target, ast.Name) and isinstance(statement.value.value, str):
                    texts[target.id] = statement.value.value
    return texts
