"""A run that is started again: which settings may differ."""

import json
from pathlib import Path

import pytest

from sparkle.core.errors import SetupError
from sparkle.core.sample import Inputs
from sparkle.recipes import load_recipe
from sparkle.runners.build import open_run, plan_build
from sparkle.runs import Wish, make_plan


@pytest.mark.parametrize(
    "change",
    [
        "shared.vlm.base_url=['http://a:8000/v1', 'http://b:8000/v1']",
        "shared.vlm.concurrency=64",
        "shared.klein.offload=model",
        "animate.animator.options.device=cuda:1",
        "wave=2",
    ],
)
def test_a_run_goes_on_with_its_servers_elsewhere_and_its_weights_in_other_memory(
    tmp_path: Path, change: str
) -> None:
    """An endpoint moved, or memory ran out and the message named a setting: nothing that is done has to be redone."""
    open_run(tmp_path, [], load_recipe("paper"), None)
    record = open_run(tmp_path, [], load_recipe("paper", [change]), None)
    assert record["recipe"] == load_recipe("paper", [change]).model_dump(mode="json")


@pytest.mark.parametrize(
    ("change", "stage"),
    [
        ("shared.vlm.model=another", "source"),
        ("shared.vlm.temperature=0.5", "source"),
        ("animate.animator.options.fp8=true", "animate"),
        ("synthesize.generator.options.steps=20", "synthesize"),
        ("synthesize.score_minimum=7", "synthesize"),
    ],
)
def test_a_run_does_not_go_on_with_what_changes_its_results(tmp_path: Path, change: str, stage: str) -> None:
    open_run(tmp_path, [], load_recipe("paper"), None)
    with pytest.raises(SetupError, match=f"--redo-from {stage}"):
        open_run(tmp_path, [], load_recipe("paper", [change]), None)


def test_a_run_from_before_a_setting_came_goes_on_with_its_default(tmp_path: Path) -> None:
    open_run(tmp_path, [], load_recipe("cpu"), None)
    record = json.loads((tmp_path / "run.json").read_text())
    del record["recipe"]["isolate"]["subject"], record["recipe"]["video"]["untagged"]
    (tmp_path / "run.json").write_text(json.dumps(record))
    with pytest.raises(SetupError, match="--redo-from isolate"):
        open_run(tmp_path, [], load_recipe("cpu", ["isolate.subject=the dog"]), None)
    open_run(tmp_path, [], load_recipe("cpu"), None)


def test_a_start_that_was_killed_after_its_first_file_goes_on(tmp_path: Path) -> None:
    recipe, plan = load_recipe("cpu"), make_plan([Wish(Inputs("a.mp4"))], ("time",), 1, 7)
    open_run(tmp_path / "run", plan, recipe, None)
    (tmp_path / "run" / "plan.jsonl").unlink()
    open_run(tmp_path / "run", plan, recipe, None)
    assert (tmp_path / "run" / "plan.jsonl").is_file()


def test_nothing_is_written_where_a_run_cannot_be(tmp_path: Path) -> None:
    recipe = load_recipe("cpu")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "README.md").write_text("by hand")
    (tmp_path / "data" / "a.mp4").touch()
    inside = make_plan([Wish(Inputs(str(tmp_path / "data" / "a.mp4")))], ("time",), 1, 7)
    with pytest.raises(SetupError, match=r"holds README\.md and no run\.json"):
        open_run(tmp_path / "data", inside, recipe, None)
    (tmp_path / "data" / "README.md").unlink()
    with pytest.raises(SetupError, match="holds none of the sources"):
        open_run(tmp_path / "data", inside, recipe, None)
    open_run(tmp_path / "run", [], recipe, None)
    with pytest.raises(SetupError, match="lies in the run"):
        open_run(tmp_path / "run" / "inner", [], recipe, None)
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["a.mp4"]


def test_sources_that_do_not_exist_at_all_are_refused_and_one_of_several_fails_alone(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").touch()
    with pytest.raises(SetupError, match=r"nowhere: no such file or folder"):
        plan_build([str(tmp_path / "nowhere")], out=tmp_path / "run")
    assert len(plan_build([str(tmp_path / "nowhere"), str(tmp_path / "a.mp4")], out=tmp_path / "run")) == 2


def test_an_instruction_that_no_model_could_read_is_refused_with_its_length() -> None:
    with pytest.raises(SetupError, match=r"a\.mp4: the instruction has 140,000 letters, the most is 4,000"):
        make_plan([Wish(Inputs("a.mp4"), "a" * 140_000)], (), 1, 7)


OWN = """
class Judge:
    def __init__(self, **options): ...
    def __call__(self, frames, fps): ...
"""


def test_a_secret_in_the_command_or_a_backends_options_is_in_no_file_of_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    word = "source.camera_judge.options.headers.api_key=plain-words"
    monkeypatch.setattr("sys.argv", ["sparkle", "build", "--set", word, "sk-plain-words-plain-words"])
    (tmp_path / "own.py").write_text(OWN)
    recipe = load_recipe("paper", [f"source.camera_judge={tmp_path}/own.py:Judge", word])
    open_run(tmp_path / "run", [], recipe, None)
    open_run(tmp_path / "run", [], recipe, None)
    written = "".join(path.read_text() for path in (tmp_path / "run").rglob("*") if path.is_file())
    assert "plain-words" not in written and "headers.api_key=***" in written
