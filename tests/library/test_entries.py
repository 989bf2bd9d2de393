"""What a library's folder holds: by names or by its table; everything else is refused by name."""

import os
from pathlib import Path

import pytest

from sparkle.core.errors import SetupError
from sparkle.library import read_library

HEAD = "file,caption,theme,licence,horizon,eye_m\n"


def folder_of(root: Path, *names: str, table: str | None = None) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")
    root.mkdir(parents=True, exist_ok=True)
    if table is not None:
        (root / "list.csv").write_text(table)
    return root


def test_words_of_names_and_of_folders(tmp_path: Path) -> None:
    names = ("beach/IMG_2034.jpg", "Snowy-forest_02.PNG", "a quiet street.mov", ".hidden.png", "notes.txt")
    entries = read_library(folder_of(tmp_path, *names))
    assert {entry.file: entry.caption for entry in entries} == {
        "beach/IMG_2034.jpg": "beach",
        "Snowy-forest_02.PNG": "snowy forest",
        "a quiet street.mov": "a quiet street",
    }
    assert [entry.file for entry in entries] == sorted(entry.file for entry in entries)
    assert all(entry.licence == "" for entry in entries)


def test_a_table_says_more_and_is_the_whole_list(tmp_path: Path) -> None:
    table = HEAD + 'a.jpg,"a beach, windy",time,CC0,420,\nb.mp4,a room,,,,\nc.mp4,a kitchen,,,500,1.2\n'
    first, second, third = read_library(
        folder_of(tmp_path, "a.jpg", "b.mp4", "c.mp4", "unlisted.png", table=table)
    )
    assert (first.caption, first.theme, first.licence, first.horizon) == (
        "a beach, windy",
        "time",
        "CC0",
        0.42,
    )
    assert (second.theme, second.licence, second.horizon) == ("", "", None)  # a room has none
    assert (third.horizon, third.eye_m) == (0.5, 1.2)


def test_the_painters_place_guesses_a_horizon_outdoors(tmp_path: Path) -> None:
    beach, library = read_library(folder_of(tmp_path, "beach.jpg", "old_library.jpg"))
    assert beach.horizon is not None
    assert library.horizon is None


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("../out.jpg,a beach,,,,", "outside"),
        ("/etc/passwd.jpg,a beach,,,,", "outside"),
        ("link.jpg,a beach,,,,", "outside"),
        ("gone.jpg,a beach,,,,", "gone.jpg"),
        ("pipe.jpg,a beach,,,,", "pipe.jpg.*pipe"),
        ("a.jpg,a beach,weather,,,", "line 2: theme 'weather'"),
        ("a.jpg,12 34,,,,", "line 2: the caption has no words"),
        ("a.jpg," + "beach " * 60 + ",,,,", "line 2: caption is longer than 300"),
        ("a.jpg,a \x1b[31mbeach,,,,", "line 2: caption .* no plain text"),
        ("a.jpg,a beach,,,1001,", "line 2: horizon"),
        ("a.jpg,a beach,,,,nan", "line 2: eye_m"),
        ("a.jpg,a beach,,,,,", "line 2: has another number of cells"),
        ("a.jpg,a beach", "line 2: has another number of cells"),
        ("a.exe,a beach,,,,", "line 2: file 'a.exe' is named neither"),
        ("a.jpg,a beach,,,,\na.jpg,a wood,,,,", "line 3: a.jpg stands already on line 2"),
    ],
)
def test_rows_that_are_none(tmp_path: Path, row: str, said: str) -> None:
    root = folder_of(tmp_path / "places", "a.jpg", table=HEAD + row + "\n")
    (tmp_path / "out.jpg").write_bytes(b"")
    (root / "link.jpg").symlink_to(tmp_path / "out.jpg")
    os.mkfifo(root / "pipe.jpg")
    with pytest.raises(SetupError, match=said):
        read_library(root)


def test_folders_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="is no folder"):
        read_library(tmp_path / "nowhere")
    with pytest.raises(SetupError, match="holds no picture or video"):
        read_library(folder_of(tmp_path / "empty", "notes.txt"))
    with pytest.raises(SetupError, match=r"IMG_0001.jpg: its name has no words"):
        read_library(folder_of(tmp_path / "camera", "IMG_0001.jpg"))
    with pytest.raises(SetupError, match="file and caption are"):
        read_library(folder_of(tmp_path / "columns", table="name,words\na.jpg,b\n"))
    with pytest.raises(SetupError, match="is no CSV in UTF-8"):
        (tmp_path / "bytes").mkdir()
        (tmp_path / "bytes" / "list.csv").write_bytes(b"file,caption\n\xff\xfe,a\n")
        read_library(tmp_path / "bytes")
    with pytest.raises(SetupError, match=r"several tables \(list.csv, other.csv\)"):
        read_library(folder_of(tmp_path / "two", "other.csv", table=HEAD))
