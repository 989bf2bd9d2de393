"""The clauses of a sentence, and whether one says that something moves."""

from __future__ import annotations

import re
from typing import Any

from sparkle.config import read_document
from sparkle.store import packaged_text
from sparkle.words.subjects import one_of

_WORDS: dict[str, Any] = read_document(packaged_text(__package__, "movement.yaml"), "movement.yaml")
_MOVING = re.compile(rf"\b{one_of(_WORDS['verbs'])}{one_of(_WORDS['endings'])}?\b")


def clauses(text: str) -> list[str]:
    """Return the clauses of a text, in lower case and without what parts them; none is empty."""
    parts = re.split(r"[.,;:!?()]|\b(?:while|whereas|as|where|but)\b", text.lower())
    return [part.strip() for part in parts if part.strip()]


def says_motion(clause: str) -> bool:
    """Whether a lower-case clause has a verb of movement, in whatever form."""
    return _MOVING.search(clause) is not None
