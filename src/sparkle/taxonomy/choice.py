"""Chooses themes and scenes: balanced, shuffled by the run's seed, whatever the number of samples.

The n-th choice is a function of the seed and n alone, so sources that are added later change nothing earlier.
The paper draws at random and balances the counts of the themes (section 3.2); here every prefix is balanced.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from sparkle.core.errors import SettingsError
from sparkle.core.scene import Scene
from sparkle.core.seeds import generator
from sparkle.taxonomy.reader import Taxonomy

Choice = TypeVar("Choice")


def choose_scene(taxonomy: Taxonomy, theme: str, seed: int, number: int) -> Scene:
    """Return the scene of the `number`-th sample (from 0) of a theme.

    Every subtheme comes once in each round of the theme's subthemes, every scene once in each round of its
    subtheme's scenes; the order within each round is shuffled. Raises SettingsError for an unknown theme.
    """
    if theme not in taxonomy:
        raise SettingsError(f"unknown theme '{theme}'; the taxonomy has {', '.join(taxonomy)}")
    subthemes = tuple(taxonomy[theme])
    subtheme_round = number // len(subthemes)
    subtheme = _nth_in_rounds(subthemes, number, seed, "subtheme", theme)
    return _nth_in_rounds(taxonomy[theme][subtheme], subtheme_round, seed, "scene", theme, subtheme)


def choose_themes(themes: Sequence[str], seed: int, count: int) -> tuple[str, ...]:
    """Return the themes of samples 0 .. count - 1; in any prefix their counts differ by at most one."""
    chosen: list[str] = []
    for number in range(0, count, len(themes) or 1):
        order = generator(seed, "theme", number // len(themes)).permutation(len(themes))
        chosen.extend(themes[int(place)] for place in order)
    return tuple(chosen[:count])


def _nth_in_rounds(choices: Sequence[Choice], number: int, seed: int, *names: str) -> Choice:
    round_number, position = divmod(number, len(choices))
    order = generator(seed, *names, round_number).permutation(len(choices))
    return choices[int(order[position])]
