"""What lies in a dataset's folder: nothing behind links, and no file that belongs to no sample."""

from pathlib import Path

from sparkle.dataset.inventory import Inventory, find_orphans, take_inventory
from sparkle.runs.kept_index import INDEX_FILE
from sparkle.runs.plan import PLAN_FILE
from sparkle.runs.segments import segment_key


def test_links_out_and_broken_ones_are_faults_and_not_listed(tmp_path: Path) -> None:
    root = tmp_path / "data"
    (root / "time").mkdir(parents=True)
    (root / "time" / "a.mp4").touch()
    (root / "inside.mp4").symlink_to(root / "time" / "a.mp4")
    (root / "broken").symlink_to(root / "nowhere")
    (tmp_path / "secret").touch()
    (root / "out").symlink_to(tmp_path / "secret")
    (root / "circle").symlink_to(root / "circle")
    (root / "folder").symlink_to(tmp_path)
    found = take_inventory(root)
    assert found.loose == {"time/a.mp4", "inside.mp4"}
    said = {str(fault.path): fault.message for fault in found.faults}
    assert set(said) == {"broken", "out", "circle", "folder"}
    assert "out of the dataset" in said["out"] and "broken" in said["broken"]


def test_the_books_of_a_run_belong_to_it_and_leftovers_do_not(tmp_path: Path) -> None:
    books = {
        PLAN_FILE,
        "run.json",
        segment_key(0),
        segment_key(1),
        segment_key(1_000_000),
        INDEX_FILE,
        ".lock",
        "README.md",
    }
    strange = {"time/x.mp4", "time/.a.12.tmp.mp4", "ledger.1.jsonl"}
    found = {str(each.path): each.message for each in find_orphans(Inventory(frozenset(books | strange)), [])}
    assert set(found) == strange
    assert "leftover" in found["time/.a.12.tmp.mp4"]
