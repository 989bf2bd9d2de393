"""Memory of Kiwi training under FSDP2 on 1, 2, 4 and 8 GPUs, calculated from what was measured on one and on two.

    python -m benchmarks.gpu.training_memory --one 113 --two 80

What FSDP2 divides is counted: the trained weights in float32 with their gradients and AdamW's two moments (16 bytes
each) and the frozen language model in bfloat16 (2 bytes). What is left of the measured peak of two GPUs is on every
one: activations, gathered layers, gradients that wait for the update's last sample, the frozen rest. It is taken to be
the same on 4 and on 8. Needs no GPU: the models are built without weights.
"""

from __future__ import annotations

import argparse

from accelerate import init_empty_weights
from transformers import Qwen2_5_VLModel

from sparkle.kiwi.config import KiwiConfig

TRAINED_BYTES, FROZEN_BYTES = 4 + 4 + 4 + 4, 2
GPUS = (1, 2, 4, 8)


def divided_gb() -> float:
    """Return what FSDP2 divides in the published set, in GB (10^9 bytes)."""
    config = KiwiConfig(lora_rank=None)
    with init_empty_weights():
        transformer = config.new_transformer()
        encoder = config.new_encoder(Qwen2_5_VLModel(config.qwen_config()))
    frozen = sum(weight.numel() for weight in encoder.qwen.parameters())
    trained = sum(weight.numel() for weight in (*transformer.parameters(), *encoder.parameters())) - frozen
    return (TRAINED_BYTES * trained + FROZEN_BYTES * frozen) / 1e9


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--one", type=float, default=113.0, help="GB, measured on one GPU, which divides nothing"
    )
    parser.add_argument("--two", type=float, default=80.0, help="GB on each of two under FSDP2, measured")
    arguments = parser.parse_args()
    divided = divided_gb()
    everywhere = arguments.two - divided / 2
    print("| GPUs | divided, GB on each | on every one, GB | peak GB on each | |")
    print("|---:|---:|---:|---:|---|")
    for gpus in GPUS:
        if gpus == 1:
            row = (divided, arguments.one - divided, arguments.one, "measured")
        else:
            row = (
                divided / gpus,
                everywhere,
                divided / gpus + everywhere,
                "measured" if gpus == 2 else "calculated",
            )
        print(f"| {gpus} | {' | '.join(f'{value:.0f}' for value in row[:3])} | {row[3]} |")


if __name__ == "__main__":
    main()
