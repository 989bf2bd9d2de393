"""A pair's pixels as training uses them: cut to the bucket, source and edit of one size and length.

Frames are cropped first and resized after (bicubic), as the official inference does, so that training sees what
inference sees; the official training resizes first (bilinear) and crops after.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sparkle.core.errors import MediaError
from sparkle.kiwi.preprocessing import crop_and_resize, edit_size
from sparkle.kiwi.prompt import EncoderInput, Mode, make_input
from sparkle.kiwi.training.order import Bucket
from sparkle.kiwi.training.samples import TrainingPair
from sparkle.kiwi.training.settings import DataSettings
from sparkle.kiwi.vision import image_patches, video_patches
from sparkle.roles import Frames


@dataclass(frozen=True, slots=True)
class PairFrames:
    """Source and edit, each uint8 (T, H, W, 3)."""

    source: Frames
    edited: Frames

    @property
    def bucket(self) -> Bucket:
        """Their size."""
        frames, height, width = self.source.shape[:3]
        return frames, height, width


def read_frames(pair: TrainingPair, data: DataSettings) -> PairFrames:
    """Decode both clips. The shorter one decides over the length, the source over the size.

    Raises MediaError for a clip that cannot be read or is too small.
    """
    source = pair.source.read(pair.frames).frames
    edited = pair.edited.read(pair.frames).frames
    available = min(len(source), len(edited))
    frames, height, width = bucket_of(available, source.shape[1], source.shape[2], pair.frames, data)
    return PairFrames(
        crop_and_resize(source[:frames], height, width), crop_and_resize(edited[:frames], height, width)
    )


def probe_bucket(pair: TrainingPair, data: DataSettings) -> Bucket:
    """Return the size that `read_frames` will give, from the clips' headers. Raises MediaError."""
    source, edited = pair.source.info(), pair.edited.info()
    available = min(
        info.frame_count or max(1, round(info.duration_s * info.fps)) for info in (source, edited)
    )
    return bucket_of(available, source.height, source.width, pair.frames, data)


def bucket_of(available: int, height: int, width: int, most: int, data: DataSettings) -> Bucket:
    """Return (frames, height, width) for a clip of `available` frames of height x width."""
    frames = (min(available, most) - 1) // data.length_step * data.length_step + 1
    sides = [side // data.side_step * data.side_step for side in edit_size(height, width, data.max_pixels)]
    if min(sides) == 0:
        raise MediaError(f"a clip of {width}x{height} is smaller than data.side_step {data.side_step}")
    return frames, sides[0], sides[1]


def encoder_input(
    tokenizer: Any, queries: dict[Mode, int], instruction: str, source: Frames, max_pixels: int | None
) -> EncoderInput:
    """Return what the encoder reads: one frame is an image, more are a video. Raises SampleError for no instruction."""
    if len(source) == 1:
        return make_input(tokenizer, instruction, queries, image_patches(source[0]), "image", None)
    return make_input(tokenizer, instruction, queries, video_patches(source, max_pixels), "video", None)
