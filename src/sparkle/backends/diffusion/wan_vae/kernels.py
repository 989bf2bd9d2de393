"""What lies between the convolutions of `wan_vae`, each one pass over memory on a GPU; written in Triton.

One kernel does all: it adds the taps of a causal convolution, bias and residual, and normalises and activates what
comes out. Everything is computed in float32 and rounded once. It is compiled for a number of channels at first use, in
about a second.
"""

from __future__ import annotations

import triton
import triton.language as tl
from torch import Tensor

from sparkle.backends.diffusion.wan_vae.steps import Steps

# Numbers that a program holds at a time.
HELD = 4096


@triton.jit
def _kernel(  # type: ignore[no-untyped-def]
    taps,  # (B, T, pixels, 3, tap_step); read if HAS_TAPS
    earlier,  # (B, 3, pixels, CHANNELS)
    bias,
    values,  # (B, T, pixels, CHANNELS): the residual, or all that there is
    gamma,
    out,  # as values
    frames,
    pixels,
    tap_step,
    CHANNELS: tl.constexpr,
    WIDTH: tl.constexpr,  # CHANNELS, up to a power of two
    ROWS: tl.constexpr,
    HAS_TAPS: tl.constexpr,
    HAS_VALUES: tl.constexpr,
    NORM: tl.constexpr,
):
    frame = tl.program_id(1).to(tl.int64)  # of all samples
    time = frame % frames
    sample = frame // frames
    rows = tl.program_id(0).to(tl.int64) * ROWS + tl.arange(0, ROWS)[:, None]
    channels = tl.arange(0, WIDTH)[None, :]
    inside = (rows < pixels) & (channels < CHANNELS)
    place = (frame * pixels + rows) * CHANNELS + channels
    total = tl.zeros((ROWS, WIDTH), tl.float32)
    if HAS_TAPS:
        step = 3 * tap_step
        here = (frame * pixels + rows) * step + channels
        back = pixels * step
        past = (sample * 3 * pixels + rows) * CHANNELS + channels
        side = pixels * CHANNELS
        total += tl.load(taps + here + 2 * tap_step, mask=inside, other=0.0).to(tl.float32)
        # Taps of frames before this chunk lie in `earlier`: the first ones of two frames, then the last one's middle.
        total += tl.load(taps + here - back + tap_step, mask=inside & (time >= 1), other=0.0).to(tl.float32)
        total += tl.load(earlier + past + 2 * side, mask=inside & (time < 1), other=0.0).to(tl.float32)
        total += tl.load(taps + here - 2 * back, mask=inside & (time >= 2), other=0.0).to(tl.float32)
        total += tl.load(earlier + past + time * side, mask=inside & (time < 2), other=0.0).to(tl.float32)
        total += tl.load(bias + channels, mask=channels < CHANNELS, other=0.0).to(tl.float32)
    if HAS_VALUES:
        total += tl.load(values + place, mask=inside, other=0.0).to(tl.float32)
    if NORM:
        length = tl.maximum(tl.sqrt(tl.sum(total * total, axis=1)), 1e-12)[:, None]
        scale = tl.load(gamma + channels, mask=channels < CHANNELS, other=0.0).to(tl.float32)
        total = total / length * (tl.sqrt(CHANNELS * 1.0) * scale)
        total = total * tl.sigmoid(total)
    tl.store(out + place, total.to(out.dtype.element_ty), mask=inside)


def norm_activate(values: Tensor, gamma: Tensor) -> Tensor:
    """See `wan_vae.norm_activate`."""
    return _run(values.shape, values=values, gamma=gamma)


def join(taps: Tensor, earlier: Tensor, bias: Tensor) -> Tensor:
    """See `wan_vae.join`."""
    return _run(_joined(taps), taps=taps, earlier=earlier, bias=bias)


def join_norm_activate(taps: Tensor, earlier: Tensor, bias: Tensor, gamma: Tensor) -> Tensor:
    """See `wan_vae.join_norm_activate`."""
    return _run(_joined(taps), taps=taps, earlier=earlier, bias=bias, gamma=gamma)


def join_add(taps: Tensor, earlier: Tensor, bias: Tensor, residual: Tensor) -> Tensor:
    """See `wan_vae.join_add`."""
    return _run(_joined(taps), taps=taps, earlier=earlier, bias=bias, values=residual)


STEPS = Steps(norm_activate, join, join_norm_activate, join_add)


def _run(
    shape: tuple[int, ...],
    *,
    taps: Tensor | None = None,
    earlier: Tensor | None = None,
    bias: Tensor | None = None,
    values: Tensor | None = None,
    gamma: Tensor | None = None,
) -> Tensor:
    """Return (B, T, C, H, W) with channels innermost of what is given."""
    batch, frames, channels, height, width = shape
    given = taps if taps is not None else values
    if given is None:
        raise ValueError("nothing to compute: neither taps nor values")
    if values is not None:
        values = values.movedim(2, 4).contiguous()
    if earlier is not None:
        earlier = earlier.movedim(2, 4).contiguous()
    out = given.new_empty(batch, frames, height, width, channels)
    padded = triton.next_power_of_2(channels)
    rows = max(1, HELD // padded)
    pixels = height * width
    _kernel[(triton.cdiv(pixels, rows), batch * frames)](
        out if taps is None else taps,
        out if earlier is None else earlier,
        out if bias is None else bias,
        out if values is None else values,
        out if gamma is None else gamma,
        out,
        frames,
        pixels,
        0 if taps is None else taps.stride(2),
        CHANNELS=channels,
        WIDTH=padded,
        ROWS=rows,
        HAS_TAPS=taps is not None,
        HAS_VALUES=values is not None,
        NORM=gamma is not None,
    )
    return out.movedim(4, 2)


def _joined(taps: Tensor) -> tuple[int, ...]:
    """The shape (B, T, C, H, W) of what taps (B, T, 3, C, H, W) make."""
    batch, frames, _, *rest = taps.shape
    pixel = taps.stride(5)
    picture = rest[1] * rest[2] * pixel
    # Strides of sides of length 1 say nothing.
    expected = {0: frames * picture, 1: picture, 2: pixel // 3, 3: 1}
    if any(taps.shape[side] > 1 and taps.stride(side) != step for side, step in expected.items()):
        raise ValueError("the taps of a pixel must lie together, pixel by pixel and frame by frame")
    return (batch, frames, *rest)
