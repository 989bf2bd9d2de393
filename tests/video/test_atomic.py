import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sparkle.video import remove_leftovers, whole_file, write_bytes, write_text


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
        "from sparkle.video import whole_file\n"
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
        assert remove_leftovers(tmp_path) == [half]
        assert living.exists()
    assert (tmp_path / ".hidden.123.txt").exists()


def test_a_leftover_with_our_own_process_number_goes_away(tmp_path: Path) -> None:
    half = tmp_path / f".clip.{os.getpid()}.tmp.mp4"
    half.write_bytes(b"of a container that was killed")
    assert remove_leftovers(tmp_path) == [half]
    assert not half.exists()
