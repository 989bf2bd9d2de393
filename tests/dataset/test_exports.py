"""Other people's loaders, the real libraries, read what is exported: the same clips and the same words."""

import csv
import io
import json
from pathlib import Path

import av
import pytest
from published import pack_by_hand
from tiny_dataset import FRAMES

from sparkle.core.errors import SampleError, SetupError
from sparkle.dataset import Collection, open_dataset
from sparkle.dataset.export import FORMS, export
from sparkle.dataset.export_records import DIRECTIONS, VIDEO_COLUMNS, Direction, exported

ID = "Sparkle_location_000003"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))


@pytest.fixture
def samples(dataset: Path) -> Collection:
    pack_by_hand(dataset, "source_video")
    return open_dataset(dataset)


def clips(samples: Collection, direction: Direction) -> dict[str, dict[str, bytes]]:
    """The content of the two clips by their column, by id."""
    kinds = (
        ("source_video", "edited_video") if direction == "made-target" else ("edited_video", "source_video")
    )
    return {
        sample.id: {
            column: sample.extent(kind).read()
            for column, kind in zip(VIDEO_COLUMNS[direction], kinds, strict=True)
        }
        for sample in samples
    }


def frames_of(content: bytes) -> int:
    with av.open(io.BytesIO(content)) as container:
        return sum(1 for _ in container.decode(video=0))


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_webdataset(samples: Collection, tmp_path: Path, direction: Direction) -> None:
    webdataset = pytest.importorskip("webdataset")
    export(samples, "webdataset", tmp_path / "out", direction)
    tars = sorted(map(str, (tmp_path / "out").glob("*.tar")))
    rows = {row["__key__"]: row for row in webdataset.WebDataset(tars, shardshuffle=False)}
    wanted = clips(samples, direction)
    assert {id: {name: rows[id][f"{name}.mp4"] for name in wanted[id]} for id in rows} == wanted
    assert json.loads(rows[ID]["json"])["direction"] == direction


def test_energon(samples: Collection, tmp_path: Path) -> None:
    energon = pytest.importorskip("megatron.energon", reason="megatron-energon is not installed")
    export(samples, "webdataset", tmp_path / "out", shard_bytes=1)
    data = energon.get_train_dataset(
        tmp_path / "out",
        worker_config=energon.WorkerConfig(rank=0, world_size=1, num_workers=0),
        batch_size=1,
        shuffle_buffer_size=None,
        max_samples_per_sequence=None,
        repeat=False,
        task_encoder=_crude(energon),
    )
    found = {sample["__key__"].rpartition("/")[2]: sample for (sample,) in energon.get_loader(data)}
    assert {id: frames_of(sample["source_video.mp4"]) for id, sample in found.items()} == dict.fromkeys(
        clips(samples, "made-target"), FRAMES
    )


def _crude(energon):
    @energon.stateless
    def cook(sample):
        return dict(sample)

    class Raw(energon.TaskEncoder):
        decoder = None
        cookers = [energon.Cooker(cook)]  # noqa: RUF012

        def batch(self, samples):
            return samples

    return Raw()


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_pyarrow(samples: Collection, tmp_path: Path, direction: Direction) -> None:
    parquet = pytest.importorskip("pyarrow.dataset")
    export(samples, "parquet", tmp_path / "out", direction, shard_bytes=1)
    rows = parquet.dataset(tmp_path / "out/data", format="parquet").to_table().to_pylist()
    wanted = clips(samples, direction)
    assert {
        row["id"]: {name: row[name]["bytes"] for name in VIDEO_COLUMNS[direction]} for row in rows
    } == wanted
    prompts = {row["id"]: row["prompt"] for row in rows}
    assert prompts[ID] == (
        samples[0].prompt if direction == "made-target" else "Replace the background with a bright room."
    )


