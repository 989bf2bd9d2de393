"""Plain wishes in an instruction that change which checks make sense."""

from __future__ import annotations

import re

_STILL = re.compile(
    r"\b(still|static|frozen|motionless|unmoving)\s+(photo\w*|picture|image|background|backdrop|scene|frame)\b"
    r"|\b(background|backdrop|scene|everything)\b[^.;,]*\b(stays?|remains?|is|are|kept|be|should be)\s+"
    r"(perfectly |completely |entirely |totally )?(still|static|frozen|motionless)\b",
    re.IGNORECASE,
)


def wants_stillness(instruction: str) -> bool:
    """Whether the instruction asks for a background that does not move; a still subject is another matter."""
    return _STILL.search(instruction) is not None
