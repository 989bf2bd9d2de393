"""The windows of the vision tower, attended all at once, against transformers' one after the other."""

import pytest

torch = pytest.importorskip("torch")

from torch.nn import functional  # noqa: E402
from transformers import Qwen2_5_VLModel  # noqa: E402

from sparkle.kiwi.config import KiwiConfig  # noqa: E402
from sparkle.kiwi.training.scratch import ScratchSettings  # noqa: E402
from sparkle.kiwi.vision_attention import attend_all_windows_at_once  # noqa: E402

GRID = (3, 22, 30)  # patches; windows of 8 x 8 leave shorter ones at both edges


@pytest.fixture
def qwen():
    torch.manual_seed(0)
    sizes = ScratchSettings(vision_width=64, vision_layers=2)
    return Qwen2_5_VLModel(KiwiConfig.model_validate(sizes.config_values()).qwen_config()).eval()


@pytest.mark.parametrize("grids", [[GRID], [GRID, (1, 8, 6)], [(1, 4, 4)]])
def test_the_vision_tower_sees_what_it_saw(qwen, grids):
    patches = torch.randn(sum(pairs * rows * columns for pairs, rows, columns in grids), 1176)
    with torch.no_grad():
        one_by_one = qwen.visual(patches, torch.tensor(grids)).pooler_output
        attend_all_windows_at_once(qwen)
        at_once = qwen.visual(patches, torch.tensor(grids)).pooler_output
    torch.testing.assert_close(at_once, one_by_one, rtol=1e-5, atol=1e-6)


def test_the_configuration_stays_good_for_another_model(qwen):
    attend_all_windows_at_once(qwen)
    another = Qwen2_5_VLModel(qwen.config)
    assert another.visual.config._attn_implementation == "sdpa"


def test_windows_of_one_length_take_one_call(qwen, monkeypatch):
    shapes = []

    def counted(query, *others, **options):
        shapes.append(tuple(query.shape[::2]))
        return functional.scaled_dot_product_attention(query, *others, **options)

    monkeypatch.setattr("sparkle.kiwi.vision_attention.scaled_dot_product_attention", counted)
    attend_all_windows_at_once(qwen)
    with torch.no_grad():
        qwen.visual(torch.randn(3 * 22 * 30, 1176), torch.tensor([GRID]))
    # In each of three frames: 6 whole windows, 5 cut at one edge, one at both; then the frame as a whole.
    assert sorted(shapes) == [(3, 36), (3, 22 * 30), (15, 48), (18, 64)]


def test_gradients_reach_the_tower_as_before(qwen):
    patches, gradients = torch.randn(3 * 22 * 30, 1176), []
    for prepare in (lambda model: None, attend_all_windows_at_once):
        prepare(qwen)
        qwen.zero_grad()
        qwen.visual(patches, torch.tensor([GRID])).pooler_output.square().mean().backward()
        gradients.append(qwen.visual.blocks[0].attn.qkv.weight.grad)
    torch.testing.assert_close(*gradients, rtol=1e-4, atol=1e-7)
