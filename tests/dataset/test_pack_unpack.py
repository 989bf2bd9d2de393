"""Loose files to shards and back: the same bytes, whatever was in between; nothing hostile comes out."""

import hashlib
import io
import json
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from blake3 import blake3
from published import pack_by_hand

from sparkle.core.errors import OutputError, SetupError
from sparkle.dataset import open_dataset, verify
from sparkle.dataset.packing import PACK_LOG, pack
from sparkle.dataset.sums import BLAKE3_FILE, SHA256_FILE, complete_sha256
from sparkle.dataset.unpacking import unpack

ID = "Sparkle_location_000003"
SHARD = "location_source_video_part00.tar"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def tree(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and not path.name.endswith(".lock") and ".nv-meta" not in path.parts
    }


def shards(root: Path) -> list[str]:
    return sorted(map(str, root.rglob("*.tar")))


def test_packed_and_unpacked_it_is_the_same(dataset: Path, tmp_path: Path) -> None:
    packed = pack(open_dataset(dataset), tmp_path / "release")
    assert verify(tmp_path / "release") == []
    spoilt = Path(shutil.copytree(tmp_path / "release", tmp_path / "spoilt"))
    (spoilt / SHARD).write_bytes((spoilt / SHARD).read_bytes() + bytes(10_240))
    assert [str(fault) for fault in verify(spoilt)] == [
        f"{SHARD}: is not the file that B3SUMS names; fetch it again"
    ]
    assert [each.key for each in packed] == [
        Path(path).relative_to(tmp_path / "release").as_posix()
        for path in sorted(shards(tmp_path / "release"))
    ]
    for each in packed:
        content = (tmp_path / "release" / each.key).read_bytes()
        assert (len(content), blake3(content).hexdigest()) == (each.size, each.blake3)
        assert f"{each.blake3}  {each.key}\n" in (tmp_path / "release" / BLAKE3_FILE).read_text()
    out = tmp_path / "loose"
    assert unpack(shards(tmp_path / "release"), out) == 16
    assert unpack(shards(tmp_path / "release"), out) == 0
    loose = tree(dataset)
    assert tree(out) == {
        name: content for name, content in loose.items() if name.endswith(("mp4", "png", "npz"))
    }
    # From its shards it packs to the same bytes, and so do other people's tars of the same files.
    pack(open_dataset(tmp_path / "release"), tmp_path / "again")
    assert tree(tmp_path / "again") == tree(tmp_path / "release")
    pack_by_hand(dataset)
    pack(open_dataset(dataset), tmp_path / "third", jobs=1)
    assert tree(tmp_path / "third") == tree(tmp_path / "release")


def test_shards_are_no_larger_than_asked_for(dataset: Path, tmp_path: Path) -> None:
    for number in range(4, 9):
        name = f"location/source_video/Sparkle_location_{number:06d}.mp4"
        (dataset / name).write_bytes(bytes(5000))
        (dataset / name.replace("source", "edited")).write_bytes(bytes(5000))
        with (dataset / "prompts/location_train.csv").open("a") as table:
            table.write(f"go,{name},{name.replace('source', 'edited')},{Path(name).stem}\n")
    packed = pack(open_dataset(dataset), tmp_path / "release", shard_bytes=20_480)
    assert max(each.size for each in packed) <= 20_480
    assert [each.files for each in packed if each.key.startswith("location_source_video_part")] == [3, 3]
    assert len(open_dataset(tmp_path / "release").with_files("source_video", "edited_video")) == 7


_KILLED = """
import os, sys
from pathlib import Path
from sparkle.dataset import open_dataset
from sparkle.dataset.packing import pack
from sparkle.dataset.unpacking import unpack
def die(*what):
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), 9)
command, source, out, left = sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4])
if command == "pack":
    pack(open_dataset(source), out, jobs=1, report=die)
else:
    unpack(sorted(map(str, Path(source).rglob("*.tar"))), out, die)
"""


