"""One folder, whatever is below: the same answers on a disk, in memory and from an S3 server."""

import errno
import importlib.util
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sparkle.core.errors import MissingExtraError, OutputError, SetupError, StoreAwayError
from sparkle.store import Entry, Folder, filesystems


def test_what_is_written_is_read_whole_and_in_parts(folder: Folder) -> None:
    content = bytes(range(256)) * 20
    folder.write("a/b c/ä#1%.bin", content)
    assert folder.read("a/b c/ä#1%.bin") == content
    assert folder.read_range("a/b c/ä#1%.bin", 300, 7) == content[300:307]
    assert folder.read_range("a/b c/ä#1%.bin", len(content), 0) == b""
    with folder.open("a/b c/ä#1%.bin", 16) as file:
        assert (file.read(2), file.seek(-3, 2), file.read(), file.read()) == (
            content[:2],
            len(content) - 3,
            content[-3:],
            b"",
        )
    folder.write("a/b c/ä#1%.bin", b"other")
    assert folder.read("a/b c/ä#1%.bin") == b"other"


def test_what_is_not_there_is_said(folder: Folder) -> None:
    folder.write("a/b", b"12345")
    assert [key for key in ("a", "a/b", "a/b/c", "a/c") if folder.exists(key)] == ["a/b"]
    for read in (
        folder.read,
        lambda key: folder.read_range(key, 0, 1),
        lambda key: folder.local(key).__enter__(),
    ):
        with pytest.raises(FileNotFoundError, match="a/c"):
            read("a/c")
    with pytest.raises(OSError, match="a/b"):
        folder.read_range("a/b", 3, 3)
    with pytest.raises(OSError, match="is larger than"):
        folder.read("a/b", 4)
    with pytest.raises(FileNotFoundError):
        folder.move("a/c", "a/d")


def test_a_version_changes_with_the_content_only(folder: Folder) -> None:
    folder.write("a", b"one")
    first = folder.stat("a")
    assert first == folder.stat("a")
    folder.write("a", b"two")
    assert first is not None
    assert folder.stat("a") != first
    assert first.size == 3


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_written_file_appears_at_the_end_of_the_block_or_never(
    folder: Folder, error: type[BaseException]
) -> None:
    with folder.writing("new/clip.mp4") as path:
        assert path.suffix == ".mp4"
        path.write_bytes(b"whole")
        assert not folder.exists("new/clip.mp4")
    assert folder.read("new/clip.mp4") == b"whole"
    with pytest.raises(error), folder.writing("new/clip.mp4") as path:
        path.write_bytes(b"half")
        raise error
    assert folder.read("new/clip.mp4") == b"whole"
    assert not path.exists()
    with pytest.raises(FileNotFoundError), folder.writing("new/other.mp4"):
        pass
    assert [entry.key for entry in folder.files()] == ["new/clip.mp4"]


def test_a_local_copy_has_the_content_and_goes_away(folder: Folder) -> None:
    folder.write("a/clip.mp4", b"a clip")
    with folder.local("a/clip.mp4") as path:
        assert (path.read_bytes(), path.suffix) == (b"a clip", ".mp4")
    assert path.exists() == (folder.path is not None)


def test_only_one_creates(folder: Folder) -> None:
    folder.create("a/b", b"one")
    with pytest.raises(FileExistsError):
        folder.create("a/b", b"two")
    assert folder.read("a/b") == b"one"
    assert [entry.key for entry in folder.files()] == ["a/b"]


def test_files_are_listed_by_prefix_in_order(folder: Folder) -> None:
    keys = ["a/b/1.mp4", "a/b/2.mp4", "a/b-c", "a/bd", "a/b/.3.17.tmp.mp4", "ab", "z/.x.partial/y"]
    for number, key in enumerate(keys):
        if folder.path is None or ".tmp" not in key:
            folder.write(key, bytes(number))
    assert list(folder.files("a/b/")) == [Entry("a/b/1.mp4", 0), Entry("a/b/2.mp4", 1)]
    assert [entry.key for entry in folder.files("a/b")] == ["a/b-c", "a/b/1.mp4", "a/b/2.mp4", "a/bd"]
    assert [entry.key for entry in folder.files()] == ["a/b-c", "a/b/1.mp4", "a/b/2.mp4", "a/bd", "ab"]
    assert [entry.key for entry in (folder / "a").files("b/")] == ["b/1.mp4", "b/2.mp4"]
    assert list(folder.files("q/")) == []
    assert folder.children() == ["a/", "ab", "z/"]
    assert folder.children("a/b") == ["1.mp4", "2.mp4"]
    assert folder.children("q") == []


