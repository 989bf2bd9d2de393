"""A step is done again when anything that it read is another one, and only then."""

from pathlib import Path
from typing import Any

import pytest

from sparkle.core.errors import MediaError
from sparkle.runners.kept import Kept


def make_in(root: Path, reads: dict[str, Any], text: str, name: str = "") -> str:
    """What the step `track` of an edit comes to, done by a call that would write `text`."""
    return (
        Kept(root)
        .file("track", reads, lambda path: path.write_text(text), name=name, suffix=".txt")
        .read_text()
    )


def test_what_reads_the_same_is_not_made_again(tmp_path: Path) -> None:
    assert make_in(tmp_path, {"seed": 1, "size": (4, 3)}, "first") == "first"
    assert make_in(tmp_path, {"size": [4, 3], "seed": 1}, "second") == "first"


@pytest.mark.parametrize("reads", [{"seed": 2}, {"seed": "1"}, {"seed": 1, "mask": None}, {}])
def test_what_reads_something_else_is_made(tmp_path: Path, reads: dict[str, Any]) -> None:
    make_in(tmp_path, {"seed": 1}, "first")
    assert make_in(tmp_path, reads, "second") == "second"
    assert make_in(tmp_path, {"seed": 1}, "third") == "first"


def test_steps_and_names_do_not_share_results(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    places = {kept.place(step, {}, name=name, suffix=".txt") for step in ("a", "b") for name in ("", "left_")}
    assert len(places) == 4


def test_a_result_that_failed_is_not_kept(tmp_path: Path) -> None:
    def fail(path: Path) -> None:
        raise MediaError("torn")

    with pytest.raises(MediaError, match="torn"):
        Kept(tmp_path).file("track", {}, fail, suffix=".txt")
    assert make_in(tmp_path, {}, "made") == "made"


def test_a_file_counts_by_its_content_and_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"one")
    (tmp_path / "b.bin").write_bytes(b"one")
    kept = Kept(tmp_path / "edit")
    first = kept.content(tmp_path / "a.bin")
    assert first == kept.content(tmp_path / "b.bin")
    (tmp_path / "a.bin").write_bytes(b"two")
    assert kept.content(tmp_path / "a.bin") == first, "what an edit reads is what it began with"
    assert Kept(tmp_path / "edit").content(tmp_path / "a.bin") != first
    with pytest.raises(MediaError, match=r"gone\.bin: cannot be read"):
        kept.content(tmp_path / "gone.bin")


def test_only_what_nobody_asked_for_is_dropped_and_only_of_that_step(tmp_path: Path) -> None:
    make_in(tmp_path, {"seed": 1}, "old")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "stays.txt").write_text("")
    kept = Kept(tmp_path)
    new = kept.file("track", {"seed": 2}, lambda path: path.write_text("new"), suffix=".txt")
    kept.drop_unused("track")
    assert list((tmp_path / "track").iterdir()) == [new]
    assert (tmp_path / "other" / "stays.txt").exists()
