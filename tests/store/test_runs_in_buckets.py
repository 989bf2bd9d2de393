"""A run folder on object storage is the one of a disk: same command, same bytes."""

import hashlib
import json
from pathlib import Path

from tests.conftest import SMALL_OPTIONS, Command

from sparkle.recipes import STAGES
from sparkle.runs import RunState
from sparkle.runs.plan import read_plan
from sparkle.store import Folder


def hashes(run: Folder) -> dict[str, str]:
    """The files of a dataset, without what tells of times and hosts."""
    keys = (entry.key for entry in run.files())
    return {
        key: hashlib.sha256(run.read(key)).hexdigest()
        for key in keys
        if key.partition("/")[0].partition(".")[0] not in {"run", "ledger", "sheets", "", "contact_sheet"}
    }


def test_a_dataset_is_built_into_a_bucket_and_goes_on_there(
    s3: str, clip_file: Path, tmp_path: Path, sparkle: Command
) -> None:
    there = Folder.at(f"{s3}/{tmp_path.name}/run")
    options = ("--json", *SMALL_OPTIONS)
    here = sparkle("build", clip_file, "--out", tmp_path / "run", *options)
    assert here.returncode == 0, here.stderr
    # With a source that fails, so that files move.
    (tmp_path / "empty.mp4").touch()
    build = ("build", clip_file, tmp_path / "empty.mp4", "--out", there.address, *options)
    done = sparkle(*build)
    assert done.returncode == 1, done.stderr
    told = json.loads(done.stdout)
    assert (told["accepted"], len(told["failed"]), told["damage"]) == (1, 1, [])
    found, known = hashes(there), hashes(Folder.at(tmp_path / "run"))
    del found["plan.jsonl"], known["plan.jsonl"]
    assert found == known
    state = RunState(there, list(read_plan(there)), STAGES)
    assert [len(state.progress(row).events) for row in range(2)] == [len(STAGES), 1]
    # What is gone is made again.
    (edited,) = (entry for entry in there.files("time/") if "/edited_video/" in entry.key)
    before = found[edited.key]
    there.remove(edited.key)
    sparkle(*build)
    assert hashes(there)[edited.key] == before
