from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from PIL import Image as Pillow  # noqa: E402
from tests.tiny_models.flux2_klein import save_flux2_klein  # noqa: E402

from sparkle.backends import create_backend  # noqa: E402
from sparkle.backends.diffusion import flux2_klein  # noqa: E402
from sparkle.backends.diffusion.flux2_klein import Flux2KleinEditor, Flux2KleinRemover  # noqa: E402
from sparkle.core.errors import BackendError, SetupError  # noqa: E402
from sparkle.roles import EditRequest, Image, RemovalRequest  # noqa: E402

CPU = {"device": "cpu", "dtype": "float32"}


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(save_flux2_klein(tmp_path_factory.mktemp("flux2_klein")))


@pytest.fixture(scope="module")
def editor(checkpoint: str) -> Flux2KleinEditor:
    return Flux2KleinEditor(model=checkpoint, **CPU)


def picture(seed: int, height: int = 70, width: int = 100) -> Image:
    blocks = np.random.default_rng(seed).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    return np.asarray(Pillow.fromarray(blocks).resize((width, height)))


def edit_request(
    seed: int, instruction: str = "a beach at dusk", background: Image | None = None, **size: int
) -> EditRequest:
    return EditRequest(picture(seed, **size)[None], instruction, None, seed, background)


def different(one: Image, other: Image) -> float:
    """Return the share of values that differ by more than rounding does."""
    return float((np.abs(one.astype(int) - other) > 1).mean())


@pytest.mark.parametrize(("height", "width"), [(64, 96), (70, 100), (65, 190)])
def test_an_edit_has_the_sources_size(editor: Flux2KleinEditor, height: int, width: int) -> None:
    edited = editor(edit_request(1, height=height, width=width))
    assert edited.shape == (height, width, 3)
    assert edited.dtype == np.uint8


def test_a_picture_of_too_many_pixels_is_scaled_and_comes_back_at_its_size(
    editor: Flux2KleinEditor, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = edit_request(1, height=130, width=190)
    whole = editor(request)
    monkeypatch.setattr(flux2_klein, "MOST_PIXELS", 96 * 144)
    scaled = editor(request)
    assert scaled.shape == whole.shape == (130, 190, 3)
    assert different(scaled, whole) > 0.3


def test_same_request_same_picture_and_another_seed_another(editor: Flux2KleinEditor) -> None:
    request = edit_request(1)
    first = editor(request)
    np.testing.assert_array_equal(first, editor(request))
    reseeded = EditRequest(request.frames, request.instruction, None, seed=2)
    assert different(first, editor(reseeded)) > 0.3


def test_a_batch_of_different_pictures_is_what_each_gives_alone(editor: Flux2KleinEditor) -> None:
    """The stock pipeline shows every picture to every prompt of a batch."""
    requests = [edit_request(seed, words) for seed, words in enumerate(("a beach", "a dark forest", "snow"))]
    together = editor.edit_many(requests)
    for request, edited in zip(requests, together, strict=True):
        assert different(editor(request), edited) == 0
    swapped = EditRequest(requests[1].frames, requests[0].instruction, None, requests[0].seed)
    assert different(editor(swapped), together[0]) > 0.01


def test_a_users_background_is_seen_and_each_batch_member_sees_its_own(editor: Flux2KleinEditor) -> None:
    plain, forest, snow = (
        edit_request(1, "there", background) for background in (None, picture(8), picture(9))
    )
    in_forest, in_snow = editor.edit_many([forest, snow])
    assert different(editor(forest), in_forest) == 0
    assert different(editor(snow), in_snow) == 0
    assert different(in_forest, in_snow) > 0.01
    assert different(editor(plain), in_forest) > 0.01


def test_a_removal_follows_its_own_instruction(checkpoint: str) -> None:
    remover = Flux2KleinRemover(model=checkpoint, **CPU)
    man, dog = (
        RemovalRequest(picture(1), picture(2)[None], (), f"Remove the {label}.", "a beach", None, seed=1)
        for label in ("bald man", "dog")
    )
    without_man, without_dog = remover(man), remover(dog)
    assert without_man.shape == picture(1).shape
    assert different(without_man, without_dog) > 0.01
    together = remover.remove_many([man, dog])
    assert different(together[0], without_man) == 0


def test_both_roles_share_one_loaded_pipeline(checkpoint: str) -> None:
    options = {"model": checkpoint, "steps": 3, **CPU}
    editor = create_backend("diffusion.flux2_klein_editor", options)
    remover = create_backend("diffusion.flux2_klein_remover", options)
    elsewhere = create_backend("diffusion.flux2_klein_remover", {**options, "fp8": True})
    with editor.held.use("test") as one, remover.held.use("test") as other:
        assert one is other
    assert elsewhere.held is not editor.held
    remover.release()
    with editor.held.use("test") as again:
        assert again is not one


def test_pictures_that_cannot_be_edited_together_are_refused(editor: Flux2KleinEditor) -> None:
    with pytest.raises(BackendError, match="one size"):
        editor.edit_many([edit_request(1), edit_request(2, height=64)])
    with pytest.raises(BackendError, match="equally many"):
        editor.edit_many([edit_request(1), edit_request(2, background=picture(3))])


@pytest.mark.parametrize(("height", "width"), [(40, 100), (70, 700)])
def test_pictures_that_the_model_does_not_take_are_refused(
    editor: Flux2KleinEditor, height: int, width: int
) -> None:
    with pytest.raises(BackendError, match=f"{width}x{height}"):
        editor(edit_request(1, height=height, width=width))


def test_eight_bit_weights_edit_almost_alike(checkpoint: str, editor: Flux2KleinEditor) -> None:
    small = Flux2KleinEditor(model=checkpoint, fp8=True, **CPU)
    request = edit_request(1)
    edited = small(request)
    with small.held.use("test") as pipeline:
        kept = {weight.dtype for weight in pipeline.transformer.parameters()}
    assert torch.float8_e4m3fn in kept
    exact = editor(request)
    assert 0 < np.abs(edited.astype(int) - exact).mean() < 10


def test_a_missing_model_says_how_to_get_it(tmp_path: Path) -> None:
    absent = Flux2KleinEditor(model="black-forest-labs/no-such-model", **CPU)
    with pytest.raises(SetupError, match="sparkle models fetch"):
        absent(edit_request(1))
    with pytest.raises(SetupError, match="sparkle models fetch"):
        Flux2KleinEditor(model=str(tmp_path), **CPU)(edit_request(1))
