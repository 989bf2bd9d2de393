"""Rubrics: ours, a text file, or a constant in a script that is read and never run."""

from pathlib import Path

import pytest

from sparkle.bench.dimensions import OPENVE, SPARKLE, Benchmark
from sparkle.bench.rubric import own_rubric, read_rubric
from sparkle.core.errors import SetupError

SIX = "\n".join(dimension.name for dimension in SPARKLE.dimensions)
THREE = "\n".join(dimension.name for dimension in OPENVE.dimensions)


@pytest.mark.parametrize("benchmark", (SPARKLE, OPENVE), ids=lambda benchmark: benchmark.key)
def test_our_own_rubrics_name_every_dimension_and_hold_the_instruction_once(benchmark: Benchmark) -> None:
    rubric = own_rubric(benchmark)
    text = rubric.about("a beach {with} braces")
    assert text.count("a beach {with} braces") == 1
    assert "{edit_prompt}" not in text
    for dimension in benchmark.dimensions:
        assert f"{dimension.name}: N" in text
    assert len(rubric.sha256) == 64


def test_a_scripts_rubric_is_found_and_the_script_is_not_run(tmp_path: Path) -> None:
    script = tmp_path / "evaluate.py"
    script.write_text(
        '"""A docstring with {edit_prompt}."""\nimport openai_that_is_not_installed\n'
        f'raise SystemExit("it ran")\nMODEL = "gemini"\n'
        f'BACKGROUND_REPLACEMENT = """{SIX}\nInstruction: {{edit_prompt}}."""\n'
        "open('ran', 'w').close()\n"
    )
    rubric = read_rubric(str(script), SPARKLE)
    assert rubric.name == "evaluate.py::BACKGROUND_REPLACEMENT"
    assert rubric.about("a beach") == f"{SIX}\nInstruction: a beach."
    assert not (tmp_path / "ran").exists()


def test_among_several_rubrics_the_one_with_all_dimensions_is_taken_else_the_user_is_asked(
    tmp_path: Path,
) -> None:
    script = tmp_path / "evaluate.py"
    script.write_text(f'STYLE = "style {{edit_prompt}}"\nBACKGROUND = """{THREE}{{edit_prompt}}"""\n')
    assert read_rubric(str(script), OPENVE).name == "evaluate.py::BACKGROUND"
    with pytest.raises(SetupError, match=r"::NAME.*STYLE, BACKGROUND"):
        read_rubric(str(script), SPARKLE)
    assert read_rubric(f"{script}::STYLE", SPARKLE).text == "style {edit_prompt}"
    with pytest.raises(SetupError, match="no module-level string 'OTHER'; there are: STYLE, BACKGROUND"):
        read_rubric(f"{script}::OTHER", SPARKLE)


def test_a_text_file_without_a_placeholder_gets_the_instruction_at_its_end(tmp_path: Path) -> None:
    file = tmp_path / "mine.txt"
    file.write_text("Rate it.\n")
    rubric = read_rubric(str(file), SPARKLE)
    assert rubric.about("a beach").splitlines()[0] == "Rate it."
    assert rubric.about("a beach").splitlines()[-1].endswith("a beach")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("bad.py", b"def (:", "no Python script"),
        ("empty.txt", b"  \n", "empty"),
        ("latin.txt", b"\xe4\xf6\xfc", "cannot read"),
        ("none.py", b"x = 1\n", "cannot tell"),
    ],
)
def test_unusable_rubric_files_say_why(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SetupError, match=message):
        read_rubric(str(tmp_path / name), SPARKLE)
    with pytest.raises(SetupError, match="cannot read"):
        read_rubric(str(tmp_path / "absent.txt"), SPARKLE)
