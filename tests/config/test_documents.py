"""Settings come from small, finite documents; whatever is hostile or ambiguous in one is refused in one line."""

import math

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sparkle.config import read_document
from sparkle.config.documents import DEEPEST, LONGEST_DOCUMENT, MOST_VALUES
from sparkle.core.errors import SettingsError

NAMES = st.text("abcdefgh_", min_size=1, max_size=6)
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(-1e6, 1e6).map(lambda value: round(value, 3))
    | st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)


@given(PLAIN)
def test_what_yaml_writes_is_read_back(value: object) -> None:
    assert read_document(yaml.safe_dump(value, allow_unicode=True), "x") == value


@given(st.text(max_size=60))
def test_any_text_is_a_value_or_a_settings_error_in_one_line(text: str) -> None:
    try:
        read_document(text, "mine.yaml")
    except SettingsError as error:
        assert str(error).startswith("mine.yaml: ")
        assert "\n" not in str(error)


def bomb(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, levels)]
    return "\n".join(lines)


def merge_bomb(levels: int) -> str:
    lines = ["a0: &a0 {c: 1}"]
    lines += [f"a{n}: &a{n} {{<<: *a{n - 1}, b: *a{n - 1}}}" for n in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (bomb(9), "more than 100,000 values"),
        (merge_bomb(40), "more than 100,000 values"),
        ("a: &a [*a]", "holds itself"),
        ("a: &a {b: *a}", "holds itself"),
        ("[" * (DEEPEST + 5) + "]" * (DEEPEST + 5), "nest"),
        ("[" * 100_000, "nest"),
        ("{a: " * 5000 + "1" + "}" * 5000, "nest"),
        ("a: " + "x" * LONGEST_DOCUMENT, "characters"),
        ("[" + "1," * (MOST_VALUES + 1) + "]", "values"),
        ("a: 1\nb: 2\na: 3", "line 3: 'a' stands twice"),
        ("x: {a: 1, 'a': 2}", "'a' stands twice"),
        ("on: true", "the key 'on' is no text; put it in quotes"),
        ("1: x", "the key '1' is no text"),
        ("null: x", "no text"),
        ("{[a, b]: c}", "no text"),
        ("a: !!python/object/apply:os.system ['true']", "no kind of value"),
        ("a: !!set {b, c}", "no kind of value"),
        ("a: !!binary aGFsbG8=", "no kind of value"),
        ("a: !!timestamp 2024-01-01", "no kind of value"),
        ("a: !mine 1", "no kind of value"),
        ("a: 1\n---\nb: 2", "not YAML"),
        ("a: [", "not YAML"),
        ("a: *b", "not YAML"),
        ("a: " + "9" * 5000, "not YAML"),
        ("a: \x07", "not YAML"),
    ],
)  # fmt: skip
def test_hostile_documents_are_refused_at_once(text: str, why: str) -> None:
    with pytest.raises(SettingsError, match=why) as caught:
        read_document(text, "mine.yaml")
    assert str(caught.value).startswith("mine.yaml: ")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_aliases_and_merges_that_stay_small_mean_what_they_mean_in_yaml() -> None:
    text = "base: &base {steps: 4, fp8: true}\nmine: {<<: *base, steps: 8}\nsame: *base"
    assert read_document(text, "x")["mine"] == {"steps": 8, "fp8": True}
    assert read_document(text, "x")["same"] == {"steps": 4, "fp8": True}


def test_dates_stay_text_and_infinities_are_left_for_the_type_to_refuse() -> None:
    assert read_document("revision: 2024-01-31", "x") == {"revision": "2024-01-31"}
    assert math.isinf(read_document(".inf", "x"))
    assert read_document("", "x") is None
