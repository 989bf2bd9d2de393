"""A valid dataset has no faults; each way to break one is named with its file and sample."""

import io
import json
import os
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from tiny_dataset import FRAMES, HEIGHT, WIDTH, write_clip, write_mask

from sparkle.core.errors import SetupError
from sparkle.core.layout import artifact_path
from sparkle.dataset import verify
from sparkle.dataset.verify import _spread
from sparkle.video import read_clip, write_confidence, write_masks, write_video

ID = "Sparkle_location_000003"
SOURCE = f"location/source_video/{ID}.mp4"
EDITED = f"location/edited_video/{ID}.mp4"
PARTS = "intermediate_data/location"
CSV = "prompts/location_train.csv"
METADATA = "prompts/location_train_metadata.jsonl"


def faults(root: Path) -> list[str]:
    return [str(fault) for fault in verify(root)]


def replace_in(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8", newline="")


def change_row(path: Path, change: Callable[[dict], object]) -> None:
    row = json.loads(path.read_text())
    change(row)
    path.write_text(json.dumps(row) + "\n")


def test_valid_dataset_has_no_faults(valid_dataset: Path):
    assert faults(valid_dataset) == []


def test_bookkeeping_of_a_run_and_rejected_samples_are_no_faults(dataset: Path):
    for name in (
        "run.json",
        "plan.jsonl",
        "ledger.jsonl",
        ".lock",
        "funnel.json",
        "contact_sheet_3.jpg",
        "README.md",
    ):
        (dataset / name).write_text("{}")
    for folder in ("rejected/location/source_video", "sheets", "failed"):
        (dataset / folder).mkdir(parents=True)
        (dataset / folder / "anything.png").write_text("")
    for shard in ("location_source_video_part00.tar", "intermediate_data/location_source_frame0_part01.tar"):
        tarfile.open(dataset / shard, "w").close()
    assert faults(dataset) == []


def test_dataset_without_intermediate_data_is_valid(dataset: Path):
    shutil.rmtree(dataset / "intermediate_data/location")
    assert faults(dataset) == []
    shutil.rmtree(dataset / "intermediate_data")
    assert faults(dataset) == []


def test_folder_that_is_no_dataset(tmp_path: Path):
    assert faults(tmp_path) == ["prompts: holds no {theme}_train.csv, so this is no dataset"]
    with pytest.raises(SetupError, match="is no folder"):
        verify(tmp_path / "missing")


def test_votes_behind_the_masks_are_ours_and_optional(dataset: Path):
    path = dataset / PARTS / f"source_video_mask_confidence/{ID}.npz"
    write_confidence(path, np.ones((FRAMES, HEIGHT, WIDTH), dtype=int), passes=3)
    assert faults(dataset) == []
    write_confidence(path, np.ones((FRAMES - 1, HEIGHT, WIDTH), dtype=int), passes=3)
    assert "its shape is [19, 32, 48]" in faults(dataset)[0]
    path.rename(path.with_name("Sparkle_location_000004.npz"))
    assert "belongs to no row" in faults(dataset)[0]


def test_half_of_the_intermediate_data_is_a_fault(dataset: Path):
    shutil.rmtree(dataset / PARTS / "source_video_mask")
    (dataset / PARTS / "edited_video_score.jsonl").unlink()
    assert faults(dataset) == [
        f"{PARTS}/edited_video_score.jsonl: is missing",
        f"{PARTS}/edited_video_score.jsonl: {ID}: has no row for it, but {CSV} has",
        f"{PARTS}/source_video_mask/{ID}.npz: {ID}: is missing",
    ]


@pytest.mark.parametrize(
    ("path", "old", "new", "complaint"),
    [
        (
            CSV,
            "prompt,src_video",
            "prompts,src_video",
            "line 1: the header must be prompt,src_video,tgt_video,task",
        ),
        (CSV, "location/source_video", "../x", "line 2: src_video must be location/source_video/"),
        (CSV, "location/edited_video", "/etc", "line 2: tgt_video must be location/edited_video/"),
        (CSV, f",{ID}\n", f",{ID},more\n", "line 2: 4 columns expected, got 5"),
        (CSV, f",{ID}\n", ",Sparkle_time_000003\n", "line 2: the id must be Sparkle_location_NNNNNN"),
        (CSV, f",{ID}\n", ",Sparkle_location_00000३\n", "line 2: the id must be Sparkle_location_NNNNNN"),
        (CSV, f",{ID}\n", f',{ID}\n"open', "the rest of the file is not read"),
        (METADATA, '"Put', '"Take', "line 1: prompt differs"),
        (
            METADATA,
            '"edit_type": "location"',
            '"edit_type": "other"',
            "metadata.edit_type must be location",
        ),
        (METADATA, "rural: meadow", "rural", "chosen_keyword must read 'subtheme: scene'"),
        (METADATA, "{", "", "line 1: not JSON"),
        (
            f"{PARTS}/edited_frame0_score.jsonl",
            "8.5",
            "10.5",
            "editscore.prompt_following must be a number in [0, 10]",
        ),
        (f"{PARTS}/edited_frame0_score.jsonl", "8.5", "NaN", "NaN is no JSON number"),
        (f"{PARTS}/edited_frame0_score.jsonl", "8.5", "true", "editscore.prompt_following must be a number"),
        (
            f"{PARTS}/edited_video_score.jsonl",
            "8.485",
            "-1",
            "editscore[0].O_score must be a number in [0, 10]",
        ),
        (
            f"{PARTS}/edited_video_score.jsonl",
            "[1, 7, 13, 18]",
            "[1, 7, 13, 20]",
            "lie behind the last frame 19",
        ),
        (
            f"{PARTS}/edited_video_score.jsonl",
            "[1, 7, 13, 18]",
            "[1, 7, 7, 18]",
            "must be rising frame numbers",
        ),
        (
            f"{PARTS}/foreground_grounding_r1.jsonl",
            "900",
            "1001",
            "must be empty or four numbers in [0, 1000]",
        ),
        (
            f"{PARTS}/foreground_grounding_r1.jsonl",
            '["man"]',
            "[]",
            "round1_labels must be a list of at least one",
        ),
        (
            f"{PARTS}/foreground_grounding_r2.jsonl",
            '"bbox_2d": []',
            '"bbox_2d": [1]',
            "frame_objects[2][0].bbox_2d",
        ),
    ],
)
def test_wrong_row_is_named_with_its_line(dataset: Path, path: str, old: str, new: str, complaint: str):
    replace_in(dataset / path, old, new)
    found = faults(dataset)
    assert any(fault.startswith(path) and complaint in fault for fault in found), found


def test_sample_that_stands_twice(dataset: Path):
    for path in (CSV, METADATA):
        lines = (dataset / path).read_text().splitlines(keepends=True)
        (dataset / path).write_text("".join([*lines, lines[-1]]))
    assert faults(dataset) == [
        f"{CSV}: {ID}: line 3: stands already on line 2",
        f"{METADATA}: {ID}: line 2: stands already on line 1",
    ]


def test_number_of_anchors_must_fit_the_clip(dataset: Path):
    table = f"{PARTS}/foreground_grounding_r2.jsonl"
    change_row(dataset / table, lambda row: row["frame_objects"].extend([[], []]))
    assert faults(dataset) == [f"{table}: {ID}: frame_objects has 5 frames, the clip has 2 or 3 at 2 fps"]


def test_rows_without_counterpart(dataset: Path):
    replace_in(dataset / METADATA, ID, "Sparkle_location_000009")
    assert faults(dataset) == [
        f"{METADATA}: {ID}: has no row for it, but {CSV} has",
        f"{METADATA}: Sparkle_location_000009: has a row for it, but {CSV} has none",
    ]


def break_by_cutting(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def break_by_text(path: Path) -> None:
    path.write_text("this is no video")


VIDEO_FAULTS: list[tuple[str, Callable[[Path], object], str]] = [
    (SOURCE, break_by_cutting, ""),
    (SOURCE, break_by_text, ""),
    (SOURCE, lambda path: path.write_bytes(b""), ""),
    (SOURCE, lambda path: write_clip(path, codec="mpeg4"), "is mpeg4 yuv420p, expected h264 yuv420p"),
    (SOURCE, lambda path: write_clip(path, pixel_format="yuv444p"), "is h264 yuv444p, expected h264 yuv420p"),
    (
        EDITED,
        lambda path: write_clip(path, frames=19),
        "is 48x32, 16 fps, 19 frames, but its source is 48x32",
    ),
    (EDITED, lambda path: write_clip(path, size=(64, 32)), "is 64x32, 16 fps, 20 frames, but its source"),
    (
        f"{PARTS}/edited_video_canny/{ID}.mp4",
        lambda path: write_clip(path, frames=21),
        "is 48x32, 16 fps, 21",
    ),
    (
        f"{PARTS}/edited_background_video/{ID}.mp4",
        lambda path: write_clip(path, frames=19),
        "is 48x32, 16 fps, 19",
    ),
]


@pytest.mark.parametrize(("path", "damage", "complaint"), VIDEO_FAULTS)
def test_broken_video(dataset: Path, path: str, damage: Callable[[Path], object], complaint: str):
    damage(dataset / path)
    found = faults(dataset)
    assert any(fault.startswith(f"{path}: {ID}: {complaint}") for fault in found), found


def test_background_may_be_longer_than_the_clip(dataset: Path):
    write_clip(dataset / PARTS / f"edited_background_video/{ID}.mp4", frames=24)
    assert faults(dataset) == []


def test_damaged_bytes_within_a_video(dataset: Path):
    path = dataset / SOURCE
    content = bytearray(path.read_bytes())
    start = content.index(b"mdat") + 900
    content[start : start + 1500] = bytes(1500)
    path.write_bytes(content)
    assert [fault.split(" (")[0] for fault in faults(dataset)] == [f"{SOURCE}: {ID}: breaks at 0.00 s"]


def save_mask(path: Path, **arrays: np.ndarray) -> None:
    np.savez_compressed(path, **arrays)


def write_zip_bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("mask.npy", "w") as member:
        member.write(bytes(5_000_000))
        shape = io.BytesIO()
        np.save(shape, np.array([FRAMES, HEIGHT, WIDTH]))
        member.close()
        archive.writestr("shape.npy", shape.getvalue())


BITS = np.zeros(FRAMES * HEIGHT * WIDTH // 8, dtype=np.uint8)
SHAPE = np.array([FRAMES, HEIGHT, WIDTH])
MASK_FAULTS: list[tuple[Callable[[Path], object], str]] = [
    (break_by_text, "is no mask file"),
    (break_by_cutting, "is no mask file"),
    (
        lambda path: write_mask(path, (FRAMES - 1, HEIGHT, WIDTH)),
        "its shape is [19, 32, 48], the clip's is [20, 32, 48]",
    ),
    (lambda path: save_mask(path, mask=BITS), "is no mask file"),
    (
        lambda path: save_mask(path, mask=BITS[:-1], shape=SHAPE),
        "is no mask file",
    ),
    (
        lambda path: save_mask(path, mask=BITS.astype(bool), shape=SHAPE),
        "is no mask file",
    ),
    (lambda path: save_mask(path, mask=BITS, shape=np.array([object()] * 3)), "is no mask file"),
    (write_zip_bomb, "unpacks to more than"),
]


@pytest.mark.parametrize(("damage", "complaint"), MASK_FAULTS)
def test_broken_mask(dataset: Path, damage: Callable[[Path], object], complaint: str):
    path = f"{PARTS}/source_video_mask/{ID}.npz"
    damage(dataset / path)
    (fault,) = faults(dataset)
    assert fault.startswith(f"{path}: {ID}: {complaint}")


def test_broken_first_frames(dataset: Path):
    small = f"{PARTS}/edited_frame0/{ID}.png"
    text = f"{PARTS}/source_frame0/{ID}.png"
    Image.new("RGB", (WIDTH, HEIGHT + 2)).save(dataset / small)
    (dataset / text).write_text("no picture")
    found = faults(dataset)
    assert found[0].startswith(f"{text}: {ID}: is no readable PNG")
    assert found[1] == f"{small}: {ID}: is 48x34, the videos are 48x32"


def test_files_that_belong_to_nobody(dataset: Path):
    unknown = "location/source_video/Sparkle_location_000077.mp4"
    (dataset / unknown).write_text("")
    (dataset / f"location/source_video/.{ID}.123.tmp.mp4").write_text("")
    (dataset / "notes.txt").write_text("")
    assert faults(dataset) == [
        f"location/source_video/.{ID}.123.tmp.mp4: is a leftover of an interrupted write; delete it",
        f"{unknown}: belongs to no row of the tables; delete it or add its row",
        "notes.txt: belongs to no row of the tables; delete it or add its row",
    ]


def test_links_out_of_the_dataset_are_not_followed(dataset: Path, tmp_path: Path):
    outside = tmp_path / "outside.mp4"
    shutil.copy(dataset / SOURCE, outside)
    (dataset / SOURCE).unlink()
    (dataset / SOURCE).symlink_to(outside)
    (dataset / "extra").symlink_to(tmp_path, target_is_directory=True)
    assert faults(dataset) == [
        "extra: is a link to a folder; datasets hold plain folders",
        f"{SOURCE}: is a link out of the dataset",
        f"{SOURCE}: {ID}: is missing",
    ]


def test_pipe_in_place_of_a_file_does_not_hang(dataset: Path):
    (dataset / CSV).unlink()
    os.mkfifo(dataset / CSV)
    assert f"{CSV}: is no regular file" in faults(dataset)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (b"\xff\xfe{}", "line 2: not JSON in UTF-8"),
        (b"[" * 100_000 + b"]" * 100_000, "line 2: not JSON in UTF-8"),
        (b'{"id": 5}', "line 2: an object with the key id is expected"),
        (b'{"id": "' + b"x" * (9 * 2**20) + b'"}', "line 2: not JSON in UTF-8 ('longer than 8388608 bytes')"),
        (
            b'{"id": "Sparkle_location_000004", "metadata": 10' + b"0" * 5000 + b"}",
            "line 2: not JSON in UTF-8",
        ),
        (b'{"id": "Sparkle_location_000004", "metadata": 1}\n\n', "line 3: not JSON in UTF-8"),
    ],
)
def test_hostile_line_is_a_fault_and_the_next_is_read(dataset: Path, line: bytes, complaint: str):
    with (dataset / METADATA).open("ab") as file:
        file.write(line + b'\n{"id": "Sparkle_location_000005", "prompt": "x", "metadata": {}}\n')
    found = faults(dataset)
    assert any(fault.startswith(f"{METADATA}: {complaint}") for fault in found), found
    assert any("Sparkle_location_000005: has a row for it" in fault for fault in found)


def test_score_with_deep_nesting_is_a_fault(dataset: Path):
    path = dataset / PARTS / "edited_frame0_score.jsonl"
    replace_in(path, "8.5", "[" * 400 + "]" * 400)
    (fault,) = faults(dataset)
    assert "editscore.prompt_following must be a number in [0, 10]" in fault
    assert len(fault) < 300


def test_faults_come_in_the_same_order(dataset: Path):
    for path in (dataset / "location").rglob("*.mp4"):
        path.write_text("broken")
    (dataset / "a").write_text("")
    (dataset / "b").write_text("")
    assert faults(dataset) == faults(dataset)
    assert len(faults(dataset)) == 4


def test_sources_of_two_pairs_that_changed_places(dataset: Path):
    other = "Sparkle_openve3m_000000"
    paths = [dataset / SOURCE, dataset / f"openve3m/source_video/{other}.mp4"]
    first, second = (path.read_bytes() for path in paths)
    paths[0].write_bytes(second)
    paths[1].write_bytes(first)
    shutil.rmtree(dataset / "intermediate_data")
    assert faults(dataset) == [
        f"{EDITED}: {ID}: agrees with the source video of {other}, and not with its own",
        f"openve3m/edited_video/{other}.mp4: {other}: agrees with the source video of {ID}, and not with its own",
    ]


def test_a_look_at_some_samples_opens_those_of_each_theme(dataset: Path):
    (dataset / EDITED).write_bytes((dataset / SOURCE).read_bytes())
    path = dataset / "openve3m/edited_video/Sparkle_openve3m_000000.mp4"
    path.write_bytes((dataset / "openve3m/source_video/Sparkle_openve3m_000000.mp4").read_bytes())
    found = [str(fault) for fault in verify(dataset, deep=False, looks=1)]
    assert len(found) == 2 and all("nothing was edited" in fault for fault in found)
    assert verify(dataset, deep=False) == []


def glanced(root: Path) -> list[str]:
    return [str(fault) for fault in verify(root, deep=False, looks=1)]


def test_a_look_without_decoding_it_all_finds_what_all_of_it_shows(dataset: Path):
    other = "openve3m/source_video/Sparkle_openve3m_000000.mp4"
    first, second = (dataset / SOURCE).read_bytes(), (dataset / other).read_bytes()
    (dataset / SOURCE).write_bytes(second)
    (dataset / other).write_bytes(first)
    save_mask(dataset / f"{PARTS}/source_video_mask/{ID}.npz", mask=np.zeros_like(BITS), shape=SHAPE)
    found = glanced(dataset)
    assert found == faults(dataset)
    for words in (
        "no pixel in any frame",
        "agrees with the source video of Sparkle_openve3m",
        "not the first",
    ):
        assert any(words in fault for fault in found), found


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_look_finds_a_video_that_is_cut(dataset: Path, share: float):
    content = (dataset / EDITED).read_bytes()
    (dataset / EDITED).write_bytes(content[: int(share * len(content))])
    found = glanced(dataset)
    assert found == faults(dataset)
    assert found


def test_a_look_finds_a_result_of_fewer_frames(dataset: Path):
    clip = read_clip(dataset / EDITED)
    write_video(dataset / EDITED, clip.frames[:-1], clip.fps)
    found = glanced(dataset)
    assert found == faults(dataset)
    assert any("frames, but its source is" in fault for fault in found)


def test_what_only_decoding_everything_finds(dataset: Path):
    with av.open(str(dataset / EDITED)) as container:
        places = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    begin, size = max(places[1:], key=lambda place: place[1])
    content = bytearray((dataset / EDITED).read_bytes())
    content[begin + 4 : begin + size] = bytes(size - 4)  # the packet is as long as it says, but of nothing
    (dataset / EDITED).write_bytes(content)
    assert glanced(dataset) == []
    assert any(EDITED in fault for fault in faults(dataset))


def test_some_samples_are_spread_over_all():
    ids = [f"{at:03}" for at in range(100)]
    assert _spread(ids, 4) == {"000", "025", "050", "075"}
    assert _spread(ids[:3], 16) == set(ids[:3])
    assert _spread([], 16) == _spread(ids, 0) == set()


def test_a_source_of_another_pair_does_not_begin_with_the_kept_first_frame(dataset: Path):
    shutil.copy(dataset / "openve3m/source_video/Sparkle_openve3m_000000.mp4", dataset / SOURCE)
    found = faults(dataset)
    assert any(f"source_frame0/{ID}.png" in fault and "not the first frame" in fault for fault in found)


@pytest.mark.parametrize(
    ("kind", "complaint"),
    [
        ("edited_video", "nothing was edited"),
        ("edited_background_video", "no new background"),
        ("edited_frame0", "nothing was edited"),
    ],
)
@pytest.mark.parametrize("coded_again", [False, True])
def test_what_shows_the_same_as_its_source(dataset: Path, kind: str, complaint: str, coded_again: bool):
    path = dataset / artifact_path(kind, "location", ID)
    if path.suffix == ".png":
        shutil.copy(dataset / f"{PARTS}/source_frame0/{ID}.png", path)
    elif coded_again:
        write_clip(path, subject=3, background=0, crf=18)
    else:
        shutil.copy(dataset / SOURCE, path)
    (fault,) = faults(dataset)
    assert str(path.relative_to(dataset)) in fault and complaint in fault


@pytest.mark.parametrize(
    ("value", "complaint"), [(False, "no subject was kept"), (True, "no background was replaced")]
)
def test_a_mask_of_nothing_or_of_everything(dataset: Path, value: bool, complaint: str):
    write_masks(dataset / f"{PARTS}/source_video_mask/{ID}.npz", np.full((FRAMES, HEIGHT, WIDTH), value))
    (fault,) = faults(dataset)
    assert ID in fault and complaint in fault


def test_a_subject_may_leave_the_picture(dataset: Path):
    masks = np.zeros((FRAMES, HEIGHT, WIDTH), dtype=bool)
    masks[:2, 5:9, 5:9] = True
    write_masks(dataset / f"{PARTS}/source_video_mask/{ID}.npz", masks)
    assert faults(dataset) == []


@pytest.mark.parametrize("target", ["circle.mp4", "."])
def test_a_link_in_a_circle_is_a_fault_and_the_others_are_named_too(dataset: Path, target: str):
    (dataset / "location/circle.mp4").symlink_to(target)
    (dataset / CSV).write_text("no header\n")
    found = faults(dataset)
    assert any("location/circle.mp4" in fault for fault in found)
    assert any(CSV in fault and "header" in fault for fault in found)


@pytest.mark.parametrize("name", [b"\xff.mp4", b"a\nb.mp4", b"\x1b[31m.mp4"])
def test_a_name_that_cannot_be_printed_is_spelt_out(dataset: Path, name: bytes):
    Path(os.fsdecode(os.fsencode(dataset / "location") + b"/" + name)).write_bytes(b"")
    (fault,) = faults(dataset)
    assert fault.isprintable() and fault.encode("utf-8")


@pytest.mark.parametrize(
    "content",
    [
        b"\0" * 100,
        "prompt,src_video".encode("utf-16"),
        b"\xe9\xff\n",
        b'"' + b"a" * 5_000_000 + b'"\n',
        b"[" * 100_000,
    ],
    ids=["NUL", "UTF-16", "Latin-1", "5 MB", "nested"],
)
@pytest.mark.parametrize("path", [CSV, METADATA, f"{PARTS}/edited_video_score.jsonl", SOURCE])
def test_content_of_another_kind_is_a_fault_wherever_it_stands(dataset: Path, path: str, content: bytes):
    (dataset / path).write_bytes(content)
    assert any(path in fault for fault in faults(dataset))


@pytest.mark.parametrize("path", [CSV, METADATA, f"{PARTS}/edited_video_score.jsonl", SOURCE, "prompts"])
def test_a_folder_where_a_file_should_be_and_a_file_for_a_folder(dataset: Path, path: str):
    place = dataset / path
    if place.is_dir():
        shutil.rmtree(place)
        place.write_text("no folder")
    else:
        place.unlink()
        place.mkdir()
    assert any(path in fault for fault in faults(dataset))
