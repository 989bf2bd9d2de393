"""Pairs from folders and from tar shards; shards that are not what they should be."""

import io
import shutil
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

pytest.importorskip("torch")

import numpy as np
from tests.kiwi.training.tiny_training import write_pairs

from sparkle.core.errors import MediaError, SetupError
from sparkle.kiwi.training.samples import find_pairs
from sparkle.kiwi.training.settings import DatasetSettings


def find(folder, **options):
    with TemporaryDirectory() as kept:
        return find_pairs([DatasetSettings(folder=str(folder), **options)], Path(kept))


def pack(root, kind, part=0, theme="location", names=None, keep=False):
    """Move the clips of a kind into a shard, as the published dataset is packed."""
    with tarfile.open(root / f"{theme}_{kind}_part{part:02d}.tar", "w") as archive:
        for path in sorted((root / theme / kind).glob("*.mp4")):
            if names is None or path.stem in names:
                archive.add(path, f"{theme}/{kind}/{path.name}")
    if not keep:
        shutil.rmtree(root / theme / kind)


def shard_with(root, *members):
    with tarfile.open(root / "location_source_video_part00.tar", "w") as archive:
        for info, content in members:
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))


def test_a_folder_s_pairs_come_in_the_order_of_its_table(pairs):
    found = find(pairs)
    assert [pair.label for pair in found] == [f"run/Sparkle_location_{number:06d}" for number in range(4)]
    assert found[2].instruction == "put it before pattern 2"
    assert found[2].source.read(5).frames.shape == (5, 64, 96, 3)


def test_shards_give_the_same_pixels_as_loose_files(pairs, tmp_path):
    root = shutil.copytree(pairs, tmp_path / "packed")
    for kind in ("source_video", "edited_video"):
        pack(root, kind)
    for loose, packed in zip(find(pairs), find(root), strict=True):
        assert packed.source.extent.size is not None
        for one, other in ((loose.source, packed.source), (loose.edited, packed.edited)):
            assert np.array_equal(one.read(9).frames, other.read(9).frames)
            assert one.fingerprint() == other.fingerprint()


def test_a_remote_folder_is_read_like_a_local_one(pairs):
    import fsspec

    memory = fsspec.filesystem("memory")
    memory.put(str(pairs), "/bucket/run", recursive=True)
    found = find("memory://bucket/run")
    assert [pair.label for pair in found] == [pair.label for pair in find(pairs)]
    assert np.array_equal(found[0].edited.read(5).frames, find(pairs)[0].edited.read(5).frames)
    assert found[0].edited.fingerprint() == find(pairs)[0].edited.fingerprint()


def test_another_content_has_another_fingerprint(pairs, tmp_path):
    other = write_pairs(tmp_path / "other", 1, seed=9)
    assert find(other)[0].source.fingerprint() != find(pairs)[0].source.fingerprint()


@pytest.mark.parametrize(
    "name",
    [
        "../location/source_video/Sparkle_location_000000.mp4",
        "/etc/Sparkle_location_000000.mp4",
        "location/source_video/../Sparkle_location_000000.mp4",
        "location/edited_video/Sparkle_location_000000.mp4",
        "season/source_video/Sparkle_season_000000.mp4",
        "location/source_video/Sparkle_location_000000.mp4.sh",
    ],
)
def test_members_with_other_names_are_refused(pairs, tmp_path, name):
    root = shutil.copytree(pairs, tmp_path / "hostile")
    shard_with(root, (tarfile.TarInfo(name), b"x"))
    with pytest.raises(SetupError, match=r"part00\.tar: member"):
        find(root)


def test_links_and_doubles_are_refused(pairs, tmp_path):
    root = shutil.copytree(pairs, tmp_path / "hostile")
    name = "location/source_video/Sparkle_location_000000.mp4"
    link = tarfile.TarInfo(name)
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    shard_with(root, (link, b""))
    with pytest.raises(SetupError, match="no plain file"):
        find(root)
    shard_with(root, (tarfile.TarInfo(name), b"x"), (tarfile.TarInfo(name), b"y"))
    with pytest.raises(SetupError, match="there twice"):
        find(root)


def test_sizes_below_zero_are_refused(pairs, tmp_path):
    root = shutil.copytree(pairs, tmp_path / "hostile")
    with tarfile.open(root / "location_source_video_part00.tar", "w") as archive:
        info = tarfile.TarInfo("location/source_video/Sparkle_location_000000.mp4")
        info.size = -512
        archive.addfile(info)
    with pytest.raises(SetupError, match=r"-512 bytes|no whole tar"):
        find(root)


def test_a_broken_shard_is_refused(pairs, tmp_path):
    root = shutil.copytree(pairs, tmp_path / "broken")
    (root / "location_source_video_part00.tar").write_bytes(b"no archive" * 200)
    with pytest.raises(SetupError, match="no whole tar"):
        find(root)


def test_a_missing_clip_says_where_it_should_be(pairs, tmp_path):
    root = shutil.copytree(pairs, tmp_path / "holes")
    (root / "location/edited_video/Sparkle_location_000001.mp4").unlink()
    with pytest.raises(MediaError, match="Sparkle_location_000001"):
        find(root)[1].edited.fingerprint()


def test_a_folder_without_tables_is_refused(tmp_path):
    with pytest.raises(SetupError, match="no folder"):
        find(tmp_path / "nowhere")
    with pytest.raises(SetupError, match="this is no dataset"):
        find(tmp_path)
