"""A dataset is read as it was downloaded: loose, in shards, in part, remote; and says what is not there."""

import pickle
import resource
import shutil
import sqlite3
import tarfile
from pathlib import Path

import fsspec
import numpy as np
import pytest
from published import pack_by_hand
from tiny_dataset import FRAMES, HEIGHT, WIDTH, make_sample

import sparkle
from sparkle.core.errors import MediaError, OutputError, SampleError, SetupError
from sparkle.core.layout import ARTIFACTS
from sparkle.dataset import Collection, StoredSample, open_dataset
from sparkle.dataset.opening import INDEX_FILE
from sparkle.dataset.subset import write_subset
from sparkle.store import filesystems

ID = "Sparkle_location_000003"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(params=["loose", "shards", "mixed", "remote"])
def place(request: pytest.FixtureRequest, dataset: Path) -> str:
    if request.param == "mixed":  # previews beside shards
        pack_by_hand(dataset, "source_video", "source_video_mask")
    elif request.param != "loose":
        pack_by_hand(dataset)
    if request.param != "remote":
        return str(dataset)
    address = f"memory://{dataset.parent.name}/set"
    fsspec.filesystem("memory").put(str(dataset), address, recursive=True)
    return address


def contents(sample: StoredSample) -> dict[str, bytes]:
    return {kind: sample.extent(kind).read() for kind in sample.kinds()}


def test_every_way_to_have_it_gives_the_same_samples(place: str, valid_dataset: Path) -> None:
    found, loose = sparkle.open_dataset(place), open_dataset(valid_dataset)
    assert [sample.id for sample in found] == [ID, "Sparkle_openve3m_000000"]
    for sample, other in zip(found, loose, strict=True):
        assert contents(sample) == contents(other)
        assert len(contents(sample)) == len(ARTIFACTS) - 1  # no confidence was written
        assert sample.prompt == other.prompt
        assert sample.checks == make_sample().checks
        assert sample.provenance == make_sample().provenance
        assert sample.source.read(3).frames.shape == (3, HEIGHT, WIDTH, 3)
        assert np.array_equal(sample.edited.read().frames, other.edited.read().frames)
        assert sample.mask().shape == (FRAMES, HEIGHT, WIDTH)
        assert sample.image("edited_frame0").shape == (HEIGHT, WIDTH, 3)
        assert sample.background.info().width == sample.edges.info().width == WIDTH
    assert found[0].scene == make_sample().scene
    assert found[1].scene is None
    assert found[0].source_name == "street.mp4"


def test_shards_without_tables_are_samples_without_prompts(dataset: Path) -> None:
    pack_by_hand(dataset)
    shutil.rmtree(dataset / "prompts")
    (dataset / "provenance.jsonl").unlink()
    sample = open_dataset(dataset).sample(ID)
    assert (sample.prompt, sample.checks, sample.scene, dict(sample.metadata)) == (None, (), None, {})
    assert len(sample.edited.read().frames) == FRAMES


def test_loose_clips_alone_are_a_dataset_too(dataset: Path) -> None:
    for name in ("prompts", "intermediate_data"):
        shutil.rmtree(dataset / name)
    assert [sample.kinds() for sample in open_dataset(dataset)] == [["source_video", "edited_video"]] * 2


def test_prompts_alone_say_which_clip_is_missing(dataset: Path) -> None:
    for path in dataset.iterdir():
        if path.name != "prompts":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    found = open_dataset(dataset)
    assert found[0].metadata["chosen_keyword"] == "rural: meadow"
    assert len(found.with_files("source_video")) == 0
    with pytest.raises(MediaError, match=rf"{ID}\.mp4: cannot be read"):
        found[0].source.read()
    with pytest.raises(MediaError, match=rf"{ID}\.npz: cannot be read"):
        found[0].mask()


def test_one_theme_s_shards_of_a_whole_set_of_prompts(dataset: Path) -> None:
    pack_by_hand(dataset)
    for path in dataset.rglob("openve3m_*.tar"):
        path.unlink()
    assert [sample.id for sample in open_dataset(dataset).with_files("source_video", "edited_video")] == [ID]
    with pytest.raises(SetupError, match="has no theme 'style'; themes found there: location, openve3m"):
        open_dataset(dataset).of_themes(["style"])


def test_a_collection_travels_and_is_cut(dataset: Path) -> None:
    pack_by_hand(dataset)
    found = pickle.loads(pickle.dumps(open_dataset(dataset)))  # noqa: S301 - our own
    assert isinstance(found[1::2], Collection)
    assert [sample.theme for sample in found[1::2]] == ["openve3m"]
    assert [sample.theme for sample in found.filter(lambda sample: sample.theme == "location")] == [
        "location"
    ]
    assert found[-1].id == found.of_themes(["openve3m"])[0].id
    with pytest.raises(IndexError):
        _ = found[2]
    with pytest.raises(SetupError, match="has no sample"):
        found[1:].sample(ID)


