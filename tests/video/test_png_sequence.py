"""PNG files in, one clip out that is them bit by bit; what is no whole sequence is named."""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.video.test_bright_images import written

from sparkle.core.errors import MediaError
from sparkle.video import (
    Picture,
    deliver,
    delivery_for,
    is_sequence_source,
    pack_sequence,
    probe,
    read_clip,
    read_sequence,
    sample_frames,
    write_image,
)


def pictures(count: int = 5, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(2).integers(0, 256, (count, 24, 40, channels)).astype(np.uint8)


def shots(folder: Path, frames: np.ndarray, names: str = "shot_%04d.png", first: int = 1001) -> Path:
    folder.mkdir(exist_ok=True)
    for number, frame in enumerate(frames, first):
        write_image(folder / (names % number), frame)
    return folder


def packed(path: Path, fps: float | None, out: Path) -> Path:
    assert is_sequence_source(path)
    pack_sequence(read_sequence(path, fps), out)
    return out


@pytest.mark.parametrize("named", ["shots", "shots/shot_%04d.png", "shots/shot_%d.png"])
def test_every_pixel_and_the_rate(tmp_path: Path, named: str) -> None:
    frames = pictures()
    shots(tmp_path / "shots", frames)
    clip = packed(tmp_path / named, 23.976, tmp_path / "clip.mov")
    read = read_clip(clip)
    assert (read.frames == frames).all()
    assert read.times == pytest.approx(np.arange(5) * 1001 / 24000, abs=1e-4)
    info = probe(clip)
    assert info.fps == pytest.approx(24000 / 1001, rel=1e-4)
    assert info.duration_s == pytest.approx(5 * 1001 / 24000, abs=1e-3)
    assert (sample_frames(clip, times=[0.1])[0][0] == frames[2]).all()


def test_alpha_and_sixteen_bits_stay(tmp_path: Path) -> None:
    clear = pictures(channels=4)
    clip = packed(shots(tmp_path / "a", clear), 25.0, tmp_path / "a.mov")
    assert probe(clip).has_alpha
    assert (read_clip(clip).alpha == clear[..., 3]).all()
    (tmp_path / "deep").mkdir()
    deep = np.random.default_rng(4).integers(0, 65536, (3, 16, 24, 3)).astype(np.uint16)
    for number, picture in enumerate(deep):
        written(tmp_path / f"deep/{number}.png", "png", "rgb48be", picture)
    clip = packed(tmp_path / "deep", 25.0, tmp_path / "deep.mov")
    assert probe(clip).pixel_format == "rgb48be"
    assert np.abs(read_clip(clip).frames.astype(int) - np.round(deep / 257.0)).max() <= 1


def test_what_sparkle_wrote_has_its_own_times(tmp_path: Path) -> None:
    frames, times = pictures(), [2.0, 2.1, 2.15, 2.4, 2.5]
    shown = (Picture(time, frame) for time, frame in zip(times, frames, strict=True))
    out = tmp_path / "out/%06d.png"
    deliver(out, shown, Fraction(10), delivery_for(out))
    clip = packed(tmp_path / "out", None, tmp_path / "clip.mov")
    read = read_clip(clip)
    assert (read.frames == frames).all()
    assert read.times == pytest.approx(np.array(times) - 2.0, abs=1e-4)
    listed = tmp_path / "out/sequence.json"
    for change in (
        {"times": [0, 1]},
        {"times": [0, 2, 1, 3, 4]},
        {"rate": "0"},
        {"rate": None},
        {"times": "abcde"},
    ):
        listed.write_text(json.dumps({"times": [0, 1, 2, 3, 4], "rate": "1", **change}))
        with pytest.raises(MediaError, match=r"sequence.json: does not say when .*give --fps"):
            read_sequence(tmp_path / "out", None)


def test_numbers_decide_the_order_and_one_pattern_among_several(tmp_path: Path) -> None:
    frames = pictures(12)
    shots(tmp_path / "s", frames, "a%d.png", 1)
    assert (read_clip(packed(tmp_path / "s", 5.0, tmp_path / "a.mov")).frames == frames).all()
    shots(tmp_path / "s", frames[:3], "b_%02d_v2.png", 1)
    with pytest.raises(MediaError, match="several sequences"):
        read_sequence(tmp_path / "s", 5.0)
    assert len(read_sequence(tmp_path / "s/b_%02d_v2.png", 5.0).files) == 3
    assert len(read_sequence(tmp_path / "s/a%d.png", 5.0).files) == 12


def test_what_is_no_sequence_is_refused_by_name(tmp_path: Path) -> None:
    root = shots(tmp_path / "s", pictures())
    (tmp_path / "empty").mkdir()
    for path, said in ((tmp_path / "empty", "no PNG files"), (root / "take_%d.png", "no PNG files")):
        with pytest.raises(MediaError, match=said):
            read_sequence(path, 5.0)
    with pytest.raises(MediaError, match="cannot be read"):
        read_sequence(tmp_path / "none/take_%d.png", 5.0)
    with pytest.raises(MediaError, match="have no rate; give it with --fps"):
        read_sequence(root, None)
    whole = (root / "shot_1003.png").read_bytes()
    for content, said in ((whole[:-20], "cut short"), (b"GIF89a" + whole, "no PNG"), (b"", "no PNG")):
        (root / "shot_1003.png").write_bytes(content)
        with pytest.raises(MediaError, match=rf"shot_1003.png: is {said}"):
            packed(root, 5.0, tmp_path / "clip.mov")
    Image.fromarray(pictures()[0]).resize((48, 24)).save(root / "shot_1003.png")
    with pytest.raises(MediaError, match=r"shot_1003.png: is 48x24, .*first picture 40x24"):
        packed(root, 5.0, tmp_path / "clip.mov")
    assert not (tmp_path / "clip.mov").exists()
    (root / "shot_1003.png").unlink()
    with pytest.raises(MediaError, match="picture 1003 is missing between 1001 and 1005"):
        read_sequence(root, 5.0)
