"""What a run will take: GPU hours, money, days, storage; from published figures, or from the first samples of a run.

Three scenarios stand side by side, `low`, `likely` and `high`, since neither seconds nor who passes are known exactly.
Of a recipe that nobody ran here only the whole rate of the later checks is published: `low` lets the first of them
reject all that fall, `high` the last, `likely` each alike. Of a run they are the ends of 95 % intervals, of seconds and
of rates, all on the same side at once, so that the truth lies between more often than that.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sparkle.config import near_hint, read_document
from sparkle.core.errors import SetupError
from sparkle.recipes import STAGES
from sparkle.runs import RunState, StageEvent, read_plan, read_run
from sparkle.store import Place, packaged_text

SCENARIOS = ("low", "likely", "high")
_Z = 1.96  # of a 95 % interval
_FEWEST = 5  # results of a stage that say anything of the rest


@dataclass(frozen=True, slots=True)
class StageFigures:
    """A stage in the three scenarios: seconds of a call, and the share of samples that pass, from 0 to 1.

    `told` says where the figures come from.
    """

    stage: str
    seconds: tuple[float, float, float]
    passing: tuple[float, float, float]
    told: str


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is to come, each a value per scenario: calls and hours by stage, accepted pairs, all hours, days, money.

    `hours` are those of a GPU, or of a worker where no model runs on one. `money` is None without a price, `storage_gb`
    (10^9 bytes) where no file of that size is known. `remarks` say what the figures lack.
    """

    samples: int
    gpus: int
    calls: dict[str, tuple[float, ...]]
    stage_hours: dict[str, tuple[float, ...]]
    accepted: tuple[float, ...]
    hours: tuple[float, ...]
    days: tuple[float, ...]
    money: tuple[float, ...] | None
    storage_gb: tuple[float, ...] | None
    figures: tuple[StageFigures, ...]
    remarks: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)


def predict(
    figures: Sequence[StageFigures],
    coming: Mapping[str, int],
    gpus: int,
    price_per_hour: float | None = None,
    bytes_per_pair: float | None = None,
    remarks: Sequence[str] = (),
) -> Forecast:
    """Return the forecast for samples that wait: `coming` says how many before which stage."""
    calls: dict[str, tuple[float, ...]] = {}
    hours: dict[str, tuple[float, ...]] = {}
    alive = [0.0, 0.0, 0.0]
    for each in figures:
        alive = [count + coming.get(each.stage, 0) for count in alive]
        calls[each.stage] = tuple(alive)
        hours[each.stage] = tuple(
            count * seconds / 3600 for count, seconds in zip(alive, each.seconds, strict=True)
        )
        alive = [count * share for count, share in zip(alive, each.passing, strict=True)]
    all_hours = tuple(sum(column) for column in zip(*hours.values(), strict=True))
    return Forecast(
        samples=sum(coming.values()),
        gpus=gpus,
        calls=calls,
        stage_hours=hours,
        accepted=tuple(alive),
        hours=all_hours,
        days=tuple(each / gpus / 24 for each in all_hours),
        money=None if price_per_hour is None else tuple(each * price_per_hour for each in all_hours),
        storage_gb=None if bytes_per_pair is None else tuple(each * bytes_per_pair / 1e9 for each in alive),
        figures=tuple(figures),
        remarks=tuple(remarks),
    )


