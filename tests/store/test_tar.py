"""Members of tars are read where they lie; hostile tars are refused by name."""

import io
import os
import random
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from blake3 import blake3
from hypothesis import given, settings
from hypothesis import strategies as st

from sparkle.core.errors import SetupError
from sparkle.store import Folder, hashed_file, index_tar, tar, write_tar
from sparkle.store.remote_bytes import RemoteBytes

USTAR = tarfile.USTAR_FORMAT
LONG = "d" * 90 + "/" + "e" * 95


def packed(members: dict[str, bytes], kind: int = tarfile.PAX_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=kind) as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def spoilt(members: dict[str, bytes], byte: bytes) -> bytes:
    """A tar whose second header is overwritten."""
    content = packed(members, USTAR)
    return content[:1024] + byte * 512 + content[1536:]


def special(**fields: object) -> bytes:
    buffer = io.BytesIO()
    member = tarfile.TarInfo("a.mp4")
    for name, value in fields.items():
        setattr(member, name, value)
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(member)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_members_are_read_in_place(folder: Folder, kind: int) -> None:
    members = {
        "a/b.mp4": bytes(range(256)) * 9,
        "a/empty": b"",
        "./c ä.json": b"{}",
        LONG: b"long",
    }
    folder.write("s/x.tar", packed(members, kind))
    index = index_tar(folder, "s/x.tar")
    assert {name: extent.read() for name, extent in index.items()} == {
        name.removeprefix("./"): content for name, content in members.items()
    }
    clip = index["a/b.mp4"]
    with clip.open() as file:
        assert (file.seek(-2, 2), file.read(9), file.seek(5), file.read(2)) == (2302, b"\xfe\xff", 5, b"\5\6")
    with clip.local() as path:
        assert (path.read_bytes(), path.suffix) == (members["a/b.mp4"], ".mp4")
    assert folder.extent("s/x.tar").read() == folder.read("s/x.tar")


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(
        st.text(
            st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="/\\"),
            min_size=1,
            max_size=120,
        ).filter(lambda name: name.strip() == name and name not in {".", ".."}),
        st.binary(max_size=1500),
        max_size=5,
    )
)
def test_whatever_was_packed_is_found(members: dict[str, bytes]) -> None:
    folder = Folder.at("memory://packed")
    folder.write("x.tar", packed(members))
    assert {name: extent.read() for name, extent in index_tar(folder, "x.tar").items()} == members


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "a way out": (lambda: special(name="../a.mp4"), "no name of a file below"),
    "an absolute name": (lambda: special(name="/etc/passwd"), "no name of a file below"),
    "a link": (lambda: special(type=tarfile.SYMTYPE, linkname="/etc/passwd"), "is no plain file"),
    "a hard link": (lambda: special(type=tarfile.LNKTYPE, linkname="/etc/passwd"), "is no plain file"),
    "a device": (lambda: special(type=tarfile.CHRTYPE), "is no plain file"),
    "a pipe": (lambda: special(type=tarfile.FIFOTYPE), "is no plain file"),
    "a sparse file": (
        lambda: special(pax_headers={"GNU.sparse.map": "0,9", "GNU.sparse.size": "999999999999"}),
        "plain",
    ),
    "a bomb": (lambda: special(pax_headers={"size": str(10**15)}), "not there|no whole"),
    "a negative size": (lambda: special(pax_headers={"size": "-512"}), "not there|no whole"),
    "two of a name": (lambda: packed({"a": b"1"})[:1024] + packed({"a": b"2"}), "is there twice"),
    "a cut tar": (lambda: packed({"a": bytes(5000)})[:2000], "not there|no whole"),
    "cut between two members": (lambda: packed({"a": b"1", "b": b"2"}, USTAR)[:1024], "it is cut"),
    "cut in a header": (lambda: packed({"a": b"1", "b": b"2"}, USTAR)[:1300], "it is cut"),
    "a spoilt header": (lambda: spoilt({"a": b"1", "b": b"2"}, b"\xff"), "neither a member nor the end"),
    "a header of zeros": (lambda: spoilt({"a": b"1", "b": b"2"}, b"\0"), "neither a member nor the end"),
    "two in one": (lambda: packed({"a": b"1"}) + packed({"b": b"2"}), "neither a member nor the end"),
    "a compressed tar": (lambda: b"\x1f\x8b\x08" + bytes(1000), "no whole tar"),
    "no tar": (lambda: random.Random(1).randbytes(5000), "no whole tar"),
    "nothing": (lambda: b"", "no whole tar"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_tar_is_refused_by_name(tmp_path: Path, what: str) -> None:
    make, why = HOSTILE[what]
    (tmp_path / "x.tar").write_bytes(make())
    with pytest.raises(SetupError, match=rf"x\.tar.*({why})"):
        index_tar(Folder.at(tmp_path), "x.tar")


def test_a_header_that_announces_gigabytes_takes_none(tmp_path: Path) -> None:
    content = bytearray(special(pax_headers={"comment": "x"}))
    member = tarfile.TarInfo("pax")
    member.type, member.size = tarfile.XHDTYPE, 2**33
    content[:512] = member.tobuf(tarfile.GNU_FORMAT)[:512]
    with (tmp_path / "x.tar").open("wb") as file:
        file.write(content)
        file.truncate(2**34)  # a hole: as large as it says
    with pytest.raises(SetupError, match="a header of"):
        index_tar(Folder.at(tmp_path), "x.tar")


def test_too_many_members_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tar, "MOST_MEMBERS", 3)
    folder = Folder.at(tmp_path)
    folder.write("x.tar", packed({str(number): b"" for number in range(3)}))
    assert len(index_tar(folder, "x.tar")) == 3
    folder.write("x.tar", packed({str(number): b"" for number in range(4)}))
    with pytest.raises(SetupError, match="more than 3 members"):
        index_tar(folder, "x.tar")


