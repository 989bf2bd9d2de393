"""Finds clips that look alike among many, in bounded memory.

Hashes of frames are held, those of parts, five times as many, lie in a file. They are compared where they agree in one
of several random choices of their bits: by sorting, a block of questions at a time. A choice of bits that very many
share (a black picture) tells nothing and is passed over. Two clips are alike if at two moments a part of the one's
picture, the same part, is within MOST_BITS of a frame of the other.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO

import numpy as np
from numpy.typing import NDArray

from sparkle.dataset.signatures import BITS, Hashes, Signature

TABLES = 16
LEAST_KEY_BITS, MOST_KEY_BITS = 16, 40
MOST_BITS = 12
LEAST_MOMENTS = 2
MOST_ALIKE = 400  # hashes that share a key, above which it tells nothing
_BLOCK = 2**18

Pairs = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Signatures:
    """Signatures of N clips in a row: `frames` uint64 (F,) of the clips `owner` int32 (F,).

    `parts`: an open file of the hashes of all clips' parts, uint64 (N, `moments`, `each`).
    """

    frames: Hashes
    owner: NDArray[np.int32]
    parts: IO[bytes]
    moments: int
    each: int

    @classmethod
    def of(cls, signatures: Iterable[Signature], parts: IO[bytes]) -> Signatures:
        """Gather signatures, at least one and all with as many parts; what is large is written to an empty file."""
        frames, counts = array("Q"), array("I")
        shape: tuple[int, ...] = ()
        for each in signatures:
            frames.frombytes(each.frames.tobytes())
            counts.append(len(each.frames))
            parts.write(each.parts.tobytes())
            shape = each.parts.shape
        parts.flush()
        owner = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
        return cls(np.frombuffer(frames, np.uint64), owner, parts, *shape)

    def blocks(self) -> Iterator[tuple[int, Hashes]]:
        """Yield the hashes of all parts, a block at a time, and where each block begins."""
        begin = 0
        self.parts.seek(0)
        while len(block := np.frombuffer(self.parts.read(8 * _BLOCK), np.uint64)):
            yield begin, block
            begin += len(block)


def alike(clips: Signatures, seed: int = 0) -> list[tuple[int, int]]:
    """Return the pairs (i, j), i < j, of clips that look alike, sorted."""
    generator = np.random.default_rng(seed)
    # So many bits that hashes of different pictures seldom share them, however many there are.
    key_bits = min(max(LEAST_KEY_BITS, len(clips.frames).bit_length() + 3), MOST_KEY_BITS)
    hits = [np.empty((0, 4), np.int64)]
    for _ in range(TABLES):
        bits = np.sort(generator.permutation(BITS)[:key_bits]).astype(np.uint64)
        keys = _keys(clips.frames, bits)
        order = np.argsort(keys, kind="stable")
        for found in _hits(clips, bits, keys[order], order):
            hits.append(found)
        hits = [np.unique(np.concatenate(hits), axis=0)]
    return _pairs(hits[0])


def groups(count: int, pairs: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Return which of `count` clips hang together by pairs, alone ones as groups of one, in order of their first."""
    above = list(range(count))

    def root(clip: int) -> int:
        while above[clip] != clip:
            above[clip] = above[above[clip]]
            clip = above[clip]
        return clip

    for one, other in pairs:
        first, second = sorted((root(one), root(other)))
        above[second] = first
    found: dict[int, list[int]] = {}
    for clip in range(count):
        found.setdefault(root(clip), []).append(clip)
    return list(found.values())


def _hits(clips: Signatures, bits: Hashes, keys: Hashes, order: NDArray[np.int64]) -> Iterator[Pairs]:
    """Yield (asking clip, other clip, moment, part) of hashes that are close, int64 (H, 4)."""
    parts = clips.each
    for begin, block in clips.blocks():
        wanted = _keys(block, bits)
        turn = np.argsort(wanted)  # neighbours are looked for side by side, which is many times faster
        asked, wanted = block[turn], wanted[turn]
        first, last = np.searchsorted(keys, wanted, "left"), np.searchsorted(keys, wanted, "right")
        found = last - first
        found[found > MOST_ALIKE] = 0
        question = np.repeat(np.arange(len(asked)), found)
        place = (
            np.arange(len(question)) - np.repeat(np.cumsum(found) - found, found) + np.repeat(first, found)
        )
        frame = order[place]
        asking = begin + turn[question]
        clip = asking // (clips.moments * parts)
        near = (_ones(asked[question] ^ clips.frames[frame]) <= MOST_BITS) & (clips.owner[frame] != clip)
        rest = asking[near] % (clips.moments * parts)
        yield np.unique(
            np.stack([clip[near], clips.owner[frame[near]], rest // parts, rest % parts], axis=1), axis=0
        )


def _pairs(hits: Pairs) -> list[tuple[int, int]]:
    """Return the pairs that were hit at enough moments by the same part."""
    same, counts = np.unique(hits[:, [0, 1, 3]], axis=0, return_counts=True)
    ends = np.sort(same[counts >= LEAST_MOMENTS][:, :2], axis=1)
    return [(int(one), int(other)) for one, other in np.unique(ends, axis=0)]


def _ones(numbers: Hashes) -> Hashes:
    """Return how many bits of each number are set; NumPy has this from 2.0 on."""
    for shift, mask in ((1, 0x5555555555555555), (2, 0x3333333333333333)):
        numbers = (numbers & np.uint64(mask)) + ((numbers >> np.uint64(shift)) & np.uint64(mask))
    numbers = (numbers + (numbers >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return (numbers * np.uint64(0x0101010101010101)) >> np.uint64(56)


def _keys(hashes: Hashes, bits: Hashes) -> Hashes:
    keys = np.zeros(len(hashes), np.uint64)
    for place, bit in enumerate(bits):
        keys |= ((hashes >> bit) & np.uint64(1)) << np.uint64(place)
    return keys
