"""Does a caption, or a scene's name, speak of a place that is indoors?"""

from __future__ import annotations

import re

from sparkle.config import read_document
from sparkle.store import packaged_text
from sparkle.words.subjects import one_of

_PLACES = one_of(read_document(packaged_text(__package__, "indoors.yaml"), "indoors.yaml")["places"])
_INDOORS = re.compile(rf"\b{_PLACES}\b", re.IGNORECASE)


def names_indoors(text: str) -> bool:
    """Whether the text names a place that is indoors, as "a night club" does and "a castle on a hill" does not."""
    return _INDOORS.search(text) is not None