def test_lance(samples: Collection, tmp_path: Path) -> None:
    lance = pytest.importorskip("lance")
    export(samples, "lance", tmp_path / "out")
    table = lance.dataset(str(tmp_path / "out/pairs.lance"))
    rows = table.take([1, 0]).to_pylist()
    wanted = clips(samples, "made-target")
    assert [row["id"] for row in rows] == [sample.id for sample in samples][::-1]
    assert all(
        row[name]["bytes"] == wanted[row["id"]][name] for row in rows for name in VIDEO_COLUMNS["made-target"]
    )


def test_datasets_takes_the_clips_for_videos(samples: Collection, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    export(samples, "hf", tmp_path / "out")
    for sample in samples:
        rows = datasets.load_dataset(str(tmp_path / "out"), sample.theme, split="train")
        assert isinstance(rows.features["edited_video"], datasets.Video)
        # Decoding them is torchcodec's work, which needs FFmpeg's libraries; the bytes are what it would get.
        for name in VIDEO_COLUMNS["made-target"]:
            rows = rows.cast_column(name, datasets.Video(decode=False))
        (row,) = rows
        assert row["edited_video"]["bytes"] == sample.extent("edited_video").read()
        assert json.loads(row["facts"])["first_frame.editscore"] == 8.87


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_kiwi_s_tables(samples: Collection, tmp_path: Path, direction: Direction) -> None:
    export(samples, "kiwi-csv", tmp_path / "out", direction)
    name = "location_train.csv" if direction == "made-target" else "location_train_real_target.csv"
    with (tmp_path / "out" / name).open(newline="") as table:
        (row,) = csv.DictReader(table)
    columns = VIDEO_COLUMNS[direction]
    wanted = clips(samples, direction)[ID]
    assert (tmp_path / "out" / row["src_video"]).read_bytes() == wanted[columns[0]]
    assert (tmp_path / "out" / row["tgt_video"]).read_bytes() == wanted[columns[1]]
    assert row["direction"] == direction


@pytest.mark.parametrize("form", FORMS)
def test_each_direction_says_what_it_trains(samples: Collection, tmp_path: Path, form: str) -> None:
    if form == "lance":
        pytest.importorskip("lance")
    for direction, words in (
        ("made-target", "learns to replace backgrounds"),
        ("real-target", "`real_video`"),
    ):
        export(samples, form, tmp_path / direction, direction)
        assert words in (tmp_path / direction / "README.md").read_text()


def test_the_scene_of_the_real_clip_goes_on_in_the_sentence(samples: Collection) -> None:
    assert samples.folder.path is not None
    path = samples.folder.path / "prompts/location_train_metadata.jsonl"
    path.write_text(path.read_text().replace("a bright room", "An evenly lit hall."))
    (found,) = exported(open_dataset(samples.folder.path).of_themes(["location"]), "real-target")
    assert found.prompt == "Replace the background with an evenly lit hall."


@pytest.mark.parametrize("form", FORMS)
def test_a_missing_clip_leaves_nothing_half(samples: Collection, tmp_path: Path, form: str) -> None:
    if form == "lance":
        pytest.importorskip("lance")
    assert samples.folder.path is not None
    (samples.folder.path / "openve3m/edited_video/Sparkle_openve3m_000000.mp4").unlink()
    with pytest.raises((SampleError, OSError), match="Sparkle_openve3m_000000"):
        export(samples, form, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(("out", ".out"))] == []


def test_what_cannot_be_exported_is_said(samples: Collection, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="known are webdataset"):
        export(samples, "zip", tmp_path / "out")
    with pytest.raises(SetupError, match="is there already"):
        export(samples, "parquet", tmp_path)
    with pytest.raises(SetupError, match="no samples"):
        export(samples[:0], "parquet", tmp_path / "out")
    assert samples.folder.path is not None
    path = samples.folder.path / "prompts/location_train_metadata.jsonl"
    path.write_text(path.read_text().replace("a bright room", " "))
    with pytest.raises(SampleError, match="has no original_scene"):
        export(open_dataset(samples.folder.path), "kiwi-csv", tmp_path / "out", "real-target")
