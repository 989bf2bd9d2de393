"""Any editor over a benchmark: resumable clip by clip, and never a half file under a final name."""

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.bench.tiny_bench import make_bench, tiny_clip

from sparkle.bench.command_editor import command_editor
from sparkle.bench.infer import LOG_FILE, Outcome, infer, shard
from sparkle.core.errors import SampleError, SetupError

COPY = f"{sys.executable} -c 'import shutil, sys; shutil.copy(*sys.argv[1:3])' {{source}} {{output}}"


@dataclass
class CopyEditor:
    """Copies the source; `broken` ids fail, `cut` ids end with half a file."""

    broken: set[str] = field(default_factory=set)
    cut: set[str] = field(default_factory=set)
    seen: list[str] = field(default_factory=list)
    name: str = "copy"
    wave: int = 2
    told: list[list[str]] = field(default_factory=list)
    closed: bool = False

    def prepare(self, clips: Sequence[tuple[Path, str]]) -> None:
        self.told.append([source.stem for source, _ in clips])

    def close(self) -> None:
        self.closed = True

    def __call__(self, source: Path, instruction: str, output: Path) -> None:
        self.seen.append(source.stem)
        shutil.copy(source, output)
        if source.stem in self.broken:
            raise SampleError(f"{source}: no subject found")
        if source.stem in self.cut:
            output.write_bytes(output.read_bytes()[: output.stat().st_size // 2])


def files(folder: Path) -> set[str]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)) for path in found} - {LOG_FILE}


def test_the_result_tree_is_the_published_one(tmp_path: Path) -> None:
    samples = make_bench(tmp_path / "bench")
    outcomes = infer(samples, tmp_path / "save", CopyEditor())
    assert [outcome.status for outcome in outcomes] == ["made"] * 3
    assert files(tmp_path / "save") == {
        "location/rural---open_prairie_with_tall_grass/Sparkle_location_000000_edited.mp4",
        "location/urban---rooftop_at_dusk/Sparkle_location_000001_edited.mp4",
        "time/night---lit_street/Sparkle_time_000000_edited.mp4",
    }


def test_failed_and_broken_outputs_leave_nothing_and_are_told_with_their_reason(tmp_path: Path) -> None:
    samples = make_bench(tmp_path / "bench")
    editor = CopyEditor(broken={samples[0].id}, cut={samples[1].id})
    told: list[Outcome] = []
    outcomes = infer(samples, tmp_path / "save", editor, told.append)
    assert [outcome.status for outcome in outcomes] == ["failed", "failed", "made"]
    assert "no subject found" in outcomes[0].reason
    assert "output cannot be used" in outcomes[1].reason
    assert files(tmp_path / "save") == {str(samples[2].result)}
    assert told == outcomes
    log = [json.loads(line) for line in (tmp_path / "save" / LOG_FILE).read_text().splitlines()]
    assert [entry["status"] for entry in log] == ["failed", "failed", "made"]
    assert log[0]["editor"] == "copy"


def test_a_second_run_makes_only_what_is_missing_or_damaged(tmp_path: Path) -> None:
    samples = make_bench(tmp_path / "bench")
    save = tmp_path / "save"
    infer(samples, save, CopyEditor(broken={samples[0].id}))
    damaged = save / samples[1].result
    damaged.write_bytes(damaged.read_bytes()[:-200])
    leftover = damaged.with_name(f".{damaged.stem}.999999.tmp.mp4")
    leftover.write_bytes(b"half")
    editor = CopyEditor()
    outcomes = infer(samples, save, editor)
    assert [outcome.status for outcome in outcomes] == ["made", "made", "kept"]
    assert editor.seen == [samples[0].id, samples[1].id]
    assert not leftover.exists()


def test_an_editor_is_told_of_the_waiting_clips_wave_by_wave(tmp_path: Path) -> None:
    samples = make_bench(tmp_path / "bench", {"time": ("night: a", "night: b", "night: c", "night: d")})
    save = tmp_path / "save"
    infer(samples[1:2], save, CopyEditor())
    editor = CopyEditor()
    outcomes = infer(samples, save, editor)
    assert editor.told == [[samples[0].id, samples[2].id], [samples[3].id]]
    assert editor.closed
    assert [outcome.id for outcome in outcomes] == [sample.id for sample in samples]


def test_an_unreadable_source_is_a_failure_of_its_sample(tmp_path: Path) -> None:
    samples = make_bench(tmp_path / "bench")
    samples[0].source.write_bytes(b"no video")
    samples[1].source.unlink()
    outcomes = infer(samples, tmp_path / "save", CopyEditor())
    assert [outcome.status for outcome in outcomes] == ["failed", "failed", "made"]
    assert samples[0].source.name in outcomes[0].reason


