"""What the options `attention` and `precision` cost and gain: a pass of Fun-Control's expert; and the VAEs.

    python -m benchmarks.gpu.options passes --size 1280x720 --json passes_720.json
    python -m benchmarks.gpu.options passes --size 832x480
    python -m benchmarks.gpu.options vae

Full-size models with random weights, blocks compiled. The error of a pass's result is ||option - bf16|| / ||bf16||,
on noise alone and on a smooth moving pattern under noise. It says how much an option's arithmetic differs, and nothing
about how good a clip is. `--tiny` runs the same with toy models on a CPU.
"""

from __future__ import annotations

import argparse
import traceback
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import torch
from benchmarks.gpu.pipeline_parts import setting, wan_tflop, write_json
from benchmarks.gpu.random_weights import build_on
from diffusers import AutoencoderKLWan

from sparkle.backends.attention_kernels import KERNELS
from sparkle.backends.compiling import compile_blocks
from sparkle.backends.diffusion.fun_control.transformer import WanFunControlTransformer3DModel
from sparkle.backends.diffusion.wan_attention import use_kernel
from sparkle.backends.diffusion.wan_vae import TORCH_STEPS, Steps, quicken
from sparkle.backends.float8 import to_float8
from sparkle.core.errors import SetupError

TOY = {
    "num_attention_heads": 2,
    "attention_head_dim": 12,
    "text_dim": 16,
    "freq_dim": 16,
    "ffn_dim": 32,
    "num_layers": 3,
}
VAES = {
    "2.1": {},
    "2.2": {
        "base_dim": 160,
        "decoder_base_dim": 256,
        "z_dim": 48,
        "in_channels": 12,
        "out_channels": 12,
        "is_residual": True,
        "patch_size": 2,
        "latents_mean": [0.0] * 48,
        "latents_std": [1.0] * 48,
        "scale_factor_spatial": 16,
    },
}
FRAMES = 81


def seconds(run: Callable[[], Any], device: str, repeats: int = 2) -> float:
    """Return the shortest time of one run; what it needs once was done before."""
    if device == "cpu":
        run()
        return 0.0
    times = []
    for _ in range(repeats):
        before, after = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        before.record()
        run()
        after.record()
        torch.cuda.synchronize()
        times.append(before.elapsed_time(after) / 1000)
    return min(times)


