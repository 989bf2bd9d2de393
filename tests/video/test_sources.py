from pathlib import Path

import pytest

from sparkle.core.errors import SetupError
from sparkle.video import expand, is_media_name


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    for name in ("b.mp4", "a.MOV", "deep/er/it's ü [1].mkv", "notes.txt", ".hidden.mp4", "deep/poster.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    return tmp_path


def names(paths: list[Path], root: Path) -> list[str]:
    return [str(path.relative_to(root)) for path in paths]


def test_a_folder_stands_for_its_videos_at_any_depth_in_order(videos: Path) -> None:
    assert names(expand([videos]), videos) == ["a.MOV", "b.mp4", "deep/er/it's ü [1].mkv"]


def test_files_are_taken_whatever_they_are_called_and_once(videos: Path) -> None:
    odd = videos / "deep/er/it's ü [1].mkv"
    found = expand([str(odd), videos / "notes.txt", videos, odd])
    assert names(found, videos) == ["deep/er/it's ü [1].mkv", "notes.txt", "a.MOV", "b.mp4"]


def test_patterns(videos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert names(expand([videos / "*.mp4"]), videos) == ["b.mp4"]
    assert names(expand([videos / "**" / "*"]), videos) == ["a.MOV", "b.mp4", "deep/er/it's ü [1].mkv"]
    monkeypatch.chdir(videos)
    assert expand(["[ab].*"]) == [Path("a.MOV"), Path("b.mp4")]


def test_a_missing_file_is_kept_to_fail_alone(videos: Path) -> None:
    assert expand([videos / "none.mp4", videos / "b.mp4"]) == [videos / "none.mp4", videos / "b.mp4"]


def test_a_folder_named_like_a_video_is_kept_to_fail_alone(videos: Path) -> None:
    (videos / "folder.mp4").mkdir()
    assert videos / "folder.mp4" not in expand([videos])
    assert expand([videos / "folder.mp4"]) == [videos / "folder.mp4"]


@pytest.mark.parametrize("name", ["empty", "*.webm"])
def test_a_folder_or_pattern_without_videos_is_named(videos: Path, name: str) -> None:
    (videos / "empty").mkdir()
    with pytest.raises(SetupError, match=f"{name.replace('*', '.')}.* holds no video"):
        expand([videos / name])


def test_nothing_named() -> None:
    with pytest.raises(SetupError, match="no videos were named"):
        expand([])


def test_names() -> None:
    assert is_media_name("a/B.WebM")
    assert not is_media_name("a.png")
    assert not is_media_name(".a.12.tmp.mp4")
