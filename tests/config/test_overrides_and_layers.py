"""Precedence: a command's own option, then --set, then the file, then what it extends, then the default."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sparkle.config import Layers, Settings, changes, own_options, parse_override, parse_settings
from sparkle.core.errors import SettingsError

NAMES = st.text("abcdefgh_", min_size=1, max_size=5)
PATHS = st.lists(NAMES, min_size=1, max_size=4)
VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.lists(st.integers(), max_size=3)


def written(value: object) -> str:
    return yaml.safe_dump(value, default_flow_style=True, width=10**6).removesuffix("...\n")


@given(PATHS, VALUES)
def test_a_set_option_says_its_path_and_its_value(path: list[str], value: object) -> None:
    override = parse_override(f"{'.'.join(path)}={written(value)}")
    assert (list(override.path), override.value, override.where) == (path, value, "--set")


@given(st.text(max_size=30))
def test_any_set_option_is_an_override_or_a_settings_error(text: str) -> None:
    try:
        override = parse_override(text)
    except SettingsError as error:
        assert str(error).startswith("--set ")
    else:
        assert all(override.path)
        assert "=" in text


def test_the_first_equals_sign_ends_the_path() -> None:
    assert parse_override("base_url=http://a/v1?b=c").value == "http://a/v1?b=c"
    assert parse_override(" seed = 3").path == ("seed",)
    for wrong in ("seed", "=3", ".seed=3", "a..b=3", "a.=3"):
        with pytest.raises(SettingsError, match=r"a setting reads section\.key=value, e\.g\. wave=2"):
            parse_override(wrong, "wave=2")


class Inner(Settings):
    size: int = 0


class Outer(Settings):
    seed: int = 0
    inner: Inner = Inner()
    parts: tuple[Inner, ...] = ()


@given(
    file=st.none() | st.integers(1, 9),
    sets=st.lists(st.integers(10, 99), max_size=3),
    option=st.none() | st.integers(100, 999),
    path=st.sampled_from(["seed", "inner.size", "parts.0.size"]),
)
def test_the_strongest_that_was_said_stands(
    file: int | None, sets: list[int], option: int | None, path: str
) -> None:
    values: dict[str, Any] = {"parts": [{}]}
    if file is not None:
        values = {"seed": file, "inner": {"size": file}, "parts": [{"size": file}]}
    layers = Layers(values, (("mine.yaml", values),))
    layers = layers.with_overrides([parse_override(f"{path}={value}") for value in sets])
    layers = layers.with_overrides(own_options({path: option, "inner": None}))
    found: Any = parse_settings(Outer, layers.values, layers.origin)
    for part in path.split("."):
        found = found[int(part)] if part.isdecimal() else getattr(found, part)
    said = [value for value in (file, *sets, option) if value is not None]
    assert found == (said[-1] if said else 0)
    strongest = f"--{path.rpartition('.')[2]}" if option is not None else "--set" if sets else "mine.yaml"
    assert layers.origin(path.split(".")) == strongest


@given(st.dictionaries(NAMES, VALUES | st.dictionaries(NAMES, VALUES, max_size=3), max_size=4))
def test_overrides_leave_the_file_as_it_was(values: dict[str, Any]) -> None:
    before = yaml.safe_dump(values)
    layers = Layers(values, (("x", values),))
    changed = layers.with_overrides([parse_override("new_name.deep=1")])
    assert yaml.safe_dump(layers.values) == before
    assert changed.values == {**values, "new_name": {"deep": 1}}
    assert [change.name for change in changes(values, changed.values)] == ["new_name"]


@pytest.mark.parametrize(
    ("override", "why"),
    [
        ("seed.x=1", "--set: seed.x: 'seed' is a value, not a section"),
        ("parts.1.size=1", "--set: parts.1.size: '1' is no place in a list of 1"),
        ("parts.-1.size=1", "'-1' is no place in a list of 1"),
        ("parts.first=1", "'first' is no place in a list of 1"),
        ("inner.siz=1", "--set: unknown key 'inner.siz'; did you mean 'size'?"),
        ("parts.0.siez=1", "--set: unknown key 'parts.0.siez'; did you mean 'size'?"),
        ("sead=1", "--set: unknown key 'sead'; did you mean 'seed'?"),
        ("inner=1", "--set: inner: "),
    ],
)
def test_a_fault_names_who_said_it_the_path_and_the_nearest_key(override: str, why: str) -> None:
    values = {"seed": 1, "parts": [{"size": 2}]}
    with pytest.raises(SettingsError) as caught:
        layers = Layers(values, (("mine.yaml", values),)).with_overrides([parse_override(override)])
        parse_settings(Outer, layers.values, layers.origin)
    assert why in str(caught.value)
    assert "mine.yaml" not in str(caught.value)


def test_faults_of_a_file_and_of_what_it_extends_are_told_apart() -> None:
    mine, base = {"sead": 1}, {"inner": {"size": "big"}}
    layers = Layers({**base, **mine}, (("mine.yaml", mine), ("base.yaml", base)))
    with pytest.raises(SettingsError) as caught:
        parse_settings(Outer, layers.values, layers.origin)
    assert "base.yaml: inner.size: Input should be a valid integer, got 'big'" in str(caught.value)
    assert "mine.yaml: unknown key 'sead'" in str(caught.value)
