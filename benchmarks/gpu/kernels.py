"""Single kernels at the models' shapes: attention by every kernel that is here, float8 products, ways to convolve.

    python -m benchmarks.gpu.kernels --json kernels.json

About two minutes on an H100 or H200. `--tiny` runs the same at toy sizes on a CPU, without the kernels. Random values.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from benchmarks.gpu.pipeline_parts import setting, write_json
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import conv2d, conv3d, pad, scaled_dot_product_attention

from sparkle.backends.attention_kernels import KERNELS, attention_kernel, difference, sdpa
from sparkle.backends.float8 import to_float8
from sparkle.core.errors import SetupError

SEQUENCES = (34_320, 79_200)
# Channels, height, width, frames: what the decoder of the Wan 2.1 VAE does at 720p, from its outside inwards.
CONVOLUTIONS = ((96, 720, 1280, 4), (192, 360, 640, 4), (384, 180, 320, 2), (384, 90, 160, 1))
ROW = 5120, 13824
PARTS = ("attention", "learning", "products", "convolutions", "middle")


def median_ms(run: Callable[[], Any], device: str, repeats: int = 7) -> float:
    """Return the median milliseconds of one run."""
    if device == "cpu":
        run()
        return 0.0
    for _ in range(2):
        run()
    times = []
    for _ in range(repeats):
        before, after = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        before.record()
        run()
        after.record()
        torch.cuda.synchronize()
        times.append(before.elapsed_time(after))
    return sorted(times)[len(times) // 2]


def attention(device: str, sequences: tuple[int, ...], heads: int) -> list[dict[str, Any]]:
    """Time every kernel; errors are those of the check at load, at as many tokens and with two heads."""
    rows = []
    dtype = torch.bfloat16 if device != "cpu" else torch.float32
    ways: dict[str, Any] = {"sdpa": sdpa}
    for name, backend in (
        ("sdpa: cuDNN", SDPBackend.CUDNN_ATTENTION),
        ("sdpa: FlashAttention 2", SDPBackend.FLASH_ATTENTION),
    ):
        if device != "cpu":
            ways[name] = forced(backend)
    for name in KERNELS:
        try:
            ways[name] = torch.compile(attention_kernel(name, heads, 128, dtype, device))
        except SetupError as error:
            print(f"{name}: {error}", flush=True)
    for tokens in sequences:
        query, key, value = (torch.randn(1, tokens, heads, 128, device=device, dtype=dtype) for _ in range(3))
        tflop = 4 * heads * 128 * tokens**2 / 1e12
        inputs = query, key, value
        for name, attend in ways.items():
            try:
                ms = median_ms(lambda run=attend, given=inputs: run(*given), device, 5)
                error = difference(attend, tokens, 2, 128, dtype, device)
            except Exception:  # noqa: BLE001 - a kernel that fails must not end the others
                traceback.print_exc()
                continue
            rows.append(row(f"attention {name}, {tokens} tokens", ms, tflop, error))
    return rows


def forced(backend: Any) -> Callable[..., Any]:
    def attend(*inputs: Any) -> Any:
        with sdpa_kernel(backend):
            return sdpa(*inputs)

    return attend


def learning(device: str, tokens: int, heads: int) -> list[dict[str, Any]]:
    """Time attention with its gradient, as training has it: torch's own ways, and FlashAttention 4 where it is here."""
    dtype = torch.bfloat16 if device != "cpu" else torch.float32
    ways: dict[str, Callable[..., Any]] = {"sdpa": sdpa}
    if device != "cpu":
        ways["sdpa: cuDNN"] = forced(SDPBackend.CUDNN_ATTENTION)
        ways["sdpa: FlashAttention 2"] = forced(SDPBackend.FLASH_ATTENTION)
    if importlib.util.find_spec("flash_attn") is not None:
        flash = importlib.import_module("flash_attn.cute").flash_attn_func
        ways["fa4"] = lambda *inputs: flash(*inputs)[0]
    tflop = 3.5 * 4 * heads * 128 * tokens**2 / 1e12  # backward: two and a half times forward
    rows = []
    with torch.enable_grad():
        inputs = [
            torch.randn(1, tokens, heads, 128, device=device, dtype=dtype, requires_grad=True)
            for _ in range(3)
        ]
        upward = torch.randn(1, tokens, heads, 128, device=device, dtype=dtype)
        for name, attend in ways.items():
            try:
                ms = median_ms(
                    lambda run=attend: torch.autograd.grad(run(*inputs), inputs, upward), device, 5
                )
            except Exception:  # noqa: BLE001 - a kernel that fails must not end the others
                traceback.print_exc()
                continue
            rows.append(row(f"attention with gradient, {name}, {tokens} tokens", ms, tflop))
    return rows


def products(device: str, tokens: int, sides: tuple[int, int]) -> list[dict[str, Any]]:
    """Time a linear layer in bfloat16 and in float8, as the compiled blocks run them."""
    inputs = torch.randn(1, tokens, sides[0], device=device, dtype=torch.bfloat16)
    rows = []
    for outputs in sides:
        layers = nn.ModuleList(nn.ModuleList([nn.Linear(sides[0], outputs)]) for _ in range(3))
        holder = nn.Module()
        holder.blocks = layers.to(device, torch.bfloat16).requires_grad_(False)
        layer = layers[1][0]
        exact = layer(inputs)
        tflop = 2 * tokens * sides[0] * outputs / 1e12
        rows.append(
            row(
                f"linear {sides[0]} to {outputs}, bfloat16",
                median_ms(lambda f=layer: f(inputs), device),
                tflop,
            )
        )
        to_float8(holder, device, stays=True)
        run = torch.compile(lambda values, f=layer: f(values)) if device != "cpu" else layer
        error = float((run(inputs) - exact).float().norm() / exact.float().norm())
        rows.append(
            row(
                f"linear {sides[0]} to {outputs}, float8",
                median_ms(lambda f=run: f(inputs), device),
                tflop,
                error,
            )
        )
    return rows


