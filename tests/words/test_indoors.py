"""What the words say of walls and sky agrees with the painter and with the taxonomy."""

import pytest

from sparkle.painter.places import PLACES
from sparkle.painter.words import plan_scene
from sparkle.taxonomy import load_taxonomy
from sparkle.words.indoors import names_indoors

GLASS = {"greenhouse"}  # the sky is seen through it


@pytest.mark.parametrize(
    "caption",
    [
        "A night club with neon lights, the crowd dances.",
        "an old theatre, dust in the beams",
        "The cockpit of a starship",
        "INDOORS, by a window",
        "a sunlit ballroom",
    ],
)
def test_captions_of_inner_places(caption: str) -> None:
    assert names_indoors(caption)


@pytest.mark.parametrize(
    "caption",
    [
        "a wooden house on a hill",
        "mushrooms in a wood",
        "a grave in the fog",
        "labels on a wall",
        "a castle at dusk",
        "",
    ],
)
def test_captions_of_outer_places(caption: str) -> None:
    assert not names_indoors(caption)


def test_the_scenes_of_the_taxonomy_are_where_the_painter_paints_them() -> None:
    scenes = [scene for theme in load_taxonomy().values() for scenes in theme.values() for scene in scenes]
    assert len(scenes) > 50
    painted = {scene.name: PLACES[plan_scene("", scene).setting] for scene in scenes}
    others = {name for name, place in painted.items() if place.indoors != names_indoors(name)}
    assert {name for name in others if painted[name].name not in GLASS} == set()
