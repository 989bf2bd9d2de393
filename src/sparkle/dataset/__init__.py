"""The published dataset layout: write its index files, read its samples where they lie, verify a folder.

pairs = sparkle.open_dataset("DIR")        # or "hf://datasets/NAME", "s3://bucket/x"; loose files and shards alike
pairs[7].prompt, pairs[7].source.read().frames, pairs[7].mask(), pairs[7].checks
"""

from sparkle.dataset.card import write_card
from sparkle.dataset.collection import Collection, Mapped
from sparkle.dataset.index import write_index
from sparkle.dataset.opening import open_dataset
from sparkle.dataset.pairs import Pair, read_pairs, themes_of
from sparkle.dataset.stored_sample import StoredSample
from sparkle.dataset.tables import Fault
from sparkle.dataset.verify import verify

__all__ = [
    "Collection",
    "Fault",
    "Mapped",
    "Pair",
    "StoredSample",
    "open_dataset",
    "read_pairs",
    "themes_of",
    "verify",
    "write_card",
    "write_index",
]
