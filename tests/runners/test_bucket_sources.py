"""Sources in a bucket: the dataset is that of files, only what is read is fetched, a replaced one is noticed."""

import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from tests.conftest import SMALL, SMALL_OPTIONS, Command
from tests.pipeline.small_dataset import ROWS, hashes, make_inputs
from tests.runners.unsteady_server import UnsteadyServer, unsteady_server
from tests.store.bucket import BUCKET, s3_server

from sparkle.core.errors import MediaError, SetupError, StoreAwayError
from sparkle.recipes import load_recipe
from sparkle.runners.build import build, plan_build
from sparkle.store import Folder, filesystems
from sparkle.video import glance, probe, read_clip, sample_frames, stream_pictures, write_video

RECIPE = load_recipe("cpu", list(SMALL))


@pytest.fixture(scope="module")
def server() -> Iterator[UnsteadyServer]:
    """What stands before the S3 server and counts; the environment of this process and of its workers leads there."""
    pytest.importorskip("s3fs")
    pytest.importorskip("moto")
    with s3_server() as behind, unsteady_server(behind) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", server.url)
        patch.setenv("AWS_ACCESS_KEY_ID", "a")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "b")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("AWS_MAX_ATTEMPTS", "1")
        patch.setenv(filesystems.PATIENCE_VARIABLE, "0")
        patch.setattr(filesystems, "PAUSE_S", 0.01)
        filesystems.file_system("s3").clear_instance_cache()
        filesystems.file_system("s3").mkdir(BUCKET)
        yield server
        filesystems.file_system("s3").clear_instance_cache()


@pytest.fixture
def bucket(server: UnsteadyServer, tmp_path: Path) -> Folder:
    return Folder.at(f"s3://{BUCKET}/{tmp_path.name}")


def results(run: Path) -> dict[str, str]:
    """The files of a dataset, without what names where the sources lay."""
    return {name: digest for name, digest in hashes(run).items() if name not in {"plan.jsonl"}}


def put(folder: Path, bucket: Folder) -> None:
    for path in folder.iterdir():
        bucket.write(path.name, path.read_bytes())


def test_a_list_in_a_bucket_gives_the_dataset_of_the_same_list_on_a_disk(
    bucket: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = tmp_path / "inputs"
    there.mkdir()
    make_inputs(there)
    rows = [ROWS[0], ROWS[2], ROWS[5]]  # with a picture, boxes, a video behind; and one that is torn
    (there / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    put(there, bucket)
    monkeypatch.chdir(there)
    build(plan_build(["rows.jsonl"]), tmp_path / "disk" / "run", RECIPE)
    # Also by whole addresses in a list on the disk.
    whole = [
        {
            key: f"{bucket}/{value}" if key in {"video", "background", "boxes"} else value
            for key, value in row.items()
        }
        for row in rows
    ]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in whole))
    plan = plan_build([f"{bucket}/rows.jsonl"])
    assert plan_build([str(tmp_path / "rows.jsonl")]) == plan
    summary = build(plan, tmp_path / "bucket" / "run", RECIPE)
    assert (summary.accepted, len(summary.failed)) == (2, 1)
    assert f"{bucket}/torn.mp4: " in summary.failed[0]["message"]
    assert results(tmp_path / "bucket" / "run") == results(tmp_path / "disk" / "run")


def test_a_prefix_stands_for_the_videos_below_it_and_not_for_results(
    bucket: Folder, clip_file: Path, tmp_path: Path
) -> None:
    clip = clip_file.read_bytes()
    for name in (
        "clips/b/two.mp4",
        "clips/one.mp4",
        "clips/.hidden/x.mp4",
        "clips/read.me",
        "clips-old/c.mp4",
    ):
        bucket.write(name, clip)
    bucket.write("clips/run/location/edited_video/three.mp4", clip)
    plan = plan_build([f"{bucket}/clips/"], out=f"{bucket}/clips/run")
    assert [sample.inputs.video for sample in plan] == [
        f"{bucket}/clips/b/two.mp4",
        f"{bucket}/clips/one.mp4",
    ]
    with pytest.raises(SetupError, match="where results are put"):
        build(plan_build([f"{bucket}/clips/one.mp4"]), f"{bucket}/clips", RECIPE)


def test_ray_reads_the_same_from_a_bucket(bucket: Folder, clip_file: Path, tmp_path: Path) -> None:
    pytest.importorskip("ray")
    from sparkle.runners.ray import run_ray

    build(plan_build([str(clip_file)]), tmp_path / "disk" / "run", RECIPE)
    put(clip_file.parent, bucket)
    summary = build(plan_build([f"{bucket}/"]), f"{bucket}/out/run", RECIPE, runner=run_ray)
    assert summary.accepted == 1
    there = {entry.key: entry for entry in Folder.at(f"{bucket}/out/run").files()}
    assert results(tmp_path / "disk" / "run").keys() - there.keys() <= {"contact_sheet.jpg"}


