"""A run that is started again: which settings may differ."""

from pathlib import Path

import pytest

from sparkle.core.errors import SetupError
from sparkle.recipes import load_recipe
from sparkle.runners.build import open_run


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


def test_a_secret_in_the_command_or_a_backends_options_is_in_no_file_of_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    word = "source.camera_judge.options.headers.api_key=plain-words"
    monkeypatch.setattr("sys.argv", ["sparkle", "build", "--set", word, "sk-plain-words-plain-words"])
    open_run(tmp_path, [], load_recipe("paper", [word]), None)
    open_run(tmp_path, [], load_recipe("paper", [word]), None)
    written = "".join(path.read_text() for path in tmp_path.rglob("*") if path.is_file())
    assert "plain-words" not in written and "headers.api_key=***" in written
