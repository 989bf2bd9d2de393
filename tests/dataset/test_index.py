"""The index files have the published columns and keys, the same bytes each time, and hold any instruction."""

import csv
import json
import tempfile
import weakref
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_dataset import RECORDS, make_sample

from sparkle.core.errors import SampleError
from sparkle.core.records import IsolateRecord, TrackRecord
from sparkle.core.sample import Inputs, Sample
from sparkle.dataset import read_pairs, write_index

UNSURE = TrackRecord((0,), ((),), consensus=float("nan"), passes=1)
NOTHING_REMOVED = IsolateRecord((), ())


def rows(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]


def contents(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_csv_has_published_columns_and_paths(tmp_path: Path):
    write_index(tmp_path, [make_sample("location", 3)])
    with (tmp_path / "prompts/location_train.csv").open(newline="") as file:
        assert list(csv.DictReader(file)) == [
            {
                "prompt": "Put the subject in a meadow, where grass sways.",
                "src_video": "location/source_video/Sparkle_location_000003.mp4",
                "tgt_video": "location/edited_video/Sparkle_location_000003.mp4",
                "task": "Sparkle_location_000003",
            }
        ]


def test_metadata_has_a_keyword_only_for_a_known_scene(tmp_path: Path):
    write_index(tmp_path, [make_sample("location"), make_sample("openve3m")])
    (known,) = rows(tmp_path / "prompts/location_train_metadata.jsonl")
    (free,) = rows(tmp_path / "prompts/openve3m_train_metadata.jsonl")
    assert known["metadata"] == {
        "edit_type": "location",
        "chosen_keyword": "rural: meadow",
        "original_scene": "a bright room",
    }
    assert free["metadata"] == {"edit_type": "openve3m_background_change", "original_scene": "a bright room"}


def test_rows_are_in_order_of_numbers_also_beyond_a_million(tmp_path: Path):
    numbers = [1_000_000, 999_999, 2, 10_000_000]
    write_index(tmp_path, [make_sample("time", number) for number in numbers])
    ids = [f"Sparkle_time_{number:06d}" for number in sorted(numbers)]
    assert [row["id"] for row in rows(tmp_path / "prompts/time_train_metadata.jsonl")] == ids
    assert [row["id"] for row in rows(tmp_path / "provenance.jsonl")] == ids


def test_samples_are_read_one_after_the_other_and_none_is_kept(tmp_path: Path):
    planned = [make_sample("time", number) for number in range(3)]
    alive: list[weakref.ref[object]] = []

    def read(sample: Sample) -> Sample:
        assert sum(reference() is not None for reference in alive) <= 1
        record = replace(sample.records.track)  # a sample itself has no room for a weak reference
        marked = Marked(record.consensus)
        alive.append(weakref.ref(marked))
        return replace(sample, records=sample.records.having(replace(record, consensus=marked)))

    write_index(tmp_path / "a", planned[::-1], read)
    write_index(tmp_path / "b", planned)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert len(alive) == 3


class Marked(float):
    """A number that can be seen to be gone."""


def test_score_files_hold_exactly_the_published_keys(tmp_path: Path):
    write_index(tmp_path, [make_sample()])
    folder = tmp_path / "intermediate_data/location"
    (removal,) = rows(folder / "edited_frame0_foreground_removed_score.jsonl")
    assert list(removal) == ["id", "prompt", "editscore"]
    assert removal["prompt"] == "Remove the man."
    assert list(removal["editscore"]) == [
        "prompt_following",
        "consistency",
        "perceptual_quality",
        "overall",
        "SC_reasoning",
        "PQ_reasoning",
    ]
    (video,) = rows(folder / "edited_video_score.jsonl")
    assert list(video) == ["id", "prompt", "frame_indices", "editscore"]
    assert "scorer" not in video["editscore"][0]
    (second,) = rows(folder / "foreground_grounding_r2.jsonl")
    assert list(second) == ["id", "prompt", "edit_type", "round1_labels", "round1_objects", "frame_objects"]


def test_scorer_and_licences_stand_in_the_provenance_without_the_user_s_folders(tmp_path: Path):
    write_index(tmp_path, [make_sample()])
    (row,) = rows(tmp_path / "provenance.jsonl")
    assert row["checks"][0]["scorer"] == "heuristic"
    assert row["provenance"]["scorer"]["licence"] == "Apache-2.0"
    assert (row["source"], row["consensus"], row["audio"]) == ("street.mp4", 0.93, "copied")
    assert "somebody" not in json.dumps(row)


def test_sources_of_one_name_can_be_told_apart_and_no_more_of_their_folders_is_told(tmp_path: Path):
    paths = ["/home/me/a/clip.mp4", "/home/me/b/clip.mp4", "/home/me/b/other.mp4", "/home/me/b/../a/clip.mp4"]
    samples = [
        make_sample(
            "time", number, inputs=Inputs(video=path, background="/home/me/b/sky.png", boxes="clip.mp4")
        )
        for number, path in enumerate(paths)
    ]
    write_index(tmp_path, samples)
    found = rows(tmp_path / "provenance.jsonl")
    assert [row["source"] for row in found] == ["a/clip.mp4", "b/clip.mp4", "other.mp4", "a/clip.mp4"]
    assert found[0]["given"]["background"] == "sky.png"
    assert "/me/" not in json.dumps(found)


def test_order_of_samples_does_not_change_a_byte(tmp_path: Path):
    samples = [make_sample(theme, number) for theme in ("time", "style") for number in range(3)]
    write_index(tmp_path / "a", samples)
    write_index(tmp_path / "b", samples[::-1])
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    ids = [row["id"] for row in rows(tmp_path / "a/provenance.jsonl")]
    assert ids == sorted(ids)


def test_theme_that_lost_its_last_sample_loses_its_tables(tmp_path: Path):
    write_index(tmp_path, [make_sample("time"), make_sample("style")])
    write_index(tmp_path, [make_sample("time")])
    assert [path.name for path in sorted((tmp_path / "prompts").iterdir())] == [
        "time_train.csv",
        "time_train_metadata.jsonl",
    ]
    assert not list((tmp_path / "intermediate_data/style").iterdir())


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_instruction_survives_csv_and_json(instruction: str):
    with tempfile.TemporaryDirectory() as folder:
        write_index(Path(folder), [make_sample(instruction=instruction)])
        (pair,) = read_pairs(Path(folder))
        (row,) = rows(Path(folder) / "prompts/location_train_metadata.jsonl")
    assert pair.instruction == instruction == row["prompt"]


def test_every_json_line_is_one_line_for_every_reader(tmp_path: Path):
    write_index(tmp_path, [make_sample(instruction="a\u2028b\u2029c\x85d\r\ne")])
    assert len((tmp_path / "provenance.jsonl").read_text().splitlines()) == 1
    assert len((tmp_path / "prompts/location_train_metadata.jsonl").read_text().splitlines()) == 1


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"instruction": None}, "no instruction"),
        ({"instruction": "lone \ud800"}, "UTF-8 JSON"),
        ({"records": RECORDS.having(UNSURE)}, "UTF-8 JSON"),
        ({"records": RECORDS.having(NOTHING_REMOVED)}, "nothing was removed"),
        ({"id": "../../etc"}, "not an id"),
    ],
)
def test_sample_that_cannot_be_published_is_named_and_nothing_is_written(
    tmp_path: Path, changes: dict, complaint: str
):
    with pytest.raises(SampleError, match=complaint):
        write_index(tmp_path, [make_sample("style"), make_sample(number=1, **changes)])
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_missing_record_is_named(tmp_path: Path):
    sample = make_sample()
    broken = replace(sample, records=replace(sample.records, track=None))
    with pytest.raises(SampleError, match=r"Sparkle_location_000000 has no record of stage 'track'"):
        write_index(tmp_path, [broken])


def test_name_of_a_source_that_is_no_utf8_is_spelled_out(tmp_path: Path):
    sample = make_sample()
    odd = type(sample.inputs)(video="/clips/caf\udce9.mp4")
    write_index(tmp_path, [make_sample(inputs=odd)])
    (row,) = rows(tmp_path / "provenance.jsonl")
    assert row["source"] == r"caf\udce9.mp4"