def convolutions(device: str, shapes: tuple[tuple[int, int, int, int], ...]) -> list[dict[str, Any]]:
    """Time ways to do a causal 3x3x3 convolution; the 2-D ones leave out the sum of their parts."""
    return [found for shape in shapes for found in convolution(device, *shape)]


def convolution(device: str, channels: int, height: int, width: int, frames: int) -> list[dict[str, Any]]:
    new: dict[str, Any] = {"device": device, "dtype": torch.bfloat16 if device != "cpu" else torch.float32}
    video = torch.randn(1, channels, frames, height, width, **new)
    past = torch.randn(1, channels, 2, height, width, **new)
    weight = torch.randn(channels, channels, 3, 3, 3, **new) / (27 * channels) ** 0.5
    bias = torch.randn(channels, **new)
    tflop = 2 * 27 * channels**2 * frames * height * width / 1e12
    last = pad(torch.cat([past, video], 2), (1, 1, 1, 1)).to(memory_format=torch.channels_last_3d)
    weight_last = weight.to(memory_format=torch.channels_last_3d)
    flat = video[0].transpose(0, 1).contiguous(memory_format=torch.channels_last)
    taps = [weight[:, :, tap].contiguous(memory_format=torch.channels_last) for tap in range(3)]
    outward = torch.cat(taps, 0).contiguous(memory_format=torch.channels_last)
    inward = torch.cat(taps, 1).contiguous(memory_format=torch.channels_last)
    stacked = torch.cat([flat, flat, flat], 1).contiguous(memory_format=torch.channels_last)
    ways: dict[str, Callable[[], Any]] = {
        "3-D": lambda: conv3d(pad(torch.cat([past, video], 2), (1, 1, 1, 1)), weight, bias),
        "3-D channels_last_3d": lambda: conv3d(last, weight_last, bias),
        "2-D, three": lambda: [conv2d(flat, tap, padding=1) for tap in taps],
        "2-D, thrice the outputs": lambda: conv2d(flat, outward, padding=1),
        "2-D, thrice the inputs": lambda: conv2d(stacked, inward, bias, padding=1),
    }
    shape = f"{channels} channels, {frames} of {height}x{width}"
    return [row(f"{name}, {shape}", median_ms(run, device), tflop) for name, run in ways.items()]


def middle(device: str, channels: int, tokens: int) -> list[dict[str, Any]]:
    """Time the attention in the middle of the VAE: one head as wide as the channels."""
    dtype = torch.bfloat16 if device != "cpu" else torch.float32
    query, key, value = (torch.randn(1, 1, tokens, channels, device=device, dtype=dtype) for _ in range(3))
    tflop = 4 * channels * tokens**2 / 1e12

    def plain() -> Any:
        scores = torch.matmul(query, key.transpose(-1, -2)) * channels**-0.5
        return torch.matmul(scores.softmax(-1), value)

    return [
        row(f"middle attention, {name}, {channels}", median_ms(run, device), tflop)
        for name, run in (
            ("sdpa", lambda: scaled_dot_product_attention(query, key, value)),
            ("plain", plain),
            ("plain compiled", torch.compile(plain) if device != "cpu" else plain),
        )
    ]


def row(name: str, ms: float, tflop: float, error: float | None = None) -> dict[str, Any]:
    found = {"what": name, "ms": ms, "tflops": tflop / ms * 1e3 if ms else 0.0, "error": error}
    shown = "" if error is None else f"{error:.2e}"
    print(f"| {name} | {ms:.2f} | {found['tflops']:.0f} | {shown} |", flush=True)
    return found


def main() -> None:
    """Time all, print and write the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parts", nargs="*", choices=PARTS, help="only these")
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--json", type=Path, help="where the figures go")
    arguments = parser.parse_args()
    device = "cpu" if arguments.tiny else "cuda"
    torch.set_grad_enabled(False)
    torch.backends.cudnn.benchmark = True
    tiny = arguments.tiny
    parts: dict[str, Callable[[], list[dict[str, Any]]]] = {
        "attention": lambda: attention(device, (40,) if tiny else SEQUENCES, 2 if tiny else 40),
        "learning": lambda: learning(device, 40 if tiny else 18_480, 2 if tiny else 24),
        "products": lambda: products(device, 64 if tiny else SEQUENCES[-1], (32, 64) if tiny else ROW),
        "convolutions": lambda: convolutions(device, ((4, 6, 8, 2),) if tiny else CONVOLUTIONS),
        "middle": lambda: [
            *middle(device, 8 if tiny else 384, 24 if tiny else 14400),
            *middle(device, 8 if tiny else 1024, 24 if tiny else 3520),
        ],
    }
    rows = []
    for name in arguments.parts or parts:
        try:
            rows += parts[name]()
        except Exception:  # noqa: BLE001 - what was measured before is worth having
            traceback.print_exc()
        write_json(arguments.json, {**setting(device), "rows": rows})


if __name__ == "__main__":
    main()
