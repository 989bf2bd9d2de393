"""Compiling a video transformer: the code of one block for all blocks, in as many variants as its inputs need."""

from __future__ import annotations

import sys
from typing import Any

from sparkle.core.errors import SetupError
from sparkle.core.extras import require

# Images beside videos, short and long clips, training and validation: torch's own 8 are soon used up, and one more is
# an error, perhaps hours into a run. torch 2.6 counts every block by itself.
VARIANTS = 512


def compile_blocks(transformer: Any, backend: str = "inductor") -> None:
    """Compile the repeated blocks of a diffusers transformer at their next use, which then takes a minute or so (with
    torch 2.6 that for each block).

    A second size makes a variant for all sizes; so a handful of variants serves whatever comes.
    """
    require("torch", "models", "compile")
    import torch._dynamo

    # By the names that all supported versions of torch know.
    config = torch._dynamo.config
    config.cache_size_limit = max(config.cache_size_limit, VARIANTS)
    config.accumulated_cache_size_limit = max(config.accumulated_cache_size_limit, VARIANTS)
    transformer.compile_repeated_blocks(fullgraph=True, backend=backend)


def compiler_failure(error: Exception) -> SetupError | None:
    """Return what to raise for an error of torch's compiler, or None for any other error."""
    dynamo = sys.modules.get("torch._dynamo")
    if dynamo is None or not isinstance(error, dynamo.exc.TorchDynamoException):
        return None
    said = " ".join(str(error).strip().partition("\n\n")[0].split())
    return SetupError(
        f"compile: the blocks cannot be compiled here ({said}); install a C++ compiler, or set compile: false"
    )
