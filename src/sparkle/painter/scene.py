"""A scene as data: a place's record lists what is painted after what; each line names a step and its settings."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np

from sparkle.painter.engine.canvas import Canvas
from sparkle.painter.engine.ground import HeightField, flat
from sparkle.painter.engine.noise import Noise, floats
from sparkle.painter.engine.sprites import Sprite
from sparkle.painter.things.facades import dark_hour

T = TypeVar("T")


@dataclass(slots=True)
class Scene:
    """What the steps of a place share.

    The canvas, the `side` that chance gave, the `land` of the last step that laid any, how far a point lies from the
    water (`coast`, positive on land) and from the middle of the `way`, the `plants` that grew last, and what is true of
    the plan ("mist", "in winter", "at night", "under rain", "as noir", "dark", "snowy").
    """

    canvas: Canvas
    side: float = 1.0
    land: HeightField = flat
    coast: HeightField = flat
    way: HeightField = flat
    plants: list[Sprite] = field(default_factory=list)
    facts: frozenset[str] = frozenset()

    @property
    def rng(self) -> np.random.Generator:
        """Chance."""
        return self.canvas.rng

    @property
    def noise(self) -> Noise:
        """The noise of the canvas."""
        return self.canvas.noise

    def one_of(self, few: Sequence[T]) -> T:
        """One by chance."""
        return few[int(self.rng.integers(len(few)))]

    def faded(self, sprite: Sprite, depth: float) -> Sprite:
        """A sprite seen through woods, which swallow light faster than open air does."""
        share = floats(1 - np.exp(-0.7 * depth))
        air = self.canvas.horizon_glow.mean(axis=0) * 0.75
        rgb, alpha = sprite.rgba[..., :3], sprite.rgba[..., 3:]
        return replace(sprite, rgba=np.concatenate([rgb * (1 - share) + air * share * alpha, alpha], axis=2))

    def chance_side(self) -> float:
        """Left or right."""
        return float(self.rng.choice((-1.0, 1.0)))


Step = Callable[..., None]
STEPS: dict[str, Step] = {}
CONDITIONS = ("when", "unless")


def step(function: Step) -> Step:
    """Make a function of a Scene and settings one that records may name, its underscores as spaces."""
    STEPS[function.__name__.replace("_", " ")] = function
    return function


def of_canvas(name: str, function: Callable[..., Any]) -> None:
    """Make a function of a Canvas a step."""

    def taken(scene: Scene, **settings: Any) -> None:
        function(scene.canvas, **settings)

    taken.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
    STEPS[name] = taken


def facts_of(canvas: Canvas) -> frozenset[str]:
    """Return what the conditions of records may ask of a plan."""
    plan = canvas.plan
    found = {f"in {plan.season}", f"at {plan.time}", f"under {plan.weather}", f"as {plan.style}"}
    found |= {f"said {word}" for words in plan.understood for word in words.split()}
    found |= {f"without {name}" for name in plan.without}
    found |= {"dark"} if dark_hour(canvas) else set()
    found |= {"snowy"} if plan.season == "winter" and plan.has("snow", "frost", "frozen") else set()
    return plan.elements | found


def steps_of(lines: Sequence[str | dict[str, dict[str, Any]]]) -> list[tuple[str, dict[str, Any]]]:
    """Read the steps of a record. Raises ValueError for a step that there is not or does not take a setting."""
    made: list[tuple[str, dict[str, Any]]] = []
    for line in lines:
        ((name, settings),) = [(line, {})] if isinstance(line, str) else line.items()
        if name not in STEPS:
            raise ValueError(f"'{name}' is no step; there are {', '.join(sorted(STEPS))}")
        own = {key: value for key, value in (settings or {}).items() if key not in CONDITIONS}
        try:
            inspect.signature(STEPS[name]).bind(None, **own)
        except TypeError as error:
            raise ValueError(f"{name}: {error}") from None
        made.append((name, settings or {}))
    return made


def play(canvas: Canvas, steps: Sequence[tuple[str, dict[str, Any]]]) -> None:
    """Take the steps whose conditions hold, in order; of a setting with an `else` the first that holds counts."""
    scene = Scene(canvas, facts=facts_of(canvas))
    for name, settings in steps:
        wanted, barred = (set(settings.get(key, ())) for key in CONDITIONS)
        if (not wanted or wanted & scene.facts) and not barred & scene.facts:
            own = {key: _chosen(value, scene) for key, value in settings.items() if key not in CONDITIONS}
            STEPS[name](scene, **own)


def _chosen(value: Any, scene: Scene) -> Any:
    if not isinstance(value, dict) or "else" not in value:
        return value
    return _chosen(next(one for fact, one in value.items() if fact == "else" or fact in scene.facts), scene)
