"""UniMatch's flow with random weights: against the reference's numbers, and as the camera check uses it.

unimatch_reference.npz holds flow that ptlflow 0.4.2's copy of the authors' code (MIT) computed in float64 with the
weights of tests/tiny_models/flow.py, every fourth pixel, for each kind of checkpoint.
"""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.tiny_models.flow import random_weights, write_tiny_unimatch  # noqa: E402

from sparkle.backends import create_backend  # noqa: E402
from sparkle.backends.flow.gmflow import GMFlow, load_gmflow  # noqa: E402
from sparkle.backends.flow.unimatch import CHECKPOINT, UniMatchFlow  # noqa: E402
from sparkle.camera import CameraSettings, check_camera  # noqa: E402
from sparkle.core.errors import BackendError, SettingsError, SetupError  # noqa: E402

CPU = {"device": "cpu", "dtype": "float32"}
KINDS = {"scale1": (1, False), "scale2": (2, False), "refined": (2, True)}


@pytest.fixture(scope="module")
def reference():
    return np.load(Path(__file__).with_name("unimatch_reference.npz"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_tiny_unimatch(tmp_path_factory.mktemp("unimatch"))


def noise(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


@pytest.mark.parametrize("kind", KINDS)
def test_flow_equals_the_reference(reference, kind):
    model = GMFlow(*KINDS[kind]).eval()
    model.load_state_dict(random_weights(model.state_dict()))
    first, second = (
        torch.from_numpy(reference[name]).permute(2, 0, 1)[None].double() for name in ("first", "second")
    )
    with torch.inference_mode():
        flow = model.double()(first, second)[0, :, ::4, ::4].numpy()
    assert np.abs(flow).max() > 40
    assert np.allclose(flow, reference[kind], atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_the_kind_of_a_checkpoint_is_told_by_its_keys(tmp_path, kind):
    scales, refined = KINDS[kind]
    model = load_gmflow(write_tiny_unimatch(tmp_path, scales, refined) / CHECKPOINT)
    assert (model.scales, hasattr(model, "refine")) == KINDS[kind]


@pytest.mark.parametrize(("height", "width"), [(64, 96), (96, 64), (61, 97), (97, 61), (16, 16)])
def test_flow_has_the_frames_size(folder, height, width):
    flow = UniMatchFlow(model=str(folder), **CPU)(noise(height, width), noise(height, width, 1))
    assert (flow.shape, flow.dtype) == ((height, width, 2), np.float32)
    assert np.isfinite(flow).all()


def test_frames_of_the_models_sizes_are_given_to_it_as_they_are(folder):
    first, second = noise(64, 96), noise(64, 96, 1)
    model = load_gmflow(folder / CHECKPOINT)
    tensors = [torch.from_numpy(frame).permute(2, 0, 1)[None].float() for frame in (first, second)]
    with torch.inference_mode():
        expected = model(*tensors)[0].permute(1, 2, 0).numpy()
    assert np.allclose(UniMatchFlow(model=str(folder), **CPU)(first, second), expected, atol=1e-3)


def test_upright_frames_lie_on_their_side(folder):
    flow = UniMatchFlow(model=str(folder), **CPU)
    first, second = noise(50, 70), noise(50, 70, 1)
    lying = flow(first, second)
    upright = flow(first.swapaxes(0, 1), second.swapaxes(0, 1))
    assert np.allclose(upright, lying.swapaxes(0, 1)[..., ::-1], atol=1e-4)


def test_flow_is_measured_in_pixels_of_the_frames(folder):
    """What is 5 pixels on the stretched picture of 80x64 is 4.1 on a frame of 65x49, across."""
    first, second = noise(49, 65), noise(49, 65, 1)
    stretched = [
        torch.nn.functional.interpolate(
            torch.from_numpy(frame).permute(2, 0, 1)[None].float(),
            (64, 80),
            mode="bilinear",
            align_corners=True,
        )
        for frame in (first, second)
    ]
    with torch.inference_mode():
        on_stretched = load_gmflow(folder / CHECKPOINT)(*stretched)[0].permute(1, 2, 0).numpy()
    flow = UniMatchFlow(model=str(folder), **CPU)(first, second)
    corners = np.ix_((0, -1), (0, -1))  # where no interpolation mixes places
    assert np.allclose(flow[corners], on_stretched[corners] * [65 / 80, 49 / 64], atol=1e-3)


def test_the_camera_check_runs_on_it(folder):
    frames = np.stack([noise(48, 64, seed) for seed in range(3)])
    movement = check_camera(frames, [0.0, 0.5, 1.0], UniMatchFlow(model=str(folder), **CPU), CameraSettings())
    assert movement.kind == "unknown"


def test_frames_of_two_sizes_are_refused(folder):
    with pytest.raises(BackendError, match="one size"):
        UniMatchFlow(model=str(folder), **CPU)(noise(48, 64), noise(48, 62))


def test_precision_too_coarse_for_flow_is_refused():
    with pytest.raises(SettingsError, match=r"dtype: .*'float32', got 'bfloat16'"):
        UniMatchFlow(dtype="bfloat16")


def test_no_folder_says_where_the_checkpoint_is():
    with pytest.raises(SetupError, match=f"https://.*{CHECKPOINT} into a folder"):
        UniMatchFlow(device="cpu")(noise(48, 64), noise(48, 64))


def test_a_checkpoint_of_something_else_names_its_keys(tmp_path):
    torch.save({"model": {"stereo.weight": torch.zeros(1)}}, tmp_path / CHECKPOINT)
    with pytest.raises(SetupError, match=r"Unexpected key.*stereo\.weight"):
        load_gmflow(tmp_path / CHECKPOINT)


def test_a_weight_of_another_shape_is_named(folder, tmp_path):
    stored = torch.load(folder / CHECKPOINT, weights_only=True)
    stored["model"]["backbone.conv2.bias"] = torch.zeros(3)
    torch.save(stored, tmp_path / CHECKPOINT)
    with pytest.raises(SetupError, match=r"backbone\.conv2\.bias"):
        load_gmflow(tmp_path / CHECKPOINT)


def test_a_pickle_that_runs_code_is_refused(tmp_path):
    class Harmful:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "was here",))

    torch.save({"model": Harmful()}, tmp_path / CHECKPOINT)
    with pytest.raises(SetupError, match="no checkpoint"):
        load_gmflow(tmp_path / CHECKPOINT)
    assert not (tmp_path / "was here").exists()


def test_release_and_the_next_use_give_the_same(folder):
    flow = create_backend("flow.unimatch", {"model": str(folder), **CPU})
    before = flow(noise(32, 48), noise(32, 48, 1))
    flow.release()
    assert np.array_equal(flow(noise(32, 48), noise(32, 48, 1)), before)
    assert flow.card.revision == CHECKPOINT.removesuffix(".pth")
