"""The cpu grounder with networks: salient objects where nothing else is found, names where the detector knows them."""

from pathlib import Path

import numpy as np
import pytest
from tests.backends.onnx.tiny_graphs import bright_is_salient, detections, save

from sparkle.backends.cpu.grounder import EvidenceGrounder
from sparkle.backends.onnx.grounder import NetworkGrounder
from sparkle.backends.onnx.network_files import NetworkFiles
from sparkle.core.errors import BackendError, SetupError
from sparkle.demo import DemoClip

COUNT = 17
DOG = 16


@pytest.fixture
def still_life() -> np.ndarray:
    """A vase a little brighter than a patterned wall, and a lamp in the corner: nothing moves but the noise."""
    random = np.random.default_rng(3)
    y, x = np.indices((120, 208))
    frame = 100 + 10 * np.sin(x / 3) * np.sin(y / 3)
    frame[40:110, 80:120] = 122
    frame[0, 0] = 255
    frames = frame[None, ..., None] + random.normal(0, 2, (COUNT, 120, 208, 3))
    return np.clip(frames, 0, 255).astype(np.uint8)


@pytest.fixture
def salient(tmp_path: Path) -> str:
    save(bright_is_salient(), tmp_path / "salient" / "u2netp.onnx")
    return str(tmp_path / "salient")


def test_what_stands_out_is_found_where_nothing_moves(still_life: np.ndarray, salient: str) -> None:
    assert EvidenceGrounder().first_round(still_life, still_life[0]) == []
    grounder = NetworkGrounder(salient=salient)
    first = grounder.first_round(still_life, still_life[0])
    assert np.allclose(first[0].xyxy, (80, 40, 120, 110), atol=2.5)
    anchors = grounder.second_round(still_life, [0, 8, 16], first)
    assert all(np.allclose(anchor.boxes[0].xyxy, (80, 40, 120, 110), atol=2.5) for anchor in anchors)


def test_where_the_cpu_grounder_finds_its_subject_nothing_else_is_asked(
    demo_clip: DemoClip, tmp_path: Path
) -> None:
    own = EvidenceGrounder().first_round(demo_clip.frames, demo_clip.frames[0])
    assert own
    grounder = NetworkGrounder(salient=str(tmp_path))  # a folder without the network: it would fail
    assert grounder.first_round(demo_clip.frames, demo_clip.frames[0]) == own
    with pytest.raises(SetupError, match=r"u2netp\.onnx"):
        grounder.first_round(np.zeros_like(demo_clip.frames), demo_clip.frames[0])


def test_a_detector_gives_things_their_names(still_life: np.ndarray, salient: str, tmp_path: Path) -> None:
    logits = np.full((2, 80), -9.0, np.float32)
    logits[1, DOG] = 3.0
    boxes = np.array([(0.9, 0.1, 0.1, 0.1), (100 / 208, 75 / 120, 40 / 208, 70 / 120)], np.float32)
    save(detections(logits, boxes), tmp_path / "names" / "model.onnx")
    grounder = NetworkGrounder(salient=salient, detector=str(tmp_path / "names"))
    first = grounder.first_round(still_life, still_life[0])
    assert first[0].label == "dog"
    assert [anchor.boxes[0].label for anchor in grounder.second_round(still_life, [0, 16], first)] == [
        "dog"
    ] * 2


def test_words_name_what_the_detector_knows(still_life: np.ndarray, salient: str, tmp_path: Path) -> None:
    logits = np.full((3, 80), -9.0, np.float32)
    logits[1:, DOG] = 3.0, 1.0
    boxes = np.array([(0.5, 0.5, 0.1, 0.1), (0.25, 0.5, 0.1, 0.2), (0.75, 0.5, 0.1, 0.2)], np.float32)
    save(detections(logits, boxes), tmp_path / "names" / "model.onnx")
    grounder = NetworkGrounder(salient=salient, detector=str(tmp_path / "names"))
    anchors = grounder.find_named(still_life, [0, 16], "the dog")
    assert [[box.label for box in anchor.boxes] for anchor in anchors] == [["dog", "dog 2"]] * 2
    assert anchors[1].boxes[0].xyxy == pytest.approx((41.6, 48.0, 62.4, 72.0), abs=1e-3)
    assert grounder.find_named(still_life, [0], "cat")[0].boxes == ()
    with pytest.raises(BackendError, match="'hat' names none"):
        grounder.find_named(still_life, [0], "hat")


def test_it_names_what_it_is_made_of() -> None:
    grounder = NetworkGrounder()
    assert grounder.card.name == "sparkle-evidence-grounder + u2netp"
    assert grounder.weights == (NetworkFiles("u2netp", ("u2netp.onnx",)),)
    both = NetworkGrounder(detector="onnx-community/dfine_n_coco-ONNX")
    assert [files.model for files in both.weights] == ["u2netp", "onnx-community/dfine_n_coco-ONNX"]
