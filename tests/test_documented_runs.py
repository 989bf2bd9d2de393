"""Every block of README and docs is run: commands in one folder, in the order of the pages; Python and recipes, too.

A command is run here unless the test of its own page runs it, or stands in UNRUN with what it needs; those are parsed
all the same (`test_documented_commands.py`). A new block is run from the moment that it is written.
"""

import ast
import inspect
import re
import shlex
import shutil
from pathlib import Path
from urllib.request import urlopen

import numpy as np
import pytest
import yaml
from tests.conftest import SMALL, SMALL_OPTIONS
from tests.documented import COMMANDS as COMMAND_LANGUAGES
from tests.documented import ROOT, Block, all_blocks, all_commands
from tests.view.conftest import serving
from typer.testing import CliRunner

import sparkle
from sparkle.cli import app
from sparkle.recipes import load_recipe
from sparkle.store import packaged_text
from sparkle.video import write_image

BLOCKS = all_blocks()
# Page, beginning of its commands, and the test that runs all of those in their order.
OWN_TESTS = (
    ("docs/edit.md", "", "cli/test_edit_page.py"),
    ("docs/questions.md", "", "test_tutorial_pages.py"),
    ("docs/tutorials/", "", "test_tutorial_pages.py"),
    ("docs/dataset.md", "sparkle dataset", "dataset/test_tutorials.py"),
    ("docs/dataset.md", "sparkle train", "dataset/test_tutorials.py"),
    ("docs/viewer.md", "sparkle mend", "runners/test_put_back.py"),
)
UNRUN = {
    r"^(pip install|hf download|sparkle models fetch)": "downloads",
    r"^make ": "makes an environment first",
    r"^(ray start|accelerate launch)": "many machines, or many GPUs",
    r"s3://bucket": "a bucket of that name, and a cluster",
    r"^sparkle (build|edit) .*--recipe (paper|desk|mine\.yaml)": "weights, and mostly a GPU",
    r"^sparkle (edit|track) .*--(editor|tracker) kiwi": "weights and a GPU",
    r"^sparkle kiwi convert": "the published weights; tests/kiwi converts small ones",
    r"^sparkle train (lora_24gb|kiwi_sparkle)": "weights and a GPU",
    r"cpu\.inpaint_remover": "the extra `inpaint`",
    r"^sparkle bench score .*--(endpoint|rubric)": "a model that answers, or the authors' rubric",
    r"^sparkle bench [a-z]+ (RUN|BENCH) ": "says the form of a command",
    r"^sparkle plan runs/first --sources": "five results of every stage",
}
NEEDED = {
    "sparkle bench infer bench --editor cpu --save results/cpu"
}  # run again: what follows reads its results
_SIZED = {"edit", "build"}
RECIPE = """extends: cpu
name: small
summary: the cpu recipe for the tests' clip
video: {width: 208, height: 120, frames: 17, minimum_frames: 9}
"""
COPIES = """import shutil, sys
shutil.copy(sys.argv[sys.argv.index("--video") + 1], sys.argv[sys.argv.index("--out") + 1])
"""


def has_own_test(block: Block, command: str) -> bool:
    return block.language in COMMAND_LANGUAGES and any(
        block.page.startswith(page) and command.startswith(start) for page, start, _ in OWN_TESTS
    )


def to_run() -> list[str]:
    """Return the commands that are run here, in the order of the pages. One that is run with an option more, is run."""
    run = {command for block in BLOCKS for command in block.commands() if has_own_test(block, command)}
    needs = re.compile("|".join(f"({pattern})" for pattern in UNRUN))
    rest = [line for line in all_commands() if line in NEEDED or (line not in run and not needs.search(line))]
    return [line for line in rest if not any(f"{other} ".startswith(f"{line} --") for other in {*run, *rest})]


def call(line: str) -> str:
    """Run a command as it stands, at the size of the tests' clip; of the viewer see whether its page opens."""
    words = shlex.split(line)
    assert words[0] == "sparkle", f"nobody runs: {line}; run it, or say in UNRUN what it needs"
    if words[-1] == "results/kiwi":  # another model's clips, which needs a GPU
        shutil.copytree("results/cpu", words[-1])
    if words[1] == "view" and "--static" not in words:
        with serving(*words[2:]) as address, urlopen(address) as answer:  # noqa: S310 - our own server
            return str(answer.read(), "utf-8")
    small = ["--recipe", "small.yaml"] if words[1] == "demo" else SMALL_OPTIONS if words[1] in _SIZED else ()
    if words[1:3] == ["bench", "infer"] and "cpu" in words:
        small = SMALL_OPTIONS
    done = CliRunner().invoke(app, [*words[1:], *small])
    # A doctor says by 2 that weights or a GPU are missing, as on most machines.
    assert done.exit_code in ({0, 2} if words[1] == "doctor" else {0}), (line, done.output, done.exception)
    return done.output


