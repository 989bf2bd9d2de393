"""HDR pictures come down to a screen as HDR videos do; deep ones that are not HDR keep their colours."""

import struct
import zlib
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from sparkle.core.errors import MediaError
from sparkle.video import read_image


def written(path: Path, codec: str, pixel_format: str, picture: np.ndarray) -> Path:
    context = av.CodecContext.create(codec, "w")
    context.width, context.height, context.pix_fmt = picture.shape[1], picture.shape[0], pixel_format
    context.time_base = Fraction(1, 25)
    frame = av.VideoFrame.from_ndarray(picture, format=pixel_format)
    frame.pts = 0
    path.write_bytes(b"".join(bytes(packet) for packet in [*context.encode(frame), *context.encode(None)]))
    return path


def steps(*values: float) -> np.ndarray:
    """Grey columns of ten pixels each."""
    row = np.repeat(np.array(values, np.float32), 10)
    return np.broadcast_to(row[None, :, None], (12, len(row), 3)).copy()


def test_light_up_to_white_is_what_a_screen_shows(tmp_path: Path) -> None:
    path = written(tmp_path / "sdr.exr", "exr", "gbrpf32le", steps(0.0, 0.05, 0.5, 1.0))
    shown = read_image(path)[6, 5::10, 0].tolist()
    expected = [round(255 * value ** (1 / 2.4)) for value in (0.0, 0.05, 0.5, 1.0)]
    assert shown == pytest.approx(expected, abs=1)


def test_brighter_light_comes_down_in_order_and_keeps_its_hue(tmp_path: Path) -> None:
    picture = steps(0.05, 0.5, 1.0, 2.0, 4.0, 8.0)
    picture[..., 1:] *= 0.5
    shown = read_image(written(tmp_path / "sun.exr", "exr", "gbrpf32le", picture))[6, 5::10].astype(int)
    assert (np.diff(shown[:, 0]) > 0).all()
    assert shown[-1, 0] >= 250
    ratio = (shown[:, 1] / shown[:, 0]) ** 2.4
    assert ratio == pytest.approx(0.5, abs=0.03)


def test_values_that_are_no_light_are_none(tmp_path: Path) -> None:
    picture = steps(0.2, 0.2, 0.2)
    picture[0, 0], picture[1, 1], picture[2, 2] = np.nan, -4.0, np.inf
    shown = read_image(written(tmp_path / "odd.exr", "exr", "gbrpf32le", picture))
    assert (shown[0, 0] == 0).all()
    assert (shown[1, 1] == 0).all()
    assert (shown[2, 2] == 255).all()
    assert shown[8, 8, 0] == pytest.approx(255 * 0.2 ** (1 / 2.4), abs=1)


@pytest.mark.parametrize(
    ("suffix", "codec", "pixels"), [(".png", "png", "rgb48be"), (".tif", "tiff", "rgb48le")]
)
def test_sixteen_bits_that_are_a_screens_keep_their_colours(
    tmp_path: Path, suffix: str, codec: str, pixels: str
) -> None:
    rng = np.random.default_rng(3)
    picture = rng.integers(0, 65536, (16, 24, 3)).astype(np.uint16)
    shown = read_image(written(tmp_path / f"deep{suffix}", codec, pixels, picture))
    assert np.abs(shown.astype(int) - np.round(picture / 257.0)).max() <= 1


def test_a_png_that_says_pq_is_read_as_light(tmp_path: Path) -> None:
    white = round(0.5806 * 65535)  # PQ's code of 203 nits
    path = written(tmp_path / "pq.png", "png", "rgb48be", np.full((8, 8, 3), white, np.uint16))
    content = path.read_bytes()
    body = b"cICP" + bytes((1, 16, 0, 1))
    chunk = struct.pack(">I", 4) + body + struct.pack(">I", zlib.crc32(body))
    path.write_bytes(content[:33] + chunk + content[33:])  # behind the header
    shown = read_image(path)
    assert int(shown.min()) > 165, "a plain code of 0.58 would be 148"
    assert np.ptp(shown) == 0


def test_what_is_no_exr_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "text.exr").write_text("Dear diary")
    whole = written(tmp_path / "whole.exr", "exr", "gbrpf32le", steps(*np.linspace(0, 9, 40))).read_bytes()
    (tmp_path / "cut.exr").write_bytes(whole[:300])
    for name in ("text.exr", "cut.exr", "none.exr"):
        with pytest.raises(MediaError, match=name):
            read_image(tmp_path / name)
