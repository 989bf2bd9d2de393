"""Only `store` opens, writes, renames and deletes files: told from the source of every module."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import sparkle

ROOT = Path(sparkle.__file__).parent

# Module: what it does by hand, and why it may.
ALLOWED = {
    "core/install.py": (
        {".read_text()"},
        "core is below store, and reads how the package itself was installed",
    ),
}

_MODULES = {"fcntl", "fsspec", "shutil", "tarfile", "tempfile"}
_FUNCTIONS = {
    "os": {
        "fdopen",
        "link",
        "makedirs",
        "mkdir",
        "open",
        "remove",
        "removedirs",
        "rename",
        "replace",
        "rmdir",
    }
    | {"symlink", "truncate", "unlink"},
    "io": {"FileIO", "open"},
    "codecs": {"open"},
}
_METHODS = {
    "hardlink_to",
    "mkdir",
    "read_bytes",
    "read_text",
    "rename",
    "rmdir",
    "symlink_to",
    "touch",
    "unlink",
}
_METHODS |= {"write_bytes", "write_text"}
_HARMLESS = {"shutil.which"}
_OF_STORE = {"Folder", "folder"}  # a Folder's own read_text, write_text


def by_hand(tree: ast.AST) -> Iterator[str]:
    """Yield what a module does to files without store."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            root = str(node.module).partition(".")[0]
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                if (root in _MODULES and name not in _HARMLESS) or alias.name in _FUNCTIONS.get(root, ()):
                    yield name
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in _MODULES - {"shutil"})
        elif isinstance(node, ast.Call):
            yield from _called(node)


def _called(call: ast.Call) -> Iterator[str]:
    function = call.func
    if isinstance(function, ast.Name) and function.id == "open":
        yield "open()"
    if not isinstance(function, ast.Attribute):
        return
    owner = function.value.id if isinstance(function.value, ast.Name) else ""
    name = function.attr
    if owner == "shutil" and f"shutil.{name}" not in _HARMLESS:
        yield f"shutil.{name}()"
    elif owner in _FUNCTIONS:
        if name in _FUNCTIONS[owner]:
            yield f"{owner}.{name}()"
    elif owner in _OF_STORE:
        return
    elif name in _METHODS:
        yield f".{name}()"
    elif name == "open" and _has_mode(call):
        yield ".open()"
    elif (
        name == "replace" and len(call.args) == 1 and not call.keywords
    ):  # a text's takes two, an object's names
        yield ".replace()"


def _has_mode(call: ast.Call) -> bool:
    """Whether a call of `open` looks like a path's: nothing, or a mode, is all that it gets."""
    modes = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg == "mode")]
    if not modes:
        return True
    first = modes[0]
    return (
        isinstance(first, ast.Constant)
        and isinstance(first.value, str)
        and set(first.value) <= set("rwxabt+")
    )


def modules() -> dict[str, set[str]]:
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if not name.startswith("store/"):
            found[name] = set(by_hand(ast.parse(path.read_text("utf-8"))))
    return found


def test_only_store_opens_paths() -> None:
    found = modules()
    assert len(found) > 300
    left = {name: what - ALLOWED.get(name, (set(), ""))[0] for name, what in found.items()}
    assert {name: what for name, what in left.items() if what} == {}


def test_nothing_is_allowed_that_nobody_does() -> None:
    found = modules()
    assert {name: what for name, (what, _) in ALLOWED.items()} == {name: found[name] for name in ALLOWED}


@pytest.mark.parametrize(
    "line",
    [
        "open('a')",
        "path.open()",
        "(root / 'a').open('wb')",
        "path.open(mode='a')",
        "os.replace(a, b)",
        "os.open(path, os.O_RDONLY)",
        "from os import rename",
        "path.replace(other)",
        "(root / 'a').read_text('utf-8')",
        "path.unlink(missing_ok=True)",
        "path.parent.mkdir()",
        "import tempfile",
        "from tempfile import mkdtemp",
        "import fsspec.core, fcntl",
        "from fsspec.core import url_to_fs",
        "shutil.rmtree(path)",
        "from shutil import copyfile",
        "import tarfile",
    ],
)
def test_what_is_done_by_hand_is_noticed(line: str) -> None:
    assert list(by_hand(ast.parse(line)))


@pytest.mark.parametrize(
    "line",
    [
        "tracker.open(frames, anchors)",
        "av.open(str(path), 'w', format='mp4')",
        "text.replace('a', 'b')",
        "replace(sample, id='a')",
        "sample.replace(id='a')",
        "import shutil\nshutil.which('ffmpeg')",
        "os.environ.get('HOME')",
        "folder.read_text('run.json')",
        "open_plain(path)",
    ],
)
def test_what_only_looks_like_it_is_left_alone(line: str) -> None:
    assert list(by_hand(ast.parse(line))) == []
