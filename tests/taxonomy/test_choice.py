"""Choices are balanced in every prefix, differ by seed, and never depend on how many samples follow."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparkle.core.errors import SettingsError
from sparkle.core.layout import TAXONOMY_THEMES
from sparkle.taxonomy import choose_scene, choose_themes, load_taxonomy

TAXONOMY = load_taxonomy()
SEEDS = st.integers(0, 2**63 - 1)


def spread(counts: Counter[str], of: int) -> int:
    return max(counts.values()) - (min(counts.values()) if len(counts) == of else 0)


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.sampled_from(TAXONOMY_THEMES), st.integers(1, 70))
def test_every_prefix_is_balanced_over_subthemes_and_their_scenes(seed: int, theme: str, count: int):
    chosen = [choose_scene(TAXONOMY, theme, seed, number) for number in range(count)]
    assert spread(Counter(scene.subtheme for scene in chosen), len(TAXONOMY[theme])) <= 1
    for subtheme, scenes in TAXONOMY[theme].items():
        names = Counter(scene.name for scene in chosen if scene.subtheme == subtheme)
        assert not names or spread(names, len(scenes)) <= 1


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.integers(1, 60))
def test_every_prefix_is_balanced_over_themes(seed: int, count: int):
    assert spread(Counter(choose_themes(TAXONOMY_THEMES, seed, count)), len(TAXONOMY_THEMES)) <= 1


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.integers(0, 40), st.integers(0, 40))
def test_more_samples_leave_earlier_themes_alone(seed: int, count: int, more: int):
    longer = choose_themes(TAXONOMY_THEMES, seed, count + more)
    assert longer[:count] == choose_themes(TAXONOMY_THEMES, seed, count)


def test_all_scenes_of_a_theme_come_before_any_repeats():
    total = sum(len(scenes) for scenes in TAXONOMY["style"].values())
    assert len({choose_scene(TAXONOMY, "style", 7, number) for number in range(total)}) == total


def test_seed_changes_the_order():
    orders = {
        tuple(choose_scene(TAXONOMY, "time", seed, number) for number in range(10)) for seed in range(20)
    }
    assert len(orders) == 20


def test_rounds_are_shuffled_anew():
    rounds = [
        tuple(choose_scene(TAXONOMY, "location", 7, 6 * cycle + position).subtheme for position in range(6))
        for cycle in range(6)
    ]
    assert len(set(rounds)) > 1


def test_unknown_theme_names_the_known_ones():
    with pytest.raises(SettingsError, match=r"unknown theme 'weather'.*location, season, time, style"):
        choose_scene(TAXONOMY, "weather", 7, 0)