def test_folders_that_hold_none_are_not_looked_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Folder.at(tmp_path)
    for key in ("a/b/1", "a/bc/2", "a/x/3", "c/4"):
        folder.write(key, b"")
    (tmp_path / "c/loop").symlink_to(tmp_path)
    looked: list[str] = []
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: looked.append(str(path)) or scandir(path))
    assert [entry.key for entry in folder.files("a/b")] == ["a/b/1", "a/bc/2"]
    assert looked == [str(tmp_path / "a"), str(tmp_path / "a/b"), str(tmp_path / "a/bc")]
    assert [entry.key for entry in folder.files()][-1] == "c/4"  # a link to a folder is no way down


def test_files_are_moved_and_removed(folder: Folder) -> None:
    folder.write("a/b", b"one")
    folder.write("c/d", b"two")
    folder.move("a/b", "c/d")
    assert [entry.key for entry in folder.files()] == ["c/d"]
    assert folder.read("c/d") == b"one"
    folder.remove("c/d")
    folder.remove("c/d")
    assert list(folder.files()) == []


@pytest.mark.parametrize("key", ["", "/a", "a/", "../a", "a/../b", "a//b", ".", "a/.", "a\0b"])
def test_no_key_leads_out(tmp_path: Path, key: str) -> None:
    folder = Folder.at(tmp_path)
    for use in (folder.read, folder.stat, folder.remove, folder.extent, lambda key: folder.write(key, b"")):
        with pytest.raises(SetupError, match="no name of a file below"):
            use(key)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_travels(folder: Folder) -> None:
    folder.write("a/b", b"one")
    there = pickle.loads(pickle.dumps(folder / "a"))  # noqa: S301
    assert there.read("b") == b"one"


def test_a_missing_package_is_named_with_its_extra() -> None:
    if importlib.util.find_spec("gcsfs") is not None:
        pytest.skip("gcsfs is installed")
    with pytest.raises(MissingExtraError, match=r"gs://.*'gcsfs'.*\[gs\]"):
        Folder.at("gs://bucket/run")
    with pytest.raises(SetupError, match="nowhere://: is unknown"):
        Folder.at("nowhere://x")


def test_where_objects_are_not_whole_nothing_is_written() -> None:
    pytest.importorskip("aiohttp")
    folder = Folder.at("http://user:geheimnis@127.0.0.1:9/run")
    assert "geheimnis" not in str(folder)
    with pytest.raises(OutputError, match="half of one") as refused:
        folder.write("a", b"")
    assert "geheimnis" not in str(refused.value)
    with pytest.raises(OutputError, match="half of one"), folder.writing("a"):
        pass