def test_shards_cover_all_samples_once_and_bad_ones_are_refused(tmp_path: Path) -> None:
    samples = make_bench(tmp_path / "bench")
    parts = [shard(samples, f"{number}/2") for number in (1, 2)]
    assert sorted(sample.id for part in parts for sample in part) == [sample.id for sample in samples]
    assert abs(len(parts[0]) - len(parts[1])) <= 1
    for text in ("0/2", "3/2", "1", "a/b", "1/2/3", "-1/2", "1/0"):
        with pytest.raises(SetupError, match="--shard"):
            shard(samples, text)


def test_a_command_gets_the_instruction_as_one_argument_without_a_shell(tmp_path: Path) -> None:
    clip = tiny_clip(tmp_path / "a b.mp4")
    script = tmp_path / "edit.py"
    script.write_text(
        "import shutil, sys\nshutil.copy(sys.argv[1], sys.argv[2])\nopen(sys.argv[3], 'w').write(sys.argv[4])\n"
    )
    told = tmp_path / "told.txt"
    instruction = f"a beach'; touch {tmp_path}/pwned; echo \"$HOME {{output}} `id`"
    editor = command_editor(f"{sys.executable} {script} {{source}} {{output}} {told} {{instruction}}")
    editor(clip, instruction, tmp_path / "out.mp4")
    assert told.read_text() == instruction
    assert (tmp_path / "out.mp4").read_bytes() == clip.read_bytes()
    assert not (tmp_path / "pwned").exists()


def test_a_failing_command_tells_its_exit_code_and_the_end_of_what_it_printed(tmp_path: Path) -> None:
    code = "import sys; print('x' * 9000); print('out of cheese', file=sys.stderr); sys.exit(3)"
    editor = command_editor(f'{sys.executable} -c "{code}" {{source}} {{output}}')
    with pytest.raises(SampleError, match=r"exit code 3: .*out of cheese") as caught:
        editor(tmp_path / "in.mp4", "a beach", tmp_path / "out.mp4")
    assert len(str(caught.value)) < 3000
    with pytest.raises(SampleError, match="wrote no file"):
        command_editor("true {source} {output}")(tmp_path / "in.mp4", "a beach", tmp_path / "out.mp4")


def test_a_command_that_takes_too_long_is_stopped_with_its_children(tmp_path: Path) -> None:
    number = tmp_path / "child"
    editor = command_editor(
        f"sh -c 'sleep 3600 & echo $! > {number}; wait' {{source}} {{output}}", timeout_s=1.5
    )
    with pytest.raises(SampleError, match=r"longer than 1\.5 s"):
        editor(tmp_path / "in.mp4", "a beach", tmp_path / "out.mp4")
    while number.exists() and lives(number.read_text().strip()):
        time.sleep(
            0.05
        )  # killed processes take a moment to go; one that lives on ends at the limit of the test


def lives(process: str) -> bool:
    """Whether a process is there and no zombie."""
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return process != "" and status.rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("model {source}", "missing: output"),
        ("model {source} {output} {prompt}", "unknown: prompt"),
        ("no-such-program-xyz {source} {output}", "no program 'no-such-program-xyz'"),
        ("model '{source} {output}", "cannot be split"),
        ("", "missing"),
    ],
)
def test_commands_that_cannot_work_are_refused_before_anything_runs(command: str, message: str) -> None:
    with pytest.raises(SetupError, match=message):
        command_editor(command)


def test_braces_that_are_no_placeholders_stay(tmp_path: Path) -> None:
    editor = command_editor("""cp --no-preserve=mode {source} {output} '{"a": 1}'""")
    assert editor.words[-1] == '{"a": 1}'


def test_ctrl_c_stops_the_program_and_leaves_no_half_clip(tmp_path: Path) -> None:
    samples = make_bench(tmp_path / "bench")
    save, marker = tmp_path / "save", tmp_path / "started"
    script = tmp_path / "slow.py"
    script.write_text(
        "import pathlib, shutil, sys, time\nshutil.copy(sys.argv[1], sys.argv[2])\n"
        f"if 'location_000001' in sys.argv[1]:\n    pathlib.Path({str(marker)!r}).touch()\n    time.sleep(3600)\n"
    )
    command = [sys.executable, "-m", "sparkle", "bench", "infer", tmp_path / "bench", "--save", save]
    editor = f"command:{sys.executable} {script} {{source}} {{output}}"
    process = subprocess.Popen([*map(str, command), "--editor", editor], stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 1200
    while not marker.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate()
    assert process.returncode == 130, errors
    assert errors.endswith(
        "\nsparkle: stopped; whatever was finished is kept, and the same command continues from there\n"
    )
    assert files(save) == {str(samples[0].result)}
    assert [outcome.status for outcome in infer(samples, save, CopyEditor())] == ["kept", "made", "made"]
