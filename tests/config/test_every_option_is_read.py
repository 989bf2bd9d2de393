"""A setting that nobody reads is a promise that is not kept: each is read where it is declared or used."""

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sparkle.backends import REGISTRY, backend_class
from sparkle.backends.options import options_class
from sparkle.config import Settings
from sparkle.config.settings import _classes

SOURCE = Path(inspect.getfile(Settings)).parent.parent


@cache
def read_in(file: Path) -> frozenset[str]:
    """Return the names that a file reads of anything called settings or alike: `settings.steps`.

    What a class reads of itself counts where it is a settings class.
    """
    tree = ast.parse(file.read_text())
    own = [
        node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name.endswith("Settings")
    ]
    found = _read(tree, OWNERS)
    for node in own:
        found |= _read(node, {"self"})
    return frozenset(found)


def _read(tree: ast.AST, owners: set[str]) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            owner = (
                node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
            )
            if owner.strip("_") in owners:
                names.add(node.attr)
    return names


OWNERS = {"settings", "options", "scratch", "optimizer", "guard", "data", "model", "lora", "dataset"}
OWNERS |= {"checkpoints", "validation", "start", "chosen", "video", "where"}


def home(kind: type[Any]) -> Path:
    return Path(inspect.getfile(kind))


@pytest.mark.parametrize("key", sorted(REGISTRY))
def test_every_option_of_a_backend_is_read(key: str) -> None:
    pytest.importorskip("torch")
    backend = backend_class(key)
    options = options_class(backend)
    modules = {
        home(kind) for kind in (*backend.__mro__, *options.__mro__) if kind.__module__.startswith("sparkle.")
    }
    if key.startswith("vlm."):  # their client is made of several files
        modules |= set((SOURCE / "backends" / "vlm").glob("*.py"))
    read = frozenset().union(*map(read_in, modules))
    assert [name for name in options.model_fields if name not in read] == []


def fields(model: type[Settings]) -> Iterator[tuple[type[Settings], str]]:
    for name, field in model.model_fields.items():
        inner = [kind for kind in _classes(field.annotation) if issubclass(kind, Settings)]
        if inner:
            yield from fields(inner[0])
        yield model, name


def test_every_setting_of_training_and_of_the_kiwi_editor_is_read() -> None:
    pytest.importorskip("torch")
    from sparkle.kiwi.opening import EditorOptions
    from sparkle.kiwi.settings import EditSettings
    from sparkle.kiwi.training.settings import TrainingSettings

    read = frozenset().union(*map(read_in, (SOURCE / "kiwi").rglob("*.py")))
    training = [f"{model.__name__}.{name}" for model, name in fields(TrainingSettings) if name not in read]
    assert training == []
    assert [name for _, name in fields(EditSettings) if name not in read] == []
    # The editor's options are its constructor's keywords (tests/kiwi/test_kiwi_opening.py).
    assert set(EditorOptions.model_fields) <= set(_keywords())


def _keywords() -> list[str]:
    from sparkle.kiwi.editor import KiwiEditor

    return list(inspect.signature(KiwiEditor).parameters)
