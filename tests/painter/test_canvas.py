"""The canvas while it is painted on: float32 light and depth, blends between what was there and what is laid over."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkle.painter import ScenePlan
from sparkle.painter.engine.canvas import SKY_DEPTH, Canvas
from sparkle.painter.engine.casting import cast
from sparkle.painter.engine.ground import flat, height_of
from sparkle.painter.engine.light import glow_at, sparks
from sparkle.painter.engine.noise import Noise, smoothstep
from sparkle.painter.engine.palette import colour, mix
from sparkle.painter.engine.solids import ball, box
from sparkle.painter.engine.water import Water, paint_water
from sparkle.painter.picture import prepare
from sparkle.painter.places import PLACES


def empty(setting: str = "meadow") -> Canvas:
    return prepare(ScenePlan(setting), 64, 36, 3)


@pytest.mark.parametrize(
    "name", ["beach", "castle", "cafe", "forest", "neon street", "volcano", "wasteland", "sky"]
)
def test_light_and_depth_stay_float32_through_a_whole_place(name: str) -> None:
    canvas = prepare(ScenePlan(name, time=PLACES[name].time), 64, 36, 3)
    PLACES[name].draw(canvas)
    assert canvas.rgb.dtype == np.float32
    assert canvas.depth.dtype == np.float32
    assert np.isfinite(canvas.rgb).all()
    assert canvas.rgb.shape == (*canvas.depth.shape, 3)


@given(share=st.floats(0, 1))
def test_a_mix_lies_between_its_colours(share: float) -> None:
    first, second = colour("102030"), colour("f0c0a0")
    one = mix(first, second, share)
    assert one.dtype == np.float32
    assert (one >= first - 1e-6).all()
    assert (one <= second + 1e-6).all()
    field = mix(first, second, np.full((2, 5), share, np.float32))
    assert field.shape == (2, 5, 3)
    assert np.allclose(field, one, atol=1e-6)


def test_a_blend_lays_a_colour_over_by_its_share_and_in_its_box_only() -> None:
    canvas = empty()
    canvas.rgb[:] = 1.0
    alpha = np.zeros((4, 6), np.float32)
    alpha[1] = 0.25
    canvas.blend(np.zeros(3, np.float32), alpha, (slice(2, 6), slice(0, 6)))
    assert np.allclose(canvas.rgb[3, :6], 0.75)
    assert np.allclose(canvas.rgb[2, :6], 1.0)
    assert np.allclose(canvas.rgb[3, 6:], 1.0)


def test_a_lamp_nearby_has_the_larger_halo_and_shines_where_it_stands() -> None:
    sums = []
    for z in (5.0, 20.0):
        canvas = empty()
        glow_at(canvas, (0.0, canvas.view.eye, z), 0.5, (1.0, 0.5, 0.2), 1.0)
        row, column = np.unravel_index(canvas.rgb[..., 0].argmax(), canvas.depth.shape)
        assert abs(row - canvas.view.horizon) <= 1
        assert abs(column - canvas.view.centre) <= 1
        sums.append(float(canvas.rgb.sum()))
    assert sums[0] > 5 * sums[1]


def test_sparks_stay_in_their_rows() -> None:
    canvas = empty()
    sparks(canvas, 40, (1, 1, 1), (0.5, 1), (0.5, 1), (0.0, 0.2))
    height = canvas.view.height
    assert canvas.rgb[: height // 3].sum() > 0
    assert canvas.rgb[height // 2 :].sum() == 0


def test_the_nearest_solid_wins_and_nothing_is_seen_behind_what_was_painted() -> None:
    canvas = empty()
    red = box(lambda hits: _plain(hits, (1, 0, 0)), (0, 0, 8), (2, 3, 1))
    blue = box(lambda hits: _plain(hits, (0, 0, 1)), (0, 0, 12), (8, 3, 1))
    row, column = int(canvas.view.horizon) + 2, int(canvas.view.centre)
    for order in ([red, blue], [blue, red]):
        model = cast(canvas, order)
        assert tuple(model.albedo[row, column]) == (1, 0, 0)
        assert model.depth[row, column] == pytest.approx(7.5)
    canvas.depth[:] = 5
    assert not np.isfinite(cast(canvas, [red, blue]).depth).any()


def test_a_ball_faces_the_eye_in_its_middle() -> None:
    canvas = empty()
    model = cast(canvas, [ball(lambda hits: _plain(hits, (1, 1, 1)), (0, canvas.view.eye, 6), (2, 2, 2))])
    row, column = int(canvas.view.horizon), int(canvas.view.centre)
    assert model.depth[row, column] == pytest.approx(5, abs=0.05)
    assert model.normal[row, column, 2] < -0.95


def _plain(hits, tone):  # type: ignore[no-untyped-def]
    from sparkle.painter.engine.solids import Surface

    return Surface(np.tile(np.asarray(tone, np.float32), (len(hits.z), 1)))


def test_still_water_mirrors_more_sharply_than_rough_water() -> None:
    def broken(ripple: float) -> float:
        canvas = empty()
        stripes = (np.arange(canvas.view.width) // 8 % 2).astype(np.float32)
        canvas.rgb[:] = stripes[None, :, None]
        canvas.depth[:] = SKY_DEPTH
        paint_water(canvas, Water(ripple=ripple))
        rows = canvas.rgb[int(canvas.view.horizon) + 4 :, :, 0]
        return float(np.abs(np.diff(rows, axis=0)).mean())

    assert broken(0.0) < 0.7 * broken(1.0)


def test_flat_land_is_level_and_noise_is_the_same_for_the_same_seed() -> None:
    assert height_of(flat, 3.0, 20.0) == 0.0
    grid = np.meshgrid(np.linspace(0, 9, 12, dtype=np.float32), np.linspace(0, 5, 7, dtype=np.float32))
    first, again = (Noise(np.random.default_rng(4)).fbm(*grid) for _ in range(2))
    assert np.array_equal(first, again)
    assert np.abs(first).max() < 1.7
    assert smoothstep(0.0, 1.0, np.float32(0.5)) == pytest.approx(0.5)
