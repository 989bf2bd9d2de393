"""An instruction of which nothing was understood is refused, with what is near."""

from __future__ import annotations

import difflib

from sparkle.core.errors import SetupError
from sparkle.painter.reading import Reading, nearest_words
from sparkle.taxonomy import load_taxonomy

SHOWN = 4


def refuse_unknown(instruction: str, reading: Reading) -> None:
    """Raise SetupError where the painter knows no word of an instruction; it names the nearest that it knows."""
    if reading.plan.understood or not instruction.strip():
        return
    scenes = nearest_scenes(reading.ignored)
    said = instruction if len(instruction) <= 80 else f"{instruction[:80]}..."
    raise SetupError(
        f"{said!r}: nothing of it is a scene that the painter knows; near are {', '.join(scenes)}. "
        "All that it knows: sparkle scenes; or give --background FILE"
    )


def nearest_scenes(words: tuple[str, ...]) -> list[str]:
    """Return words for places and scenes of the taxonomy that are spelled nearest to `words`, at least one a theme."""
    scenes = [scene.name for theme in load_taxonomy().values() for part in theme.values() for scene in part]
    by_word = {word: name for name in scenes for word in name.split() if len(word) > 3}
    near = [by_word[close] for word in words for close in difflib.get_close_matches(word, by_word, 2, 0.7)]
    usual = ["a beach", "a forest", "a city street", "a library"]
    found = dict.fromkeys([*nearest_words(words), *near, *usual])
    return list(found)[:SHOWN]
