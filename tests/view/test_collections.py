"""Runs and datasets are shown where they lie: here, on object storage, in tar shards."""

import json
import shlex
import shutil
import tarfile
from pathlib import Path

import numpy as np
import pytest
from tests.dataset.tiny_dataset import FRAMES, make_sample, write_artifacts
from tests.view.conftest import serving
from tests.view.test_viewer_server import get, review
from tests.view.viewed_run import ACCEPTED, FAILED, IDS, REJECTED, write_viewed_run

from sparkle.core.errors import SetupError
from sparkle.core.sample import Check, Inputs, Sample
from sparkle.dataset import write_index
from sparkle.runners.view import open_collection
from sparkle.runs import Ledger, StageEvent, keep_plan, write_run
from sparkle.store import Folder
from sparkle.video import write_video
from sparkle.view.browser import answers
from sparkle.view.browser.app import Shown
from sparkle.view.browser.kept_pictures import KeptPictures
from sparkle.view.collection import STATUSES
from sparkle.view.frame_pack import unpacked
from sparkle.view.panes import panes_of, poster
from sparkle.view.reviews import Review, ReviewBook, parse_said, read_reviews


@pytest.fixture(params=["memory", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An address that is on no disk of this machine."""
    base = "memory:/" if request.param == "memory" else request.getfixturevalue("s3")
    return f"{base}/{tmp_path.name}"


@pytest.fixture
def bucket(viewed_run: Path, place: str) -> Folder:
    here, there = Folder.at(viewed_run), Folder.at(f"{place}/run")
    for entry in here.files():
        if not entry.key.startswith("ledger"):
            there.write(entry.key, here.read(entry.key))
    for entry in here.files("ledger"):
        if entry.key.endswith(".jsonl"):
            with there.log(entry.key) as log:
                log.append(*(line.decode() for _, line in here.lines(entry.key)))
    return there


def test_a_run_on_object_storage_is_shown_and_reviewed_there(bucket: Folder) -> None:
    run = open_collection(bucket.address)
    assert run.kind == "run"
    assert list(run.index().ids) == list(IDS)
    assert run.facts().failed[2] == "track.score"
    assert len(unpacked(b"".join(answers.pack(run, ACCEPTED, "mask")))[1]) == 17
    assert [pane.key for pane in panes_of(run, REJECTED)] == ["source", "mask", "first_frame", "clean"]
    with ReviewBook(bucket) as book:
        book.add(Review(ACCEPTED, "accept", "fine"))
        book.add(Review(REJECTED, "reject"))
        book.add(Review(REJECTED, "none"))
    assert {id: each.note for id, each in read_reviews(bucket).items()} == {ACCEPTED: "fine"}
    if bucket.address.startswith("s3"):  # where another process reaches it, by the command
        with serving(bucket.address) as server:
            assert len(unpacked(get(server, f"/media/{ACCEPTED}/edited.pack"))[1]) == 17
            assert review(server, {"id": REJECTED, "verdict": "accept"}) == 200
        assert read_reviews(bucket)[REJECTED].verdict == "accept"


def looks(root: Path) -> dict[str, tuple[int, int]]:
    return {str(path): (path.stat().st_mtime_ns, path.stat().st_size) for path in root.rglob("*")}


def test_looking_writes_nothing_and_a_folder_that_takes_no_review_says_so(tmp_path: Path) -> None:
    root = write_viewed_run(tmp_path / "run")
    (root / ".reviews.lock").mkdir()  # also for an administrator, whom no permission stops
    before = looks(root)
    with serving(root) as server:
        for path in ("/data/facts.json", "/data/reviews.json", f"/data/samples/{ACCEPTED}.json"):
            get(server, path)
        for name in ("poster.jpg", "preview.webp", "confidence.json", "votes.pack"):
            get(server, f"/media/{ACCEPTED}/{name}")
        assert review(server, {"id": REJECTED, "verdict": "accept"}) == 409
    assert looks(root) == before


def test_an_unknown_id_is_no_key(viewed_run: Path) -> None:
    run = open_collection(str(viewed_run))
    for id in ("Sparkle_time_000007", "../run", "", "Sparkle_location_000000/.."):
        with pytest.raises(KeyError):
            run.artifact(id, "source_video")
        with pytest.raises(KeyError):
            run.story(id)


def test_the_source_of_what_fell_early_is_shown_only_when_that_is_asked_for(tmp_path: Path) -> None:
    clip, id = tmp_path / "mine" / "my clip.mp4", "Sparkle_time_000000"
    write_video(clip, np.full((1200, 16, 16, 3), 90, np.uint8), 25.0)
    root = tmp_path / "run"
    root.mkdir()
    write_run(root, {"recipe": {}, "commands": [], "times": []})
    keep_plan(root, [Sample(id, "time", 7, Inputs(str(clip)), instruction="to the 'sea'")])
    with Ledger(root) as ledger:
        check = Check("source.camera", 1.0, 8.0, "minimum", "it pans", "none")
        ledger.append(StageEvent(id, "source", "rejected", checks=(check,)))
    assert panes_of(open_collection(str(root)), id) == []
    found = open_collection(str(root), sources=True)
    assert [pane.key for pane in panes_of(found, id)] == ["source"]
    assert len(unpacked(b"".join(answers.pack(found, id, "source")))[1]) == 1000  # no more than a page holds
    words = shlex.split(found.story(id).again[0])
    assert words[:4] == ["sparkle", "edit", str(clip), "to the 'sea'"]
    clip.unlink()
    assert panes_of(open_collection(str(root), sources=True), id) == []


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    root = tmp_path / "dataset"
    samples = [make_sample(number=number) for number in range(2)]
    for sample in samples:
        write_artifacts(root, sample)
    write_index(root, samples)
    (root / "provenance.jsonl").unlink()
    return root


def test_a_dataset_is_shown_by_its_tables(dataset: Path) -> None:
    found = open_collection(str(dataset))
    assert (found.kind, len(found.index().ids)) == ("dataset", 2)
    story = json.loads(answers.story_json(found, "Sparkle_location_000001"))
    assert story["scene"] == "rural: meadow"
    assert [pane["key"] for pane in story["panes"]] == [
        "source", "edited", "background", "edges", "mask", "first_frame", "clean",
    ]  # fmt: skip
    assert poster(found, "Sparkle_location_000001").ndim == 3
    clip = dataset / "location" / "source_video" / "Sparkle_location_000001.mp4"
    assert shlex.split(story["again"][0])[2] == str(clip)


def test_shards_are_read_in_place_and_by_ranges(dataset: Path, place: str) -> None:
    for kind in ("source_video", "edited_video"):
        with tarfile.open(dataset / f"location_{kind}_part00.tar", "w") as shard:
            for path in sorted((dataset / "location" / kind).glob("*.mp4")):
                shard.add(path, path.relative_to(dataset))
                path.unlink()
    there = Folder.at(place)
    for entry in Folder.at(dataset).files():
        there.write(entry.key, (dataset / entry.key).read_bytes())
    for found in (open_collection(str(dataset)), open_collection(place)):
        extent = found.artifact("Sparkle_location_000001", "edited_video")
        assert extent is not None and extent.member and extent.start > 0
        assert extent.size is not None and extent.size < (dataset / extent.key).stat().st_size / 2
        assert len(unpacked(b"".join(answers.pack(found, "Sparkle_location_000001", "edited")))[1]) == FRAMES
        assert (
            found.story("Sparkle_location_000001").again == []
        )  # what lies in a shard is no clip for a command
    assert list((dataset / "location").rglob("*.mp4")) == []


def test_a_table_that_names_a_stranger_is_refused(dataset: Path) -> None:
    table = dataset / "prompts" / "location_train.csv"
    table.write_text(table.read_text().replace("Sparkle_location_000001\n", "../../etc\n"))
    with pytest.raises(SetupError, match="no id of location"):
        open_collection(str(dataset))


def test_a_damaged_review_is_named(viewed_run: Path, tmp_path: Path) -> None:
    (tmp_path / "reviews.jsonl").write_text('{"id": "a", "verdict": "perhaps"}\n')
    with pytest.raises(SetupError, match=r"reviews\.jsonl, byte 0: no review"):
        read_reviews(Folder.at(tmp_path))


def test_two_do_not_review_at_once(tmp_path: Path) -> None:
    with ReviewBook(Folder.at(tmp_path)) as first, ReviewBook(Folder.at(tmp_path)) as second:
        first.add(Review(ACCEPTED, "accept"))
        with pytest.raises(SetupError, match="the reviews of this folder"):
            second.add(Review(ACCEPTED, "reject"))
    assert read_reviews(Folder.at(tmp_path))[ACCEPTED].verdict == "accept"


def test_two_pages_that_review_one_sample_lose_no_word(tmp_path: Path) -> None:
    with ReviewBook(Folder.at(tmp_path)) as book:
        book.say(parse_said({"id": ACCEPTED, "note": "a hand is cut"}))
        book.say(
            parse_said({"id": ACCEPTED, "verdict": "reject"})
        )  # by a page that was opened before the note
    last = read_reviews(Folder.at(tmp_path))[ACCEPTED]
    assert (last.verdict, last.note) == ("reject", "a hand is cut")


def test_what_a_build_writes_meanwhile_is_shown(tmp_path: Path, viewed_run: Path) -> None:
    root = shutil.copytree(viewed_run, tmp_path / "going on")
    collection = open_collection(str(root))
    with ReviewBook(collection.folder) as book:
        shown = Shown(collection, book, KeptPictures(Folder.at(tmp_path / "kept")))
        row = IDS.index(FAILED)

        def ended() -> tuple[str, str, int]:
            shown.look_again()
            return STATUSES[shown.index.statuses[row]], shown.facts().failed[row], shown.version

        assert ended() == ended() == ("failed", "first_frame: failed", 0)
        check = Check("first_frame.score", 2.0, 8.0, "minimum", "too dark", "heuristic")
        with Ledger(root) as ledger:
            ledger.append(StageEvent(FAILED, "first_frame", "rejected", checks=(check,)))
        assert ended() == ended() == ("rejected", "first_frame.score", 1)
        shutil.rmtree(root)
        with pytest.raises(SetupError, match="no run in this folder"):
            ended()


def test_a_dataset_is_read_again_when_its_tables_change(dataset: Path) -> None:
    opened = open_collection(str(dataset))
    assert opened.reopened() is opened
    write_prompts = next((dataset / "prompts").glob("*_train.csv"))
    write_prompts.write_bytes(write_prompts.read_bytes() + b"\n")
    assert opened.reopened() is not opened
