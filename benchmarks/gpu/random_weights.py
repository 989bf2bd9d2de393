"""Full-size models with random weights, made where they run: nothing is read from disk or passes through the host.

Speed and memory do not depend on the values of the weights, so a model's class and configuration are enough to
measure it. Random values, unlike zeros, draw the same power.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch

from sparkle.backends.diffusion.fun_control.stored_tensors import build_empty, kept_in_float32

Module = TypeVar("Module", bound=torch.nn.Module)


def build_on(device: torch.device | str, dtype: torch.dtype, factory: Callable[[], Module]) -> Module:
    """Return `factory()` in evaluation mode on `device`, filled with random weights.

    Parameters get `dtype`, except those of modules that the model's class keeps in float32. Buffers (rotary tables
    and the like) are computed by the factory and keep their values and their dtype.
    """
    model = build_empty(factory)
    float32_parts = kept_in_float32(model, dtype)
    made: dict[int, torch.nn.Parameter] = {}
    for module_name, module in model.named_modules():
        for name, parameter in list(module.named_parameters(recurse=False)):
            if id(parameter) not in made:
                parts = f"{module_name}.{name}".split(".")
                kept = any(part in float32_parts for part in parts)
                data = torch.empty(parameter.shape, dtype=torch.float32 if kept else dtype, device=device)
                made[id(parameter)] = torch.nn.Parameter(data, requires_grad=False)
            setattr(module, name, made[id(parameter)])
        for name, buffer in list(module.named_buffers(recurse=False)):
            persistent = name not in module._non_persistent_buffers_set
            module.register_buffer(name, buffer.to(device), persistent=persistent)
    fill_random(model)
    return model.eval()


def fill_random(module: torch.nn.Module, std: float = 0.02, seed: int = 0) -> None:
    """Fill the parameters from a normal distribution, in place; norms scale by 1, so that no value overflows."""
    device = next(module.parameters()).device
    generator = torch.Generator(device).manual_seed(seed)
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            if parameter.ndim == 1 and name.endswith("weight"):
                parameter.fill_(1.0)
            else:
                parameter.normal_(0.0, std, generator=generator)
