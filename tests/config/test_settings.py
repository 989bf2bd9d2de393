"""Settings are of the type that is declared: text is no number and no truth value, and no number is infinite."""

from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, model_validator

from sparkle.config import Settings, parse_settings, read_document
from sparkle.core.errors import SettingsError


class Part(Settings):
    rate: float = 1.0


class Example(Settings):
    count: int = Field(default=1, ge=0, le=100)
    rate: float = 1.0
    fast: bool = False
    pair: tuple[float, float] = (0.0, 0.0)
    place: Path = Path()
    maybe: float | None = None
    name: str = ""
    kind: Literal["one", "two"] = "one"
    part: Part = Part()
    parts: tuple[Part, ...] = ()
    free: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _agree(self) -> "Example":
        if self.kind == "two" and self.count < 2:
            raise SettingsError("count: two of a kind are at least 2")
        return self


def parsed(**values: Any) -> Example:
    return parse_settings(Example, values, "mine.yaml")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("fast", value) for value in ("no", "yes", "true", "false", "on", "off", "0", "1", "", 0, 1, 1.0, [], {})],
        *[("count", value) for value in ("four", "4", 4.5, True, False, None, [4], {"a": 4}, -1, 101, "1e1")],
        *[("rate", value) for value in ("fast", "1.5", True, None, [1.5], float("nan"), float("inf"), -float("inf"))],
        *[("maybe", value) for value in ("none", True, float("nan"), {})],
        *[("name", value) for value in (7, 7.5, True, None, ["a"])],
        *[("kind", value) for value in ("three", "One", 1, None)],
        *[("pair", value) for value in ("0.9", 0.9, [0.9], [0.9, 0.9, 0.9], [0.9, "x"], [0.9, float("nan")])],
        *[("part", value) for value in (1, "rate", [1.0], None)],
        *[("part", {"rate": value}) for value in ("x", True, float("inf"))],
        *[("parts", value) for value in ({}, [1], [{"rate": "x"}], [{"rates": 1.0}])],
        ("free", "x"),
        ("place", 7),
    ],
)  # fmt: skip
def test_another_type_is_refused_by_file_and_path(name: str, value: object) -> None:
    with pytest.raises(SettingsError) as caught:
        parsed(**{name: value})
    assert str(caught.value).startswith("mine.yaml: ")
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["no", "No", "off", "false"])
def test_a_truth_value_of_yaml_is_one_and_its_text_in_quotes_is_not(text: str) -> None:
    assert parsed(**read_document(f"fast: {text}", "x")).fast is False
    with pytest.raises(SettingsError, match=r"fast: .*boolean"):
        parsed(**read_document(f"fast: '{text}'", "x"))


@pytest.mark.parametrize("text", ["5e-6", "5.0e-6", "0.5e-5", "5E-6", "+5e-6", "0.000005"])
def test_numbers_with_exponents_are_numbers_wherever_one_is_meant(text: str) -> None:
    document = "{rate: N, maybe: N, pair: [N, 1], part: {rate: N}, parts: [{rate: N}]}".replace("N", text)
    found = parsed(**read_document(document, "x"))
    numbers = [found.rate, found.maybe, *found.pair, found.part.rate, found.parts[0].rate]
    assert numbers == pytest.approx([5e-6, 5e-6, 5e-6, 1, 5e-6, 5e-6])


def test_a_revision_that_looks_like_a_number_with_an_exponent_stays_text() -> None:
    assert parsed(**read_document("{name: 12e45, free: {top: 5e-6}}", "x")).name == "12e45"


@given(st.integers(0, 100), st.floats(-1e9, 1e9), st.booleans(), st.text(max_size=5))
def test_values_of_the_right_type_are_kept_exactly(count: int, rate: float, fast: bool, name: str) -> None:
    found = parsed(count=count, rate=rate, fast=fast, name=name, maybe=rate, free={"a": [rate, None, name]})
    assert (found.count, found.rate, found.fast, found.name, found.maybe) == (count, rate, fast, name, rate)
    assert found.free == {"a": [rate, None, name]}
    assert parsed(rate=count, pair=(count, rate), place=Path("a/b")).place == Path("a/b")


def test_every_fault_is_told_with_the_nearest_key_and_no_secret() -> None:
    with pytest.raises(SettingsError) as caught:
        parsed(
            cuont=1, rate="x", free={"api_key": "abc"}, part={"raet": 2}, api_key="sk-abcdefghijklmnopqrst"
        )
    message = str(caught.value)
    assert "unknown key 'cuont'; did you mean 'count'?" in message
    assert "unknown key 'part.raet'; did you mean 'rate'?" in message
    assert "rate: Input should be a valid number, got 'x'" in message
    assert "abcdefghijklmnopqrst" not in message


def test_what_several_settings_come_to_together_is_told_with_the_file() -> None:
    with pytest.raises(SettingsError, match=r"^mine.yaml: count: two of a kind are at least 2$"):
        parsed(kind="two", count=1)
    with pytest.raises(SettingsError, match=r"^mine.yaml: a.b: count: two of a kind"):
        parse_settings(Example, {"kind": "two"}, "mine.yaml", ("a", "b"))


def test_values_nested_beyond_measure_are_refused() -> None:
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(SettingsError):
        parsed(free={"a": deep})
