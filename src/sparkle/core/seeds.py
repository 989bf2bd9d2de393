"""Seeds derived from names, so that every random choice is a function of (run seed, sample id, purpose) alone."""

from __future__ import annotations

import hashlib

import numpy as np


def derive_seed(seed: int, *names: str | int) -> int:
    """Return a 63-bit seed for `names` under `seed`; stable across processes, machines and Python versions."""
    text = "\x1f".join([str(seed), *map(str, names)])
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


def generator(seed: int, *names: str | int) -> np.random.Generator:
    """Return a NumPy generator for `names` under `seed`."""
    return np.random.default_rng(derive_seed(seed, *names))
