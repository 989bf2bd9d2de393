"""Loading SAM 3 and EdgeTAM from folders in the published layouts: whole, damaged, in several precisions."""

import re
import subprocess
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from safetensors.torch import load_file, save_file  # noqa: E402
from tests.tiny_models import segmentation as tiny  # noqa: E402

from sparkle.backends import create_backend  # noqa: E402
from sparkle.backends.segmentation.promptable_video import load_complete  # noqa: E402
from sparkle.backends.segmentation.sam3 import Sam3Tracker, exact_positions  # noqa: E402
from sparkle.backends.weights import Weights  # noqa: E402
from sparkle.core.boxes import LabelledBox  # noqa: E402
from sparkle.core.errors import SettingsError, SetupError  # noqa: E402
from sparkle.roles import Anchor  # noqa: E402

FRAMES = np.random.default_rng(0).integers(0, 255, (3, 40, 50, 3), np.uint8)
ANCHOR = Anchor(0, (LabelledBox("man", (5.0, 5.0, 30.0, 35.0)),))


@pytest.fixture
def folder(tmp_path):
    return tiny.write_tiny_sam3(tmp_path / "sam3")


def tracked(tracker):
    return [mask for _, mask in tracker.open(FRAMES, [ANCHOR]).propagate(ANCHOR, "forward")]


def change_weights(folder, change):
    path = folder / "model.safetensors"
    weights = load_file(path)
    change(weights)
    save_file(weights, path, metadata={"format": "pt"})


@pytest.mark.parametrize(
    "key", ["segmentation.sam3", "segmentation.edgetam", "flow.unimatch", "edges.lineart"]
)
def test_making_a_backend_imports_nothing_heavy(key):
    """Doctor and recipes make every backend to ask what it is."""
    script = (
        "import sys; from sparkle.backends import create_backend;"
        f"create_backend({key!r}, {{}}).card;"
        "print([name for name in ('torch', 'transformers') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_the_whole_model_and_its_tracker_alone_give_the_same_masks(folder, tmp_path):
    """Both are published: facebook/sam3 holds detector and tracker, a converted tracker has other key names."""
    whole = load_complete(
        __import__("transformers").Sam3TrackerVideoModel, Weights(str(folder)), torch.float32
    )
    whole.save_pretrained(tmp_path / "tracker")
    first = tracked(Sam3Tracker(model=str(folder), device="cpu", dtype="float32"))
    second = tracked(Sam3Tracker(model=str(tmp_path / "tracker"), device="cpu", dtype="float32"))
    assert np.any(first)
    assert np.array_equal(first, second)


@pytest.mark.parametrize("key", ["segmentation.sam3", "segmentation.edgetam"])
def test_bfloat16_tracks(folder, tmp_path, key):
    model = folder if key.endswith("sam3") else tiny.write_tiny_edgetam(tmp_path / "edgetam")
    masks = tracked(create_backend(key, {"model": str(model), "device": "cpu", "dtype": "bfloat16"}))
    assert [mask.shape for mask in masks] == [(1, 40, 50)] * 3


def test_positions_of_the_vision_encoder_are_exact_in_bfloat16(folder):
    """transformers before 5.24 rounds them: thirds of a patch become up to a sixteenth wrong."""
    model = load_complete(transformers.Sam3TrackerVideoModel, Weights(str(folder)), torch.bfloat16)
    layers = model.vision_encoder.backbone.layers
    expected = torch.arange(8) * (3 / 8)
    layers[1].position_ids = layers[1].position_ids.bfloat16()
    exact_positions(model)
    assert torch.equal(layers[1].position_ids[:8, 0], expected)


def test_missing_weights_are_named(folder):
    change_weights(folder, lambda weights: weights.pop("tracker_model.no_object_pointer"))
    with pytest.raises(SetupError, match=r"1 weights are missing \(no_object_pointer\)"):
        Sam3Tracker(model=str(folder), device="cpu").open(FRAMES, [])


def test_weights_of_another_shape_are_named(folder):
    def widen(weights):
        weights["tracker_model.no_object_pointer"] = torch.zeros(1, 7)

    change_weights(folder, widen)
    with pytest.raises(SetupError, match=r"1 weights have another shape \(no_object_pointer\)"):
        Sam3Tracker(model=str(folder), device="cpu").open(FRAMES, [])


def test_a_folder_without_a_checkpoint_is_refused(tmp_path):
    with pytest.raises(SetupError, match=re.escape(str(tmp_path))):
        Sam3Tracker(model=str(tmp_path), device="cpu").open(FRAMES, [])


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_here_is_said_before_anything_is_loaded(tmp_path):
    with pytest.raises(SetupError, match="set device: cpu"):
        Sam3Tracker(model=str(tmp_path)).open(FRAMES, [])


def test_an_unknown_precision_is_refused():
    with pytest.raises(SettingsError, match=r"dtype: .*'bfloat16'.*, got 'int4'"):
        Sam3Tracker(dtype="int4")


def test_a_backend_says_what_it_is_and_takes():
    tracker = Sam3Tracker(feature_memory_gb=1.5)
    assert tracker.card.name == "facebook/sam3"
    assert tracker.weights[0].files == ("config.json", "model.safetensors")
    assert tracker.gpu_memory_gb == pytest.approx(5.5)
    assert Sam3Tracker(device="cpu").gpu_memory_gb == 0


def test_edgetam_says_that_its_backbone_needs_timm(tmp_path):
    """Runs where timm, or the torchvision that it imports, is not installed, which is why EdgeTAM cannot be loaded."""
    try:
        import timm  # noqa: F401
    except ImportError:
        pass
    else:
        pytest.skip("timm is here")
    folder = tiny.write_tiny_edgetam(tmp_path)
    config = folder / "config.json"
    text = config.read_text().replace('"sam2_vision_model"', '"edgetam_vision_model"')
    config.write_text(
        re.sub(r'"backbone_config": \{.*?\n    \},', f'"backbone_config": {REPVIT},', text, flags=re.S)
    )
    with pytest.raises(SetupError, match="timm"):
        create_backend("segmentation.edgetam", {"model": str(folder), "device": "cpu"}).open(FRAMES, [])


REPVIT = """{"model_type": "timm_wrapper", "architecture": "repvit_m1", "num_classes": 2, "label_names": ["a", "b"],
  "model_args": {"in_chans": 3, "features_only": true, "out_indices": [0, 1, 2, 3]}}"""
