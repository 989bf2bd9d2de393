"""Every command that README or docs show is one that its program takes: subcommand, options, values, settings.

That goes for those in sentences, too. `test_documented_runs.py` says which are also run, and why others are not.
"""

import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
from tests.documented import ROOT, all_commands, spans

from sparkle.cli.late import SUMMARIES, load
from sparkle.core.errors import SettingsError, SetupError
from sparkle.recipes import load_recipe

COMMANDS = all_commands()
OWN = [line for line in COMMANDS if line.startswith("sparkle ")]
_ELSEWHERE = {"docs/benchmarks.md"}  # its sentences name options of the programs that measured
_FOREIGN = {"--enable-lora", "--minutes"}  # of vLLM, and of `make soak`'s program


def parse(command: Any, name: str, arguments: list[str], parent: Any = None) -> dict[str, Any]:
    """Parse as the shell's call would be, call nothing, and return the values of the command's parameters."""
    context = command.make_context(name, arguments, parent=parent)
    if not hasattr(command, "commands"):
        return dict(context.params)
    rest = [*context._protected_args, *context.args] if hasattr(context, "_protected_args") else context.args
    found, sub, left = command.resolve_command(context, rest)
    assert sub is not None
    return parse(sub, str(found), left, context)


def check(line: str) -> None:
    """Parse a `sparkle` command and read its settings. Raises for what its own call would refuse at once."""
    _, name, *arguments = shlex.split(line)
    given = parse(load(name), name, arguments)
    check_settings(name, given.get("config"), given.get("recipe"), given.get("settings") or [])


def check_settings(name: str, config: str | None, recipe: str | None, settings: list[str]) -> None:
    if name == "train":
        pytest.importorskip("torch")
        from sparkle.kiwi.training.files import load_settings

        load_settings(str(config), settings)
    elif recipe is not None and not recipe.endswith(
        ".yaml"
    ):  # test_documented_runs.py reads the pages' own recipes
        load_recipe(recipe, [each for each in settings if "sobel.py" not in each])


def options_of(command: Any) -> set[str]:
    """Return the options of a command and of all commands in it."""
    own = {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
    return own.union({"--help"}, *map(options_of, getattr(command, "commands", {}).values()))


def test_there_are_commands() -> None:
    assert len(OWN) > 100
    assert {Path(page).name for page in COMMANDS.values()} >= {
        "README.md",
        "viewer.md",
        "bench.md",
        "kiwi.md",
    }


@pytest.mark.parametrize("line", OWN)
def test_what_is_shown_can_be_called(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("u2netp.onnx").touch()  # options that want a file look whether it is there
    try:
        check(line)
    except (SetupError, SettingsError):
        assert COMMANDS[line] == "docs/questions.md", line  # which quotes what is said then


@pytest.mark.parametrize(
    "line",
    [
        "sparkle view --nothing",
        "sparkle report a b",
        "sparkle bench nothing",
        "sparkle edit a.mp4 beach -o b.mp4 --fit round",
        "sparkle build clips --out run --set track.vots=plain",
    ],
)
def test_what_cannot_be_called_is_noticed(line: str) -> None:
    # typer's own kind of error is not public
    with pytest.raises(Exception, match=r"No such|unexpected|Missing|is not one of|unknown key|must be"):
        check(line)


def test_extras_and_targets_are_there() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M)
    for line in COMMANDS:
        named = re.search(r"sparkle-video\[(.*?)\]", line)
        assert set(named[1].split(",") if named else ()) <= extras.keys(), line
        assert not line.startswith("make ") or line.split()[1] in targets, line


def test_a_launcher_gets_settings_that_there_are() -> None:
    pytest.importorskip("torch")
    from sparkle.kiwi.training.files import load_settings

    launched = [shlex.split(line) for line in COMMANDS if line.startswith("accelerate launch")]
    assert launched
    for words in launched:
        config, *rest = words[words.index("sparkle.kiwi.train") + 1 :]
        assert set(rest[::2]) == {"--set"}
        load_settings(config, rest[1::2])


@pytest.mark.parametrize(
    ("page", "code"),
    [each for each in dict.fromkeys(spans()) if each[0] not in _ELSEWHERE and "--" in each[1]],
)
def test_options_in_sentences_are_known(page: str, code: str) -> None:
    words = re.split(r"[\s=]", code)
    if words[0] == "sparkle" and words[1] in SUMMARIES:
        known = options_of(load(words[1]))
    elif words[0].startswith("--"):
        known = set().union(*(options_of(load(name)) for name in SUMMARIES)) | _FOREIGN
    elif words[0] in {*SUMMARIES, "dedup", "export", "push", "verify"}:
        known = options_of(load(words[0] if words[0] in SUMMARIES else "dataset"))
    else:
        return  # another program
    assert {word for word in words if re.match(r"--[a-z]", word)} <= known, f"{page}: {code}"
