"""What is where: the painter tells of every pixel what it shows, and every seed lays the coast another way."""

from __future__ import annotations

import numpy as np
import pytest

from sparkle.painter import Kind, Painted, ScenePlan, paint_scene, plan_scene

SIZE = (96, 54)


def painted(text: str, seed: int = 3) -> Painted:
    return paint_scene(plan_scene(text), *SIZE, seed)


def test_shares_have_the_pictures_size_and_make_up_the_whole() -> None:
    beach = painted("a beach with palms")
    total = sum(beach.share(kind) for kind in Kind)
    assert total.shape == beach.picture.shape[:2]
    assert np.allclose(total, 1, atol=1e-5)


@pytest.mark.parametrize(
    ("text", "kind", "least"),
    [
        ("a beach with palms", Kind.WATER, 0.1),
        ("a beach with palms", Kind.FOLIAGE, 0.01),
        ("mountains at noon", Kind.SKY, 0.05),
        ("mountains at noon", Kind.LAND, 0.2),
        ("a wheat field", Kind.GRASS, 0.2),
        ("a library", Kind.SOLID, 0.8),
        ("a snowy pine forest", Kind.FOLIAGE, 0.2),
        ("a log cabin room with a fireplace", Kind.FLAME, 0.002),
        ("a jazz club", Kind.LIGHT, 0.001),
        ("a castle with banners", Kind.CLOTH, 0.0003),
        ("a jungle with a waterfall", Kind.WATER, 0.02),
    ],
)
def test_the_painter_knows_what_it_painted(text: str, kind: Kind, least: float) -> None:
    assert painted(text).share(kind).mean() > least


def test_ice_is_no_water_and_a_forest_has_no_sky() -> None:
    assert painted("a frozen lake").share(Kind.WATER).mean() < 0.01
    assert painted("a pine forest").share(Kind.SKY).mean() == 0


def test_sky_is_above_and_solid_ground_below() -> None:
    meadow = paint_scene(ScenePlan(), *SIZE, 5)
    assert meadow.share(Kind.SKY)[:5].mean() > 0.9
    assert meadow.share(Kind.SKY)[-10:].mean() == 0


def test_every_seed_lays_the_coast_another_way() -> None:
    seas = [painted("a sunny beach", seed).share(Kind.WATER) > 0.5 for seed in range(5)]
    alike = [(one & other).sum() / (one | other).sum() for n, one in enumerate(seas) for other in seas[:n]]
    assert max(alike) < 0.95
    assert min(alike) < 0.6
