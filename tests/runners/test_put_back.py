"""A mask that was mended in the folder of an edit goes back into the run; what breaks before changes nothing there."""

import json
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest
from tests.conftest import SMALL, Command
from tests.ledgers import read_events

from sparkle.core.errors import SampleError, SetupError
from sparkle.core.layout import artifact_path
from sparkle.dataset import open_dataset
from sparkle.recipes import load_recipe
from sparkle.runners.build import build, plan_build
from sparkle.runners.put_back import put_back
from sparkle.runners.view import open_collection
from sparkle.store import sha256_of
from sparkle.video import read_masks

ID = "Sparkle_time_000000"
MARK = ["--not", "frame=4:300,100,700,180"]
BOOKS = {".lock", "ledger.index.npz"}


def contents(run: Path) -> dict[str, bytes]:
    return {
        str(path): path.read_bytes() for path in run.rglob("*") if path.is_file() and path.name not in BOOKS
    }


def of(run: Path, name: str) -> Path:
    return run / artifact_path(name, "time", ID)


@pytest.fixture(scope="module")
def mended(
    clip_file: Path, sparkle: Command, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[str]]:
    """A run, and the page's command that takes a mask back, after those before it and a mark."""
    home = tmp_path_factory.mktemp("mended")
    run = home / "run"
    plan = plan_build([str(clip_file)], themes=["time"])
    assert build(plan, run, load_recipe("cpu", SMALL)).accepted == 1
    edit, view, back = (
        shlex.split(line)[1:] for line in open_collection(str(run)).story(ID).again.splitlines()
    )
    for words in (edit, ["edit", "--keep", view[1], *MARK]):
        done = sparkle(*words, cwd=home)
        assert done.returncode == 0, done.stderr
    assert back == ["mend", str(run), ID, view[1]]
    return run, ["mend", ID, str(home / view[1])]


@pytest.fixture
def run(mended: tuple[Path, list[str]], tmp_path: Path) -> Path:
    return Path(shutil.copytree(mended[0], tmp_path / "run"))


@pytest.fixture
def work(mended: tuple[Path, list[str]], tmp_path: Path) -> Path:
    return Path(shutil.copytree(mended[1][-1], tmp_path / "work"))


def test_a_mended_mask_goes_into_the_run_and_its_dataset(run: Path, work: Path, sparkle: Command) -> None:
    before, edited = read_masks(of(run, "source_video_mask")), sha256_of(of(run, "edited_video"))
    source = sha256_of(of(run, "source_video"))
    done = sparkle("mend", run, ID, work)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("accepted")
    mask = read_masks(of(run, "source_video_mask"))
    assert mask.shape == before.shape
    assert mask[4].sum() < before[4].sum()
    assert sha256_of(of(run, "edited_video")) != edited
    assert sha256_of(of(run, "source_video")) == source

    kept = [*(run / "corrections").iterdir()]
    row = json.loads((run / "provenance.jsonl").read_text())
    assert row["mask"] == {"corrected_by": "a person", "sha256": sha256_of(kept[0])}
    assert len(kept) == len(open_dataset(run)) == 1
    story = open_collection(str(run)).story(ID)
    assert ("Tracking", "the mask was corrected by a person") in story.notes
    assert sparkle("dataset", "verify", run, "--deep").returncode == 0
    assert [event.stage for event in read_events(run)][-3:] == ["track", "animate", "synthesize"]
    assert len(json.loads((run / "run.json").read_text())["commands"]) == 2

    # Whoever makes it again, from the mask on or after its files were lost, gets the same pair.
    pair = sha256_of(of(run, "edited_video"))
    of(run, "source_video_mask").unlink()
    plan = plan_build([story_source(run)], themes=["time"])
    assert build(plan, run, load_recipe("cpu", SMALL)).accepted == 1
    assert sha256_of(of(run, "edited_video")) == pair


def story_source(run: Path) -> str:
    return str(json.loads((run / "plan.jsonl").read_text())["inputs"]["video"])


def test_a_correction_by_which_the_sample_falls_takes_it_out_of_the_dataset(run: Path, work: Path) -> None:
    recipe = json.loads((run / "run.json").read_text())
    recipe["recipe"]["track"]["area_minimum"] = 0.89
    (run / "run.json").write_text(json.dumps(recipe))
    last = put_back(run, ID, work)
    assert (last.stage, last.status) == ("track", "rejected")
    assert len(open_dataset(run)) == 0
    assert (run / "rejected" / artifact_path("source_video_mask", "time", ID)).exists()
    assert not (run / "rejected" / artifact_path("edited_video", "time", ID)).exists()
    assert not of(run, "edited_video").exists()


def test_a_mask_of_another_clip_and_a_stage_that_fails_leave_the_run_as_it_was(run: Path, work: Path) -> None:
    before = contents(run)
    noted = json.loads((work / "edit.json").read_text())
    right = noted["options"]["clip"]
    (work / "other.mp4").write_bytes(b"another")
    (work / "edit.json").write_text(
        json.dumps({**noted, "options": {**noted["options"], "clip": str(work / "other.mp4")}})
    )
    with pytest.raises(SetupError, match=r"edits .*other\.mp4"):
        put_back(run, ID, work)
    assert contents(run) == before

    (work / "edit.json").write_text(json.dumps({**noted, "options": {**noted["options"], "clip": right}}))
    of(run, "edited_frame0_foreground_removed").write_bytes(
        before[str(of(run, "edited_frame0_foreground_removed"))][:-9] + b"123456789"
    )
    before = contents(run)
    with pytest.raises(SampleError, match="stage animate failed"):
        put_back(run, ID, work)
    assert contents(run) == before


@pytest.mark.parametrize("id", ["Sparkle_time_000007", "../run", ""])
def test_what_is_no_sample_of_the_run_is_named(run: Path, id: str) -> None:
    with pytest.raises(SetupError, match="no sample of this run"):
        put_back(run, id, run)


def test_a_correction_of_another_clip_is_not_taken_for_this_one(run: Path) -> None:
    from sparkle.core.sample import Inputs, Sample
    from sparkle.stages.corrected import keep_correction, read_correction
    from sparkle.store import Folder

    folder, sample = Folder.at(run), Sample(ID, "time", 1, Inputs(""))
    share = np.full((3, 4, 5), 255, np.uint8)
    keep_correction(folder, sample, share)
    found = read_correction(folder, sample, (3, 4, 5))
    assert found is not None
    assert (found.share == share).all()
    with pytest.raises(SampleError, match="shape"):
        read_correction(folder, sample, (3, 4, 6))
    of(run, "source_video").write_bytes(b"another clip")
    with pytest.raises(SampleError, match="another source clip"):
        read_correction(folder, sample, (3, 4, 5))
