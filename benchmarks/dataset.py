"""How fast datasets are verified, opened, read, packed and unpacked.

`python -m benchmarks.dataset [SCRATCH [SAMPLES [CLIP [GIGABYTES]]]]`. SCRATCH is a folder for some gigabytes, which are
deleted at the end; by default the system's for temporary files. Without CLIP the demo's is taken. With GIGABYTES only
this is measured: samples drawn from one shard of that size. Beside each time on the clock stands the processor's, as
the disk decides the first. `tar` is the system's.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from sparkle.cli.dataset import LOOKS
from sparkle.core.layout import ARTIFACTS, METADATA_FILES, artifact_path, intermediate_metadata_path
from sparkle.dataset import open_dataset, verify
from sparkle.dataset.index import csv_line
from sparkle.dataset.packing import pack
from sparkle.dataset.shards import PAIR_KINDS
from sparkle.dataset.unpacking import unpack
from sparkle.demo import render_demo_clip
from sparkle.video import read_clip, write_image, write_masks, write_video

THEME = "location"
SCORE = {
    **dict.fromkeys(("prompt_following", "consistency", "perceptual_quality", "overall"), 9.0),
    **dict.fromkeys(("SC_reasoning", "PQ_reasoning"), "the background is new and the subject as it was " * 3),
}
FRAME = {
    **dict.fromkeys(("SC_score", "PQ_score", "O_score"), 9.0),
    **dict.fromkeys(
        ("SC_score_reasoning", "PQ_score_reasoning", "SC_raw_output", "PQ_raw_output"), "as it was " * 8
    ),
}
BOXES = [{"bbox_2d": [100, 200, 500, 900], "label": "man"}]
GROUNDED = {"edit_type": THEME, "round1_labels": ["man"], "round1_objects": BOXES}
LINES = {
    "edited_frame0_score": {"editscore": SCORE},
    "edited_frame0_foreground_removed_score": {"editscore": SCORE},
    "foreground_grounding_r1": GROUNDED,
    "foreground_grounding_r2": {**GROUNDED, "frame_objects": [BOXES] * 11},
    "edited_video_score": {"frame_indices": [1, 26, 51, 76], "editscore": [FRAME] * 4},
}
MOST_COPIES, MOST_LINKS = 20_000, 50_000  # a file has 65,000 names at most
CHECK = {"score": 9.0, "threshold": 8.0, "passes": "minimum", "reason": "fine " * 10, "scorer": "EditScore"}


def make(root: Path, samples: int, files: Mapping[str, Path], most_copies: int = MOST_COPIES) -> None:
    """Write a dataset: tables as the published ones, and for each kind copies of a file, or links where many."""
    ids = [f"Sparkle_{THEME}_{number:06d}" for number in range(samples)]
    (root / "prompts").mkdir(parents=True)
    with (root / f"prompts/{THEME}_train.csv").open("w") as table:
        table.write("prompt,src_video,tgt_video,task\n")
        for id in ids:
            pair = (str(artifact_path(kind, THEME, id)) for kind in PAIR_KINDS)
            table.write(csv_line((f'Put the "subject" in {id}, where grass sways.', *pair, id)))
    with (root / f"prompts/{THEME}_train_metadata.jsonl").open("w") as table:
        said = {"edit_type": THEME, "chosen_keyword": "rural: meadow", "original_scene": "a room"}
        for id in ids:
            prompt = f'Put the "subject" in {id}, where grass sways.'
            table.write(json.dumps({"id": id, "prompt": prompt, "metadata": said}) + "\n")
    with (root / "provenance.jsonl").open("w") as table:
        checks = [{"name": f"stage.check{number}", **CHECK} for number in range(10)]
        for id in ids:
            table.write(json.dumps({"id": id, "source": f"{id}.mp4", "seed": 1, "checks": checks}) + "\n")
    if len(files) > len(PAIR_KINDS):
        for name in METADATA_FILES:
            path = root / intermediate_metadata_path(THEME, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("w") as table:
                table.writelines(
                    json.dumps({"id": id, "prompt": "Put it.", **LINES[name]}) + "\n" for id in ids
                )
    for kind, file in files.items():
        (root / artifact_path(kind, THEME, ids[0])).parent.mkdir(parents=True, exist_ok=True)
        content = file.read_bytes()
        for number, id in enumerate(ids):
            path = root / artifact_path(kind, THEME, id)
            if samples > most_copies and number % MOST_LINKS:
                path.hardlink_to(root / artifact_path(kind, THEME, ids[number - number % MOST_LINKS]))
            else:
                path.write_bytes(content)


@contextmanager
def timed(what: str, samples: int = 0, megabytes: float = 0) -> Iterator[None]:
    """Print what a block takes."""
    clock, processor = time.perf_counter(), sum(os.times()[:4])
    yield
    clock, processor = time.perf_counter() - clock, sum(os.times()[:4]) - processor
    rate = (
        f", {samples / clock:,.0f} samples/s"
        if samples
        else f", {megabytes / clock:,.0f} MB/s"
        if megabytes
        else ""
    )
    print(f"{what}: {clock:.3f} s, processor {processor:.3f} s{rate}", flush=True)


def whole_sample(folder: Path, clip: Path) -> dict[str, Path]:
    """Write the files of a sample: the clip, and its negative as all that was made of it."""
    read = read_clip(clip)
    made, mask, shown, turned = (
        folder / name for name in ("made.mp4", "mask.npz", "shown.png", "turned.png")
    )
    write_video(made, 255 - read.frames, read.fps)
    half = np.zeros(read.frames.shape[:3], np.bool_)
    half[:, : half.shape[1] // 2] = True
    write_masks(mask, half)
    write_image(shown, read.frames[0])
    write_image(turned, 255 - read.frames[0])
    others = {"source_video": clip, "source_video_mask": mask, "source_frame0": shown}
    pictures = dict.fromkeys(("edited_frame0", "edited_frame0_foreground_removed"), turned)
    kinds = (kind for kind in ARTIFACTS if kind != "source_video_mask_confidence")
    return {kind: {**pictures, **others}.get(kind, made) for kind in kinds}


def many(scratch: Path, samples: int, clip: Path) -> None:
    root = scratch / "many"
    files = whole_sample(scratch, clip)
    make(root, samples, files)
    for looks in (0, LOOKS):
        with timed(f"verify, {samples} samples of {len(files)} files, {looks} opened", samples):
            faults = verify(root, deep=False, looks=looks)
        print(f"faults {len(faults)}", *faults[:3])
    with timed("first opening, which builds the index", samples):
        open_dataset(root, scratch / "kept")
    with timed("opening it again"):
        found = open_dataset(root, scratch / "kept")
    with timed("1000 random samples: prompt and metadata"):
        for place in np.random.default_rng(0).integers(0, samples, 1000):
            _ = found[int(place)].metadata
    shutil.rmtree(root)


def shards(scratch: Path, clip: Path, samples: int) -> None:
    root, size = scratch / "clips", clip.stat().st_size / 1e6
    make(root, samples, dict.fromkeys(PAIR_KINDS, clip))
    total = 2 * samples * size
    for turn in range(5):
        for out in ("by_tar", "release", "loose", "untarred"):
            shutil.rmtree(scratch / out, ignore_errors=True)
        os.sync()
        print(f"turn {turn}, {total:,.0f} MB")
        (scratch / "by_tar").mkdir()
        with timed("tar -cf, and sync of its tars", megabytes=total):
            for kind in PAIR_KINDS:
                tar = ["tar", "-cf", scratch / f"by_tar/{kind}.tar", f"{THEME}/{kind}"]
                subprocess.run(tar, cwd=root, check=True)
            # As `pack` does, by name: for a sync of all the kernel's own threads work, whose time nobody counts.
            subprocess.run(["sync", *(scratch / "by_tar").iterdir()], check=True)
        with timed("pack, checksums and index included", megabytes=total):
            pack(open_dataset(root, scratch / "kept"), scratch / "release", jobs=2)
        (scratch / "untarred").mkdir()
        with timed("tar -xf and sync", megabytes=total):
            for kind in PAIR_KINDS:
                tar = ["tar", "-xf", scratch / f"by_tar/{kind}.tar"]
                subprocess.run(tar, cwd=scratch / "untarred", check=True)
            os.sync()
        with timed("unpack", megabytes=total):
            unpack(sorted(map(str, (scratch / "release").glob("*.tar"))), scratch / "loose")
    draw(scratch / "release", samples)


def large(scratch: Path, clip: Path, gigabytes: float) -> None:
    """Write one shard a kind of a size, and read samples of it."""
    samples = round(1e9 * gigabytes / clip.stat().st_size)
    make(scratch / "clips", samples, dict.fromkeys(PAIR_KINDS, clip), most_copies=1)
    packed = pack(open_dataset(scratch / "clips", scratch / "kept"), scratch / "release", 2 * 10**12)
    shutil.rmtree(scratch / "clips")
    print(", ".join(f"{each.key}: {each.size / 1e9:.2f} GB" for each in packed))
    with timed("opening it"):
        open_dataset(scratch / "release")
    draw(scratch / "release", samples)


def draw(release: Path, samples: int) -> None:
    """Print what a sample that is drawn at random takes; each is read once before, so that the disk is warm."""
    found = open_dataset(release)
    places = np.random.default_rng(1).integers(0, samples, 100)
    for what in ("bytes of both clips", "and the first frame of each"):
        clock, processor = [], []
        for turn in range(2):
            for place in places:
                begin, spent = time.perf_counter(), time.process_time()
                sample = found[int(place)]
                if what.startswith("bytes"):
                    _ = sample.extent("source_video").read(), sample.extent("edited_video").read()
                else:
                    _ = sample.prompt, sample.source.read(1), sample.edited.read(1)
                if turn:
                    clock.append(1000 * (time.perf_counter() - begin))
                    processor.append(1000 * (time.process_time() - spent))
        told = (
            f"median {np.median(each):.1f} ms, 95 % below {np.quantile(each, 0.95):.1f} ms"
            for each in (clock, processor)
        )
        print(f"a random sample, {what}: {'; processor '.join(told)}", flush=True)


def demo_clip(folder: Path) -> Path:
    """Write the demo's clip."""
    clip = render_demo_clip(7, 1280, 720, 81, 16)
    write_video(folder / "demo.mp4", clip.frames, 16, crf=17)
    return folder / "demo.mp4"


def main() -> None:
    """Print the figures."""
    scratch = Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.gettempdir()) / "sparkle-dataset"
    scratch.mkdir(parents=True)
    try:
        clip = Path(sys.argv[3]) if len(sys.argv) > 3 else demo_clip(scratch)
        if len(sys.argv) > 4:
            large(scratch, clip, float(sys.argv[4]))
            return
        many(scratch, int(sys.argv[2]) if len(sys.argv) > 2 else 100_000, clip)
        shards(scratch, clip, max(1, round(1e9 / clip.stat().st_size)))
    finally:
        shutil.rmtree(scratch)


if __name__ == "__main__":
    main()