def test_the_index_is_built_once_beside_shards_and_elsewhere_for_what_has_none(
    dataset: Path, tmp_path: Path
) -> None:
    open_dataset(dataset)
    assert not (dataset / INDEX_FILE).exists()
    assert len(list((tmp_path / "cache/sparkle/datasets").iterdir())) == 1
    pack_by_hand(dataset)
    open_dataset(dataset)
    made = (dataset / INDEX_FILE).stat().st_mtime_ns
    open_dataset(dataset)
    assert (dataset / INDEX_FILE).stat().st_mtime_ns == made
    moved = Path(shutil.copytree(dataset, tmp_path / "moved"))  # other times, the same content
    made = (moved / INDEX_FILE).stat().st_mtime_ns
    assert open_dataset(moved)[0].has("source_video")
    assert (moved / INDEX_FILE).stat().st_mtime_ns == made


def test_what_cannot_be_written_beside_is_kept_elsewhere(dataset: Path, tmp_path: Path) -> None:
    pack_by_hand(dataset)
    (dataset / ".nv-meta").touch()  # no folder can be made there, as on a read-only medium
    assert open_dataset(dataset, kept=tmp_path / "kept")[0].has("edited_video")
    assert len(list((tmp_path / "kept").iterdir())) == 1


def test_an_index_that_the_disk_does_not_take_is_an_error_and_leaves_nothing(
    dataset: Path, tmp_path: Path, full_disk: None
) -> None:
    pack_by_hand(dataset)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    with pytest.raises(OutputError, match=r"kept/.*: cannot be written"):
        open_dataset(dataset, kept=tmp_path / "kept")
    assert [*(tmp_path / "kept").iterdir(), *(dataset / ".nv-meta").iterdir()] == []


def test_another_shard_makes_another_index(dataset: Path) -> None:
    pack_by_hand(dataset, "source_video", "edited_video")
    assert not open_dataset(dataset)[0].has("source_video_mask_confidence")
    pack_by_hand(dataset, "source_video_mask")
    assert open_dataset(dataset)[0].extent("source_video_mask").key.endswith(".tar")
    table = dataset / "prompts/location_train.csv"
    table.write_text(table.read_text().replace("Put the subject", "Set the subject"))
    assert (open_dataset(dataset)[0].prompt or "").startswith("Set the subject")


def test_an_index_that_came_with_a_remote_dataset_is_used(dataset: Path, tmp_path: Path) -> None:
    pack_by_hand(dataset)
    open_dataset(dataset)
    address = f"memory://{dataset.parent.name}/shipped"
    fsspec.filesystem("memory").put(str(dataset), address, recursive=True)
    first = open_dataset(address, kept=tmp_path / "kept")
    assert first[0].extent("source_video").read()
    # Adopted, it knows the versions that the files have there, and no content is compared again.
    rows = sqlite3.connect(first.lookup.path).execute("SELECT version FROM sparkle_files").fetchall()
    local = sqlite3.connect(dataset / INDEX_FILE).execute("SELECT version FROM sparkle_files").fetchall()
    assert not {*rows} & {*local}


def spoil(path: Path, statement: str) -> None:
    with sqlite3.connect(path) as database:
        database.execute(statement)


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE sample_parts SET content_byte_offset = 1000000000", "ends after"),
        ("UPDATE sample_parts SET content_byte_offset = -5", "is garbled"),
        ("UPDATE sample_parts SET content_byte_size = 'x'", "is garbled"),
        ("UPDATE sparkle_samples SET id = '../' || id", "is garbled"),
        ("UPDATE sparkle_samples SET prompt = CAST(x'ff' AS TEXT)", "is garbled"),
        (
            "UPDATE sparkle_files SET tar_file_id = 9 - tar_file_id",
            "is no|cannot be read|has no|no video|ends after",
        ),
    ],
)
def test_an_index_that_lies_is_an_error_and_leads_nowhere(
    dataset: Path, statement: str, message: str
) -> None:
    pack_by_hand(dataset)
    open_dataset(dataset)
    spoil(dataset / INDEX_FILE, statement)
    with pytest.raises((MediaError, SetupError), match=message):
        open_dataset(dataset)[0].source.read()


def test_a_member_that_ends_early_is_not_said_to_be_what_cannot_be_written(
    dataset: Path, tmp_path: Path
) -> None:
    pack_by_hand(dataset)
    open_dataset(dataset)
    spoil(dataset / INDEX_FILE, "UPDATE sample_parts SET content_byte_offset = 1000000000")
    with pytest.raises(OSError, match="ends after") as told:
        write_subset(open_dataset(dataset), tmp_path / "subset")
    assert str(told.value.filename).startswith(str(dataset))


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE sparkle_lines",
        "CREATE TRIGGER t AFTER INSERT ON samples BEGIN DELETE FROM samples; END",
        "CREATE VIEW v AS SELECT 1",
        "PRAGMA user_version = 99",
        "ALTER TABLE sparkle_samples ADD COLUMN more TEXT",
    ],
)
def test_what_is_no_index_of_ours_is_made_anew(dataset: Path, statement: str) -> None:
    pack_by_hand(dataset)
    open_dataset(dataset)
    spoil(dataset / INDEX_FILE, statement)
    assert open_dataset(dataset)[0].has("source_video")
    (dataset / INDEX_FILE).write_bytes(b"no database" * 1000)
    assert open_dataset(dataset)[0].has("source_video")