def test_only_headers_are_fetched(remote: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    remote.write("x.tar", packed({str(number): bytes(100_000) for number in range(10)}))
    fetched = []
    read_range = RemoteBytes.read_range

    def counted(self: RemoteBytes, key: str, start: int, size: int) -> bytes:
        fetched.append(size)
        return read_range(self, key, start, size)

    monkeypatch.setattr(RemoteBytes, "read_range", counted)
    assert len(index_tar(remote, "x.tar")) == 10
    assert sum(fetched) < 200_000


def test_a_range_beyond_the_end_is_an_error(folder: Folder) -> None:
    folder.write("x", b"12345")
    for extent in (folder.extent("x", 3, 3), folder.extent("x", 6)):
        with pytest.raises(OSError, match="x"), extent.open():
            pass
    assert folder.extent("x", 3).read() == b"45"


def test_fingerprints_tell_contents_apart_wherever_they_lie(folder: Folder) -> None:
    content = os.urandom(300_000)
    folder.write("a.mp4", content)
    folder.write("x.tar", packed({"a.mp4": content}))
    same = {folder.extent("a.mp4").fingerprint(), index_tar(folder, "x.tar")["a.mp4"].fingerprint()}
    assert len(same) == 1
    for other in (
        content[:-1],
        content[:-1] + bytes([content[-1] ^ 1]),
        bytes([content[0] ^ 1]) + content[1:],
    ):
        folder.write("a.mp4", other)
        assert folder.extent("a.mp4").fingerprint() not in same


@settings(max_examples=15, deadline=None)
@given(st.lists(st.binary(max_size=5000), max_size=6), st.integers(1, 4000))
def test_a_tar_is_what_python_s_own_writes_whatever_the_blocks_it_goes_in(
    contents: list[bytes], block: int
) -> None:
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(hashed_file, "_BLOCK", block)
        folder = Path(name)
        wanted = io.BytesIO()
        members = []
        with tarfile.open(fileobj=wanted, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            for number, content in enumerate(contents):
                (folder / f"{number}.mp4").write_bytes(content)
                members.append((f"a/{number}.mp4", Folder.at(folder).extent(f"{number}.mp4")))
                info = tarfile.TarInfo(f"a/{number}.mp4")
                info.size, info.mode = len(content), 0o644
                archive.addfile(info, io.BytesIO(content))
        digest = write_tar(folder / "x.tar", members)
        assert (folder / "x.tar").read_bytes() == wanted.getvalue()
        assert digest == blake3(wanted.getvalue()).hexdigest()
