"""Cuts of a dataset are datasets: verified, with the lines and bytes that they had; a split never leaks."""

import json
import shutil
from io import BytesIO
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from commands import sparkle
from hypothesis import given
from hypothesis import strategies as st
from tiny_dataset import FPS, make_sample, write_artifacts

from sparkle.core.errors import OutputError, SetupError
from sparkle.core.sample import Check, Inputs
from sparkle.dataset import near_duplicates, open_dataset, verify, write_index
from sparkle.dataset.cuts import draw, split
from sparkle.dataset.kept_signatures import kept_signatures
from sparkle.dataset.near_duplicates import Signatures, alike, groups
from sparkle.dataset.selection import parse_condition, select
from sparkle.dataset.signatures import MOMENTS, PARTS, Signature, signature_of
from sparkle.store import Folder
from sparkle.video import StoredClip
from sparkle.view.reviews import Review, ReviewBook

LINES = ("line\nbreak", 'quote "x", comma', "snow ❄ über 雪", "sep\u2028arator", "=1+1", "  spaces  ")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six samples with odd instructions and rising scores; three sources are used twice."""
    root = tmp_path_factory.mktemp("many")
    samples = [
        make_sample(
            number=number,
            instruction=text,
            inputs=Inputs(video=f"/clips/street{number % 3}.mp4"),
            checks=(Check("synthesize.editscore", 8.0 + number / 10, 8.0, "minimum", "fine", "heuristic"),),
        )
        for number, text in enumerate(LINES)
    ]
    for sample in samples:
        write_artifacts(root, sample)
        if sample.number >= 3:
            clip = root / f"location/source_video/{sample.id}.mp4"
            shutil.copy(root / f"location/source_video/Sparkle_location_{sample.number - 3:06d}.mp4", clip)
            for kind, end in (("source_frame0", "png"),):
                at = root / f"intermediate_data/location/{kind}"
                shutil.copy(at / f"Sparkle_location_{sample.number - 3:06d}.{end}", at / f"{sample.id}.{end}")
    write_index(root, samples)
    return root


def test_filtered_lines_and_files_are_the_same_bytes(many: Path, tmp_path: Path) -> None:
    code, out, err = sparkle(
        "filter", many, "--where", "synthesize.editscore>=8.3", "-o", tmp_path / "cut", "--json"
    )
    assert (code, json.loads(out)["written"]) == (0, {str(tmp_path / "cut"): 3}), err
    assert verify(tmp_path / "cut", deep=False) == []
    whole, cut = open_dataset(many), open_dataset(tmp_path / "cut")
    assert [sample.prompt for sample in cut] == list(LINES[3:])
    for sample in cut:
        other = whole.sample(sample.id)
        assert sample.kinds() == other.kinds()
        assert all(sample.extent(kind).read() == other.extent(kind).read() for kind in sample.kinds())
        assert sample.line("provenance") == other.line("provenance")
    # Everything kept, it is the same folder.
    sparkle("filter", many, "-o", tmp_path / "all")
    for path in many.rglob("*"):
        if path.is_file():
            assert (tmp_path / "all" / path.relative_to(many)).read_bytes() == path.read_bytes(), path


@pytest.mark.parametrize(
    ("condition", "kept"),
    [
        ("synthesize.editscore > 8.35", 2),
        ("synthesize.editscore=8.2", 1),
        ("prompt~SNOW", 1),
        ("scene=meadow", 6),
        ("theme!=location", 0),
        ("edited_video_score.O_score.worst>=8.4", 6),
        ("words<=2", 4),
        ("source=street1.mp4", 2),
    ],
)
def test_conditions(many: Path, condition: str, kept: int) -> None:
    assert len(select(open_dataset(many), [parse_condition(condition)]).samples) == kept


def test_what_was_reviewed_in_the_viewer_is_a_condition(many: Path, tmp_path: Path) -> None:
    run = shutil.copytree(many, tmp_path / "run")
    ids = [sample.id for sample in open_dataset(run)]
    with ReviewBook(Folder.at(run)) as book:
        for id, verdict in ((ids[0], "accept"), (ids[1], "reject"), (ids[2], "accept"), (ids[2], "none")):
            book.add(Review(id, verdict, "a note"))  # type: ignore[arg-type]
    for condition, kept in (("review=accept", 1), ("review!=reject", 5), ("review=none", 4)):
        out = tmp_path / condition.replace("=", "_")
        assert sparkle("filter", run, "--where", condition, "-o", out)[0] == 0
        assert len(open_dataset(out)) == kept
    assert [sample.id for sample in open_dataset(tmp_path / "review_accept")] == [ids[0]]


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("liveliness>=1", "recorded of no sample; known: .*synthesize.editscore"),
        ("scene>=1", "is a text"),
        ("synthesize.editscore>=high", "is a number"),
        ("synthesize.editscore", "is no condition"),
    ],
)
def test_conditions_that_cannot_be_met_are_said(
    many: Path, tmp_path: Path, condition: str, message: str
) -> None:
    with pytest.raises(SetupError, match=message):
        select(open_dataset(many), [parse_condition(condition)])
    assert sparkle("filter", many, "--where", condition, "-o", tmp_path / "cut")[0] == 2
    assert not (tmp_path / "cut").exists()


def test_a_split_never_leaks_a_source(many: Path, tmp_path: Path) -> None:
    code, out, err = sparkle(
        "split", many, "--part", "train=0.6", "--part", "rest=0.4", "-o", tmp_path / "parts", "--json"
    )
    assert code == 0, err
    assert sum(json.loads(out)["written"].values()) == 6
    parts = [open_dataset(tmp_path / "parts" / name) for name in ("train", "rest")]
    names, contents = (
        [{read(sample) for sample in part} for part in parts]
        for read in (lambda sample: sample.source_name, lambda sample: sample.extent("source_video").read())
    )
    assert not names[0] & names[1]
    assert not contents[0] & contents[1]
    assert [verify(part.folder.path, deep=False) for part in parts] == [[], []]
    assert sparkle("split", many, "--part", "a=0.6", "-o", tmp_path / "x")[0] == 2
    assert sparkle("split", many, "--part", "../a=1", "-o", tmp_path / "x")[0] == 2


def test_a_part_that_stays_empty_is_said(many: Path, tmp_path: Path) -> None:
    one = tmp_path / "one"
    sparkle("filter", many, "--where", "source=street1.mp4", "-o", one)
    code, _, err = sparkle("split", one, "--part", "a=0.9", "--part", "b=0.1", "-o", tmp_path / "parts")
    assert code == 0
    assert "nothing was left for b: no source may be in two parts, and the 2 samples have 1 by" in err


def test_sources_without_names_are_known_by_their_looks(many: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(many, tmp_path / "set"))
    (root / "provenance.jsonl").unlink()
    assert sparkle("split", root, "--part", "a=0.5", "--part", "b=0.5", "-o", tmp_path / "parts")[0] == 0
    parts = [
        {sample.extent("source_video").read() for sample in open_dataset(tmp_path / "parts" / name)}
        for name in "ab"
    ]
    assert parts[0]
    assert not parts[0] & parts[1]


@given(st.lists(st.integers(0, 9), min_size=1, max_size=60), st.integers(0, 99), st.floats(0.05, 0.95))
def test_groups_stay_whole_and_shares_are_met(sources: list[int], seed: int, share: float) -> None:
    class Samples(list):  # what split needs of a collection
        def at(self, places):
            return [self[place] for place in places]

    together = [[i for i, s in enumerate(sources) if s == source] for source in sorted(set(sources))]
    parts = split(Samples(enumerate(sources)), {"a": share, "b": 1 - share}, together, seed)  # type: ignore[arg-type]
    a, b = ({source for _, source in parts[name]} for name in "ab")
    assert not a & b
    assert len(parts["a"]) + len(parts["b"]) == len(sources)
    largest = max(map(len, together))
    assert abs(len(parts["a"]) - share * len(sources)) <= largest


def test_merged_samples_keep_their_ids_or_say_their_former(many: Path, tmp_path: Path) -> None:
    sparkle("sample", many, "-n", 4, "--seed", 3, "-o", tmp_path / "four")
    code, _, err = sparkle("merge", many, tmp_path / "four", "-o", tmp_path / "both")
    assert code == 0, err
    assert "4 samples have new ids" in err
    both = open_dataset(tmp_path / "both")
    assert [sample.id[-6:] for sample in both] == [f"{number:06d}" for number in range(10)]
    former = [(sample.row("provenance") or {}).get("former_id") for sample in both]
    assert former[6:] == [sample.id for sample in open_dataset(tmp_path / "four")]
    assert verify(tmp_path / "both", deep=False) == []
    assert (
        both[7].extent("edited_video").read()
        == open_dataset(tmp_path / "four")[1].extent("edited_video").read()
    )


def test_a_draw_is_the_same_each_time_and_another_with_another_seed(many: Path) -> None:
    samples = open_dataset(many)
    drawn = [[sample.id for sample in draw(samples, 3, seed)] for seed in (0, 0, 1, 2, 3)]
    assert drawn[0] == drawn[1] == sorted(drawn[0])
    assert len({tuple(ids) for ids in drawn}) > 1
    with pytest.raises(SetupError, match="7 samples cannot be drawn from 6"):
        draw(samples, 7, 0)


def test_of_those_alike_the_best_is_kept(many: Path, tmp_path: Path) -> None:
    code, out, err = sparkle(
        "dedup", many, "--best", "synthesize.editscore", "-o", tmp_path / "one", "--json"
    )
    assert code == 0, err
    assert json.loads(out)["alike"] == [
        [f"Sparkle_location_{number:06d}", f"Sparkle_location_{number + 3:06d}"] for number in range(3)
    ]
    assert [sample.id[-1] for sample in open_dataset(tmp_path / "one")] == ["3", "4", "5"]
    assert sparkle("dedup", many, "--best", "nothing")[0] == 2


def scene(seed: int, frames: int = 48) -> np.ndarray:
    """A textured room with something that moves through it, uint8 (T, 180, 320, 3)."""
    generator = np.random.default_rng(seed)
    noise = generator.normal(size=(180, 320, 3)).astype(np.float32)
    room = sum(size * cv2.GaussianBlur(noise, (0, 0), size) for size in (4, 12, 30))
    room = np.clip(127 + 45 * room / room.std(), 0, 255).astype(np.uint8)
    clip = np.repeat(room[None], frames, axis=0)
    for number, frame in enumerate(clip):
        cv2.circle(frame, (60 + 3 * number, 90 + seed), 28, (200, 60, 40), -1)
    return clip


def stored(path: Path, frames: np.ndarray, crf: int = 23) -> StoredClip:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.height, stream.width, stream.pix_fmt = *frames.shape[1:3], "yuv420p"
        stream.options = {"crf": str(crf)}
        for frame in frames:
            container.mux(
                stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24"))
            )
        container.mux(stream.encode())
    return StoredClip(Folder.at(path.parent).extent(path.name))


def test_what_became_of_a_clip_is_found_and_no_other(tmp_path: Path) -> None:
    originals = [scene(seed) for seed in range(6)]
    made = [
        originals[0],
        originals[1][:, :, ::-1],
        originals[2][6:],
        originals[3][:, 9:171, 16:304],
        np.stack([cv2.resize(frame, (160, 90)) for frame in originals[4]]),
    ]
    clips = [stored(tmp_path / f"a{place}.mp4", frames) for place, frames in enumerate(originals)]
    clips += [stored(tmp_path / f"b{place}.mp4", frames, 34) for place, frames in enumerate(made)]
    pairs = alike(Signatures.of(map(signature_of, clips), BytesIO()))
    assert pairs == [(0, 6), (1, 7), (2, 8), (3, 9), (4, 10)]
    assert groups(11, pairs)[:3] == [[0, 6], [1, 7], [2, 8]]


def test_signatures_are_kept_and_what_is_garbled_is_made_anew(many: Path, tmp_path: Path) -> None:
    sample, place = open_dataset(many)[0], tmp_path / "kept"
    key = sample.source.fingerprint()
    with kept_signatures("source_video", place) as sign:
        first = sign(sample)
        sign.keep("odd", Signature(first.frames[:0], first.parts))
        assert sign.find("odd") is None
    with kept_signatures("source_video", place) as sign:
        found = sign.find(key)
        assert found is not None
        assert np.array_equal(found.frames, first.frames)
        assert np.array_equal(found.parts, first.parts)
    (place / "signatures.sqlite").write_bytes(b"nothing" * 1000)
    with kept_signatures("source_video", place) as sign:
        assert sign.find(key) is None
        assert np.array_equal(sign(sample).parts, first.parts)


def test_a_full_disk_is_no_reason_to_forget_signatures(many: Path, tmp_path: Path, full_disk: None) -> None:
    samples, place = open_dataset(many), tmp_path / "kept"
    first = samples[0].source.fingerprint()
    with (
        kept_signatures("source_video", place) as sign,
        pytest.raises(OutputError, match="cannot be written"),
    ):
        sign(samples[0])
        for number in range(1000):
            sign.keep(str(number), signature_of(samples[0].source))
    with kept_signatures("source_video", place) as sign:
        assert sign.find(first) is not None


def test_those_alike_are_the_same_whatever_the_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = np.random.default_rng(5)
    clips = [
        Signature(
            generator.integers(0, 2**64, count, dtype=np.uint64),
            generator.integers(0, 2**64, (MOMENTS, 2 * len(PARTS)), dtype=np.uint64),
        )
        for count in generator.integers(3, 12, 60)
    ]
    for one, other in ((3, 40), (17, 18), (0, 59)):
        clips[one].parts[:2, 5] = clips[other].frames[:2] ^ np.uint64(0b1011)
    wanted = [(0, 59), (3, 40), (17, 18)]
    assert alike(Signatures.of(clips, BytesIO())) == wanted
    monkeypatch.setattr(near_duplicates, "_BLOCK", 101)
    assert alike(Signatures.of(clips, BytesIO())) == wanted


def test_black_clips_are_no_duplicates_of_all(tmp_path: Path) -> None:
    clip = stored(tmp_path / "black.mp4", np.zeros((16, 64, 96, 3), np.uint8))
    signature = signature_of(clip)
    assert alike(Signatures.of([signature] * 500, BytesIO())) == []


@pytest.mark.parametrize(
    "command",
    [
        ("filter", "--where", "theme=location"),
        ("sample", "--count", "1"),
        ("split", "--part", "a=1"),
        ("dedup",),
        ("export", "--to", "kiwi-csv"),
        ("merge",),
    ],
)
def test_nothing_else_is_put_into_a_dataset(many: Path, command: tuple[str, ...]) -> None:
    code, _, err = sparkle(command[0], many, *command[1:], "--out", many / "sub")
    assert code == 2
    assert "which holds nothing but its pairs; name a folder elsewhere" in err
    assert not (many / "sub").exists()


def test_a_page_never_takes_the_place_of_a_table(dataset: Path, tmp_path: Path) -> None:
    before = (dataset / "provenance.jsonl").read_bytes()
    (tmp_path / "other.jsonl").write_text("mine")
    for place in (dataset / "provenance.jsonl", dataset / "page.html", tmp_path / "other.jsonl"):
        code, out, err = sparkle("stats", dataset, "--html", place)
        assert (code, out) == (2, ""), err
    assert (dataset / "provenance.jsonl").read_bytes() == before
    assert (tmp_path / "other.jsonl").read_text() == "mine"


@pytest.mark.parametrize(
    "command",
    [("filter", "--where", "theme=location"), ("pack",), ("export", "--to", "kiwi-csv"), ("merge",)],
)
def test_a_link_to_a_file_of_mine_is_not_given_on(
    dataset: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    (tmp_path / "secret").write_text("mine")
    clip = dataset / "location/source_video/Sparkle_location_000003.mp4"
    clip.unlink()
    clip.symlink_to(tmp_path / "secret")
    code, _, err = sparkle(command[0], dataset, *command[1:], "--out", tmp_path / "out")
    assert code == 2
    assert "Sparkle_location_000003.mp4: is a link out of the dataset" in err
    assert not [*tmp_path.glob("out/**/*.mp4"), *tmp_path.glob("out/*.tar")]


def test_a_snapshot_of_the_hubs_cache_is_cut_though_its_files_are_links(
    dataset: Path, tmp_path: Path
) -> None:
    blobs, snapshot = tmp_path / "cache" / "blobs", tmp_path / "cache" / "snapshots" / "0a1b2c"
    blobs.mkdir(parents=True)
    for number, file in enumerate(sorted(path for path in dataset.rglob("*") if path.is_file())):
        link = snapshot / file.relative_to(dataset)
        link.parent.mkdir(parents=True, exist_ok=True)
        (blobs / str(number)).write_bytes(file.read_bytes())
        link.symlink_to(blobs / str(number))
    code, _, err = sparkle("filter", snapshot, "--where", "theme=location", "--out", tmp_path / "out")
    assert code == 0, err
    assert [*(tmp_path / "out" / "location").glob("source_video/*.mp4")]


@pytest.mark.parametrize("shares", [["a=nan", "b=0.5"], ["a=0.5", "a=0.5"], ["a=inf"], ["a=-1", "b=2"]])
def test_shares_that_are_none_are_refused(many: Path, tmp_path: Path, shares: list[str]) -> None:
    parts = [word for share in shares for word in ("--part", share)]
    code, _, err = sparkle("split", many, *parts, "--out", tmp_path / "parts")
    assert code == 2
    assert "shares must be positive" in err or "the same name" in err
    assert not (tmp_path / "parts").exists()


@pytest.mark.parametrize("address", ["hf://nobody", "hf://datasets/a b/c", "github://x/y"])
def test_an_address_that_is_none_is_one_line(address: str) -> None:
    code, _, err = sparkle("stats", address)
    assert code == 2
    assert address.partition("/")[0] in err
    assert "Traceback" not in err
