"""A kept plan, read for looking at."""

from pathlib import Path

import pytest

from sparkle.core.errors import SetupError
from sparkle.core.sample import Inputs, Sample
from sparkle.runs import KeptPlan, keep_plan
from sparkle.store import Folder

PLAN = [Sample(f"Sparkle_time_{n:06d}", "time", n, Inputs(f"/clips/{n}\u2028.mp4")) for n in range(3)]


def test_it_has_the_samples_that_were_kept(tmp_path: Path) -> None:
    keep_plan(tmp_path, PLAN)
    kept = KeptPlan(Folder.at(tmp_path))
    assert kept.ids == [sample.id for sample in PLAN]
    assert list(kept) == PLAN
    assert kept[1:] == PLAN[1:]
    assert kept[-1] == PLAN[-1]


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    keep_plan(tmp_path, PLAN)
    plan = tmp_path / "plan.jsonl"
    whole = plan.read_text()
    plan.write_text(whole.replace('"seed": 1', '"seed": "one"'))
    kept = KeptPlan(Folder.at(tmp_path))  # its ids are sound
    with pytest.raises(SetupError, match="line 2: not a planned sample"):
        kept[1]
    plan.write_text(whole.replace("Sparkle_time_000002", "../2"))
    with pytest.raises(SetupError, match="line 3: not a planned sample"):
        KeptPlan(Folder.at(tmp_path))
    plan.write_text(whole + whole.partition("\n")[0] + "\n")
    with pytest.raises(SetupError, match=rf"line {len(PLAN) + 1}: .* stands there twice"):
        KeptPlan(Folder.at(tmp_path))
    plan.unlink()
    with pytest.raises(SetupError, match="cannot be read"):
        KeptPlan(Folder.at(tmp_path))
