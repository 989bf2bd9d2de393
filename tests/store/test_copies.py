"""Copies for decoders: fetched once, kept up to a size, never taken from who has one open."""

from pathlib import Path

import pytest

from sparkle.store import Copies, Folder
from sparkle.store.extent import Extent


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names = []
    copy_to = Extent.copy_to

    def counted(self: Extent, path: Path) -> None:
        names.append(self.key)
        copy_to(self, path)

    monkeypatch.setattr(Extent, "copy_to", counted)
    return names


def test_a_copy_is_fetched_once_and_again_when_the_object_is_another(
    remote: Folder, tmp_path: Path, fetched: list[str]
) -> None:
    copies = Copies(tmp_path, 1000)
    remote.write("a.mp4", b"one")
    for _ in range(2):
        with copies.of(remote.extent("a.mp4")) as path:
            assert (path.read_bytes(), path.suffix) == (b"one", ".mp4")
    assert fetched == ["a.mp4"]
    with copies.of(remote.extent("a.mp4", 1, 2)) as path:
        assert path.read_bytes() == b"ne"
    remote.write("a.mp4", b"two")
    with copies.of(remote.extent("a.mp4")) as path:
        assert path.read_bytes() == b"two"
    with pytest.raises(FileNotFoundError), copies.of(remote.extent("b.mp4")):
        pass


def test_what_was_used_longest_ago_goes(remote: Folder, tmp_path: Path, fetched: list[str]) -> None:
    copies = Copies(tmp_path, 30)
    for name in "abcd":
        remote.write(name, name.encode() * 10)
    for name in "abcad":
        with copies.of(remote.extent(name)):
            pass
    fetched.clear()
    for name in "acd":
        with copies.of(remote.extent(name)):
            pass
    assert fetched == []
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) == 30


def test_what_is_open_stays(remote: Folder, tmp_path: Path) -> None:
    copies = Copies(tmp_path, 15)
    for name in "abc":
        remote.write(name, name.encode() * 10)
    with copies.of(remote.extent("a")) as opened:
        for name in "bc":
            with copies.of(remote.extent(name)):
                pass
        assert opened.read_bytes() == b"a" * 10
    with copies.of(remote.extent("c")):
        pass
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) == 10


def test_a_file_of_this_machine_is_not_copied(tmp_path: Path) -> None:
    folder = Folder.at(tmp_path)
    folder.write("a.mp4", b"one")
    with Copies(tmp_path / "copies", 10).of(folder.extent("a.mp4")) as path:
        assert path == tmp_path / "a.mp4"
    with Copies(tmp_path / "copies", 10).of(folder.extent("a.mp4", 1)) as path:
        assert path.read_bytes() == b"ne"
