from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkle.core.errors import SetupError
from sparkle.core.sample import Inputs
from sparkle.core.scene import Scene
from sparkle.runs import RunState
from sparkle.runs.plan import Wish, make_plan, plan_line, read_plan

THEMES = ("location", "season", "time", "style")


def wishes(count: int) -> list[Wish]:
    return [Wish(Inputs(f"{number}.mp4")) for number in range(count)]


@given(st.integers(1, 40), st.integers(1, 3), st.integers(0, 2**40))
def test_themes_are_balanced_and_ids_are_unique_and_numbered_from_zero(
    sources: int, pairs: int, seed: int
) -> None:
    plan = make_plan(wishes(sources), THEMES, pairs, seed)
    counts = Counter(sample.theme for sample in plan)
    assert len({sample.id for sample in plan}) == len(plan) == sources * pairs
    assert max(counts.values()) - min(counts.get(theme, 0) for theme in THEMES) <= 1
    for theme, count in counts.items():
        assert [sample.number for sample in plan if sample.theme == theme] == list(range(count))


def test_sources_added_later_change_no_earlier_sample() -> None:
    assert make_plan(wishes(9), THEMES, 2, 7) == make_plan(wishes(12), THEMES, 2, 7)[:18]


def test_another_seed_gives_other_themes() -> None:
    themes = {tuple(sample.theme for sample in make_plan(wishes(12), THEMES, 1, seed)) for seed in range(5)}
    assert len(themes) > 1


def test_an_instruction_without_a_theme_goes_to_the_theme_of_given_prompts() -> None:
    plan = make_plan([Wish(Inputs("a.mp4"), "on a beach"), Wish(Inputs("b.mp4"))], THEMES, 1, 7)
    assert plan[0].id == "Sparkle_openve3m_000000"
    assert plan[1].theme in THEMES


def test_a_kept_plan_reads_back_equal(tmp_path: Path) -> None:
    scene = Scene("time", "dusk", "harbour", "boats rock")
    plan = make_plan(
        [Wish(Inputs("a b'ü.mp4", boxes="x.json"), "go", "time", scene), *wishes(3)], THEMES, 1, 7
    )
    (tmp_path / "plan.jsonl").write_text("".join(map(plan_line, plan)), encoding="utf-8")
    assert list(read_plan(tmp_path)) == plan


@pytest.mark.parametrize("id", ["sample 7", "Sparkle_season_000000", "../../etc", "Sparkle_time_7"])
def test_an_id_that_no_plan_gives_is_refused_with_file_and_line(tmp_path: Path, id: str) -> None:
    plan = make_plan([Wish(Inputs("a.mp4"), theme="time")], THEMES, 2, 7)
    lines = [plan_line(plan[0]), plan_line(replace(plan[1], id=id))]
    (tmp_path / "plan.jsonl").write_text("".join(lines))
    with pytest.raises(
        SetupError, match=rf"plan\.jsonl, line 2: .*'{id}' is no id of a sample of theme 'time'"
    ):
        list(read_plan(tmp_path))


def test_a_number_that_no_plan_gives_out_is_refused_with_the_file(tmp_path: Path) -> None:
    plan = make_plan([Wish(Inputs("a.mp4"), theme="time")], THEMES, 1, 7)
    foreign = [replace(plan[0], id="Sparkle_time_900000000000000000")]
    with pytest.raises(SetupError, match=r"plan\.jsonl: .* number that no plan gives out"):
        RunState(tmp_path, foreign, ("source",))
