"""What stands on a sample's page edits its clip as the run did."""

import shlex
from pathlib import Path

import pytest

from sparkle.core.sample import Inputs, Sample
from sparkle.recipes import load_recipe
from sparkle.runners.mend_command import inputs_of, mend_commands, settings_of

SET = [
    "video.frames=33",
    "isolate.subject=left person",
    "synthesize.generator=copy_paste",
    "synthesize.guidance=foreground",
]


@pytest.mark.parametrize("name", ["cpu", "paper"])
def test_the_options_make_the_same_recipe_again(name: str) -> None:
    kept = load_recipe(name, SET)
    options = settings_of(kept.model_dump(mode="json"))
    named = options[:2] if "--recipe" in options else ["--recipe", "cpu"]
    rest = options[2:] if "--recipe" in options else options
    assert named == ["--recipe", name]
    assert rest[::2] == ["--set"] * (len(rest) // 2)
    again = load_recipe(name, rest[1::2])
    assert again.model_dump() == kept.model_dump()


def test_nothing_is_set_where_nothing_was() -> None:
    assert settings_of(load_recipe("cpu").model_dump(mode="json")) == []


def test_an_unknown_recipe_is_named_as_it_was() -> None:
    described = load_recipe("cpu").model_dump(mode="json") | {"name": "mine"}
    assert settings_of(described) == ["--recipe", "mine"]


def test_what_the_user_gave_is_given_again_and_every_word_stays_one(tmp_path: Path) -> None:
    sample = Sample(
        "Sparkle_time_000000", "time", 11, Inputs("a.mp4", boxes="my boxes.json", background="$(b).jpg")
    )
    edit, view = mend_commands("a b.mp4", sample.id, "to the 'sea'; rm", inputs_of(sample))
    assert shlex.split(edit) == [
        "sparkle", "edit", "a b.mp4", "to the 'sea'; rm", "-o", f"{sample.id}.mp4", "--keep", f"{sample.id}_work",
        "--seed", "11", "--boxes", "my boxes.json", "--background", "$(b).jpg",
    ]  # fmt: skip
    assert shlex.split(view) == ["sparkle", "view", f"{sample.id}_work"]
