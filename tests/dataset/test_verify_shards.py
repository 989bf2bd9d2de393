"""What was downloaded in shards, or in part, is verified where it lies."""

import re
import shutil
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

import pytest
from published import pack_by_hand
from tiny_dataset import make_sample, write_artifacts

from sparkle.dataset import open_dataset, verify, write_index
from sparkle.dataset.inventory import themes_without_clips
from sparkle.dataset.opening import INDEX_FILE

ID = "Sparkle_location_000003"
SHARD = "location_source_video_part00.tar"


def faults(root: Path, deep: bool = True) -> list[str]:
    return [str(fault) for fault in verify(root, deep=deep)]


@pytest.mark.parametrize("deep", [False, True])
def test_shards_alone_are_valid(dataset: Path, deep: bool) -> None:
    pack_by_hand(dataset)
    assert faults(dataset, deep) == []


@pytest.mark.parametrize("deep", [False, True])
def test_previews_beside_shards_are_valid(dataset: Path, deep: bool) -> None:
    preview = dataset / f"location/edited_video/{ID}.mp4"
    content = preview.read_bytes()
    pack_by_hand(dataset)
    preview.parent.mkdir(parents=True)
    preview.write_bytes(content)
    assert faults(dataset, deep) == []


def test_any_part_of_a_release_in_shards_may_be_had(dataset: Path) -> None:
    pack_by_hand(dataset)
    for name in ("location_source_frame0_part00.tar", "location_edited_video_canny_part00.tar"):
        (dataset / "intermediate_data" / name).unlink()
    (dataset / SHARD).unlink()
    assert faults(dataset) == []


def test_prompts_alone_are_valid(dataset: Path) -> None:
    for path in dataset.iterdir():
        if path.is_dir() and path.name != "prompts":
            shutil.rmtree(path)
    assert faults(dataset) == []


def test_a_run_that_lost_a_kind_is_not(dataset: Path) -> None:
    shutil.rmtree(dataset / "location/source_video")
    assert faults(dataset, deep=False) == [f"location/source_video/{ID}.mp4: {ID}: is missing"]


def test_deep_looks_into_the_members(dataset: Path) -> None:
    path = dataset / f"location/source_video/{ID}.mp4"
    content = bytearray(path.read_bytes())
    start = content.index(b"mdat") + 900
    content[start : start + 1500] = bytes(1500)
    path.write_bytes(content)
    pack_by_hand(dataset)
    assert faults(dataset, deep=False) == []
    (fault,) = faults(dataset)
    assert fault.startswith(f"location/source_video/{ID}.mp4: {ID}: ")


def test_broken_and_hostile_shards_are_named(dataset: Path) -> None:
    pack_by_hand(dataset)
    shutil.copy(dataset / SHARD, dataset / SHARD.replace("00", "01"))
    with tarfile.open(dataset / "location_edited_video_part01.tar", "w") as archive:
        link = tarfile.TarInfo(f"location/edited_video/{ID}.mp4")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    (dataset / "location_source_video_part02.tar").write_bytes(b"no archive" * 200)
    assert [fault.split(";")[0][:90] for fault in faults(dataset, deep=False)] == [
        f"location_edited_video_part01.tar: member 'location/edited_video/{ID}.mp4' is no plain file"[:90],
        f"location_source_video_part01.tar: {ID}: location/source_video/{ID}.mp4 stands in {SHARD}, too"[:90],
        "location_source_video_part02.tar: is no whole tar archive (invalid header)"[:90],
    ]


def test_members_without_a_row_are_named(dataset: Path) -> None:
    pack_by_hand(dataset)
    table = dataset / "prompts/location_train.csv"
    table.write_text(table.read_text().splitlines()[0] + "\n")
    assert f"{SHARD}: member location/source_video/{ID}.mp4 belongs to no row of the tables" in faults(
        dataset
    )


def test_shards_without_prompts_are_one_fault_that_says_what_to_fetch(dataset: Path) -> None:
    pack_by_hand(dataset)
    shutil.rmtree(dataset / "prompts")
    told = [fault for fault in faults(dataset) if "score" not in fault and "grounding" not in fault]
    assert told == ["prompts: holds no {theme}_train.csv, fetch prompts/, too"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE sample_parts SET content_byte_offset = 512 WHERE tar_file_id = 0",
        "UPDATE sample_parts SET content_byte_offset = content_byte_offset + 1 WHERE tar_file_id = 1",
        "UPDATE sample_parts SET content_byte_size = 'x' WHERE tar_file_id = 2",
        "DELETE FROM samples WHERE tar_file_id = 3",
        "UPDATE sparkle_files SET tar_file_id = 9 - tar_file_id",
    ],
)
def test_an_index_that_lays_a_member_elsewhere_is_a_fault(tmp_path: Path, statement: str) -> None:
    samples = [make_sample(number=number) for number in range(2)]
    for sample in samples:
        write_artifacts(tmp_path, sample)
    write_index(tmp_path, samples)
    pack_by_hand(tmp_path)
    open_dataset(tmp_path)
    assert faults(tmp_path, deep=False) == []
    with closing(sqlite3.connect(tmp_path / INDEX_FILE)) as database:
        database.execute(statement)
        database.commit()
    (fault,) = faults(tmp_path, deep=False)
    assert re.fullmatch(rf"{INDEX_FILE}: lays .*Sparkle_location_.* elsewhere .*; delete it, .*", fault)


def test_themes_of_which_no_clip_is_here_are_named(dataset: Path) -> None:
    assert themes_without_clips(dataset) == []
    pack_by_hand(dataset)
    assert themes_without_clips(dataset) == []
    for path in dataset.glob("location_*.tar"):
        path.unlink()
    (dataset / "prompts/season_train.csv").write_text("prompt,src_video,tgt_video,task\n")  # nothing to miss
    assert themes_without_clips(dataset) == ["location"]
    (dataset / "openve3m_source_video_part00.tar").unlink()
    assert themes_without_clips(dataset) == ["location"]
    (dataset / "openve3m_edited_video_part00.tar").unlink()
    (dataset / "location/edited_video").mkdir(parents=True)
    assert themes_without_clips(dataset) == ["openve3m"]


def test_a_sample_whose_check_failed_does_not_belong(dataset: Path) -> None:
    path = dataset / "provenance.jsonl"
    path.write_text(path.read_text().replace('"threshold": 8.0', '"threshold": 9.5', 1))
    (fault,) = faults(dataset, deep=False)
    assert fault.startswith(
        f"provenance.jsonl: {ID}: line 1: first_frame.editscore 8.87 < 9.5, so this sample does not"
    )
