"""Attention by other kernels than torch's own: found, and held against torch's own, before a model uses one.

Queries, keys and values are (B, N, heads, head size), 16-bit floats on a GPU; no mask, no gradient.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention

from sparkle.core.errors import SettingsError, SetupError

Attend = Callable[[Any, Any, Any], Any]

# The largest value of float8 e4m3.
LARGEST = 448.0
# Tokens of the check: no multiple of any kernel's tile, so that the last one is partly filled; and as many as a clip
# has, of few heads, because sums in 8 bits get worse with their length.
SHORT, LONG, FEW = 333, 32_123, 2


@dataclass(frozen=True, slots=True)
class Kernel:
    """One choice: the modules that may bring it, the first of them that is installed counts, and how it is called.

    error: the largest relative difference to exact attention, ||out - exact|| / ||exact||, that a right kernel of this
        kind has on the inputs of the check, with room to spare: bf16 alone makes 0.004.
    """

    modules: tuple[str, ...]
    install: str
    error: float
    make: Callable[[ModuleType], Attend]


def attention_kernel(name: str, heads: int, head_size: int, dtype: Any, device: Any) -> Attend:
    """Return attention by the kernel `name` (a key of KERNELS), checked on this device at a model's own shape.

    Raises SetupError when no module has it, when it fails to run here, or when what it returns is not attention.
    """
    kernel = _known(name)
    module = _module(name)
    attend = _made(name, module)
    try:
        errors = [
            difference(attend, SHORT, heads, head_size, dtype, device),
            difference(attend, LONG, FEW, head_size, dtype, device),
        ]
    except (RuntimeError, ValueError, TypeError, NotImplementedError, AssertionError) as failure:
        said = " ".join(str(failure).split()) or type(failure).__name__
        raise SetupError(
            f"attention: {name}: {module.__name__} does not run here at {heads} heads of {head_size} ({said}); "
            f"install a build of it for this GPU and this torch, or set attention: sdpa"
        ) from failure
    error = max(errors, key=lambda each: (math.isnan(each), each))
    if not error <= kernel.error:  # NaN, too
        raise SetupError(
            f"attention: {name}: {module.__name__} does not compute attention here: its result is off by {error:.3g}, "
            f"at most {kernel.error:g} is right; install another build of it, or set attention: sdpa"
        )
    return attend


def check_installed(name: str) -> None:
    """Raise SetupError when no installed module has the kernel; cheap, so that nothing is loaded in vain."""
    _module(name)


def difference(attend: Attend, tokens: int, heads: int, head_size: int, dtype: Any, device: Any) -> float:
    """Return ||out - exact|| / ||exact|| on random inputs, with exact attention in float32; NaN where out has one.

    Keys and values have an offset in common, as those of trained models have.
    """
    generator = torch.Generator("cpu").manual_seed(0)

    def draw(scale: float) -> Any:
        values = torch.randn(1, tokens, heads, head_size, generator=generator) * scale
        return values.to(device, dtype)

    query, key, value = draw(1.5), draw(1.0), draw(1.0)
    key, value = key + draw(1.0)[:, :1], value + draw(0.5)[:, :1]
    with torch.no_grad():
        found = attend(query, key, value)
        if found.shape != query.shape or found.dtype != dtype:
            return math.nan
        exact = sdpa(query.float(), key.float(), value.float())
        return float((found.float() - exact).norm() / exact.norm())


def sdpa(query: Any, key: Any, value: Any) -> Any:
    """Attend as torch chooses: by cuDNN on Hopper and Blackwell, by FlashAttention 2 on others."""
    heads_first = (each.transpose(1, 2) for each in (query, key, value))
    return scaled_dot_product_attention(*heads_first).transpose(1, 2)


def _flash(operator: str) -> Callable[[ModuleType], Attend]:
    def make(module: ModuleType) -> Attend:
        def run(query: Any, key: Any, value: Any) -> Any:
            return _first(module.flash_attn_func(query, key, value)).contiguous()

        return opaque(operator, module.__name__, run)

    return make


def _flash_float8(module: ModuleType) -> Attend:

    def run(query: Any, key: Any, value: Any, *scales: Any) -> Any:
        names = ("q_descale", "k_descale", "v_descale")
        out = module.flash_attn_func(query, key, value, **dict(zip(names, scales, strict=True)))
        return _first(out).contiguous()

    operator = opaque("fa3_fp8", module.__name__, run, inputs=6, dtype=torch.bfloat16)

    def attend(query: Any, key: Any, value: Any) -> Any:
        # What all keys have in common moves all scores of a query alike; what all values have in common comes out as it
        # went in. Sums in float8 would lose much of it: they round towards zero, 79,200 times.
        common = value.mean(dim=1, keepdim=True)
        pairs = [_to_float8(each) for each in (query, key - key.mean(dim=1, keepdim=True), value - common)]
        varying = operator(*(values for values, _ in pairs), *(scale for _, scale in pairs))
        return (varying + common).to(query.dtype)

    return attend


def _to_float8(values: Any) -> tuple[Any, Any]:
    """Return float8 values with a scale (B, heads), such that values * scale are the given ones."""
    scale = values.abs().amax(dim=(1, 3)).float().clamp(min=1e-12) / LARGEST
    return (values.float() / scale[:, None, :, None]).to(torch.float8_e4m3fn), scale


def _sage(module: ModuleType) -> Attend:
    if not hasattr(module, "sageattn_qk_int8_pv_fp8_cuda"):
        raise SetupError(
            "attention: sage2: the installed sageattention is version 1; build version 2 from its source, "
            "https://github.com/thu-ml/SageAttention, or set attention: sdpa"
        )

    def run(query: Any, key: Any, value: Any) -> Any:
        return module.sageattn(query, key, value, tensor_layout="NHD", is_causal=False).contiguous()

    return opaque("sage2", module.__name__, run)


KERNELS = {
    "fa3": Kernel(
        ("flash_attn_interface", "fa3_fwd_interface"),
        "on Hopper: pip install fa3-fwd, or build FlashAttention's folder hopper/",
        0.01,
        _flash("fa3"),
    ),
    "fa3_fp8": Kernel(
        ("flash_attn_interface", "fa3_fwd_interface"),
        "on Hopper: pip install fa3-fwd, or build FlashAttention's folder hopper/",
        0.05,
        _flash_float8,
    ),
    "fa4": Kernel(("flash_attn.cute",), "pip install --pre flash-attn-4", 0.01, _flash("fa4")),
    "sage2": Kernel(
        ("sageattention",),
        "build SageAttention 2 from its source, https://github.com/thu-ml/SageAttention",
        0.05,
        _sage,
    ),
}


def _known(name: str) -> Kernel:
    if name not in KERNELS:
        raise SettingsError(f"attention: {name!r} is not known; choose one of sdpa, {', '.join(KERNELS)}")
    return KERNELS[name]


def _module(name: str) -> ModuleType:
    """Return the first installed module that has the kernel. Raises SetupError for none, or one that is broken."""
    kernel = _known(name)
    for module in kernel.modules:
        try:
            return importlib.import_module(module)
        except ModuleNotFoundError as error:
            if error.name is None or not f"{module}.".startswith(f"{error.name}."):
                raise SetupError(
                    f"attention: {name}: {module} needs {error.name}, which is not installed; install it, "
                    f"or set attention: sdpa"
                ) from error
        except (ImportError, OSError, RuntimeError) as error:
            raise SetupError(
                f"attention: {name}: {module} cannot be loaded ({error}); install a build of it for this GPU and this "
                f"torch, or set attention: sdpa"
            ) from error
    raise SetupError(
        f"attention: {name}: none of {', '.join(kernel.modules)} is installed ({kernel.install}); "
        f"or set attention: sdpa"
    )


@cache
def _made(name: str, module: ModuleType) -> Attend:
    """One callable for all models, so that what was compiled for one serves the next."""
    return KERNELS[name].make(module)


def opaque(
    operator: str, origin: str, run: Callable[..., Any], inputs: int = 3, dtype: Any = None
) -> Callable[..., Any]:
    """Return `run` as one operator of torch, which its compiler does not look into.

    The result has the first input's shape, and its dtype unless `dtype` says another.
    """
    arguments = ", ".join(f"Tensor input{index}" for index in range(inputs))
    named = f"sparkle::{operator}_{origin.replace('.', '_')}_{len(_OPERATORS)}"
    made = torch.library.custom_op(named, run, mutates_args=(), schema=f"({arguments}) -> Tensor")
    made.register_fake(lambda first, *_: first.new_empty(first.shape, dtype=dtype or first.dtype))
    _OPERATORS.append(made)
    compiled: Callable[..., Any] = made
    return compiled


# Operators last as long as the process; their names must differ.
_OPERATORS: list[Any] = []


def _first(out: Any) -> Any:
    """Return the output of a kernel that may return the softmax's normaliser beside it."""
    return out[0] if isinstance(out, tuple) else out
