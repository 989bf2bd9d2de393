"""A mask that was mended in the folder of an edit goes back into the run; what breaks before changes nothing there."""

import json
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.conftest import SMALL, Command
from tests.ledgers import read_events
from tests.view.conftest import serving
from tests.view.test_viewer_pages import WAIT_MS, no_serious_fault
from tests.view.test_viewer_server import ask, get, page_token

from sparkle.core.errors import SampleError, SetupError
from sparkle.core.layout import artifact_path
from sparkle.dataset import open_dataset
from sparkle.recipes import load_recipe
from sparkle.runners.build import build, plan_build
from sparkle.runners.put_back import put_back
from sparkle.runners.view import open_collection
from sparkle.runs import locked
from sparkle.store import sha256_of
from sparkle.video import read_masks

ID = "Sparkle_time_000000"
MARK = ["--not", "frame=4:300,100,700,180"]
VIEWER = Path(__file__).parents[2] / "docs" / "viewer.md"
BOOKS = {".lock", "ledger.index.npz"}


def documented() -> list[str]:
    """The command of docs/viewer.md; `runs/first`, its sample and the edit's folder are made below."""
    (line,) = re.findall(r"^sparkle (mend .*)$", VIEWER.read_text("utf-8"), re.MULTILINE)
    return shlex.split(line)


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
    edit, view, back = (shlex.split(line)[1:] for line in open_collection(str(run)).story(ID).again)
    for words in (edit, ["edit", "--keep", view[1], *MARK]):
        done = sparkle(*words, cwd=home)
        assert done.returncode == 0, done.stderr
    assert back == ["mend", str(run), ID, view[1]]
    return run, ["mend", ID, str(home / view[1])]


@pytest.fixture
def run(mended: tuple[Path, list[str]], tmp_path: Path) -> Path:
    return Path(shutil.copytree(mended[0], tmp_path / "runs" / "first"))


@pytest.fixture
def work(mended: tuple[Path, list[str]], tmp_path: Path) -> Path:
    return Path(shutil.copytree(mended[1][-1], tmp_path / f"{ID}_work"))


def test_a_mended_mask_goes_into_the_run_and_its_dataset(run: Path, work: Path, sparkle: Command) -> None:
    before, edited = read_masks(of(run, "source_video_mask")), sha256_of(of(run, "edited_video"))
    source = sha256_of(of(run, "source_video"))
    assert documented() == ["mend", "runs/first", ID, work.name]
    done = sparkle(*documented(), cwd=work.parent)
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


def test_a_correction_by_which_the_sample_falls_takes_it_out_of_the_dataset(
    run: Path, work: Path, sparkle: Command
) -> None:
    recipe = json.loads((run / "run.json").read_text())
    recipe["recipe"]["track"]["area_minimum"] = 0.89
    (run / "run.json").write_text(json.dumps(recipe))
    done = sparkle("mend", run, ID, work, "--json")
    told = json.loads(done.stdout)
    assert (told["stage"], told["accepted"]) == ("track", False)
    assert not all(check["passed"] for check in told["checks"])
    assert len(open_dataset(run)) == 0
    assert (run / "rejected" / artifact_path("source_video_mask", "time", ID)).exists()
    assert not (run / "rejected" / artifact_path("edited_video", "time", ID)).exists()
    assert not of(run, "edited_video").exists()


def test_the_page_of_a_sample_puts_its_mask_back(
    run: Path, work: Path, tmp_path: Path, browser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = json.loads((run / "run.json").read_text())
    recipe["recipe"]["track"]["area_minimum"] = 0.89  # the mask is too small: the sample falls at once
    (run / "run.json").write_text(json.dumps(recipe))
    monkeypatch.chdir(tmp_path)
    with serving("runs/first") as server, browser.new_context() as context:
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        page.goto(f"{server}sample.html?id={ID}")
        page.wait_for_selector("body[data-ready=sample]")
        button = page.locator("#put-back button")
        assert "1 mark" in page.inner_text("#put-back")
        before = contents(run)
        with locked(run):
            button.click()
            page.locator("#put-back .fault-text", has_text="another process is writing this run").wait_for()
        assert contents(run) == before
        no_serious_fault(page)
        button.focus()
        page.keyboard.press("Enter")
        page.locator(".verdict .status", has_text="rejected").wait_for()
        assert "the mask was corrected by a person" in page.inner_text("#notes")
        assert json.loads(get(server, "/data/index.json"))["status"] == [1]
        shutil.rmtree(work)
        page.reload()
        page.wait_for_selector("body[data-ready=sample]")
        assert page.is_hidden("#put-back")


def test_only_its_own_pages_put_back_and_they_name_no_folder(
    run: Path, work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(run)
    monkeypatch.chdir(tmp_path)
    with serving("runs/first") as server:
        own = {"Origin": server.rstrip("/"), "x-sparkle-token": page_token(server)}

        def back(value: object, **headers: str) -> tuple[int, bytes]:
            status, _, content = ask(server, "/back", "POST", json.dumps(value).encode(), **headers)
            return status, content

        assert back({"id": ID}, Origin=server.rstrip("/"))[0] == 403
        assert back({"id": ID}, **{**own, "Origin": "http://evil.example"})[0] == 403
        assert back({"id": ID, "folder": "/etc"}, **own)[0] == 400
        assert back({"id": [ID]}, **own)[0] == 400
        assert back({"id": f"../{ID}"}, **own)[0] == 404
        edit = work / "edit.json"
        noted = json.loads(edit.read_text())
        for text, told in (
            (json.dumps({**noted, "marks": []}), b"nothing was mended"),
            (json.dumps({**noted, "marks": [{"kind": 1}]}), b"cannot be read"),
            ("{", b"cannot be read"),
        ):
            edit.write_text(text)
            status, content = back({"id": ID}, **own)
            assert status == 409 and told in content, content
            assert get(server, f"/data/samples/{ID}.json")
        shutil.rmtree(work)
        assert back({"id": ID}, **own)[0] == 409
        assert json.loads(get(server, "/data/back.json"))["running"] is False
    assert contents(run) == before


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