@pytest.mark.parametrize("after", [1, 5])
@pytest.mark.parametrize("command", ["pack", "unpack"])
def test_killed_it_goes_on_and_ends_with_the_same(
    dataset: Path, tmp_path: Path, command: str, after: int
) -> None:
    release, out = tmp_path / "release", tmp_path / "out"
    pack(open_dataset(dataset), release)
    source = dataset if command == "pack" else release
    done = subprocess.run([sys.executable, "-c", _KILLED, command, str(source), str(out), str(after)])
    assert done.returncode == -9
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.suffix in {".tar", ".mp4"}}
    assert before
    if command == "pack":
        told: list[str] = []
        pack(open_dataset(dataset), out, report=lambda key, size: told.append(key))
        assert len(told) == len(shards(release)) - after
        assert tree(out) == tree(release)
    else:
        unpack(shards(release), out)
        assert set(tree(out)) == {name for name in tree(dataset) if name.endswith(("mp4", "png", "npz"))}
    assert {path: path.stat().st_mtime_ns for path in before} == before


# Ends itself when the nth file is opened for writing, or gets its name: in the middle of a file as well as between two.
_KILLED_ANYWHERE = """
import os, sys
from pathlib import Path
from sparkle.dataset import open_dataset
from sparkle.dataset.packing import pack
from sparkle.dataset.unpacking import unpack
command, source, out, left = sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4])
samples = open_dataset(source) if command == "pack" else None
def die(event, arguments):
    global left
    written = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
    if (written or event in {"os.rename", "os.link"}) and str(out) in os.fsdecode(str(arguments[0])):
        left -= 1
        if not left:
            os.kill(os.getpid(), 9)
sys.addaudithook(die)
if command == "pack":
    pack(samples, out, jobs=1)
else:
    unpack(sorted(map(str, Path(source).rglob("*.tar"))), out)
"""


@pytest.mark.parametrize("moment", [2, 9, 20])
@pytest.mark.parametrize("command", ["pack", "unpack"])
def test_killed_in_the_middle_of_a_file_it_ends_with_the_same(
    dataset: Path, tmp_path: Path, command: str, moment: int
) -> None:
    release, out = tmp_path / "release", tmp_path / "out"
    pack(open_dataset(dataset), release)
    source = dataset if command == "pack" else release
    done = subprocess.run(
        [sys.executable, "-c", _KILLED_ANYWHERE, command, str(source), str(out), str(moment)]
    )
    assert done.returncode == -9
    if command == "pack":
        pack(open_dataset(dataset), out)
        assert tree(out) == tree(release)
        assert verify(out, deep=False) == []
    else:
        wanted = {name: text for name, text in tree(dataset).items() if name.endswith(("mp4", "png", "npz"))}
        unpack(shards(release), out)
        assert tree(out) == wanted


def test_what_was_changed_since_is_packed_anew(dataset: Path, tmp_path: Path) -> None:
    pack(open_dataset(dataset), tmp_path / "release")
    clip = dataset / f"location/source_video/{ID}.mp4"
    clip.write_bytes(clip.read_bytes()[::-1])
    told: list[str] = []
    pack(open_dataset(dataset), tmp_path / "release", report=lambda key, size: told.append(key))
    assert told == [SHARD]


def test_a_release_with_sha256_alone_opens_verifies_and_is_packed_on(dataset: Path, tmp_path: Path) -> None:
    release = tmp_path / "release"
    pack(open_dataset(dataset), release)
    fresh = tree(release)
    digests = {
        Path(path).relative_to(release).as_posix(): hashlib.sha256(Path(path).read_bytes()).hexdigest()
        for path in shards(release)
    }
    # As the version before wrote it.
    (release / BLAKE3_FILE).unlink()
    (release / SHA256_FILE).write_text("".join(f"{sum}  {key}\n" for key, sum in digests.items()))
    notes = [json.loads(line) for line in (release / PACK_LOG).read_text().splitlines()]
    old = [{**note, "sha256": digests[note["shard"]]} for note in notes]
    (release / PACK_LOG).write_text(
        "".join(json.dumps({k: v for k, v in n.items() if k != "blake3"}) + "\n" for n in old)
    )
    assert len(open_dataset(release)) == 2
    assert verify(release) == []
    assert complete_sha256(release) == digests
    content = (release / SHARD).read_bytes()
    (release / SHARD).write_bytes(content[:600] + bytes([content[600] ^ 1]) + content[601:])
    assert f"{SHARD}: is not the file that SHA256SUMS names; fetch it again" in map(str, verify(release))
    pack(open_dataset(dataset), release)
    assert tree(release) == fresh


