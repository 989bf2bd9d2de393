"""Pipes, sockets and devices in place of files: refused at once, by name."""

import os
import re
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from sparkle.core.errors import SparkleError
from sparkle.recipes import load_recipe
from sparkle.runs.manifest import read_wishes
from sparkle.stages.artifacts import read_anchors
from sparkle.store import check_plain, open_plain, read_plain, read_text
from sparkle.taxonomy import load_taxonomy
from sparkle.video import probe, read_image, read_masks

READERS: dict[str, Callable[[Path], object]] = {
    "a.mp4": probe,
    "a.png": read_image,
    "a.npz": read_masks,
    "a.json": lambda path: read_anchors(path, (9, 90, 160), 16.0),
    "a.csv": lambda path: read_wishes([str(path)], None, load_taxonomy()),
    "a.jsonl": lambda path: read_wishes(["b.mp4"], path, load_taxonomy()),
    "a.yaml": load_recipe,
}


def make(kind: str, path: Path) -> None:
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(str(path))
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        path.mkdir()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", ["pipe", "socket", "device", "folder"])
@pytest.mark.parametrize("name", READERS)
def test_what_is_no_regular_file_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, kind: str
) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a socket is short
    make(kind, Path(name))
    with pytest.raises(SparkleError, match=re.escape(name)):
        READERS[name](Path(name))


@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_the_kind_is_said(tmp_path: Path, kind: str) -> None:
    make(kind, tmp_path / "x")
    for read in (check_plain, open_plain, read_plain, read_text):
        with pytest.raises(OSError, match=f"is a (named )?{kind}"):
            read(tmp_path / "x")


def test_links_to_files_are_read_and_too_large_ones_are_not(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfone\r\ntwo")
    (tmp_path / "link").symlink_to("a.txt")
    assert read_text(tmp_path / "link") == "one\ntwo"
    with pytest.raises(OSError, match="is larger than"):
        read_plain(tmp_path / "a.txt", 5)