def passes(
    device: str, width: int, height: int, frames: int, tiny: bool, kernels: list[str]
) -> list[dict[str, Any]]:
    """Time a pass under every combination whose kernel is here."""
    dtype = torch.bfloat16
    transformer = build_on(device, dtype, lambda: WanFunControlTransformer3DModel(**(TOY if tiny else {})))
    config = transformer.config
    latent = ((frames - 1) // 4 + 1, height // 8, width // 8)
    generator = torch.Generator(device).manual_seed(0)

    def draw(*shape: int) -> Any:
        return torch.randn(*shape, device=device, generator=generator)

    noise = draw(1, config.in_channels, *latent)
    places = torch.meshgrid(*(torch.linspace(0, 6, side, device=device) for side in latent), indexing="ij")
    waves = torch.arange(1, config.in_channels + 1, device=device).view(-1, 1, 1, 1) / 9
    pattern = torch.sin(waves * (places[0] + places[1]) + places[2] * 2)[None]
    inputs = {"noise": noise, "pattern": 0.8 * pattern + 0.6 * noise}
    text = draw(1, 512, config.text_dim)
    text[:, 60:] = 0
    reference = torch.zeros(1, 16, *latent[1:], device=device, dtype=dtype)
    rotary = transformer.rotary_table(*latent, device=torch.device(device), with_reference=True)
    tokens = (latent[0] + 1) * latent[1] * latent[2] // 4
    tflop = wan_tflop(transformer, tokens)
    moment = torch.tensor([700.0], device=device)
    exact: dict[str, Any] = {}
    rows: list[dict[str, Any]] = []

    def one(name: str) -> Any:
        return transformer(
            inputs[name].to(dtype), moment, text.to(dtype), reference, rotary, return_dict=False
        )[0].float()

    def option(name: str) -> None:
        if not tiny:
            torch._dynamo.reset()
            compile_blocks(transformer)
        found = {kind: one(kind) for kind in inputs}
        if not exact:
            exact.update(found)
        errors = {kind: float((found[kind] - exact[kind]).norm() / exact[kind].norm()) for kind in inputs}
        taken = seconds(lambda: one("noise"), device, 1)
        speed = f"{tflop / taken:.0f}" if taken else ""
        shown = " | ".join(f"{errors[kind]:.1e}" for kind in inputs)
        print(f"| {name} | {taken:.3f} | {speed} | {shown} |", flush=True)
        rows.append({"option": name, "tokens": tokens, "pass_s": taken, "tflops": speed, "errors": errors})

    print(f"| {width}x{height}, {tokens} tokens | s | TFLOP/s | {' | '.join(inputs)} |")
    option("sdpa")
    usual = transformer.blocks[0].attn1.processor
    for precision in ("full", "fp8"):
        if precision == "fp8":
            to_float8(transformer, device, stays=True)
            transformer.set_attn_processor(usual)
            option("sdpa, precision fp8")
        for name in kernels:
            try:
                use_kernel(transformer, name, dtype, device)
            except SetupError as error:
                print(error, flush=True)
                continue
            option(name if precision == "full" else f"{name}, precision fp8")
    return rows


def fill(vae: Any) -> None:
    """Random weights that keep values near 1, so that rounding shows as it does in a trained model."""
    generator = torch.Generator(vae.device).manual_seed(0)
    for name, weight in vae.named_parameters():
        if name.endswith("gamma"):
            weight.data.fill_(1.0)
        elif weight.ndim == 1:
            weight.data.zero_()
        else:
            weight.data.normal_(0.0, weight[0].numel() ** -0.5, generator=generator)


def vaes(device: str, width: int, height: int, frames: int, tiny: bool) -> list[dict[str, Any]]:
    """Time encoding and decoding, as diffusers computes it and as the backends do."""
    rows = []
    for version, config in VAES.items():
        config = {**config, **({"base_dim": 8, "decoder_base_dim": 8} if tiny else {})}
        dtype = torch.bfloat16
        original = build_on(device, dtype, lambda config=config: AutoencoderKLWan(**config))
        fill(original)
        ways: list[tuple[str, Callable[[Any], None]]] = [("diffusers", lambda vae: None)]
        ways.append(("quick", lambda vae: quicken(vae, quick_steps(device))))
        small = torch.rand(1, 3, 5 if tiny else 17, 64, 64 if tiny else 448, device=device) * 2 - 1
        wide = deepcopy(original).float()
        latents = wide.encode(small).latent_dist.mode()
        latents = latents / latents.std()
        exact = (wide.encode(small).latent_dist.mode(), unlimited(wide, latents))
        del wide
        cell = original.config.scale_factor_spatial
        for name, change in ways:
            vae = deepcopy(original)
            change(vae)
            found = (vae.encode(small.to(dtype)).latent_dist.mode(), unlimited(vae, latents.to(dtype)))
            errors = [
                float((one.float() - two).norm() / two.norm()) for one, two in zip(found, exact, strict=True)
            ]
            row: dict[str, Any] = {
                "vae": version,
                "way": name,
                "encode_error": errors[0],
                "decode_error": errors[1],
            }
            large = height - height % cell, width - width % cell
            pixels = torch.rand(1, 3, frames, *large, device=device, dtype=dtype) * 2 - 1
            cells = (frames - 1) // 4 + 1, large[0] // cell, large[1] // cell
            z = torch.randn(1, original.config.z_dim, *cells, device=device, dtype=dtype)
            for part, run in (
                ("encode", lambda vae=vae, pixels=pixels: vae.encode(pixels)),
                ("decode", lambda vae=vae, z=z: vae.decode(z)),
            ):
                if device != "cpu":
                    torch.cuda.reset_peak_memory_stats()
                run()
                row[f"{part}_s"] = seconds(run, device)
                if device != "cpu":
                    row[f"{part}_peak_gb"] = torch.cuda.max_memory_allocated() / 1e9
            print(
                "| "
                + " | ".join(f"{v:.3g}" if isinstance(v, float) else str(v) for v in row.values())
                + " |",
                flush=True,
            )
            rows.append(row)
            del vae
    return rows


def quick_steps(device: str) -> Steps:
    """Return what the backends use on a GPU; a CPU has no such kernels."""
    if device == "cpu":
        return TORCH_STEPS
    from sparkle.backends.diffusion.wan_vae.kernels import STEPS

    return STEPS


def unlimited(vae: Any, latents: Any) -> Any:
    """Decode, small enough that the limits at -1 and 1 change nothing."""
    head = vae.decoder.head.conv if hasattr(vae.decoder, "head") else vae.decoder.conv_out
    kept = head.weight.data.clone()
    head.weight.data /= 100
    decoded = vae.decode(latents).sample
    head.weight.data = kept
    return decoded


def main() -> None:
    """Measure one part, print and write the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", choices=["passes", "vae"])
    parser.add_argument("--size", default="1280x720", help="width x height")
    parser.add_argument("--kernels", nargs="*", choices=KERNELS, default=list(KERNELS), help="of attention")
    parser.add_argument("--tune", action="store_true", help="let cuDNN try its ways to convolve")
    parser.add_argument("--profile", action="store_true", help="list the kernels of a decoding")
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--json", type=Path, help="where the figures go")
    arguments = parser.parse_args()
    torch.set_grad_enabled(False)
    torch.backends.cudnn.benchmark = arguments.tune
    width, height = (int(side) for side in arguments.size.split("x"))
    device, frames = "cuda", FRAMES
    if arguments.tiny:
        device, width, height, frames = "cpu", 64, 32, 5
    if arguments.part == "passes":
        rows = passes(device, width, height, frames, arguments.tiny, arguments.kernels)
    else:
        rows = vaes(device, width, height, frames, arguments.tiny)
    write_json(arguments.json, {**setting(device), "rows": rows})
    if arguments.profile:
        try:
            profile(device)
        except Exception:  # noqa: BLE001 - the figures count
            traceback.print_exc()


def profile(device: str) -> None:
    """Print what the quick decoder's time goes to."""
    vae = build_on(device, torch.bfloat16, AutoencoderKLWan)
    quicken(vae, quick_steps(device))
    z = torch.randn(1, 16, 5, 90, 160, device=device, dtype=torch.bfloat16)
    vae.decode(z)
    activities = [torch.profiler.ProfilerActivity.CPU, torch.profiler.ProfilerActivity.CUDA]
    with torch.profiler.profile(activities=activities) as found:
        vae.decode(z)
        torch.cuda.synchronize()
    print(found.key_averages().table(sort_by="self_cuda_time_total", row_limit=25, max_name_column_width=70))


if __name__ == "__main__":
    main()