def test_sums_of_an_earlier_push_do_not_outlive_what_they_are_of(dataset: Path, tmp_path: Path) -> None:
    release = tmp_path / "release"
    pack(open_dataset(dataset), release)
    before = complete_sha256(release)
    pack(open_dataset(dataset), release)
    assert complete_sha256(release) == before
    clip = dataset / f"location/source_video/{ID}.mp4"
    clip.write_bytes(clip.read_bytes()[::-1])
    pack(open_dataset(dataset), release)
    assert not (release / SHA256_FILE).exists()
    assert {key for key, sum in complete_sha256(release).items() if sum != before[key]} == {SHARD}


def test_packing_refuses_what_would_lose_or_mix(dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="lies in the dataset"):
        pack(open_dataset(dataset), dataset / "release")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/style_source_video_part00.tar").write_bytes(b"")
    with pytest.raises(SetupError, match="is no shard of this dataset"):
        pack(open_dataset(dataset), tmp_path / "out")
    (dataset / "prompts/location_train.csv").open("a").write("go,a,b,Sparkle_location_000009\n")
    with pytest.raises(SetupError, match=r"Sparkle_location_000009\.mp4: is missing"):
        pack(open_dataset(dataset), tmp_path / "release")
    (tmp_path / "bad" / PACK_LOG).parent.mkdir(parents=True)
    (tmp_path / "bad" / PACK_LOG).write_text("nothing\n")
    with pytest.raises(SetupError, match="is garbled"):
        pack(open_dataset(dataset).of_themes(["openve3m"]), tmp_path / "bad")


def hostile(path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> str:
    with tarfile.open(path, "w") as archive:
        for info, content in members:
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return str(path)


def link(kind: bytes) -> tarfile.TarInfo:
    info = tarfile.TarInfo(f"location/source_video/{ID}.mp4")
    info.type, info.linkname = kind, "/etc/passwd"
    return info


@pytest.mark.parametrize(
    "info",
    [
        tarfile.TarInfo(f"../location/source_video/{ID}.mp4"),
        tarfile.TarInfo(f"/location/source_video/{ID}.mp4"),
        tarfile.TarInfo("location/source_video/../../x.mp4"),
        tarfile.TarInfo(f"location/source_video/{ID}.mp4/x"),
        tarfile.TarInfo(f"location/source_video/{ID}.sh"),
        link(tarfile.SYMTYPE),
        link(tarfile.LNKTYPE),
        link(tarfile.CHRTYPE),
        link(tarfile.FIFOTYPE),
    ],
    ids=lambda info: f"{info.name}-{info.type!r}",
)
def test_nothing_hostile_comes_out(tmp_path: Path, info: tarfile.TarInfo) -> None:
    good = tarfile.TarInfo("location/source_video/Sparkle_location_000001.mp4")
    shard = hostile(tmp_path / SHARD, (good, b"x"), (info, b"" if info.type != tarfile.REGTYPE else b"y"))
    with pytest.raises(SetupError, match=r"part00\.tar: member"):
        unpack([shard], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_bomb_s_announced_size_is_refused(tmp_path: Path) -> None:
    info = tarfile.TarInfo(f"location/source_video/{ID}.mp4")
    info.size = 2**40
    (tmp_path / SHARD).write_bytes(info.tobuf(tarfile.GNU_FORMAT) + bytes(1024))
    with pytest.raises(SetupError, match="which are not there"):
        unpack([str(tmp_path / SHARD)], tmp_path / "out")


def test_links_on_the_way_and_other_files_are_not_written_over(tmp_path: Path) -> None:
    info = tarfile.TarInfo(f"location/source_video/{ID}.mp4")
    shard = hostile(tmp_path / SHARD, (info, b"content"))
    out = tmp_path / "out"
    (tmp_path / "elsewhere").mkdir()
    out.mkdir()
    (out / "location").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OutputError, match="is a link"):
        unpack([shard], out)
    (out / "location").unlink()
    clip = out / f"location/source_video/{ID}.mp4"
    clip.parent.mkdir(parents=True)
    clip.write_bytes(b"another")
    with pytest.raises(SetupError, match="is another file"):
        unpack([shard], out)
    assert clip.read_bytes() == b"another"
    assert [*(tmp_path / "elsewhere").iterdir()] == []


@pytest.mark.parametrize("name", ["holiday.tar", "nowhere_source_video_part00.tar"])
def test_what_is_no_shard_is_said(tmp_path: Path, name: str) -> None:
    with pytest.raises(SetupError, match=name):
        unpack([str(tmp_path / name)], tmp_path / "out")
