"""Still images: reading what users give, writing PNG, and the two ways to change a size."""

from __future__ import annotations

import warnings
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from sparkle.core.errors import MediaError
from sparkle.store import check_plain, write_bytes
from sparkle.video.bright_images import is_bright_image, read_bright_image
from sparkle.video.opening import MAX_PIXELS, MAX_SIDE


def read_image(path: str | Path) -> NDArray[np.uint8]:
    """Read an image as uint8 RGB (H, W, 3), turned as its EXIF says, transparent pixels over black.

    HDR pictures (OpenEXR, Radiance, PNG with PQ or HLG) are brought to a screen's light, see `bright_images`. Raises
    MediaError that names file, cause and remedy for anything that is no image or is too large.
    """
    try:
        if is_bright_image(path):
            return read_bright_image(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit is stricter
            check_plain(path)
            with Image.open(path) as image:
                _check_size(Path(path), image.width, image.height)
                upright = _eight_bits(ImageOps.exif_transpose(image)).convert("RGBA")
    except FileNotFoundError:
        raise MediaError(f"{path}: no such image; check the path") from None
    except UnidentifiedImageError:
        raise MediaError(f"{path}: is no image; give a PNG, JPEG, WebP or TIFF file") from None
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise MediaError(f"{path}: cannot be read as an image ({error}); export it again as PNG") from None
    black = Image.new("RGBA", upright.size, (0, 0, 0, 255))
    return np.array(Image.alpha_composite(black, upright).convert("RGB"))


def write_image(path: str | Path, image: NDArray[np.uint8]) -> None:
    """Write uint8 RGB (H, W, 3), RGBA (H, W, 4) or gray (H, W) as PNG, whole or not at all; same pixels, same bytes."""
    # OpenCV's encoder takes a third of Pillow's time, and lets go of Python's lock meanwhile.
    order = [2, 1, 0, 3][: image.shape[2]] if image.ndim == 3 else None
    written, encoded = cv2.imencode(".png", image if order is None else image[..., order])
    if not written:
        raise MediaError(f"{path}: a picture of shape {image.shape} cannot be written as PNG")
    write_bytes(path, encoded.tobytes())


def resize_frames(frames: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Resize uint8 (T, H, W, C) or (T, H, W) to `size` = (width, height), as `resize_image` does."""
    if frames.shape[2] == size[0] and frames.shape[1] == size[1]:
        return frames
    return np.stack([resize_image(frame, size) for frame in frames])


def resize_image(image: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Resize uint8 (H, W, C) or (H, W) to `size` = (width, height): by area down, by cubic curves up."""
    shrinks = size[0] < image.shape[1] or size[1] < image.shape[0]
    resized = cv2.resize(image, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    return np.asarray(resized, np.uint8)


def cover(image: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Fill `size` = (width, height) with an (H, W, 3) image: scaled, its aspect kept, and cut to the middle."""
    width, height = size
    scale = max(width / image.shape[1], height / image.shape[0])
    scaled = (max(round(image.shape[1] * scale), width), max(round(image.shape[0] * scale), height))
    left, top = (scaled[0] - width) // 2, (scaled[1] - height) // 2
    return np.ascontiguousarray(resize_image(image, scaled)[top : top + height, left : left + width])


def _eight_bits(image: Image.Image) -> Image.Image:
    """Scale 16-bit gray down; Pillow's own conversion cuts it off at 255."""
    if not image.mode.startswith("I;16"):
        return image
    return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))


def _check_size(path: Path, width: int, height: int) -> None:
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise MediaError(
            f"{path}: is {width}x{height}; the limits are {MAX_SIDE} a side and "
            f"{MAX_PIXELS // 1_000_000} megapixels; scale it down"
        )
