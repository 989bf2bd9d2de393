import json
from pathlib import Path

import pytest

from sparkle.core.errors import SetupError
from sparkle.runs.manifest import read_wishes
from sparkle.taxonomy import load_taxonomy

TAXONOMY = load_taxonomy()


def read(*names: object, instructions: Path | None = None) -> list:
    return read_wishes([str(name) for name in names], instructions, TAXONOMY)


def test_a_csv_manifest_gives_paths_relative_to_itself_and_optional_columns(tmp_path: Path) -> None:
    manifest = tmp_path / "m.csv"
    manifest.write_text(
        'video,instruction,theme,boxes\na.mp4,"on a beach, at ""dusk""",time,b.json\nc d.mp4,,,\n'
    )
    first, second = read(manifest)
    assert first.inputs.video == str(tmp_path / "a.mp4")
    assert first.inputs.boxes == str(tmp_path / "b.json")
    assert (first.instruction, first.theme) == ('on a beach, at "dusk"', "time")
    assert (second.inputs.video, second.instruction, second.theme) == (str(tmp_path / "c d.mp4"), None, None)


def test_the_published_column_names_are_understood(tmp_path: Path) -> None:
    manifest = tmp_path / "m.jsonl"
    manifest.write_text(json.dumps({"src_video": "a.mp4", "prompt": "snow", "tgt_video": "e.mp4"}) + "\n\n")
    (wish,) = read(manifest)
    assert (wish.instruction, wish.inputs.edited_video) == ("snow", str(tmp_path / "e.mp4"))


def test_a_keyword_is_looked_up_in_the_taxonomy_or_is_the_users_own(tmp_path: Path) -> None:
    known = next(iter(next(iter(TAXONOMY["time"].values()))))
    manifest = tmp_path / "m.jsonl"
    rows = [
        {"video": "a", "keyword": known.keyword},
        {"video": "b", "theme": "time", "keyword": "eclipse: black sun"},
    ]
    manifest.write_text("".join(json.dumps(row) + "\n" for row in rows))
    first, second = read(manifest)
    assert (first.scene, first.theme) == (known, "time")
    assert second.scene.keyword == "eclipse: black sun"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("m.csv", "instruction\nsnow\n", "line 2: no video"),
        ("m.csv", "video,theme\na.mp4,weather\n", "theme 'weather' is unknown"),
        ("m.csv", "video,keyword\na.mp4,no colon\n", "does not read 'subtheme: scene'"),
        ("m.jsonl", "[1]\n", "one JSON object"),
        ("m.jsonl", '{"video": 3}\n', "is text, got 3"),
        ("m.jsonl", "{", "line 1: not JSON"),
    ],
)
def test_a_bad_row_is_refused_with_its_place(tmp_path: Path, name: str, content: str, message: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(SetupError, match=message):
        read(tmp_path / name)


def test_instructions_are_given_by_name_and_the_nameless_dealt_out_in_turn(tmp_path: Path) -> None:
    for name in "abcd":
        (tmp_path / f"{name}.mp4").touch()
    rows = tmp_path / "i.csv"
    rows.write_text("video,instruction\nb.mp4,for b\n,one\n,two\n")
    wishes = read(tmp_path, instructions=rows)
    assert [wish.instruction for wish in wishes] == ["one", "for b", "two", "one"]
    assert [Path(wish.inputs.video).name for wish in wishes] == ["a.mp4", "b.mp4", "c.mp4", "d.mp4"]
