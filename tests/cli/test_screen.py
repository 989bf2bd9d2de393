"""What names and answers of others look like on the terminal: as they are, and never in command of it."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.table import Table

from sparkle.cli import main
from sparkle.cli.screen import Screen, answer, description_column, print_json, remarks, told
from sparkle.core.errors import SampleError
from sparkle.core.visible import visible

HOSTILE = "\x1b[31mred\nsparkle: all is well\r\x9b2J\u202egnp.mp4"
SPELLED = r"\x1b[31mred\nsparkle: all is well\r\x9b2J\u202egnp.mp4"
BRACKETS = ("[bold]x", "[red]a", "[/red]", "[/]", "take[2] [dim]b", ":smile:", "[link=http://a]x", "\\[x]")


def shown(*things: object, width: int = 200) -> str:
    screen = Screen()
    screen.file, screen.width = io.StringIO(), width
    for thing in things:
        screen.print(thing, soft_wrap=isinstance(thing, str))
    return screen.file.getvalue()


@pytest.mark.parametrize("text", BRACKETS)
def test_brackets_mean_nothing(text: str) -> None:
    table = Table(text)
    table.add_row(text)
    assert shown(text) == f"{text}\n"
    assert shown(told(("failed", "red"), f"  {text}")) == f"failed  {text}\n"
    assert shown(table).count(text) == 2


def test_nothing_steers_the_terminal_or_forges_a_line() -> None:
    table = Table(HOSTILE)
    table.add_row(HOSTILE)
    for out in (shown(HOSTILE), shown(told(("failed", "red"), HOSTILE)), shown(table)):
        assert SPELLED in out
        assert not any(char in out for char in "\x1b\r\x9b\u202e")
    assert shown(HOSTILE).count("\n") == 1
    assert visible("naïve café 東京 👩‍🚀.mp4") == "naïve café 東京 👩‍🚀.mp4"
    assert visible("\udcff") == r"\udcff"


def test_what_a_progress_bar_says_is_no_markup() -> None:
    task = type("Task", (), {"description": "encoding [red]a"})()
    assert description_column().render(task).plain == "encoding [red]a"  # type: ignore[arg-type]


def test_json_is_the_same_json_and_steers_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    value = {"name": HOSTILE, "half": "\udcff", "list": [1, "東京"]}
    print_json(value)
    out = capsys.readouterr().out
    assert json.loads(out) == value
    assert "東京" in out
    assert not any(char in out for char in "\x1b\r\x9b\u202e\udcff")


def test_an_error_is_a_line_and_its_details_are_lines_of_their_own() -> None:
    assert str(SampleError("one", ["two", "three"])) == "one\n  two\n  three"


@pytest.fixture
def say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """Run a command that must fail, in this process, and return what it printed."""
    monkeypatch.chdir(tmp_path)
    for screen in (answer, remarks):
        monkeypatch.setattr(screen, "width", 500)

    def run(*arguments: str) -> str:
        monkeypatch.setattr("sys.argv", ["sparkle", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code in {1, 2}, arguments
        printed = capsys.readouterr()
        return printed.out + printed.err

    return run


@pytest.mark.parametrize(
    "arguments",
    [
        ("camera", "NAME"),
        ("edit", "NAME", "a beach", "-o", "o.mp4"),
        ("edit", "missing.mp4", "a beach", "-o", "NAME/o.txt"),
        ("build", "NAME", "--out", "NAME/run"),
        ("bench", "report", "NAME", "--save", "x"),
        ("dataset", "verify", "."),
        ("recipes", "NAME"),
        ("train", "NAME"),
        ("kiwi", "convert", "NAME", "x"),
    ],
)
def test_commands_spell_out_the_names_that_they_are_given(
    tmp_path: Path, say: Callable[..., str], arguments: tuple[str, ...]
) -> None:
    name = "\x1b[31m[red]\nsparkle: all is well.mp4"
    (tmp_path / name).write_bytes(b"junk")
    (tmp_path / "prompts").mkdir()
    printed = say(*(part.replace("NAME", name) for part in arguments))
    assert "\x1b" not in printed
    assert not any(line.startswith("sparkle: all is well") for line in printed.splitlines())
    assert r"\x1b[31m[red]" in printed


@pytest.mark.parametrize(
    "arguments",
    [
        ("build", "LONG", "--out", "run"),
        ("build", "a.mp4", "--out", "LONG"),
        ("camera", "LONG.mp4"),
        ("edit", "a.mp4", "a beach", "-o", "LONG.mp4"),
        ("dataset", "verify", "LONG"),
        ("bench", "make", "LONG", "--out", "b"),
        ("doctor", "--recipe", "LONG.yaml"),
    ],
)
def test_a_name_longer_than_a_system_takes_is_an_error_that_names_it(
    tmp_path: Path, clip_file: Path, say: Callable[..., str], arguments: tuple[str, ...]
) -> None:
    (tmp_path / "a.mp4").symlink_to(clip_file)
    long = "put the subject on a windy beach " * 10
    assert long[:60] in say(*(part.replace("LONG", long) for part in arguments))