@pytest.mark.parametrize("moov", ["first", "last"])
def test_an_hour_long_video_is_not_fetched_whole(
    moov: str, bucket: Folder, server: UnsteadyServer, tmp_path: Path
) -> None:
    path = tmp_path / "hour.mp4"
    duration_s = write_long(path, moov)
    size = path.stat().st_size
    bucket.write("hour.mp4", path.read_bytes())
    address = f"{bucket}/hour.mp4"
    assert size > 60e6
    assert duration_s >= 3600

    def fetched(use: Any) -> tuple[Any, int]:
        before = server.sent
        return use(), server.sent - before

    info, for_probe = fetched(lambda: probe(address))
    assert info == probe(path)
    (frames, times), for_sample = fetched(lambda: sample_frames(address, fps=2.0, duration_s=5.0))
    known, known_times = sample_frames(path, fps=2.0, duration_s=5.0)
    assert np.array_equal(frames, known)
    assert np.array_equal(times, known_times)
    clip, for_clip = fetched(lambda: read_clip(address, fps=8.0, frames=40))
    assert np.array_equal(clip.frames, read_clip(path, fps=8.0, frames=40).frames)
    seen, for_glance = fetched(lambda: glance(address, lambda _: [[0.0], [2.0], [4.0]], side=64, span_s=5.0))
    assert np.array_equal(seen[0], glance(path, lambda _: [[0.0], [2.0], [4.0]], side=64, span_s=5.0)[0])
    assert max(for_probe, for_sample, for_clip, for_glance) < size / 10


def test_a_short_clip_that_is_opened_again_and_again_is_fetched_once(
    bucket: Folder, server: UnsteadyServer, clip_file: Path
) -> None:
    bucket.write("clip.mp4", clip_file.read_bytes())
    address, before = f"{bucket}/clip.mp4", server.sent
    for _ in range(3):
        probe(address)
        read_clip(address)
    heads = 10_000  # what asks for size and version
    assert server.sent - before < clip_file.stat().st_size + heads


def test_a_replaced_object_is_noticed_and_one_put_again_is_the_same(
    bucket: Folder, clip_file: Path, tmp_path: Path
) -> None:
    bucket.write("clip.mp4", clip_file.read_bytes())
    plan, run = plan_build([f"{bucket}/clip.mp4"], limit=1), tmp_path / "run"
    assert build(plan, run, RECIPE).accepted == 1
    bucket.write("clip.mp4", clip_file.read_bytes())
    assert build(plan, run, RECIPE).accepted == 1
    bucket.write("clip.mp4", clip_file.read_bytes() + b"\0")
    with pytest.raises(SetupError, match=r"s3://.*clip.mp4: has changed since"):
        build(plan, run, RECIPE)


def test_what_is_no_source_is_named(bucket: Folder, tmp_path: Path, sparkle: Command) -> None:
    bucket.write("notes/read.me", b"no video")
    for address, words in {
        f"{bucket}/no.mp4": "no such object",
        f"{bucket}/notes": "no video lies below it",
        f"{bucket}/*.mp4": "patterns are for files of this machine",
        "s3://nobody-has-this-bucket/clips": "nobody-has-this-bucket/clips: ",
        "ftp://host/a.mp4": "no source is read from ftp://",
        "https://host/a.mp4": "no source is read from https://",
        f"s3://{BUCKET}/../a.mp4": "names no place",
    }.items():
        with pytest.raises(SetupError) as caught:
            plan_build([address])
        assert words in str(caught.value), address
    (tmp_path / "rows.csv").write_text("video\nhttps://host/a.mp4\n")
    with pytest.raises(SetupError, match=r"rows.csv, line 2: no source is read from https://"):
        plan_build([str(tmp_path / "rows.csv")])
    with pytest.raises(MediaError, match="no such object"):
        probe(f"{bucket}/no.mp4")
    bucket.write("empty.mp4", b"")
    with pytest.raises(MediaError, match=r"empty.mp4: the object is empty"):
        probe(f"{bucket}/empty.mp4")
    bucket.write("text.mp4", b"no video" * 1000)
    with pytest.raises(MediaError, match=r"text.mp4: no video that FFmpeg can read"):
        probe(f"{bucket}/text.mp4")
    done = sparkle("build", f"{bucket}/no.mp4", "--out", str(tmp_path / "run"), *SMALL_OPTIONS)
    assert done.returncode == 2
    assert "no such object" in done.stderr


def test_a_store_that_goes_away_while_a_clip_is_read_is_no_fault_of_the_clip(
    bucket: Folder, server: UnsteadyServer, tmp_path: Path
) -> None:
    path = tmp_path / "long.mp4"
    write_long(path, "first", hours=0.2)
    bucket.write("long.mp4", path.read_bytes())
    try:
        with pytest.raises(StoreAwayError):
            for number, _ in enumerate(stream_pictures(f"{bucket}/long.mp4")):
                if number == 3:
                    server.stop()
    finally:
        server.start()


def write_long(path: Path, moov: str, hours: float = 1.0) -> float:
    """Write ten seconds of noise, muxed over and over; return how long it lasts."""
    short = path.with_name("ten seconds.mp4")
    noise = np.random.default_rng(3).integers(0, 255, (80, 96, 128, 3), np.uint8)
    write_video(short, noise, 8.0, crf=36)
    with av.open(str(short)) as source:
        picture = source.streams.video[0]
        packets = [
            (bytes(packet), packet.pts, packet.dts, packet.duration, packet.is_keyframe)
            for packet in source.demux(picture)
            if packet.size
        ]
        base = Fraction(picture.time_base or 1)
        length = round(10 / base)
        flags = {"movflags": "faststart"} if moov == "first" else {}
        with av.open(str(path), "w", options=flags) as out:
            stream = out.add_stream_from_template(picture)
            for number in range(round(hours * 360)):
                for content, pts, dts, duration, is_key in packets:
                    packet = av.Packet(content)
                    packet.pts, packet.dts = (pts or 0) + number * length, (dts or 0) + number * length
                    packet.duration, packet.is_keyframe = duration, is_key
                    packet.stream, packet.time_base = stream, base
                    out.mux(packet)
    return 10.0 * round(hours * 360)
