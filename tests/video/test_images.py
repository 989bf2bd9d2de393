from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sparkle.core.errors import MediaError
from sparkle.video import cover, read_image, resize_frames, resize_image, write_image

PICTURE = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)


def test_a_picture_comes_back_exactly_and_always_as_the_same_bytes(tmp_path: Path) -> None:
    write_image(tmp_path / "a.png", PICTURE)
    write_image(tmp_path / "b.png", PICTURE)
    assert np.array_equal(read_image(tmp_path / "a.png"), PICTURE)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_the_turn_in_exif_is_applied(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[274] = 6
    Image.fromarray(PICTURE).save(tmp_path / "phone.png", exif=exif)
    assert np.array_equal(read_image(tmp_path / "phone.png"), np.rot90(PICTURE, -1))


@pytest.mark.parametrize("mode", ["L", "P", "CMYK", "I;16", "LA"])
def test_every_kind_of_picture_becomes_rgb(tmp_path: Path, mode: str) -> None:
    if mode == "I;16":
        image = Image.fromarray(np.full((8, 8), 51400, np.uint16))
    else:
        image = Image.new("RGB", (8, 8), (200, 200, 200)).convert(mode, palette=Image.Palette.ADAPTIVE)
    image.save(tmp_path / "a.tif")
    pixels = read_image(tmp_path / "a.tif")
    assert pixels.shape == (8, 8, 3)
    assert np.abs(pixels.astype(int) - 200).max() <= 3


def test_transparent_pixels_lie_over_black(tmp_path: Path) -> None:
    Image.fromarray(np.dstack([PICTURE, np.zeros((20, 30), np.uint8)])).save(tmp_path / "a.png")
    assert read_image(tmp_path / "a.png").max() == 0


def test_bad_images_are_named(tmp_path: Path) -> None:
    path = tmp_path / "bad.png"
    with pytest.raises(MediaError, match=r"bad\.png: no such image"):
        read_image(path)
    path.write_text("no image")
    with pytest.raises(MediaError, match=r"bad\.png: is no image"):
        read_image(path)
    write_image(path, np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8))
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(MediaError, match=r"bad\.png: cannot be read"):
        read_image(path)
    Image.new("1", (17000, 2)).save(path)
    with pytest.raises(MediaError, match=r"bad\.png: is 17000x2; the limits"):
        read_image(path)
    with pytest.raises(MediaError, match="cannot be read"):
        read_image(tmp_path)


@pytest.mark.parametrize("size", [(30, 10), (60, 90), (31, 7), (300, 200), (8, 8)])
def test_cover_fills_the_size_from_the_middle_and_keeps_the_aspect(size: tuple[int, int]) -> None:
    y, x = np.mgrid[-1:1:80j, -1:1:120j]
    disc = np.repeat((255 * (x**2 * 2.25 + y**2 < 0.25))[..., None], 3, axis=2).astype(np.uint8)
    covered = cover(disc, size)
    assert covered.shape == (size[1], size[0], 3)
    assert covered[size[1] // 2, size[0] // 2].min() > 200
    if size == (60, 90):
        rows, columns = np.nonzero(covered[..., 0] > 127)
        assert abs(np.ptp(rows) - np.ptp(columns)) <= 2


def test_frames_are_resized_alike(tmp_path: Path) -> None:
    frames = np.stack([PICTURE, PICTURE[::-1]])
    small = resize_frames(frames, (15, 10))
    assert small.shape == (2, 10, 15, 3)
    assert np.array_equal(small[1], resize_image(PICTURE[::-1], (15, 10)))
    assert resize_frames(frames[..., 0], (15, 10)).shape == (2, 10, 15)
    assert resize_frames(frames, (30, 20)) is frames