def test_a_store_that_fails_for_a_moment_is_asked_again_and_one_that_is_away_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []

    def fail(times: int, error: Exception) -> int:
        asked.append(1)
        if len(asked) <= times:
            raise error
        return 7

    assert filesystems.patiently("s3://b/k", lambda: fail(2, TimeoutError("slow"))) == 7
    asked.clear()
    with pytest.raises(StoreAwayError, match="s3://b/k: the store has not answered"):
        filesystems.patiently("s3://b/k", lambda: fail(9, TimeoutError("slow")))
    assert len(asked) == filesystems.ATTEMPTS
    asked.clear()
    with pytest.raises(OSError, match="https://b/k"):
        filesystems.patiently("https://b/k", lambda: fail(9, TimeoutError("slow")))
    assert len(asked) == filesystems.ATTEMPTS
    monkeypatch.setenv(filesystems.PATIENCE_VARIABLE, "600")
    asked.clear()
    assert filesystems.patiently("s3://b/k", lambda: fail(5, TimeoutError("slow"))) == 7
    asked.clear()
    with pytest.raises(OSError, match="s3://b/k"):
        filesystems.patiently("s3://b/k", lambda: fail(9, OSError(errno.EINVAL, "no such argument")))
    assert len(asked) == filesystems.ATTEMPTS, "another time changes nothing"
    asked.clear()
    with pytest.raises(FileNotFoundError, match="s3://b/k"):
        filesystems.patiently("s3://b/k", lambda: fail(9, FileNotFoundError()))
    assert len(asked) == 1
    with pytest.raises(ZeroDivisionError):
        filesystems.patiently("s3://b/k", lambda: 1 // 0)


def test_what_another_process_wrote_is_seen_at_once(
    s3: str, tmp_path: Path, python: Callable[..., Any]
) -> None:
    folder = Folder.at(f"{s3}/{tmp_path.name}/run")
    folder.write("a/1", b"one")
    assert [entry.key for entry in folder.files("a/")] == ["a/1"]
    assert folder.children("a") == ["1"]
    program = "import sys; from sparkle.store import Folder; Folder.at(sys.argv[1]).write('a/2', b'two')"
    assert python(program, folder.address).wait() == 0
    assert [entry.key for entry in folder.files("a/")] == ["a/1", "a/2"]
    assert folder.children("a") == ["1", "2"]
    assert folder.exists("a/2")


@pytest.mark.parametrize("address", ["hf://datasets/a/b", "s3://bucket/a", "http://127.0.0.1:9/a"])
def test_a_service_that_is_away_is_an_error_of_reading_and_of_writing(
    address: str, python: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    package = {"hf": "huggingface_hub", "s3": "s3fs", "http": "aiohttp"}[address.partition(":")[0]]
    pytest.importorskip(package)
    for name in ("HF_ENDPOINT", "AWS_ENDPOINT_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")  # of the library, which waits longer and longer
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "HF_TOKEN"):
        monkeypatch.setenv(name, "a")
    program = (
        "import sys\n"
        "from sparkle.core.errors import OutputError\n"
        "from sparkle.store import Folder, filesystems\n"
        "filesystems.PAUSE_S = 0.01\n"
        "folder = Folder.at(sys.argv[1])\n"
        "reads = OSError if folder.address.startswith('http:') else OutputError\n"
        "for use, kind in ((lambda: folder.read('k'), reads), (lambda: folder.write('k', b''), OutputError)):\n"
        "    try:\n"
        "        use()\n"
        "    except kind as error:\n"
        "        print(error)\n"
    )
    told = python(program, address).communicate()[0].splitlines()
    assert len(told) == 2
    assert all(f"{address}/k" in line or "half of one" in line for line in told)


@pytest.mark.parametrize(
    ("address", "parents"),
    [
        ("/a/b c", ["/a", "/"]), ("/", []), ("a/b", ["a"]), ("s3://bucket/a/b", ["s3://bucket/a", "s3://bucket"]),
        ("s3://bucket", []),
    ],
)  # fmt: skip
def test_a_folder_knows_those_that_it_lies_in(address: str, parents: list[str]) -> None:
    assert [each.address for each in Folder(address).parents] == parents


def test_a_bucket_that_is_not_there_is_named_where_it_is_written_to(s3: str) -> None:
    folder = Folder.at("s3://there-is-no-such-bucket/run")

    def copy() -> None:
        with folder.writing("clip") as path:
            path.write_bytes(b"1")

    for write in (lambda: folder.write("a", b"1"), lambda: folder.create("a", b"1"), copy):
        with pytest.raises(OutputError, match="there is no such bucket"):
            write()
    folder.remove("a")


def test_missing_credentials_are_told_unmasked() -> None:
    exceptions = pytest.importorskip("botocore.exceptions")

    def ask() -> None:
        raise exceptions.NoCredentialsError

    with pytest.raises(OSError, match="NoCredentialsError: Unable to locate credentials"):
        filesystems.patiently("s3://bucket/a", ask)


@pytest.mark.parametrize("address", ["s3://", "s3:///run", "S3://"])
def test_an_address_without_a_bucket_is_refused(address: str) -> None:
    pytest.importorskip("s3fs")
    with pytest.raises(SetupError, match="names no bucket"):
        Folder.at(address)
