"""A text of the user's: a text file, or one of the strings of a Python script, which is read and never executed.

Prompts that belong to a published model or benchmark often stand in its authors' script, as a constant.
"""

from __future__ import annotations

import ast
from pathlib import Path

from sparkle.core.errors import SetupError
from sparkle.store.plain_files import read_text

_LARGEST_BYTES = 4 * 2**20


def read_short_text(path: Path, what: str) -> str:
    """Return the text of a file of at most 4 MB. Raises SetupError, which begins with `what`, for any other."""
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise SetupError(f"{what} {path}: larger than {_LARGEST_BYTES // 2**20} MB, so it is none")
        text = read_text(path)
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(f"{what} {path}: cannot read it ({error})") from error
    if not text.strip():
        raise SetupError(f"{what} {path}: the file is empty")
    return text


def string_constants(path: Path, text: str) -> dict[str, str]:
    """Return a module's `NAME = "text"` assignments, by name. Raises SetupError for what is no Python script."""
    try:
        module = ast.parse(text, filename=str(path))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise SetupError(f"{path}: is no Python script ({error}); give a text file") from error
    found: dict[str, str] = {}
    for statement in module.body:
        if not isinstance(statement, ast.Assign | ast.AnnAssign):
            continue
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        value = statement.value.value if isinstance(statement.value, ast.Constant) else None
        for target in targets:
            if isinstance(target, ast.Name) and isinstance(value, str):
                found[target.id] = value
    return found


def named_constant(path: Path, constants: dict[str, str], name: str) -> str:
    """Return one of them. Raises SetupError, which lists what there is, for another name."""
    if name not in constants:
        raise SetupError(
            f"{path}: no module-level string '{name}'; there are: {', '.join(constants) or 'none'}"
        )
    return constants[name]
