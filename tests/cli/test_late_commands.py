"""Commands start at once: nothing is imported that they do not use."""

import json
import signal
import subprocess
import sys
from types import ModuleType

import pytest

import sparkle
from sparkle.cli import main
from sparkle.cli.late import SUMMARIES, load

ARRAYS = {"av", "cv2", "numpy", "PIL", "pydantic", "yaml"}
MODELS = {"accelerate", "diffusers", "openai", "safetensors", "scipy", "torch", "transformers"}
ROOMS = {"sparkle.bench", "sparkle.demo", "sparkle.kiwi", "sparkle.runners.build", "sparkle.view"}

REPORT = """
import json, sys
from sparkle.cli import main
sys.argv = ["sparkle", *sys.argv[1:]]
try:
    main()
finally:
    print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


def imported(*arguments: str) -> set[str]:
    """The modules that a command has imported when it ends."""
    done = subprocess.run([sys.executable, "-c", REPORT, *arguments], capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr
    return set(json.loads(done.stderr.splitlines()[-1]))


@pytest.mark.parametrize("arguments", [("--help",), ("--version",)])
def test_help_imports_nothing_heavy(arguments: tuple[str, ...]) -> None:
    found = imported(*arguments)
    assert not found & (ARRAYS | MODELS | ROOMS)
    assert not [name for name in found if name.startswith("sparkle.cli.") and name != "sparkle.cli.late"]


def test_camera_imports_neither_models_nor_other_rooms() -> None:
    found = imported("camera", "no such file.mp4")
    assert "cv2" in found, "the command did not run"
    assert not found & (MODELS | ROOMS)


@pytest.mark.parametrize("name", SUMMARIES)
def test_the_summary_of_a_command_is_the_start_of_its_own_help(name: str) -> None:
    assert SUMMARIES[name] == (load(name).help or "").split("\n\n")[0]


def test_rooms_and_names_are_imported_when_asked_for() -> None:
    code = (
        "import sys, sparkle; before = {'numpy', 'cv2'} & set(sys.modules); "
        "print(sorted(before), sparkle.camera.check_camera.__name__, sparkle.bait.__name__, "
        "sparkle.guidance.__name__, sparkle.dataset.read_pairs.__name__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["[]", "check_camera", "sparkle.bait", "sparkle.guidance", "read_pairs"]
    assert {"camera", "edit"} <= set(dir(sparkle))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = sparkle.nothing


def test_a_shell_completes_commands_and_options() -> None:
    def completions(words: str) -> str:
        request = {"COMP_WORDS": words, "COMP_CWORD": str(words.count(" ")), "PYTHONPATH": ":".join(sys.path)}
        code = "import sys; sys.argv = ['sparkle']; from sparkle.cli import main; main()"
        return subprocess.run(
            [sys.executable, "-c", code],
            env={"_SPARKLE_COMPLETE": "complete_bash", **request},
            capture_output=True,
            text=True,
        ).stdout

    assert completions("sparkle cam").split() == ["camera"]
    assert "--recipe" in completions("sparkle camera --re")


def test_ctrl_c_ends_a_command_with_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    long = ModuleType("sparkle.cli.scenes")
    long.command = lambda: signal.raise_signal(signal.SIGINT)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, long.__name__, long)
    monkeypatch.setattr(sys, "argv", ["sparkle", "scenes"])
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr().err.strip()
    assert ended.value.code == 130
    assert told.startswith("sparkle: stopped;")
    assert "\n" not in told
