"""Attention kernels are found, checked, and refused with a reason. Small packages stand for the GPU's."""

import sys

import pytest

torch = pytest.importorskip("torch")

from sparkle.backends import attention_kernels, placement  # noqa: E402
from sparkle.backends.attention_kernels import attention_kernel, check_installed, sdpa  # noqa: E402
from sparkle.core.errors import SettingsError, SetupError  # noqa: E402

RIGHT = """
from torch.nn.functional import scaled_dot_product_attention
def flash_attn_func(q, k, v):
    out = scaled_dot_product_attention(*(each.transpose(1, 2) for each in (q, k, v)){how})
    return out.transpose(1, 2), None
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Install a package that brings FlashAttention 3, for one test."""

    def install(text, name="flash_attn_interface"):
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
        monkeypatch.syspath_prepend(str(tmp_path))

    monkeypatch.setattr(attention_kernels, "LONG", 700)
    yield install
    for name in ("flash_attn_interface", "fa3_fwd_interface", "sageattention"):
        sys.modules.pop(name, None)


def load(name="fa3"):
    return attention_kernel(name, 2, 16, torch.bfloat16, "cpu")


def test_the_names_are_the_placement_s():
    assert (placement.SDPA, *attention_kernels.KERNELS) == placement.ATTENTIONS


def test_a_right_kernel_is_used(package):
    package(RIGHT.format(how=""))
    inputs = [torch.randn(1, 50, 2, 16).bfloat16() for _ in range(3)]
    assert torch.allclose(load()(*inputs), sdpa(*inputs), atol=1e-2)


def test_the_second_known_package_serves_too(package):
    package(RIGHT.format(how=""), "fa3_fwd_interface")
    assert load() is not None


@pytest.mark.parametrize("how", [", is_causal=True", ", scale=0.3"])
def test_a_kernel_that_computes_something_else_is_refused(package, how):
    package(RIGHT.format(how=how))
    with pytest.raises(SetupError, match=r"fa3: flash_attn_interface does not compute attention.*sdpa"):
        load()


def test_a_kernel_of_another_shape_or_with_nan_is_refused(package):
    package("def flash_attn_func(q, k, v):\n    return q[:, :1] * 1\n")
    with pytest.raises(SetupError, match="off by nan"):
        load()


def test_a_kernel_that_fails_is_refused_with_what_it_says(package):
    package("def flash_attn_func(q, k, v):\n    raise RuntimeError('no kernel image is available')\n")
    with pytest.raises(SetupError, match="no kernel image is available"):
        load()


def test_a_kernel_that_is_not_there_is_named_with_what_to_install():
    with pytest.raises(SetupError, match=r"fa3: none of flash_attn_interface, fa3_fwd_interface.*fa3-fwd"):
        check_installed("fa3")


def test_a_package_without_its_own_needs_says_which(package):
    package("import no_such_thing\n")
    with pytest.raises(SetupError, match="needs no_such_thing"):
        check_installed("fa3")


def test_a_package_that_does_not_load_is_no_missing_one(package):
    package("raise OSError('undefined symbol')\n")
    with pytest.raises(SetupError, match="cannot be loaded"):
        check_installed("fa3")


def test_the_first_sageattention_is_refused(package):
    package("def sageattn(*args, **kwargs): ...\n", "sageattention")
    with pytest.raises(SetupError, match="version 1"):
        load("sage2")


def test_float8_attention_keeps_what_all_values_share(package):
    # This one knows no scale and loses three quarters of what it is given in common; the caller gives it none.
    package(
        "from torch.nn.functional import scaled_dot_product_attention\n"
        "import torch\n"
        "def flash_attn_func(q, k, v, q_descale, k_descale, v_descale):\n"
        "    q, k, v = (e.float() * s[:, None, :, None] for e, s in ((q, q_descale), (k, k_descale), (v, v_descale)))\n"
        "    v = v - 0.75 * v.mean(1, keepdim=True)\n"
        "    out = scaled_dot_product_attention(*(e.transpose(1, 2) for e in (q, k, v)))\n"
        "    return out.transpose(1, 2).bfloat16()\n"
    )
    inputs = [torch.randn(1, 300, 2, 16).bfloat16() + 1 for _ in range(3)]
    found, exact = load("fa3_fp8")(*inputs).float(), sdpa(*inputs).float()
    assert (found - exact).norm() / exact.norm() < 0.05


def test_an_unknown_name_is_refused():
    with pytest.raises(SettingsError, match="choose one of sdpa, fa3"):
        check_installed("fa2")
