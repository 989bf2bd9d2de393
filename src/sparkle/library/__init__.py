"""A library of backgrounds: a folder of somebody's own pictures and videos with words, chosen by words.

It stands beside the painter and draws nothing. `read_library` reads a folder, `best_matches` says which entries an
instruction means, `Uses` deals them out so that each is used equally often.
"""

from sparkle.library.entries import PICTURE_SUFFIXES, read_library
from sparkle.library.matching import Match, best_matches, nearest_entries
from sparkle.library.uses import Uses

__all__ = ["PICTURE_SUFFIXES", "Match", "Uses", "best_matches", "nearest_entries", "read_library"]
