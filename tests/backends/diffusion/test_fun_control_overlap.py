"""Stage 5 with two clips: while one is sampled, the other is read, guided and embedded, or written and scored."""

import threading
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from tests.stages.trial import Edges, Scorer, Trial  # noqa: E402
from tests.tiny_models.fun_control import write_release  # noqa: E402

from sparkle.backends import create_backend  # noqa: E402
from sparkle.runners import local  # noqa: E402

PATIENCE_S = 60.0


class Events:
    """What has happened, in order; a thread may wait for something to have happened so and so often."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, int]] = []
        self._changed = threading.Condition()

    def note(self, name: str) -> None:
        with self._changed:
            self.seen.append((name, threading.get_ident()))
            self._changed.notify_all()

    def until(self, name: str, count: int) -> None:
        with self._changed:
            happened = self._changed.wait_for(
                lambda: [each for each, _ in self.seen].count(name) >= count, PATIENCE_S
            )
        assert happened, f"{name} did not happen {count} times meanwhile: {self.seen}"


def test_the_next_clip_is_prepared_and_the_last_one_finished_while_one_is_sampled(tmp_path: Path) -> None:
    events = Events()
    trial = Trial(tmp_path / "trial")
    first = trial.sample
    trial.sample = second = replace(first, id="Sparkle_season_000004", instruction="a small red cat")
    trial.write_artifacts()
    options = {"device": "cpu", "dtype": "float32", "steps": 2, "guidance_scale": 2.0}
    backend = create_backend(
        "diffusion.wan_fun_control", {"model": str(write_release(tmp_path / "release")), **options}
    )
    embed = backend._texts

    def embedded(text: str):
        found = embed(text)
        events.note("text")
        return found

    backend._texts = embedded

    def watch(expert: str):
        def passing(*_) -> None:
            events.note(expert)
            sampled = list(dict.fromkeys(thread for name, thread in events.seen if name in ("high", "low")))
            if sampled.index(threading.get_ident()) == 0:
                events.until("text", 4)  # the other clip's two: its edges and their fusion came before
            else:
                events.note("second")
                events.until("scored", 1)

        return passing

    with backend._pipeline.use("watch") as pipeline:
        pipeline.transformer.register_forward_pre_hook(watch("high"))
        pipeline.transformer_2.register_forward_pre_hook(watch("low"))

    class LateScorer(Scorer):
        def __call__(self, request):
            events.until("second", 1)
            events.note("scored")
            return super().__call__(request)

    stage = replace(
        trial.stage("synthesize"),
        edges=Edges(trial.roles),
        generator=backend,
        scorer=LateScorer(trial.roles),
    )
    outcomes = {}
    local._run_samples(
        stage, [first, second], trial.folder, 2, lambda sample, outcome: outcomes.update({sample.id: outcome})
    )
    assert [outcome.error for outcome in outcomes.values()] == [None, None]
    passes = [each for each in events.seen if each[0] in ("high", "low")]
    by_clip = [[name for name, _ in group] for _, group in groupby(passes, key=lambda each: each[1])]
    # one clip after the other, and one change of experts in each
    assert by_clip == [["high", "high", "low", "low"]] * 2
