from pathlib import Path

import av
import numpy as np
import pytest
from tiny_media import moving_bar, numbers, write, write_sound_only

from sparkle.core.errors import MediaError, OutputError
from sparkle.video import AudioOutcome, probe, read_clip, write_video

SOUNDS = {
    "aac.mp4": ("aac", AudioOutcome.COPIED),
    "aac.ts": ("aac", AudioOutcome.COPIED),
    "mp3.mkv": ("libmp3lame", AudioOutcome.COPIED),
    "ac3.ts": ("ac3", AudioOutcome.COPIED),
    "opus.mkv": ("libopus", AudioOutcome.COPIED),
    "flac.mkv": ("flac", AudioOutcome.REENCODED),
    "pcm.mov": ("pcm_s16le", AudioOutcome.REENCODED),
}


def test_what_is_written_is_what_the_published_clips_are(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "a.mp4"
    assert write_video(path, moving_bar(12), 16) is AudioOutcome.NOT_ASKED
    info = probe(path)
    assert (info.codec, info.pixel_format, info.fps, info.frame_count) == ("h264", "yuv420p", 16, 12)
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        assert (context.colorspace, context.color_primaries, context.color_trc, context.color_range) == (
            1,
            1,
            1,
            1,
        )
    content = path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")
    assert list(path.parent.iterdir()) == [path]


def test_pixels_come_back_without_a_shift_of_brightness(tmp_path: Path) -> None:
    frames = np.random.default_rng(0).integers(0, 256, (1, 8, 12, 3), np.uint8)
    frames = frames.repeat(6, axis=0).repeat(8, axis=1).repeat(8, axis=2)
    for _ in range(3):
        write_video(tmp_path / "a.mp4", frames, 16, crf=4)
        again = read_clip(tmp_path / "a.mp4").frames
        assert np.abs((again.astype(float) - frames).mean(axis=(0, 1, 2))).max() < 0.5
        frames = again


def test_the_same_frames_give_the_same_bytes_from_an_array_or_one_by_one(tmp_path: Path) -> None:
    frames = moving_bar(20)
    write_video(tmp_path / "a.mp4", frames, 16)
    write_video(tmp_path / "b.mp4", (frame for frame in frames), 16)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_gray_frames_become_gray_video(tmp_path: Path) -> None:
    edges = moving_bar(6)[..., 0]
    write_video(tmp_path / "a.mp4", edges, 16, crf=4)
    again = read_clip(tmp_path / "a.mp4").frames.astype(int)
    assert np.abs(again - edges[..., None]).mean() < 1.5


@pytest.mark.parametrize("fps", [16.0, 23.976, 29.97, 30000 / 1001, 12.5])
def test_rates_are_kept(tmp_path: Path, fps: float) -> None:
    write_video(tmp_path / "a.mp4", moving_bar(12), fps)
    clip = read_clip(tmp_path / "a.mp4")
    assert clip.fps == pytest.approx(fps, rel=1e-4)
    assert numbers(clip.frames) == list(range(12))


@pytest.mark.parametrize(
    ("frames", "cause"),
    [
        (moving_bar(3, 95, 64), "even sides, the frames have 95x64"),
        (moving_bar(0), "no frames"),
        ([*moving_bar(2), *moving_bar(1, 32, 32)], "frame 2 has shape"),
    ],
)
def test_impossible_frames_leave_no_file(tmp_path: Path, frames: np.ndarray, cause: str) -> None:
    with pytest.raises(MediaError, match=rf"a\.mp4: .*{cause}"):
        write_video(tmp_path / "a.mp4", frames, 16)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", SOUNDS)
@pytest.mark.parametrize("seconds", [0.75, 3.0])
def test_sound_that_lasts_as_long_is_kept_and_cut_to_the_length(
    tmp_path: Path, name: str, seconds: float
) -> None:
    codec, outcome = SOUNDS[name]
    source = write(tmp_path / name, moving_bar(12), sound_s=seconds, sound_codec=codec)
    assert write_video(tmp_path / "out.mp4", moving_bar(12), 16, audio_from=source) is outcome
    with av.open(str(tmp_path / "out.mp4")) as container:
        tone = np.concatenate([frame.to_ndarray().reshape(-1) for frame in container.decode(audio=0)])
        sound = container.streams.audio[0]
        assert float(sound.duration * sound.time_base) == pytest.approx(
            0.75, abs=0.05 if outcome is AudioOutcome.COPIED else 0.001
        )
    assert np.abs(tone.astype(float)).max() > 0
    assert numbers(read_clip(tmp_path / "out.mp4").frames) == list(range(12))
    assert probe(tmp_path / "out.mp4").duration_s == pytest.approx(0.75)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == sorted([name, "out.mp4"])


def test_sound_begins_where_the_picture_begins(tmp_path: Path) -> None:
    """A transport stream starts at 1.4 s; the tone must not start 1.4 s late, nor be called too short."""
    source = write(tmp_path / "a.ts", moving_bar(32), sound_s=2.0)
    write_video(tmp_path / "out.mp4", moving_bar(32), 16, audio_from=source)
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert next(container.decode(audio=0)).time < 0.05


@pytest.mark.parametrize("codec", ["aac", "pcm_s16le"])
def test_sound_that_is_short_is_kept_and_none_is_said(tmp_path: Path, codec: str) -> None:
    short = write(tmp_path / "short.mov", moving_bar(12), sound_s=0.4, sound_codec=codec)
    silent = write(tmp_path / "silent.mov", moving_bar(12))
    out = tmp_path / "out.mp4"
    assert write_video(out, moving_bar(12), 16, audio_from=silent) is AudioOutcome.NO_AUDIO
    assert not probe(out).has_audio
    write_video(out, moving_bar(12), 16, audio_from=short)
    assert probe(out).has_audio
    assert probe(out).duration_s == pytest.approx(12 / 16)


def test_sound_of_a_file_without_pictures(tmp_path: Path) -> None:
    song = write_sound_only(tmp_path / "song.m4a", 2.0)
    assert write_video(tmp_path / "out.mp4", moving_bar(12), 16, audio_from=song) is AudioOutcome.COPIED


def test_video_with_sound_is_deterministic(tmp_path: Path) -> None:
    source = write(tmp_path / "pcm.mov", moving_bar(12), sound_s=1.0, sound_codec="pcm_s16le")
    for name in ("a.mp4", "b.mp4"):
        write_video(tmp_path / name, moving_bar(12), 16, audio_from=source)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_a_missing_source_of_sound_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"none\.mp4: no such file"):
        write_video(tmp_path / "out.mp4", moving_bar(4), 16, audio_from=tmp_path / "none.mp4")
    assert list(tmp_path.iterdir()) == []


