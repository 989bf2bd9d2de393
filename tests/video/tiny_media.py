"""Small real media files, written with PyAV."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.frame import VideoFrame
from numpy.typing import NDArray

WIDTH, HEIGHT, BAR = 96, 64, 6


def moving_bar(count: int = 12, width: int = WIDTH, height: int = HEIGHT) -> NDArray[np.uint8]:
    """A gray ramp with a white bar whose place tells the frame's number, 0..14."""
    ramp = np.linspace(30, 110, width).astype(np.uint8)
    frames = np.broadcast_to(ramp[None, None, :, None], (count, height, width, 3)).copy()
    for index, frame in enumerate(frames):
        frame[:, BAR * index % (width - BAR) :][:, :BAR] = 255
    return frames


def noisy_bar(count: int) -> NDArray[np.uint8]:
    """The moving bar with grain, so that every packet has many bytes."""
    grain = np.random.default_rng(0).integers(-20, 20, (count, HEIGHT, WIDTH, 3))
    return np.clip(moving_bar(count) + grain, 0, 255).astype(np.uint8)


def numbers(frames: Iterable[NDArray[np.uint8]]) -> list[int]:
    """Read the frames' numbers back from the place of the bar."""
    found = []
    for frame in frames:
        columns = frame[..., 1].astype(float).mean(axis=0)
        centre = np.flatnonzero(columns > 180).mean() * WIDTH / frame.shape[1]
        found.append(round((centre - BAR / 2 + 0.5) / BAR))
    return found


def write(
    path: Path,
    frames: NDArray[np.uint8],
    *,
    codec: str = "libx264",
    fps: int = 16,
    pixel_format: str = "yuv420p",
    times: Sequence[float] = (),
    rotation: int = 0,
    pixel_aspect: Fraction | None = None,
    container_format: str | None = None,
    options: dict[str, str] | None = None,
    sound_s: float = 0.0,
    sound_codec: str = "aac",
) -> Path:
    """Write RGB or RGBA frames with `sound_s` seconds of a tone; `times` in seconds make the rate variable."""
    ticks = Fraction(1, 1000) if times else Fraction(1, fps)
    with av.open(str(path), "w", format=container_format, options={"movflags": "+faststart"}) as container:
        video = container.add_stream(codec, rate=fps, options=options or {})
        video.height, video.width = frames.shape[1:3]
        video.pix_fmt = pixel_format
        video.codec_context.time_base = ticks
        if pixel_aspect:
            video.codec_context.sample_aspect_ratio = pixel_aspect
        if rotation:
            video.set_display_rotation(rotation)
        sound = container.add_stream(sound_codec, rate=48000) if sound_s else None
        for index, pixels in enumerate(frames):
            frame = VideoFrame.from_ndarray(pixels, "rgba" if pixels.shape[-1] == 4 else "rgb24")
            limited = pixel_format.startswith("yuv") and not pixel_format.startswith("yuvj")
            frame = frame.reformat(format=pixel_format, dst_color_range=1 if limited else 2)
            frame.pts, frame.time_base = round(times[index] / ticks) if times else index, ticks
            container.mux(video.encode(frame))
        if sound is not None:
            _add_tone(container, sound, sound_s)
        container.mux(video.encode(None))
    return path


def write_sound_only(path: Path, seconds: float) -> Path:
    with av.open(str(path), "w") as container:
        _add_tone(container, container.add_stream("aac", rate=48000), seconds)
    return path


def _add_tone(container: OutputContainer, sound: AudioStream, seconds: float) -> None:
    wave = 0.3 * np.sin(np.arange(round(seconds * 48000)) * (2 * np.pi * 440 / 48000))
    context = sound.codec_context
    resampler = av.AudioResampler(context.format.name, context.layout.name, 48000)
    for start in range(0, len(wave), 960):
        samples = np.repeat(wave[None, start : start + 960], context.channels, axis=0).astype(np.float32)
        frame = AudioFrame.from_ndarray(samples, "fltp", context.layout.name)
        frame.sample_rate, frame.pts, frame.time_base = 48000, start, Fraction(1, 48000)
        for piece in resampler.resample(frame):
            container.mux(sound.encode(piece))
    container.mux(sound.encode(None))
