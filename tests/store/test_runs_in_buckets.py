"""A run folder on object storage is the one of a disk: same command, same bytes."""

import hashlib
import json
from pathlib import Path

from tests.conftest import SMALLEST, SMALLEST_OPTIONS, Command

from sparkle.recipes import STAGES, load_recipe
from sparkle.runners.build import build, plan_build
from sparkle.runs import RunState
from sparkle.runs.plan import read_plan
from sparkle.store import Folder

RECIPE = load_recipe("cpu", SMALLEST)


def hashes(run: Folder) -> dict[str, str]:
    """The files of a dataset, without what tells of times and hosts."""
    keys = (entry.key for entry in run.files())
    return {
        key: hashlib.sha256(run.read(key)).hexdigest()
        for key in keys
        if key.partition("/")[0].partition(".")[0] not in {"run", "ledger", "sheets", "", "contact_sheet"}
    }


def test_a_dataset_is_built_into_a_bucket_and_goes_on_there(
    s3: str, smallest_clip_file: Path, tmp_path: Path, sparkle: Command
) -> None:
    there = Folder.at(f"{s3}/{tmp_path.name}/run")
    build(plan_build([str(smallest_clip_file)]), tmp_path / "run", RECIPE)
    # With a source that fails, so that files move.
    (tmp_path / "empty.mp4").touch()
    sources = [str(smallest_clip_file), str(tmp_path / "empty.mp4")]
    done = sparkle("build", *sources, "--out", there.address, "--json", *SMALLEST_OPTIONS)
    assert done.returncode == 1, done.stderr
    told = json.loads(done.stdout)
    assert (told["accepted"], len(told["failed"]), told["damage"]) == (1, 1, [])
    found, known = hashes(there), hashes(Folder.at(tmp_path / "run"))
    del found["plan.jsonl"], known["plan.jsonl"]
    assert found == known
    seen = [sparkle("status", str(place), "--json") for place in (there, tmp_path / "run")]
    one, other = (
        {each["stage"]: each["passed"] for each in json.loads(done.stdout)["stages"]} for done in seen
    )
    assert one == other != {}
    assert any("/edited_video/" in key for key in found)
    state = RunState(there, list(read_plan(there)), STAGES)
    assert [len(state.progress(row).events) for row in range(2)] == [len(STAGES), 1]
    # What is gone is made again.
    (edited,) = (key for key in found if key.endswith(".mp4") and "/edited_video/" in key)
    there.remove(edited)
    assert build(plan_build(sources), there, RECIPE).accepted == 1
    assert hashes(there)[edited] == found[edited]
