"""Sheets show the frames that full decoding gives, and are made anew when their clip is."""

import os
from pathlib import Path

import numpy as np
import pytest
from tests.dataset.tiny_dataset import make_sample

from sparkle.core.layout import artifact_path
from sparkle.dataset import read_pairs, write_index
from sparkle.runners.reject_sheets import draw_rejects
from sparkle.runners.rejects import Fallen
from sparkle.runners.sheet_frames import clip_length, frames_at
from sparkle.runners.sheets import write_sheets
from sparkle.video import read_clip, read_image, read_masks, write_image, write_masks, write_video
from sparkle.view import OverviewRow, contact_sheet, evenly_spaced, overview_sheet

HEIGHT, WIDTH, FPS = 48, 64, 16.0
VIDEOS = ("source_video", "edited_video", "edited_background_video", "edited_video_canny")


def moving(frames: int, start: int) -> np.ndarray:
    """A bar that moves and a brightness that rises: no frame is like another."""
    clip = np.full((frames, HEIGHT, WIDTH, 3), start, np.uint8)
    for number, frame in enumerate(clip):
        frame += np.uint8(number)
        frame[:, 2 * number : 2 * number + 6] = 240
    return clip


def write_pair(root: Path, number: int, frames: int) -> None:
    sample = make_sample("time", number)
    places = {
        name: root / artifact_path(name, "time", sample.id)
        for name in (*VIDEOS, "source_video_mask", "edited_frame0_foreground_removed")
    }
    for shade, name in enumerate(VIDEOS):
        write_video(places[name], moving(frames, 40 + 30 * shade), FPS)
    write_masks(places["source_video_mask"], moving(frames, 0)[..., 0] > 200)
    write_image(places["edited_frame0_foreground_removed"], moving(1, 90)[0])


@pytest.fixture
def run(tmp_path: Path) -> Path:
    root = tmp_path / "run"
    for number, frames in enumerate((25, 23)):
        write_pair(root, number, frames)
    write_index(root, [make_sample("time", number) for number in range(2)])
    return root


def whole(path: Path) -> np.ndarray:
    return read_clip(path, size=None, fps=None, frames=None).frames


def test_the_sheets_are_those_of_clips_decoded_whole(run: Path) -> None:
    overview = write_sheets(run)
    assert overview == run / "contact_sheet.png"
    rows = []
    for pair in read_pairs(run):
        place = {name: run / artifact_path(name, "time", pair.id) for name in VIDEOS}
        edited, source = whole(pair.edited), whole(pair.source)
        columns = {
            "source": source,
            "mask": read_masks(run / artifact_path("source_video_mask", "time", pair.id)),
            "clean background": read_image(
                run / artifact_path("edited_frame0_foreground_removed", "time", pair.id)
            ),
            "background video": whole(place["edited_background_video"]),
            "edges": whole(place["edited_video_canny"]),
            "edited": edited,
        }
        moments = evenly_spaced(len(edited))
        stamps = [f"{moment / FPS:.1f} s" for moment in moments]
        wanted = contact_sheet(columns, moments, pair.id, pair.instruction, stamps)
        np.testing.assert_array_equal(read_image(run / "sheets" / f"{pair.id}.png"), wanted)
        early, late = moments[1::2]
        rows.append(OverviewRow(pair.id, pair.instruction, source[early], (edited[early], edited[late])))
    np.testing.assert_array_equal(
        read_image(overview), overview_sheet(rows, "2 accepted pairs", f"run {run.name}")
    )


def test_a_sheet_is_drawn_again_only_when_its_clip_is_newer(run: Path) -> None:
    write_sheets(run)
    first, second = (run / "sheets" / f"{pair.id}.png" for pair in read_pairs(run))
    for sheet in (first, second):
        sheet.write_bytes(b"kept")
    newer = run / artifact_path("edited_video", "time", first.stem)
    os.utime(newer, ns=(first.stat().st_mtime_ns + 1, first.stat().st_mtime_ns + 1))
    write_sheets(run)
    assert first.read_bytes() != b"kept"
    assert second.read_bytes() == b"kept"


def test_one_pair_has_no_overview_and_none_has_nothing(tmp_path: Path) -> None:
    root = tmp_path / "run"
    assert write_sheets(root) is None
    write_pair(root, 0, 9)
    write_index(root, [make_sample("time", 0)])
    assert write_sheets(root) == root / "sheets" / "Sparkle_time_000000.png"
    assert not (root / "contact_sheet.png").exists()


@pytest.mark.parametrize("frames", [1, 3, 24])
def test_frames_by_number_are_those_of_full_decoding(tmp_path: Path, frames: int) -> None:
    path = tmp_path / "clip.mp4"
    write_video(path, moving(frames, 40), 24000 / 1001)
    length, fps = clip_length(path)
    assert (length, fps) == (frames, pytest.approx(24000 / 1001))
    moments = evenly_spaced(length)
    np.testing.assert_array_equal(frames_at(path, moments, fps), whole(path)[moments])
    np.testing.assert_array_equal(frames_at(path, [0, frames + 5], fps), whole(path)[:1])


def test_the_sheet_of_a_fallen_sample_shows_all_clips_at_the_moments_of_the_shortest(tmp_path: Path) -> None:
    place = {
        name: tmp_path / "rejected" / artifact_path(name, "time", "Sparkle_time_000000") for name in VIDEOS
    }
    write_video(place["source_video"], moving(25, 40), FPS)
    write_video(place["edited_background_video"], moving(9, 70), FPS)
    fallen = Fallen("Sparkle_time_000000", "gone.mp4", None, "animate", None, "too still")
    (drawn,), overviews = draw_rejects(tmp_path, [fallen])
    source, background = whole(place["source_video"]), whole(place["edited_background_video"])
    wanted = contact_sheet(
        {"source": source, "background video": background},
        evenly_spaced(9),
        f"{fallen.id}  animate: failed",
        "too still",
    )
    np.testing.assert_array_equal(read_image(tmp_path / str(drawn.picture)), wanted)
    early, late = evenly_spaced(9)[1::2]
    row = OverviewRow(fallen.id, "too still", source[0], (background[early], background[late]))
    title = "1 samples that fell"
    np.testing.assert_array_equal(
        read_image(overviews[0]),
        overview_sheet([row], title, f"run {tmp_path.name}, sheet 1 of 1", "judged"),
    )
