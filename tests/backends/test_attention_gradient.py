"""Attention that is learnt through by FlashAttention 4; a small package of exact arithmetic stands for it."""

import sys

import pytest

torch = pytest.importorskip("torch")

from sparkle.backends import attention_gradient  # noqa: E402
from sparkle.backends.attention_gradient import NAMESPACE, attention_with_gradient, gradient_difference  # noqa: E402
from sparkle.backends.attention_kernels import sdpa  # noqa: E402
from sparkle.core.errors import SetupError  # noqa: E402
from sparkle.kiwi.training.recompute import recompute_all_but_attention  # noqa: E402

INTERFACE = """
import torch

CALLS = []

def weights(q, k):
    scores = torch.einsum("bnhd,bmhd->bhnm", q.float(), k.float()) / q.shape[-1] ** 0.5
    return scores.softmax(-1), scores.logsumexp(-1)

def flash_attn_func(q, k, v, return_lse=False):
    CALLS.append("forward")
    found, normaliser = weights(q, k)
    return torch.einsum("bhnm,bmhd->bnhd", found, v.float()).to(q.dtype).contiguous(), normaliser

def _flash_attn_bwd(q, k, v, out, dout, lse):
    CALLS.append("backward")
    p, _ = weights(q, k)
    up = dout.float()
    dv = torch.einsum("bhnm,bnhd->bmhd", p, up)
    dp = torch.einsum("bnhd,bmhd->bhnm", up, v.float())
    ds = p * (dp - (dp * p).sum(-1, keepdim=True)) / q.shape[-1] ** 0.5
    dq = torch.einsum("bhnm,bmhd->bnhd", ds, k.float())
    dk = torch.einsum("bhnm,bnhd->bmhd", ds, q.float())
    return FACTOR * dq.to(q.dtype).contiguous(), dk.to(q.dtype).contiguous(), dv.to(q.dtype).contiguous()
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Install a package that brings FlashAttention 4, for one test; its gradient of queries is `factor` times right."""

    def install(factor=1):
        # Operators last as long as the process.
        monkeypatch.setattr(attention_gradient, "NAMESPACE", f"{NAMESPACE}_{tmp_path.name}_{factor}")
        (tmp_path / "flash_attn/cute").mkdir(parents=True)
        (tmp_path / "flash_attn/__init__.py").touch()
        (tmp_path / "flash_attn/cute/__init__.py").write_text("from .interface import flash_attn_func")
        (tmp_path / "flash_attn/cute/interface.py").write_text(f"FACTOR = {factor}\n{INTERFACE}")
        monkeypatch.syspath_prepend(str(tmp_path))

    yield install
    for name in [name for name in sys.modules if name.split(".")[0] == "flash_attn"]:
        del sys.modules[name]


def test_result_and_gradients_are_torch_s(package):
    package()
    attend = attention_with_gradient(2, 16, "cpu")
    assert gradient_difference(attend, 3, 8, "cpu") < 0.01
    assert gradient_difference(sdpa, 3, 8, "cpu") < 0.01


def test_wrong_gradients_are_refused_though_the_result_is_right(package):
    package(factor=2)
    with pytest.raises(SetupError, match=r"fa4: flash_attn.cute's gradients are off by .*; install another"):
        attention_with_gradient(2, 16, "cpu")


def test_where_it_is_not_installed_the_install_is_told():
    with pytest.raises(SetupError, match=r"fa4: none of flash_attn.cute is installed \(pip install --pre"):
        attention_with_gradient(2, 16, "cpu")


@pytest.mark.parametrize("compiled", [False, True])
def test_its_result_is_kept_where_the_rest_of_a_block_is_computed_again(package, monkeypatch, compiled):
    package()
    monkeypatch.setattr("sparkle.kiwi.training.recompute.NAMESPACE", attention_gradient.NAMESPACE)
    attend = attention_with_gradient(2, 16, "cpu")
    calls = sys.modules["flash_attn.cute.interface"].CALLS

    class Block(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.into, self.out = torch.nn.Linear(32, 32), torch.nn.Linear(32, 32)

        def forward(self, inputs):
            heads = self.into(inputs).unflatten(2, (2, 16))
            return self.out(attend(heads, heads * 2, heads + 1).flatten(2).type_as(inputs))

    torch.manual_seed(0)
    block, inputs = Block(), torch.randn(1, 20, 32)
    block(inputs).sum().backward()
    expected = block.into.weight.grad.clone()
    block.zero_grad()
    recompute_all_but_attention([block])
    run = torch.compile(block, backend="aot_eager") if compiled else block
    calls.clear()
    run(inputs).sum().backward()
    assert calls == ["forward", "backward"]
    torch.testing.assert_close(block.into.weight.grad, expected)
