"""Written, packed, unpacked, cut, exported and read back it is the same: odd ids, words and lengths, empty themes."""

import csv
import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest
from commands import sparkle
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_dataset import RECORDS, make_sample, write_artifacts, write_clip, write_mask

from sparkle.core.layout import artifact_path
from sparkle.core.sample import Inputs, Sample
from sparkle.dataset import Collection, open_dataset, verify, write_index
from sparkle.dataset.export import export
from sparkle.dataset.packing import pack
from sparkle.dataset.shards import PAIR_KINDS
from sparkle.dataset.subset import write_subset
from sparkle.dataset.unpacking import unpack

# Any text that UTF-8 can hold, those that tables, lines and shells trip over among them.
WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40).filter(str.strip)
ODD = st.sampled_from(
    ['a "b", c', "a\nb", "a\r\nb", "\u2028", "=1+1", "'; DROP TABLE x --", "雪 ❄ über", "a\x00b"]
)
IDS = st.tuples(st.sampled_from(["location", "style", "my_theme2"]), st.integers(0, 10**9))
SAMPLES = st.dictionaries(IDS, st.tuples(WORDS | ODD, st.binary(max_size=3000)), min_size=1, max_size=6)


def make(root: Path, found: dict[tuple[str, int], tuple[str, bytes]]) -> dict[str, tuple[str, bytes]]:
    """Write a dataset whose clips are just bytes; return (prompt, content) by id."""
    samples: list[Sample] = []
    for (theme, number), (words, content) in found.items():
        sample = make_sample(theme, number, instruction=words, inputs=Inputs(video=f"/clips/{number}.mp4"))
        samples.append(sample)
        for kind in PAIR_KINDS:
            path = root / artifact_path(kind, theme, sample.id)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content + kind.encode())
    write_index(root, samples)
    return {
        sample.id: (sample.instruction or "", found[sample.theme, sample.number][1]) for sample in samples
    }


def told(samples: Collection) -> dict[str, tuple[str | None, bytes]]:
    contents = {sample.id: {kind: sample.extent(kind).read() for kind in PAIR_KINDS} for sample in samples}
    for clips in contents.values():
        assert clips["source_video"].removesuffix(b"source_video") == clips["edited_video"].removesuffix(
            b"edited_video"
        )
    return {
        sample.id: (sample.prompt, contents[sample.id]["source_video"].removesuffix(b"source_video"))
        for sample in samples
    }


@settings(max_examples=5, deadline=None)
@given(SAMPLES)
def test_whatever_a_dataset_says_comes_back(found: dict[tuple[str, int], tuple[str, bytes]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        wanted = make(here / "run", found)
        samples = open_dataset(here / "run", here / "kept")
        assert told(samples) == wanted
        # By theme and number, which have more digits from a million on.
        assert [sample.id for sample in samples] == sorted(
            wanted, key=lambda id: (id.rpartition("_")[0], len(id), id)
        )
        pack(samples, here / "release", shard_bytes=10_240)
        assert told(open_dataset(here / "release")) == wanted
        assert [fault for fault in verify(here / "release", deep=False) if "empty" not in str(fault)] == []
        unpack(sorted(map(str, (here / "release").glob("*.tar"))), here / "loose")
        shutil.copytree(here / "run/prompts", here / "loose/prompts")
        assert told(open_dataset(here / "loose", here / "kept")) == wanted
        write_subset(samples, here / "cut")
        assert told(open_dataset(here / "cut", here / "kept")) == wanted
        _read_exports(samples, here, wanted)


def _read_exports(samples: Collection, here: Path, wanted: dict[str, tuple[str, bytes]]) -> None:
    export(samples, "parquet", here / "parquet", shard_bytes=1)
    rows = [
        row
        for path in (here / "parquet").rglob("*.parquet")
        for row in pyarrow.parquet.read_table(path).to_pylist()
    ]
    assert {row["id"]: row["prompt"] for row in rows} == {id: words for id, (words, _) in wanted.items()}
    export(samples, "kiwi-csv", here / "kiwi")
    found = {}
    for path in (here / "kiwi").glob("*.csv"):
        with path.open(newline="", encoding="utf-8") as table:
            for row in csv.DictReader(table):
                found[row["id"]] = row["prompt"], (here / "kiwi" / row["src_video"]).read_bytes()
    assert found == {id: (words, clip + b"source_video") for id, (words, clip) in wanted.items()}
    export(samples, "webdataset", here / "tars", shard_bytes=1)
    webdataset = pytest.importorskip("webdataset")
    tars = sorted(map(str, (here / "tars").glob("*.tar")))
    read = {row["__key__"]: row for row in webdataset.WebDataset(tars, shardshuffle=False)}
    assert {id: json.loads(row["json"])["prompt"] for id, row in read.items()} == {
        id: words for id, (words, _) in wanted.items()
    }


def test_clips_of_69_frames_and_a_theme_without_pairs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """69 frames is what a part of the published clips have; a theme may have tables and no row."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    run = tmp_path / "run"
    sample = make_sample(number=2)
    write_artifacts(run, sample)
    for kind, background in (("source_video", 0), ("edited_video", 1), ("edited_background_video", 1)):
        subject = 99 if "background" in kind else sample.number
        write_clip(
            run / artifact_path(kind, "location", sample.id), 69, subject=subject, background=background
        )
    write_clip(run / artifact_path("edited_video_canny", "location", sample.id), 69, background=98)
    write_mask(run / artifact_path("source_video_mask", "location", sample.id), (69, 32, 48))
    track = RECORDS.track
    assert track is not None
    boxes = tuple(track.frame_objects[0] for _ in range(9))
    records = RECORDS.having(type(track)(tuple(range(0, 69, 8)), boxes, track.consensus, track.passes))
    write_index(run, [make_sample(number=2, records=records)])
    (run / "prompts/style_train.csv").write_text("prompt,src_video,tgt_video,task\n")
    (run / "prompts/style_train_metadata.jsonl").write_text("")
    assert [str(fault) for fault in verify(run)] == []
    samples = open_dataset(run)
    assert len(samples) == 1
    pack(samples, tmp_path / "release")
    assert verify(tmp_path / "release") == []
    (pair,) = open_dataset(tmp_path / "release")
    assert len(pair.source.read().frames) == len(pair.mask()) == 69
    assert np.array_equal(pair.edited.read().frames, samples[0].edited.read().frames)
    code, out, err = sparkle("stats", tmp_path / "release", "--json")
    assert code == 0, err
    assert json.loads(out)["clips"]["frames"] == {"69": 1}
    assert json.loads(out)["themes"] == {"location": 1}
    assert sparkle("push", tmp_path / "release", "--repo", "a/b", "--dry-run")[0] == 0
    for form in ("webdataset", "parquet", "kiwi-csv", "hf"):
        assert sparkle("export", tmp_path / "release", "--to", form, "--out", tmp_path / form)[0] == 0
