"""Every backend option of every recipe is typed, every role takes its own backends alone, before anything is made."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from tests.runners.test_filled_roles import FILLED_BY

from sparkle.backends import REGISTRY, backend_class
from sparkle.backends.options import options_class
from sparkle.config import BackendChoice, Settings
from sparkle.config.settings import _classes
from sparkle.core.errors import SettingsError
from sparkle.recipes import Recipe, list_recipes, load_recipe
from sparkle.recipes.fillings import check_fillings

RECIPES = {recipe.name: recipe for recipe in list_recipes()}
ROLES = list(load_recipe("cpu").choices())


def options_of(choice: BackendChoice) -> dict[str, set[type[Any]]]:
    fields = options_class(backend_class(choice.key)).model_fields
    return {field.alias or name: set(_classes(field.annotation)) for name, field in fields.items()}


def wrong(kinds: set[type[Any]], *, subtle: bool) -> str:
    """Return YAML of a value of another type than `kinds`: a word, or what other readers take for the type."""
    if kinds <= {bool}:
        return "1" if subtle else "'no'"
    if kinds <= {int, type(None)}:
        return "4.5" if subtle else "four"
    if kinds <= {float, type(None)}:
        return ".nan" if subtle else "'1'"
    return "[{a: 1}]"


@pytest.mark.parametrize("subtle", [False, True])
@pytest.mark.parametrize("name", RECIPES)
def test_every_option_of_every_backend_of_a_recipe_refuses_another_type(name: str, subtle: bool) -> None:
    for (stage, role), choice in RECIPES[name].choices().items():
        options = options_of(choice)
        if not options:
            continue
        prefix = f"{stage}.{role}.options"
        overrides = [f"{prefix}.{option}={wrong(kinds, subtle=subtle)}" for option, kinds in options.items()]
        with pytest.raises(SettingsError) as caught:
            load_recipe(name, overrides)
        message = str(caught.value)
        assert message.startswith(f"--set: backend '{choice.key}': ")
        for option in options:
            assert f"{prefix}.{option}" in message, f"{name}: {prefix}.{option} takes anything"
        assert "\n" not in message


@pytest.mark.parametrize("name", RECIPES)
def test_every_misspelt_option_names_the_one_that_was_meant(name: str) -> None:
    for (stage, role), choice in RECIPES[name].choices().items():
        for option in options_of(choice):
            misspelt = f"{option[0]}{option[2:]}x" if len(option) > 3 else f"{option}x"
            changed = choice.model_copy(update={"options": {**choice.options, misspelt: 1}})
            with pytest.raises(
                SettingsError, match=f"mine: backend .*unknown key .*{misspelt}'; did you mean '"
            ):
                check_fillings({(stage, role): changed}, lambda path: "mine")


def test_every_backend_of_the_house_states_its_options() -> None:
    """An own settings class, or a constructor without options."""
    for key in REGISTRY:
        options = options_class(backend_class(key))
        assert issubclass(options, Settings)
        own = getattr(backend_class(key), "Options", None)
        assert own is options or not options.model_fields, key


def choices() -> Iterator[tuple[tuple[str, str], str]]:
    for place in ROLES:
        for key in REGISTRY:
            yield place, key


def test_a_role_takes_its_own_backends_and_refuses_all_others_by_place() -> None:
    for (stage, role), key in choices():
        options = {"model": "m"} if key.startswith("vlm.") else {}
        chosen = {(stage, role): BackendChoice(key=key, options=options)}
        if key in FILLED_BY[role]:
            check_fillings(chosen, _mine)
        else:
            with pytest.raises(SettingsError, match=rf"^mine: {stage}\.{role}: backend '{key}' is no "):
                check_fillings(chosen, _mine)


def _mine(path: Sequence[str]) -> str:
    return "mine"


@pytest.mark.parametrize("place", ROLES, ids=".".join)
def test_an_unknown_backend_is_refused_with_its_place_and_the_nearest(place: tuple[str, str]) -> None:
    stage, role = place
    key = load_recipe("cpu").choices()[place].key
    with pytest.raises(SettingsError) as caught:
        load_recipe("cpu", [f"{stage}.{role}={key}r"])
    assert str(caught.value) == f"--set: {stage}.{role}: no backend '{key}r'; did you mean '{key}'?"


def test_what_several_options_come_to_together_is_refused_with_their_place() -> None:
    with pytest.raises(
        SettingsError, match=r"--set: .*wan_i2v.*animate\.animator\.options: compile: does not go"
    ):
        load_recipe("paper", ["animate.animator.options.compile=true", "animate.animator.options.fp8=true"])
    with pytest.raises(SettingsError, match=r"offload: model needs a GPU"):
        load_recipe("paper", ["shared.klein.device=cpu", "shared.klein.offload=model"])
    with pytest.raises(SettingsError, match="looks like a key"):
        load_recipe("paper", ["shared.vlm.extra_body={api_key: sk-abcdefghijklmnopqrstuvwxyz}"])


def test_numbers_of_a_recipe_that_are_none_are_refused() -> None:
    numbers = list(_numbers(load_recipe("cpu"), ()))
    assert len(numbers) > 30
    for path in numbers:
        for value in (".nan", "-.inf", "'1'", "true"):
            with pytest.raises(SettingsError, match=rf"--set: {path}: "):
                load_recipe("cpu", [f"{path}={value}"])


def _numbers(settings: Settings, above: tuple[str, ...]) -> Iterator[str]:
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        if isinstance(value, BackendChoice):
            continue
        if isinstance(value, Settings):
            yield from _numbers(value, (*above, name))
        elif {int, float} & set(_classes(field.annotation)):
            yield ".".join((*above, name))


def test_a_recipe_checks_its_file_and_says_so(tmp_path: Any) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "extends: cpu\nname: mine\nsummary: x\nsynthesize: {edges: {key: cpu.canny, options: {blurr: 2}}}\n"
    )
    with pytest.raises(SettingsError) as caught:
        load_recipe(path)
    assert str(caught.value) == (
        f"{path}: backend 'cpu.canny': unknown key 'synthesize.edges.options.blurr'; did you mean 'blur'?"
    )
    assert isinstance(load_recipe("cpu"), Recipe)