def test_an_index_with_a_damaged_page_is_an_error_that_says_what_to_do(dataset: Path) -> None:
    pack_by_hand(dataset)
    open_dataset(dataset)
    path = dataset / INDEX_FILE
    content = bytearray(path.read_bytes())
    with sqlite3.connect(path) as database:
        ((page,),) = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'sparkle_samples'")
    size = int.from_bytes(content[16:18], "big")
    content[(page - 1) * size : page * size] = b"\xff" * size
    path.write_bytes(content)
    with pytest.raises(SetupError, match=r"sparkle\.sqlite: is garbled .*; delete it, it is made again"):
        open_dataset(dataset)


def test_lines_of_another_sample_are_refused(dataset: Path) -> None:
    pack_by_hand(dataset)
    open_dataset(dataset)
    spoil(dataset / INDEX_FILE, "UPDATE sparkle_lines SET start = 3")
    with pytest.raises(SampleError, match=ID):
        _ = open_dataset(dataset)[0].metadata


def test_provenance_of_others_is_not_trusted(dataset: Path) -> None:
    path = dataset / "provenance.jsonl"
    path.write_text(path.read_text().replace('"minimum"', '"whatever"'))
    with pytest.raises(SampleError, match=r"provenance\.jsonl cannot be used"):
        _ = open_dataset(dataset)[0].checks


def test_a_clip_in_two_shards_is_refused(dataset: Path) -> None:
    pack_by_hand(dataset, "source_video")
    shutil.copy(dataset / "location_source_video_part00.tar", dataset / "location_source_video_part01.tar")
    with pytest.raises(SetupError, match=r"part01.*location/source_video/.*mp4 stands in another shard"):
        open_dataset(dataset)


@pytest.mark.parametrize(
    "name", ["../x.mp4", "/etc/x.mp4", "location/edited_video/Sparkle_location_000000.mp4"]
)
def test_members_that_do_not_belong_are_refused(dataset: Path, name: str) -> None:
    with tarfile.open(dataset / "location_source_video_part00.tar", "w") as archive:
        archive.addfile(tarfile.TarInfo(name))
    with pytest.raises(SetupError, match=r"part00\.tar: member"):
        open_dataset(dataset)


@pytest.mark.parametrize("kind", ["nowhere", "empty", "foreign"])
def test_what_is_no_dataset_is_said(tmp_path: Path, kind: str) -> None:
    if kind != "nowhere":
        (tmp_path / kind).mkdir()
    if kind == "foreign":
        (tmp_path / kind / "holiday.tar").write_bytes(b"x")
    with pytest.raises(SetupError, match=kind):
        open_dataset(tmp_path / kind)


def _shape(sample: StoredSample) -> tuple[str, tuple[int, ...]]:
    return sample.id, sample.source.read(4).frames.shape


def test_torch_s_loader_reads_it_with_workers(dataset: Path) -> None:
    data = pytest.importorskip("torch.utils.data")
    pack_by_hand(dataset)
    loader = data.DataLoader(open_dataset(dataset).map(_shape), num_workers=2, batch_size=None)
    found = {id: tuple(shape) for id, shape in loader}
    assert found == dict.fromkeys((ID, "Sparkle_openve3m_000000"), (4, HEIGHT, WIDTH, 3))


def test_remote_shards_are_read_by_ranges(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a shard in a bucket no more is fetched than its headers and the member that is asked for."""
    pytest.importorskip("s3fs")
    pytest.importorskip("moto")
    from tests.store.bucket import BUCKET, s3_server

    pack_by_hand(dataset)
    with s3_server() as endpoint:
        for name, value in {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": "a",
            "AWS_SECRET_ACCESS_KEY": "b",
            "AWS_DEFAULT_REGION": "us-east-1",
        }.items():
            monkeypatch.setenv(name, value)
        fsspec.get_filesystem_class("s3").clear_instance_cache()
        system = filesystems.file_system("s3")
        system.mkdir(BUCKET)
        system.put(str(dataset), f"s3://{BUCKET}/set", recursive=True)
        found = open_dataset(f"s3://{BUCKET}/set", kept=tmp_path / "kept")
        assert found[0].extent("edited_video").start > 0
        assert contents(found[0]) == contents(open_dataset(dataset)[0])
        assert found[0].prompt == make_sample().instruction
        fsspec.get_filesystem_class("s3").clear_instance_cache()
