"""Who judges a sample: a vision-language model that is asked, or measured quantities."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from sparkle.backends.vlm import Client, EndpointSettings
from sparkle.backends.vlm.judge import judge_edit
from sparkle.bench.cost import Tokens, estimate_calls
from sparkle.bench.dimensions import SPARKLE, Benchmark, capped
from sparkle.bench.rubric import Rubric
from sparkle.bench.scores import Judge, JudgeRun, ScoreRecord
from sparkle.bench.tasks import BenchSample
from sparkle.config import parse_settings

FIRST_SEED = 42  # published
TEMPERATURE = 0.0  # published

GEMINI_URL = "https://generativelanguage.googleapis.com/v1beta/openai"
GEMINI_KEY = "GEMINI_API_KEY"
LOCAL_URL = "http://127.0.0.1:8000/v1"

Media = Literal["inline", "image_url", "frames"]


class SampleJudge(Protocol):
    """Judges one sample. `judge` says who and how, and is kept with every score."""

    @property
    def judge(self) -> Judge:
        """Who judges, and all that changes the answer."""
        ...

    def __call__(self, sample: BenchSample, edited: Path) -> ScoreRecord:
        """Judge a clip. Raises MediaError for one that cannot be read, BackendError without a usable answer."""
        ...

    def estimate(self, samples: Sequence[tuple[BenchSample, Path]]) -> Tokens:
        """Say what judging these would take; no calls for a judge that costs nothing."""
        ...

    def spent(self) -> Tokens:
        """Return calls and tokens so far, replies that could not be used included."""
        ...


@dataclass(frozen=True, slots=True)
class ModelJudge:
    """Asks a model, `runs` times a sample, with the seeds 42, 43, ..."""

    client: Client
    benchmark: Benchmark
    rubric: Rubric
    runs: int = 1

    @property
    def judge(self) -> Judge:
        """The model, the rubric, and how the clips are shown."""
        settings = self.client.settings
        return Judge(
            model=settings.model,
            rubric=self.rubric.name,
            rubric_sha256=self.rubric.sha256,
            temperature=settings.temperature,
            seed=FIRST_SEED,
            runs=self.runs,
            media="video" if self._frames is None else "frames:{:g}fps,{}".format(*self._frames),
        )

    def __call__(self, sample: BenchSample, edited: Path) -> ScoreRecord:
        """Return the record: the scores of a single run as they are, of several their means."""
        runs = tuple(self._run(sample, edited, FIRST_SEED + number) for number in range(self.runs))
        counted = [self.benchmark.as_published(run.raw_scores) for run in runs]
        columns = zip(*counted, strict=True)
        means = tuple(sum(column) / len(runs) for column in columns)
        return ScoreRecord(
            id=sample.id,
            prompt=sample.instruction,
            edit_type=sample.theme,
            subtheme=sample.subtheme,
            scene=sample.scene,
            scores=counted[0] if len(runs) == 1 else means,
            result=runs[0].result,
            judge=self.judge,
            runs=runs,
        )

    def estimate(self, samples: Sequence[tuple[BenchSample, Path]]) -> Tokens:
        """Estimate the calls from the rubric's length and the clips' durations."""
        triples = (
            (self.rubric.about(sample.instruction), sample.source, edited) for sample, edited in samples
        )
        return estimate_calls(triples, self.runs, self._frames)

    def spent(self) -> Tokens:
        """Sum what the server reported; replies from the cache cost nothing."""
        sums = self.client.usage.records()
        return Tokens(
            sum(usage.prompt_tokens for usage in sums),
            sum(usage.completion_tokens for usage in sums),
            sum(usage.calls for usage in sums),
            sum(usage.cached for usage in sums),
        )

    @property
    def _frames(self) -> tuple[float, int] | None:
        settings = self.client.settings
        return (settings.frame_rate_fps, settings.most_frames) if settings.video == "frames" else None

    def _run(self, sample: BenchSample, edited: Path, seed: int) -> JudgeRun:
        names = [dimension.name for dimension in self.benchmark.dimensions]
        answer = judge_edit(
            self.client, self.rubric.about(sample.instruction), names, sample.source, edited, seed=seed
        )
        return JudgeRun(
            seed=seed if answer.seed is None else answer.seed,
            raw_scores=answer.value,
            result=answer.text.strip(),
            temperature=answer.temperature,
            model=answer.model,
            input_tokens=answer.usage.prompt_tokens,
            output_tokens=answer.usage.completion_tokens,
            endpoint=answer.endpoint,
        )


def model_judge(
    model: str,
    benchmark: Benchmark,
    rubric: Rubric,
    *,
    runs: int = 1,
    endpoint: str | None = None,
    api_key_env: str | None = None,
    media: Media | None = None,
    concurrency: int = 4,
    attempts: int = 5,
    cache: bool = True,
) -> ModelJudge:
    """Return a model judge with the published settings: temperature 0, seed 42, both clips inline.

    Gemini models are asked at Google's endpoint with the key in GEMINI_API_KEY and get the clips as the published
    script sends them; other models at a server on this machine. Raises SettingsError for settings with a secret.
    """
    hosted = model.startswith("gemini-") and endpoint is None
    values = {
        "model": model,
        "base_url": endpoint or (GEMINI_URL if hosted else LOCAL_URL),
        "api_key_env": api_key_env or (GEMINI_KEY if hosted else None),
        "temperature": TEMPERATURE,
        "seed": FIRST_SEED,
        "max_tokens": None,  # thought counts, and nothing limits it in the published script
        "video": media or ("image_url" if model.startswith("gemini-") else "inline"),
        "concurrency": concurrency,
        "attempts": attempts,
        "patience_s": 0,  # somebody waits at the terminal, and the same command goes on where it stopped
        "cache": cache,
    }
    return ModelJudge(
        Client(parse_settings(EndpointSettings, values, f"judge {model}")), benchmark, rubric, runs
    )


def whole_scores(values: Sequence[float]) -> tuple[int, ...]:
    """Return measured values as scores: rounded half up, from 1 to 5, and capped by the first."""
    return capped([min(max(math.floor(value + 0.5), SPARKLE.lowest), SPARKLE.highest) for value in values])
