import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from tests.conftest import FULL_DISK_BYTES

from sparkle.core.errors import OutputError
from sparkle.store import Folder, remove_leftovers, whole_file, write_bytes, write_text


def test_a_file_appears_whole_in_a_folder_that_is_made_for_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "clip one.mp4"
    with whole_file(path) as temporary:
        assert temporary.suffix == ".mp4"
        assert temporary.parent == path.parent
        temporary.write_bytes(b"whole")
        assert not path.exists()
    assert path.read_bytes() == b"whole"
    assert [entry.name for entry in path.parent.iterdir()] == ["clip one.mp4"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_leaves_the_old_file_and_no_other(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "old\n")
    with pytest.raises(error), whole_file(path) as temporary:
        temporary.write_text("half")
        raise error
    assert path.read_bytes() == b"old\n"
    assert list(tmp_path.iterdir()) == [path]


def test_text_is_utf8_with_plain_line_ends_on_every_system(tmp_path: Path) -> None:
    write_text(tmp_path / "a.csv", "Grün\n海\n")
    assert (tmp_path / "a.csv").read_bytes() == "Grün\n海\n".encode()


def test_leftovers_of_a_killed_process_go_away_and_only_they(tmp_path: Path) -> None:
    script = (
        "import sys, os, signal\n"
        "from sparkle.store import whole_file\n"
        "with whole_file(sys.argv[1]) as temporary:\n"
        "    temporary.write_bytes(b'half')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    path = tmp_path / "deep" / "clip.v2.mp4"
    killed = subprocess.run([sys.executable, "-c", script, str(path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    (half,) = path.parent.iterdir()
    write_bytes(tmp_path / ".hidden.123.txt", b"the user's own")
    with whole_file(tmp_path / "living.mp4") as living:
        living.write_bytes(b"in progress")
        assert remove_leftovers([tmp_path, half.parent, tmp_path / "none"]) == [half]
        assert living.exists()
    assert (tmp_path / ".hidden.123.txt").exists()


def test_a_leftover_whose_number_belongs_to_a_younger_process_goes_away(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as other:
        half, fresh = (tmp_path / f".{name}.{other.pid}.tmp.mp4" for name in ("clip", "other"))
        half.write_bytes(b"of a process that had this number an hour before")
        fresh.write_bytes(b"of the process itself")
        os.utime(half, (half.stat().st_mtime - 3600,) * 2)
        assert remove_leftovers([tmp_path]) == [half]
        other.kill()


def test_workers_that_are_about_to_end_are_waited_for(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE
    ) as worker:
        half = tmp_path / f".clip.{worker.pid}.tmp.mp4"
        half.write_bytes(b"of a worker whose driver was killed")
        assert remove_leftovers([tmp_path]) == []
        ending = threading.Timer(0.3, lambda: (worker.kill(), worker.wait()))
        ending.start()
        assert remove_leftovers([tmp_path], patience_s=600) == [half]
        ending.join()


def test_a_link_of_a_temporary_name_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("precious")
    (tmp_path / f".a.{os.getpid()}.tmp.txt").symlink_to(tmp_path / "victim")
    write_bytes(tmp_path / "a.txt", b"new")
    assert (tmp_path / "victim").read_text() == "precious"
    assert (tmp_path / "a.txt").read_bytes() == b"new"


def test_what_a_full_disk_says_names_the_file_and_leaves_the_old_one(tmp_path: Path, full_disk: None) -> None:
    path = tmp_path / "a.bin"
    write_bytes(path, b"old")
    with pytest.raises(OutputError, match=r"a\.bin: cannot be written"):
        write_bytes(path, bytes(FULL_DISK_BYTES + 1))
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_where_a_folder_should_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"a\.txt: cannot be written"):
        write_bytes(tmp_path / "file" / "a.txt", b"x")


def test_a_leftover_with_our_own_process_number_goes_away(tmp_path: Path) -> None:
    half = tmp_path / f".clip.{os.getpid()}.tmp.mp4"
    half.write_bytes(b"of a container that was killed")
    assert remove_leftovers([tmp_path]) == [half]
    assert not half.exists()


def test_what_the_killed_left_beside_one_file_is_removed_and_no_other(tmp_path: Path) -> None:
    folder = Folder.at(tmp_path)
    # A writer of videos writes whole files, too: within a whole file's temporary name it has one of its own.
    left = (".clip [1].77.tmp.mp4", "..clip [1].77.tmp.77.tmp.mp4")
    others = [".clip [1].mp4", ".clip 1.77.tmp.mp4", ".clip [1]0.77.tmp.mp4", "clip [1].mp4"]
    for name in (*left, *others):
        (tmp_path / name).touch()
    folder.remove_partials("clip [1].mp4")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(others)
    folder.remove_partials("no folder/clip.mp4")
    Folder.at("memory://nothing").remove_partials("clip.mp4")
