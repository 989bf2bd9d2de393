"""Text of others, a file's name or a model's answer, as it may stand in one line of a terminal."""

from __future__ import annotations

import re

# Control characters, line ends of every kind, marks that turn the direction of reading, halves of pairs.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(text: str) -> str:
    """Return `text` with what could steer a terminal, or forge a line of output, spelled out: ESC as `\\x1b`."""
    return _UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)
