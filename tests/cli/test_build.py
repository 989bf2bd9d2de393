"""`sparkle build` on good and bad files together."""

import csv
import json
import shutil
from pathlib import Path

import pytest
from tests.conftest import SMALL_OPTIONS, Command
from tests.ledgers import ledger_lines, put_lines, read_events

from sparkle.runs import StageEvent


def bad_files(folder: Path, good: Path) -> dict[str, str]:
    """Make every kind of bad input; return name -> a word that its error must say."""
    content = good.read_bytes()
    (folder / "empty.mp4").touch()
    (folder / "cut short.mp4").write_bytes(content[: len(content) // 3])
    (folder / "text.mp4").write_text("Dear diary, today I was renamed.")
    flipped = bytearray(content)
    for position in range(len(content) // 3, len(content), 97):
        flipped[position] ^= 0xFF
    (folder / "flipped.mp4").write_bytes(bytes(flipped))
    (folder / "folder.mp4").mkdir()
    return {
        "empty.mp4": "empty",
        "cut short.mp4": "cut",
        "text.mp4": "",
        "flipped.mp4": "",
        "folder.mp4": "folder",
    }


@pytest.fixture(scope="module")
def run(
    clip_file: Path, tmp_path_factory: pytest.TempPathFactory, sparkle: Command
) -> tuple[Path, dict, dict[str, str]]:
    folder = tmp_path_factory.mktemp("build")
    expected = bad_files(folder, clip_file)
    shutil.copy(clip_file, folder / "good 'clip' ü.mp4")
    names = [*expected, "good 'clip' ü.mp4"]
    done = sparkle("build", *names, "--out", "run", "--json", *SMALL_OPTIONS, cwd=folder)
    assert done.returncode == 1, done.stderr
    return folder / "run", json.loads(done.stdout), expected


def test_every_bad_file_fails_with_its_name_and_the_good_one_is_unaffected(
    run: tuple[Path, dict, dict],
) -> None:
    root, told, expected = run
    messages = {failure["video"]: failure["message"] for failure in told["failed"]}
    assert set(messages) == set(expected)
    for name, word in expected.items():
        assert name in messages[name]
        assert word in messages[name].lower()
    assert told["accepted"] == 1, told
    assert (told["sources"], told["samples"]) == (len(expected) + 1, len(expected) + 1)
    assert not list(root.rglob("*.tmp*"))


def test_the_run_folder_is_a_valid_dataset(run: tuple[Path, dict, dict], sparkle: Command) -> None:
    done = sparkle("dataset", "verify", run[0])
    assert done.returncode == 0, done.stdout


def test_verify_opens_a_few_samples_without_being_asked(
    run: tuple[Path, dict, dict], sparkle: Command, tmp_path: Path
) -> None:
    copied = shutil.copytree(run[0], tmp_path / "run")
    (edited,) = copied.glob("*/edited_video/*.mp4")
    shutil.copy(next(copied.glob("*/source_video/*.mp4")), edited)
    done = sparkle("dataset", "verify", copied)
    assert done.returncode == 1, done.stdout
    assert edited.stem in done.stdout and "nothing was edited" in done.stdout


def test_json_tells_seconds_per_stage_and_the_funnel(run: tuple[Path, dict, dict]) -> None:
    told = run[1]
    assert list(told["seconds"]) == ["source", "first_frame", "isolate", "track", "animate", "synthesize"]
    rows = {row["check"]: row for row in told["checks"]}
    assert rows["synthesize.editscore"]["scorer"] == "heuristic"
    assert all(row["came_in"] == row["passed"] + row["failed"] for row in rows.values())


def test_the_ledger_has_every_check_and_the_provenance_of_every_role(run: tuple[Path, dict, dict]) -> None:
    events = [event for event in read_events(run[0]) if isinstance(event, StageEvent)]
    last = [event for event in events if event.stage == "synthesize"]
    assert len(last) == 1
    roles = {
        role: card for event in events if event.provenance for role, card in event.provenance.cards.items()
    }
    assert roles["synthesize.generator"].licence == "Apache-2.0"
    assert "track.tracker" in roles


def test_the_index_names_the_accepted_pair_alone(run: tuple[Path, dict, dict]) -> None:
    rows = [
        row
        for path in run[0].glob("prompts/*_train.csv")
        for row in csv.DictReader(path.open(encoding="utf-8"))
    ]
    assert len(rows) == 1
    assert (run[0] / rows[0]["src_video"]).exists()
    assert (run[0] / rows[0]["tgt_video"]).exists()


def test_a_changed_recipe_is_refused_with_the_difference_and_redone_when_told(
    run: tuple[Path, dict, dict], tmp_path: Path, sparkle: Command
) -> None:
    root, told, _ = run
    folder = root.parent
    copy = folder / "again"
    shutil.copytree(root, copy)
    names = [failure["video"] for failure in told["failed"]]
    names = sorted({*names, "good 'clip' ü.mp4"}, key=[*names, "good 'clip' ü.mp4"].index)
    command = [
        "build",
        *names,
        "--out",
        "again",
        "--json",
        *SMALL_OPTIONS,
        "--set",
        "synthesize.generator=copy_paste",
    ]
    refused = sparkle(*command, cwd=folder)
    assert refused.returncode == 2
    assert "synthesize.generator.key: cpu.compositor -> copy_paste" in refused.stderr
    assert "--redo-from synthesize" in refused.stderr
    before = next(copy.glob("*/edited_video/*.mp4")).read_bytes()
    redone = sparkle(*command, "--redo-from", "synthesize", cwd=folder)
    assert redone.returncode == 1, redone.stderr
    assert next(copy.rglob("edited_video/*.mp4")).read_bytes() != before
    stages = [event if isinstance(event, str) else event.stage for event in read_events(copy)]
    redo = (
        stages.index("synthesize", stages.index("synthesize") + 1) if stages.count("synthesize") > 2 else None
    )
    assert "first_frame" not in stages[(redo or len(stages)) :]


def test_a_damaged_line_of_the_ledger_is_named_and_its_work_is_done_again(
    run: tuple[Path, dict, dict], sparkle: Command
) -> None:
    root = run[0]
    copy = root.parent / "damaged"
    shutil.copytree(root, copy)
    lines = ledger_lines(copy)
    last = next(number for number, line in enumerate(lines) if b'"stage":"synthesize"' in line)
    put_lines(copy, [*lines[:last], lines[last][:50] + b"\n", *lines[last + 1 :]])
    for command in ("rejects", "report"):
        shown = sparkle(command, "damaged", cwd=root.parent)
        assert shown.returncode == 0, shown.stderr
        assert f"ledger.jsonl, line {last + 1}: cannot be read" in shown.stderr.replace("\n", " ")
    done = sparkle("build", *_as_planned(root), "--out", "damaged", *SMALL_OPTIONS, cwd=root.parent)
    assert f"ledger.jsonl, line {last + 1}: cannot be read" in done.stderr.replace("\n", " ")
    assert "1 accepted" in done.stdout
    index = "provenance.jsonl"
    assert (copy / index).read_bytes() == (root / index).read_bytes()


def _as_planned(root: Path) -> list[str]:
    return [json.loads(line)["inputs"]["video"] for line in (root / "plan.jsonl").read_text().splitlines()]


def test_another_seed_in_the_same_folder_is_refused(run: tuple[Path, dict, dict], sparkle: Command) -> None:
    root = run[0]
    done = sparkle("build", "empty.mp4", "--out", root.name, "--seed", "8", *SMALL_OPTIONS, cwd=root.parent)
    assert done.returncode == 2
    assert "seed: 7 -> 8" in done.stderr
