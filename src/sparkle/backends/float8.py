"""Linear layers in float8: weights with a scale for each row, inputs with a scale for each token, by torchao.

Twice the arithmetic speed of bfloat16 on GPUs since Ada and Hopper, and half the memory. What it does to trained
weights was not seen here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sparkle.core.errors import SettingsError, SetupError
from sparkle.core.extras import require

# Keys and values of the text are made of 512 tokens: nothing to gain.
SMALL = ("attn2.to_k", "attn2.to_v")
CAPABILITY = (8, 9)


def check_float8(device: str) -> None:
    """Raise SetupError when torchao or a GPU with float8 products is missing. A CPU computes them, slowly."""
    require("torchao", "speed", "precision: fp8")
    torch = require("torch", "models", "precision: fp8")
    if torch.device(device).type != "cuda":
        return
    capability = torch.cuda.get_device_capability(device)
    if capability < CAPABILITY:
        raise SetupError(
            f"precision: fp8: this GPU has compute capability {capability[0]}.{capability[1]}, float8 products need "
            f"{CAPABILITY[0]}.{CAPABILITY[1]}; set fp8: true to store the weights in 8 bits, or precision: full"
        )


def to_float8(transformer: Any, device: str, *, stays: bool) -> None:
    """Turn the linear layers of a transformer's blocks to float8, but those of the first and the last block.

    Norms, embeddings and modulation stay as they are. Weights pass through the device one by one; with `stays` they
    stay there. Raises SettingsError for weights that are not bfloat16.
    """
    torch = require("torch", "models", "precision: fp8")
    quantization = require("torchao.quantization", "speed", "precision: fp8")
    from torchao.float8.inference import Float8MMConfig
    from torchao.quantization.quantize_.common import KernelPreference
    from torchao.quantization.quantize_.workflows import QuantizeTensorToFloat8Kwargs

    how = {"granularity": quantization.PerRow(), "mm_config": Float8MMConfig(use_fast_accum=True)}
    how["kernel_preference"] = KernelPreference.TORCH
    inputs = QuantizeTensorToFloat8Kwargs(torch.float8_e4m3fn, **how)
    for name, layer in float8_layers(transformer):
        if layer.weight.dtype != torch.bfloat16:
            raise SettingsError(f"precision: fp8: needs dtype: bfloat16, {name} has {layer.weight.dtype}")
        weight = quantization.Float8Tensor.from_hp(
            layer.weight.data.to(device), torch.float8_e4m3fn, act_quant_kwargs=inputs, **how
        )
        weight = weight if stays else weight.to(layer.weight.device)
        layer.weight = torch.nn.Parameter(weight, requires_grad=False)


def float8_layers(transformer: Any) -> Iterator[tuple[str, Any]]:
    """Yield the linear layers that `to_float8` turns, by name."""
    torch = require("torch", "models", "precision: fp8")
    for stack in ("blocks", "vace_blocks"):
        for index, block in enumerate(list(getattr(transformer, stack, ()))[1:-1], start=1):
            for name, layer in block.named_modules():
                if isinstance(layer, torch.nn.Linear) and name not in SMALL:
                    yield f"{stack}.{index}.{name}", layer
