"""What a user sets of the editor is what it gets, or is refused."""

import inspect

import pytest

pytest.importorskip("torch")

from sparkle.core.errors import SettingsError
from sparkle.kiwi.editor import KiwiEditor
from sparkle.kiwi.opening import EditorOptions, make_kiwi


def test_the_options_are_the_editor_s_own_with_its_defaults():
    parameters = inspect.signature(KiwiEditor).parameters
    own = {name: value.default for name, value in parameters.items() if name != "model"}
    assert EditorOptions().model_dump() == own


@pytest.mark.parametrize(
    "override", ["reference_first=last", "compile=never", "qwen=3", "wan=", "fp8=2", "shift=.inf", "device="]
)
def test_a_value_of_another_kind_is_refused_by_its_name(override):
    with pytest.raises(SettingsError, match=override.partition("=")[0]):
        make_kiwi(None, ["device=cpu", override])


def test_what_is_set_arrives():
    editor, settings = make_kiwi("m", ["device=cpu", "reference_first=true", "steps=3", "dtype=float32"])
    assert (editor._reference_first, editor._placement.dtype, settings.steps) == (True, "float32", 3)
