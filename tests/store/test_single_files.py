"""Files and folders of this machine: copied, moved, put in place and removed, each whole or not at all."""

import hashlib
import os
from pathlib import Path

import pytest

from sparkle.core.errors import OutputError
from sparkle.store import (
    Folder,
    copy_file,
    fill_file,
    free_bytes,
    move_file,
    place_folder,
    refuse_links,
    remove_file,
    whole_folder,
    write_text,
)
from sparkle.store.files import remove_folder, sha256_of, write_chunks
from sparkle.store.fingerprint import fingerprint, is_same_file, text_key
from sparkle.store.own_files import open_own


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_copy_takes_the_place_of_what_is_there(tmp_path: Path) -> None:
    source, target = tmp_path / "a", tmp_path / "deep" / "b"
    source.write_bytes(b"x" * 3_000_000)
    copy_file(source, target)
    source.write_bytes(b"new")
    copy_file(source, target)
    assert target.read_bytes() == b"new"
    assert names(target.parent) == ["b"]


@pytest.mark.parametrize("kind", ["gone", "pipe", "folder"])
def test_a_copy_of_no_file_leaves_what_is_there(tmp_path: Path, kind: str) -> None:
    source, target = tmp_path / "a", tmp_path / "b"
    if kind == "pipe":
        os.mkfifo(source)
    elif kind == "folder":
        source.mkdir()
    target.write_bytes(b"kept")
    with pytest.raises(OSError, match="a"):
        copy_file(source, target)
    assert target.read_bytes() == b"kept"
    assert not [name for name in names(tmp_path) if name not in ("a", "b")]


def test_pieces_become_one_file_and_its_hash_is_known(tmp_path: Path) -> None:
    write_chunks(tmp_path / "a", [b"one", b"", b"two"])
    fill_file(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == b"onetwo"
    assert sha256_of(tmp_path / "b") == hashlib.sha256(b"onetwo").hexdigest()


def test_a_moved_file_is_at_one_place_only(tmp_path: Path) -> None:
    source, target = tmp_path / "a", tmp_path / "deep" / "er" / "b"
    source.write_bytes(b"moved")
    move_file(source, target)
    assert target.read_bytes() == b"moved"
    assert not source.exists()
    with pytest.raises(FileNotFoundError):
        move_file(source, target)
    assert target.read_bytes() == b"moved"


def test_removing_what_is_gone_is_as_good_and_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    remove_file(tmp_path / "a")
    remove_file(tmp_path / "a")
    (tmp_path / "folder" / "deep").mkdir(parents=True)
    with pytest.raises(OutputError, match="folder"):
        remove_file(tmp_path / "folder")
    remove_folder(tmp_path / "folder")
    remove_folder(tmp_path / "folder")
    assert names(tmp_path) == []


def test_a_complete_folder_takes_the_place_of_the_one_there(tmp_path: Path) -> None:
    written, final = tmp_path / "written", tmp_path / "final"
    for folder, text in ((written, "new"), (final, "old")):
        (folder / "deep").mkdir(parents=True)
        (folder / "deep" / text).write_text(text)
    place_folder(written, final)
    assert names(final / "deep") == ["new"]
    assert names(tmp_path) == ["final"]


def test_a_folder_appears_when_its_block_ends_and_never_when_it_raises(tmp_path: Path) -> None:
    with whole_folder(tmp_path / "made") as partial:
        (partial / "a").touch()
        assert not (tmp_path / "made").exists()
    assert names(tmp_path / "made") == ["a"]
    with pytest.raises(ValueError, match="half"), whole_folder(tmp_path / "lost") as partial:
        (partial / "a").touch()
        raise ValueError("half")
    assert names(tmp_path) == ["made"]


@pytest.mark.parametrize("left", ["folder", "link"])
def test_what_a_killed_process_left_of_a_folder_does_not_get_into_it(tmp_path: Path, left: str) -> None:
    with whole_folder(tmp_path / "made") as partial:
        name = partial.name
    (tmp_path / "made").rmdir()
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "kept").touch()
    if left == "link":
        (tmp_path / name).symlink_to(theirs)
    else:
        (tmp_path / name).mkdir()
        (tmp_path / name / "old").touch()
    with whole_folder(tmp_path / "made") as partial:
        (partial / "new").touch()
    assert names(tmp_path / "made") == ["new"]
    assert names(theirs) == ["kept"]