def of_language(language: str, holds: str) -> Block:
    (found,) = {
        block.text: block for block in BLOCKS if block.language == language and holds in block.text
    }.values()
    return found


@pytest.fixture
def workplace(clip_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with what the pages take for granted, and with what they say to write into it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("clips", "places", "results"):
        (tmp_path / name).mkdir()
    for name in ("talk.mp4", "clips/talk.mp4"):
        (tmp_path / name).write_bytes(clip_file.read_bytes())
    write_image(tmp_path / "places/windy_beach.png", np.full((90, 160, 3), (190, 170, 120), np.uint8))
    (tmp_path / "small.yaml").write_text(RECIPE)
    (tmp_path / "edit.py").write_text(COPIES)
    for text, name in (("class Sobel", "sobel.py"), ("name: mine", "mine.yaml")):
        (tmp_path / name).write_text(of_language("python" if name.endswith("py") else "yaml", text).text)
    (tmp_path / "Sparkle-Bench").symlink_to("bench")
    return tmp_path


def test_all_other_commands(workplace: Path) -> None:
    code = of_language("python", "plan_build").text
    assert '["video.frames=49"]' in code
    named: dict[str, object] = {}
    exec(code.replace('["video.frames=49"]', repr([*SMALL])), named)  # noqa: S102 - our own page
    assert sparkle.load_recipe("cpu", ["video.frames=49"]).video.frames == 49
    assert named["summary"].accepted == 1  # type: ignore[attr-defined]
    lines = to_run()
    assert len(lines) > 20
    said = {line: call(line) for line in lines}
    assert "1 samples: 1 accepted" in said["sparkle report runs/first --format md"]
    assert (workplace / "pages/index.html").is_file()
    record = (workplace / "runs/sobel/run.json").read_text()
    assert "sobel.py:Sobel" in record


def test_recipes_and_settings_are_read(workplace: Path) -> None:
    pytest.importorskip("torch")
    from sparkle.kiwi.training.files import load_settings

    texts = [block.text for block in BLOCKS if block.language == "yaml"]
    for number, text in enumerate(texts):
        path = workplace / f"{number}.yaml"
        if "fsdp_config" in text:
            assert yaml.safe_load(text)["fsdp_config"]["fsdp_version"] == 2
        elif text.startswith("data:"):
            tiny = yaml.safe_load(packaged_text("sparkle.kiwi.configs", "tiny.yaml"))
            path.write_text(yaml.safe_dump({**tiny, **yaml.safe_load(text)}))
            assert len(load_settings(path).data.datasets) == 3
        else:
            path.write_text(
                text if "extends" in text else f"extends: paper\nname: mine\nsummary: ours\n{text}"
            )
            load_recipe(str(path))
    for line in of_language("text", "--set shared.vlm").text.splitlines():
        option, value = shlex.split(re.split(r" {3,}", line)[0])
        load_recipe(*((value,) if option == "--recipe" else ("paper", [value])))


def test_the_editor_in_python_takes_these_arguments() -> None:
    """Its weights are 20 GB: the calls are held against the signatures."""
    pytest.importorskip("torch")
    tree = ast.parse(of_language("python", "KiwiEditor(").text)
    names: dict[str, object] = {}
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    exec(compile(ast.Module(imports, []), "page", "exec"), names)  # noqa: S102 - our own page
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert len(calls) == 3
    for node in calls:
        called = ast.unparse(node.func)
        own = [None] if called == "editor.edit" else []
        signature = inspect.signature(eval(called, {**names, "editor": names["KiwiEditor"]}))  # noqa: S307
        signature.bind(*own, *node.args, **{str(each.arg): each.value for each in node.keywords})


def test_what_is_not_run_is_shown_somewhere() -> None:
    lines = all_commands()
    for pattern, reason in UNRUN.items():
        assert any(re.search(pattern, line) for line in lines), f"no page needs {reason} any more: {pattern}"
    for page, start, test in OWN_TESTS:
        assert any(has_own_test(block, line) for block in BLOCKS for line in block.commands()), (page, start)
        assert (ROOT / "tests" / test).is_file()


def test_a_new_block_is_run_from_the_moment_that_it_is_written() -> None:
    block = Block("README.md", "bash", "sparkle scenes --nothing  # told\nfrobnicate all\n")
    assert block.commands() == ["sparkle scenes --nothing", "frobnicate all"]
    with pytest.raises(AssertionError, match=r"SystemExit\(2\)"):
        call("sparkle scenes --nothing")
    with pytest.raises(AssertionError, match="nobody runs"):
        call("frobnicate all")
