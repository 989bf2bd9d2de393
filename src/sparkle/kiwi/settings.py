"""How a clip is edited. Every default is what the authors' official inference does."""

from __future__ import annotations

from pydantic import Field, model_validator

from sparkle.config.settings import Settings

WINDOW_FRAMES = 81


class EditSettings(Settings):
    """Settings of one edit.

    steps, shift: of the noise schedule. There is no guidance scale: the model is run once per step; the official
        scripts accept one and never use it.
    max_pixels: clips are scaled down to so many pixels a frame (1280x720), never up.
    encoder_max_pixels: pixels of a frame that the encoder sees, at most. The official inference caps it at 262,144
        (2304 tokens for 16 frames of a 720p clip), the official training does not (None, 5760 tokens).
    tiled_vae: encode and decode in overlapping tiles, as the official inference does; False is what training does,
        without any seam, and needs more memory.
    window_frames: the most frames at once, the length of the training clips. Longer clips are denoised in windows
        that share `window_overlap` frames and are blended there, step by step.
    """

    steps: int = Field(default=50, ge=1, le=1000)
    shift: float = Field(default=5.0, gt=0)
    max_pixels: int = Field(default=921_600, ge=32 * 32)
    encoder_max_pixels: int | None = Field(default=262_144, ge=56 * 56)
    tiled_vae: bool = True
    window_frames: int = Field(default=WINDOW_FRAMES, ge=5)
    window_overlap: int = Field(default=20, ge=4, multiple_of=4)

    @model_validator(mode="after")
    def _windows_fit(self) -> EditSettings:
        if self.window_frames % 4 != 1:
            raise ValueError(f"window_frames must be 4k + 1, e.g. {self.window_frames // 4 * 4 + 1}")
        if self.window_overlap >= self.window_frames - 1:
            raise ValueError("window_overlap must be shorter than window_frames")
        return self