def test_a_video_that_the_disk_cannot_take_is_named_and_nothing_of_it_is_left(
    tmp_path: Path, full_disk: None
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (24, 120, 160, 3), np.uint8)
    with pytest.raises(OutputError, match=r"a\.mp4: cannot be written"):
        write_video(tmp_path / "a.mp4", noise, 16, crf=5)
    assert list(tmp_path.iterdir()) == []


def test_sound_after_missing_packets_stays_at_its_time(tmp_path: Path) -> None:
    whole = write(tmp_path / "whole.mkv", moving_bar(24), sound_s=1.5, sound_codec="flac")
    with av.open(str(whole)) as source, av.open(str(tmp_path / "gap.mkv"), "w") as target:
        streams = {stream.index: target.add_stream_from_template(stream) for stream in source.streams}
        for packet in source.demux():
            is_lost = (
                packet.stream.type == "audio" and 0.5 <= float((packet.pts or 0) * packet.time_base) < 1.0
            )
            if packet.size and not is_lost:
                packet.stream = streams[packet.stream.index]
                target.mux(packet)
    out = tmp_path / "out.mp4"
    assert write_video(out, moving_bar(24), 16, audio_from=tmp_path / "gap.mkv") is AudioOutcome.REENCODED
    with av.open(str(out)) as container:
        rate = container.streams.audio[0].rate
        tone = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
    loud = [np.abs(tone[round(start * rate) :][: round(0.1 * rate)]).max() > 0.1 for start in (0.2, 0.7, 1.2)]
    assert loud == [True, False, True]
    assert len(tone) / rate == pytest.approx(1.5, abs=0.05)