def published_figures(recipe: str) -> tuple[list[StageFigures], list[str]]:
    """Return the figures of a recipe that are known without a run, and what they lack.

    Raises SetupError for a recipe of which none are known.
    """
    known = read_document(packaged_text(__package__, "published.yaml"), "published.yaml")
    if recipe not in known:
        raise SetupError(
            f"no figures of recipe '{recipe}' before a run; {near_hint(recipe, known, 'there are some of')}; "
            "or build a few samples and name their run folder"
        )
    found = known[recipe]
    came, left = found["funnel"]["source"]
    whole = found["funnel"]["after"][1] / found["funnel"]["after"][0]
    rejecting = ("first_frame", "isolate", "track", "synthesize")
    figures = []
    for stage in STAGES:
        parts = found["stages"][stage]
        seconds = sum(part["seconds"] for part in parts)
        told = "; ".join(
            f"{part['what']}: {part['seconds']:g} s {'measured' if part['measured'] else 'reckoned'} ({part['source']})"
            for part in parts
        )
        passing = (
            whole if stage == rejecting[0] else 1.0,
            whole ** (1 / len(rejecting)) if stage in rejecting else 1.0,
            whole if stage == rejecting[-1] else 1.0,
        )
        if stage == "source":
            passing = (left / came,) * 3
        figures.append(StageFigures(stage, (seconds,) * 3, passing, told))
    remarks = [
        f"seconds of {found['gpu']}; not in them: {found['lacks']}",
        "the published funnel; which of the later checks reject is not published, hence low and high",
        "hours of work alone: GPUs that wait or fail come on top (docs/scaling.md)",
    ]
    return figures, remarks


def figures_of_run(root: Place) -> tuple[list[StageFigures], dict[str, int], float | None, list[str]]:
    """Return the figures of a run so far, how many samples wait before which stage, the bytes of an accepted pair, and
    what the figures lack. Raises SetupError for no run, and for one with too few results."""
    if read_run(root) is None:
        raise SetupError(f"{root}: no run there; name a recipe with --recipe, or the folder of a run")
    plan = list(read_plan(root))
    state = RunState(root, plan, STAGES)
    waiting = state.waiting()
    coming = dict.fromkeys(STAGES, 0)
    for row in waiting:
        coming[STAGES[len(state.progress(row).to_try_again().events)]] += 1
    seconds: dict[str, list[float]] = {stage: [] for stage in STAGES}
    passed = dict.fromkeys(STAGES, 0)
    on_gpu = False
    for event in state.all_events():
        if event.status != "failed":
            held = _seconds_of_models(event)
            on_gpu |= held > 0
            seconds[event.stage].append(held or event.seconds)
            passed[event.stage] += event.status == "passed"
    few = [stage for stage in STAGES if len(seconds[stage]) < _FEWEST]
    if few:
        raise SetupError(
            f"{root}: fewer than {_FEWEST} results of stage {', '.join(few)}, too few to reckon with; "
            + ("let it go on" if waiting else "all its samples have ended, so build more")
        )
    figures = [
        StageFigures(
            stage,
            _interval(seconds[stage]),
            _rates(passed[stage], len(seconds[stage])),
            f"{len(seconds[stage])} results",
        )
        for stage in STAGES
    ]
    accepted = state.ended("passed")
    sizes = state.index.artifacts()[accepted].sum(axis=1)
    remarks = [
        f"from {len(plan) - len(waiting)} samples that have ended, if the others are like them: the order of the "
        "plan is the order of the sources",
        "hours of models on a GPU, without their servers" if on_gpu else "hours of one worker",
    ]
    return figures, coming, float(sizes.mean()) if len(accepted) else None, remarks


def _seconds_of_models(event: StageEvent) -> float:
    """Return how long models were held; what servers did, which count tokens, is not in it."""
    return sum(use.seconds for use in event.usage if not use.prompt_tokens)


def _interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the mean between the ends of its interval."""
    mean = sum(values) / len(values)
    spread = math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1))
    error = _Z * spread / math.sqrt(len(values))
    return max(0.0, mean - error), mean, mean + error


def _rates(passed: int, tried: int) -> tuple[float, float, float]:
    """Return the share that passes between the ends of Wilson's interval."""
    share, z2 = passed / tried, _Z**2
    middle = (share + z2 / (2 * tried)) / (1 + z2 / tried)
    half = _Z * math.sqrt(share * (1 - share) / tried + z2 / (4 * tried**2)) / (1 + z2 / tried)
    return max(0.0, middle - half), share, min(1.0, middle + half)
