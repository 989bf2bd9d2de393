"""The published dataset layout: write its index, read its pairs, verify a folder that claims to be one."""

from sparkle.dataset.card import write_card
from sparkle.dataset.index import write_index
from sparkle.dataset.pairs import Pair, read_pairs, themes_of
from sparkle.dataset.tables import Fault
from sparkle.dataset.verify import verify

__all__ = ["Fault", "Pair", "read_pairs", "themes_of", "verify", "write_card", "write_index"]
