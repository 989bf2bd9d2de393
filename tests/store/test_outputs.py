import os
import re
import socket
from pathlib import Path

import pytest
from tests.conftest import FULL_DISK_BYTES

from sparkle.core.errors import OutputError, SetupError
from sparkle.store import prepare_folder, prepare_output, write_bytes, write_result
from sparkle.video import expand


def test_a_source_is_never_a_result_by_whatever_name(tmp_path):
    source = tmp_path / "a.mp4"
    source.write_bytes(b"a video")
    linked = tmp_path / "link.mp4"
    linked.symlink_to(source)
    for output in (source, linked, tmp_path / "." / "a.mp4"):
        with pytest.raises(SetupError, match="is the source itself"):
            prepare_output(output, [source], ".mp4")
    prepare_output(tmp_path / "b.mp4", [source, tmp_path / "missing.mp4"], ".mp4")


def test_what_cannot_be_written_is_said_before_the_work(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.npz").mkdir()
    for output, why in (
        (tmp_path / "m.mp4", "written as .npz"),
        (tmp_path / "folder.npz", "is a folder"),
        (tmp_path / "file" / "m.npz", "cannot be made"),
    ):
        with pytest.raises(SetupError, match=why):
            prepare_output(output, [], ".npz")
    prepare_output(tmp_path / "new" / "m.npz", [], ".npz")
    assert (tmp_path / "new").is_dir()


def test_a_place_that_takes_no_file_is_said_before_the_work(tmp_path):
    long = "put the subject on a windy beach " * 10
    for output in (Path("/proc/m.npz"), tmp_path / f"{long}.npz", tmp_path / long / "m.npz"):
        with pytest.raises(OutputError, match=r"cannot be (written|made)"):
            prepare_output(output, [], ".npz")
    for folder in (Path("/proc"), tmp_path / long):
        with pytest.raises(OutputError, match=r"cannot be (written|made)"):
            prepare_folder(folder)
    assert list(tmp_path.iterdir()) == []


def test_a_pipe_or_a_socket_is_never_replaced_by_a_result(tmp_path):
    (tmp_path / "plain.npz").write_bytes(b"before")
    os.mkfifo(tmp_path / "pipe.npz")
    (tmp_path / "link.npz").symlink_to("pipe.npz")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket.npz"))
        for name in ("pipe.npz", "link.npz", "socket.npz"):
            with pytest.raises(OutputError, match=f"{name}: is a pipe"):
                prepare_output(tmp_path / name, [], ".npz")
            with pytest.raises(OutputError, match=f"{name}: is a pipe"):
                write_bytes(tmp_path / name, b"a result")
            assert not (tmp_path / name).is_file()
    (tmp_path / "away.npz").symlink_to("nothing")
    for name in ("plain.npz", "away.npz"):
        prepare_output(tmp_path / name, [], ".npz")
        write_bytes(tmp_path / name, b"a result")
        assert (tmp_path / name).read_bytes() == b"a result"
    assert not (tmp_path / "nothing").exists()


def test_a_finished_file_is_kept_elsewhere_where_its_place_is_full(tmp_path, full_disk, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)

    def write(path):
        # Stands for a disk that is full and another one that is not: the same work, less of it.
        write_bytes(path, bytes(FULL_DISK_BYTES + 1 if path == output else 100))

    output = tmp_path / "full" / "out.mp4"
    with pytest.raises(OutputError, match=r"out\.mp4: cannot be written") as raised:
        write_result(output, write)
    kept = Path(re.search(r"kept as (\S+):", str(raised.value))[1])
    assert (kept.name, kept.stat().st_size, output.exists()) == ("out.mp4", 100, False)


def test_results_in_a_folder_of_sources_are_no_sources(tmp_path):
    for name in ("in/a.mp4", "in/run/time/b.mp4", "in/runs/c.mp4"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "in/link.mp4").symlink_to(tmp_path / "in/run/time/b.mp4")
    (tmp_path / "other").symlink_to(tmp_path / "in/run")
    for results in (tmp_path / "in/run", tmp_path / "other", tmp_path / "in/runs/../run"):
        for name in ("in", "in/**/*.mp4"):
            found = [path.name for path in expand([tmp_path / name], results)]
            assert found == ["a.mp4", "c.mp4"]
    with pytest.raises(SetupError, match="no video but those in"):
        expand([tmp_path / "in/run/time"], tmp_path / "in/run")