def test_a_folder_that_somebody_writes_is_no_leftover(tmp_path: Path) -> None:
    with whole_folder(tmp_path / "made") as partial:
        (partial / "first").touch()
        with (
            pytest.raises(OutputError, match="another process is writing it"),
            whole_folder(tmp_path / "made"),
        ):
            pass
        (partial / "second").touch()
    assert names(tmp_path / "made") == ["first", "second"]


def test_text_in_pieces_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    with Folder.at(tmp_path).writing_text("a") as write:
        write("Käse\n")
        write("乐\n")
        assert not (tmp_path / "a").exists()
    assert (tmp_path / "a").read_bytes() == "Käse\n乐\n".encode()
    with pytest.raises(ValueError, match="stop"), Folder.at(tmp_path).writing_text("a") as write:
        write("half")
        raise ValueError("stop")
    assert (tmp_path / "a").read_bytes() == "Käse\n乐\n".encode()
    assert names(tmp_path) == ["a"]


def test_room_is_told_of_places_that_are_not_there_yet(tmp_path: Path) -> None:
    assert free_bytes(tmp_path / "not" / "yet") > 0


def test_a_file_is_the_same_by_its_times_or_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"content")
    known = fingerprint(path)
    assert is_same_file(path, known)
    os.utime(path, ns=(1, 1))
    assert is_same_file(path, known)  # read, and found to be the same
    path.write_bytes(b"another")
    assert not is_same_file(path, known)
    path.write_bytes(b"longer than before")
    assert not is_same_file(path, known)


def test_a_key_of_a_text_is_short_differs_and_takes_any_text() -> None:
    keys = {text_key(text) for text in ("a", "b", "", "\udcff", "a" * 9999)}
    assert len(keys) == 5
    assert all(len(key) == 32 and key.isalnum() for key in keys)


def test_no_link_is_followed_to_a_file_of_others(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.write_text("kept")
    (tmp_path / "link").symlink_to(theirs)
    with pytest.raises(OutputError, match="is a link"):
        open_own(tmp_path / "link", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    assert theirs.read_text() == "kept"
    descriptor = open_own(tmp_path / "own", os.O_WRONLY | os.O_CREAT)
    os.write(descriptor, b"ours")
    os.close(descriptor)
    assert (tmp_path / "own").read_bytes() == b"ours"


@pytest.mark.parametrize("kind", ["pipe", "folder", "nowhere"])
def test_what_is_no_file_of_ours_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a"
    if kind == "pipe":
        os.mkfifo(path)
        opened = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # with a reader, a pipe can be opened for writing
    elif kind == "folder":
        path.mkdir()
    else:
        path = tmp_path / "no" / "folder"
    says = "is no regular file" if kind == "pipe" else "cannot be written"
    with pytest.raises(OutputError, match=says):
        open_own(path, os.O_WRONLY)
    if kind == "pipe":
        os.close(opened)


def test_a_link_for_a_folder_on_the_way_is_refused_and_the_root_may_be_one(tmp_path: Path) -> None:
    real = tmp_path / "real"
    (real / "sheets").mkdir(parents=True)
    root = tmp_path / "root"
    root.symlink_to(real)
    refuse_links(root, [root / "sheets" / "a.png", root / "new" / "b.png", root / "sheets" / "c.png"])
    (real / "out").symlink_to(tmp_path)
    with pytest.raises(OutputError, match="out: is a link"):
        refuse_links(root, [root / "sheets" / "a.png", root / "out" / "b.png"])


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="file"):
        write_text(tmp_path / "file" / "below", "text")
