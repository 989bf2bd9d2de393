"""Options that backends share: what is said of one alone is stronger, and `--set` is stronger than any file."""

from typing import Any

import pytest

from sparkle.config import Layers, parse_override
from sparkle.core.errors import SettingsError
from sparkle.recipes.shared import hand_out_shared_options


def layers(*overrides: str, **editor: Any) -> Layers:
    values = {
        "shared": {"vlm": {"model": "big", "seed": 1}},
        "first_frame": {"editor": {"key": "vlm.editor", "shared": "vlm", **editor}, "score_minimum": 8.0},
        "track": {"tracker": "cpu.tracker"},
    }
    plain = Layers(values, (("mine.yaml", values),))
    return plain.with_overrides([parse_override(each) for each in overrides])


def options(found: Layers) -> dict[str, Any]:
    values = hand_out_shared_options(found, ("first_frame", "track"))
    assert "shared" not in values
    assert values["track"] == {"tracker": "cpu.tracker"}
    return dict(values["first_frame"]["editor"]["options"])


def test_they_are_handed_out_below_what_a_backend_says_itself() -> None:
    assert options(layers()) == {"model": "big", "seed": 1}
    assert options(layers(options={"seed": 2, "steps": 4})) == {"model": "big", "seed": 2, "steps": 4}


def test_set_is_above_every_file_and_of_two_the_nearer() -> None:
    own = {"seed": 2}
    assert options(layers("shared.vlm.seed=3", options=own))["seed"] == 3
    both = layers("shared.vlm.seed=3", "first_frame.editor.options.seed=4", options=own)
    assert options(both)["seed"] == 4


def test_nothing_of_what_was_given_is_changed() -> None:
    given = layers()
    options(given)
    assert given.values["first_frame"]["editor"]["shared"] == "vlm"


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (layers("first_frame.editor.shared=vlmm"), r"first_frame\.editor: no shared options 'vlmm'.*vlm"),
        (layers("shared.vlm=5"), "a mapping of names to options"),
        (layers("shared=[1]"), "a mapping of names to options"),
    ],
)
def test_a_name_that_is_not_there_is_told_with_who_said_it(found: Layers, message: str) -> None:
    with pytest.raises(SettingsError, match=message) as raised:
        options(found)
    assert "--set" in str(raised.value)
