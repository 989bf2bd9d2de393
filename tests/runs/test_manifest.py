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
        ("m.csv", "video,src_video\na.mp4,b.mp4\n", "line 2: columns video and src_video say two things"),
        (
            "m.jsonl",
            '{"video": "a.mp4"}\n{"video": "a.mp4", "instruction": "snow", "instruction": "rain"}\n',
            "line 2: not JSON of one row .'instruction' stands twice",
        ),
        ("m.jsonl", "[" * 100_000 + "]" * 100_000, "line 1: not JSON"),
        (
            "m.csv",
            "video,instruction\na.mp4," + "beach " * 2000 + "\n",
            "line 2: the instruction has 12,000 letters",
        ),
        ("m.csv", "video\n" + "a" * 9000 + "\n", "line 2: column 'video' has 9,000 letters"),
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


def sources(tmp_path: Path, *names: str) -> None:
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()


def test_videos_of_an_instructions_file_are_relative_to_it_however_the_sources_are_spelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources(tmp_path, "clips/A/0.mp4", "clips/B/0.mp4")
    (tmp_path / "link").symlink_to(tmp_path / "clips/B")
    rows = tmp_path / "clips/i.csv"
    rows.write_text("video,instruction,boxes\nA/0.mp4,for A,a.json\nB/0.mp4,for B,\n")
    monkeypatch.chdir(tmp_path)
    wishes = read(tmp_path / "clips/A", "link", instructions=Path("clips/i.csv"))
    assert [wish.instruction for wish in wishes] == ["for A", "for B"]
    assert [wish.inputs.boxes for wish in wishes] == ["clips/a.json", None]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("video,instruction\nA/00.mp4,x\n", "line 2: .*00.mp4 is none of the sources"),
        ("video,instruction\n0.mp4,x\n", "line 2: .*0.mp4 may be .*A/0.mp4 or .*B/0.mp4"),
        ("video,instruction\nA/0.mp4,x\nA/../A/0.mp4,y\n", "line 3: .*0.mp4 has a row before, .*line 2"),
        ("instruction,boxes\nx,a.json\n", "line 2: has boxes and no video"),
    ],
)
def test_no_row_of_an_instructions_file_is_passed_over(tmp_path: Path, content: str, message: str) -> None:
    sources(tmp_path, "A/0.mp4", "B/0.mp4")
    (tmp_path / "i.csv").write_text(content)
    with pytest.raises(SetupError, match=message):
        read(tmp_path, instructions=tmp_path / "i.csv")


def test_an_instruction_that_a_manifest_has_already_is_not_replaced(tmp_path: Path) -> None:
    sources(tmp_path, "a.mp4")
    (tmp_path / "m.csv").write_text("video,instruction\na.mp4,mine\n")
    for row, message in (
        ("a.mp4,x", "has an instruction in its manifest"),
        (",x", "every source has an instruction"),
    ):
        (tmp_path / "i.csv").write_text(f"video,instruction\n{row}\n")
        with pytest.raises(SetupError, match=message):
            read(tmp_path / "m.csv", instructions=tmp_path / "i.csv")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("video\tinstruction\na.mp4\ta beach\n", "line 1: no known column"),
        ("video;instruction\na.mp4;a beach\n", "line 1: no known column"),
        ("a.mp4,a beach\n", "line 1: no known column"),
        ("", "line 1: no known column"),
        ("video,instruction\n", "has no rows"),
        ("video,instruction,instruction\na.mp4,a beach,a wood\n", "column 'instruction' is there twice"),
        ("video,instruction\na.mp4,a beach, at dusk\n", "line 2: has more columns than the header"),
        ('video,instruction\na.mp4,"a beach\n', "cannot read it"),
        ("video,instruction\na.mp4,\n", "line 2: wishes nothing"),
        ("video,instruction\na.mp4,   \n", "line 2: wishes nothing"),
        ("video,instruction\na.mp4\n", "line 2: wishes nothing"),
        ("video,text,keyword\na.mp4,a beach,\n", "line 2: wishes nothing"),
    ],
)
def test_a_table_that_would_be_taken_for_empty_rows_is_refused(
    tmp_path: Path, content: str, message: str
) -> None:
    # Each of them made scenes of our own in place of what was wished.
    sources(tmp_path, "a.mp4")
    table = tmp_path / "i.csv"
    table.write_text(content)
    with pytest.raises(SetupError, match=message):
        read(tmp_path / "a.mp4", instructions=table)


def test_blanks_alone_are_no_instruction(tmp_path: Path) -> None:
    sources(tmp_path, "a.mp4")
    (tmp_path / "m.csv").write_text("video,instruction\na.mp4,  \n")
    (wish,) = read(tmp_path / "m.csv")
    assert wish.instruction is None
