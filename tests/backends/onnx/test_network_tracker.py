"""The cpu tracker with a network: what stands out of the boxes weighs, and nothing else changes."""

from pathlib import Path

import numpy as np
import pytest
from tests.backends.onnx.tiny_graphs import bright_is_salient, save

from sparkle.backends.cpu.tracker import JointTracker
from sparkle.backends.onnx.network_files import NetworkFiles
from sparkle.backends.onnx.tracker import NetworkTracker
from sparkle.backends.onnx.u2netp import FILE
from sparkle.bait import track_bait
from sparkle.core.boxes import LabelledBox
from sparkle.core.errors import SetupError
from sparkle.core.usage import collect_usage
from sparkle.roles import Anchor, Tracker

HEIGHT, WIDTH, COUNT = 96, 128, 12


@pytest.fixture
def salient(tmp_path: Path) -> str:
    save(bright_is_salient(), tmp_path / "salient" / FILE)
    return str(tmp_path / "salient")


def still_disc() -> tuple[np.ndarray, np.ndarray]:
    """A disc that never moves, barely brighter than a wall, both under the same stripes."""
    random = np.random.default_rng(5)
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    inside = np.hypot(x - 60, y - 50) < 26
    picture = 90 + 40 * np.sin(x / 2) + np.where(inside, 45, 0)
    frames = picture[None, ..., None] + random.normal(0, 3, (COUNT, HEIGHT, WIDTH, 3))
    return np.clip(frames, 0, 255).astype(np.uint8), np.broadcast_to(inside, (COUNT, HEIGHT, WIDTH))


def anchors_around(inside: np.ndarray) -> list[Anchor]:
    rows, columns = np.nonzero(inside[0])
    box = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    return [Anchor(frame, (LabelledBox("disc", tuple(map(float, box))),)) for frame in (0, 6, 11)]


def tracked(tracker: Tracker, frames: np.ndarray, anchors: list[Anchor]) -> np.ndarray:
    return track_bait(tracker.open(frames, anchors), anchors, *frames.shape[:3]).mask


def iou(one: np.ndarray, other: np.ndarray) -> float:
    return float((one & other).sum() / (one | other).sum())


def test_what_stands_out_in_a_box_weighs_and_is_looked_at_once(salient: str) -> None:
    frames, inside = still_disc()
    anchors = anchors_around(inside)
    with collect_usage() as log:
        mask = tracked(NetworkTracker(salient=salient), frames, anchors)
    assert iou(mask, inside) > 0.9
    assert not np.array_equal(mask, tracked(JointTracker(), frames, anchors)), "the network has a say"
    looks = [use.name for use in log.entries]
    assert set(looks) == {"salient object"}
    assert len(looks) < COUNT, (
        "only the frames that the tracker learns from are looked at, once for all passes"
    )


def test_without_its_network_it_fails_and_is_no_other_tracker(tmp_path: Path) -> None:
    frames, inside = still_disc()
    with pytest.raises(SetupError, match=r"u2netp\.onnx"):
        tracked(NetworkTracker(salient=str(tmp_path)), frames, anchors_around(inside))


def test_it_names_its_weights_and_can_be_released(salient: str) -> None:
    assert NetworkTracker().card.name == f"{JointTracker.card.name} + u2netp"
    assert [files.names for files in NetworkTracker().weights] == [(FILE,)]
    tracker = NetworkTracker(salient=salient)
    frames, inside = still_disc()
    first = tracked(tracker, frames, anchors_around(inside))
    tracker.release()
    assert np.array_equal(tracked(tracker, frames, anchors_around(inside)), first)


@pytest.mark.skipif(
    not NetworkFiles("u2netp", (FILE,)).is_here(), reason="sparkle models fetch --recipe desk"
)
def test_the_published_network_shows_the_tracker_a_disc() -> None:
    frames, inside = still_disc()
    assert iou(tracked(NetworkTracker(), frames, anchors_around(inside)), inside) > 0.9
