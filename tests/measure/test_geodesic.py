import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparkle.measure.geodesic import FAR, LENGTH_COST, geodesic_distance
from sparkle.measure.recurrence import recurrence

sparse = pytest.importorskip("scipy.sparse")
csgraph = pytest.importorskip("scipy.sparse.csgraph")


def flat(height=9, width=14):
    return np.full((1, height, width, 3), 128, np.uint8)


def test_on_a_flat_picture_distance_is_the_length_of_the_way():
    seeds = np.zeros((1, 9, 14), bool)
    seeds[0, 4, 3] = True
    y, x = np.mgrid[:9, :14]
    way = LENGTH_COST * (np.abs(y - 4) + np.abs(x - 3))
    assert np.allclose(geodesic_distance(flat(), seeds)[0], way, atol=1e-4)


def test_a_picture_without_seeds_is_far_from_everything():
    assert geodesic_distance(flat(), np.zeros((1, 9, 14), bool)).min() == FAR


def test_an_edge_keeps_what_is_behind_it_away_and_a_gap_lets_it_through():
    picture = flat(20, 30)
    picture[0, :, 14:17] = 20
    seeds = np.zeros((1, 20, 30), bool)
    seeds[0, :, 0] = True
    closed = geodesic_distance(picture, seeds)[0, 10, 25]
    picture[0, 2:8, 14:17] = 128
    opened = geodesic_distance(picture, seeds)[0, 10, 25]
    assert closed > 100
    assert opened < 10


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_sweeps_find_what_dijkstra_finds(seed):
    random = np.random.default_rng(seed)
    picture = random.integers(90, 160, (1, 8, 11, 3), dtype=np.uint8)
    seeds = random.random((1, 8, 11)) < 0.1
    seeds[0, 0, 0] = True
    assert np.allclose(geodesic_distance(picture, seeds)[0], by_dijkstra(picture[0], seeds[0]), atol=0.1)


def by_dijkstra(picture, seeds):
    import cv2

    smooth = cv2.bilateralFilter(picture, 5, 12, 3).astype(float) * [1, 1.5, 1.5]
    height, width = seeds.shape
    index = np.arange(height * width).reshape(height, width)
    rows, columns, costs = [], [], []
    for one, two in (
        ((slice(None), slice(-1)), (slice(None), slice(1, None))),
        ((slice(-1), slice(None)), (slice(1, None), slice(None))),
    ):
        step = np.abs(smooth[one] - smooth[two]).max(axis=-1)
        rows.append(index[one].ravel())
        columns.append(index[two].ravel())
        costs.append((np.maximum(step - 1.5, 0) + LENGTH_COST).ravel())
    graph = sparse.coo_matrix(
        (np.concatenate(costs), (np.concatenate(rows), np.concatenate(columns))), (height * width,) * 2
    )
    found = csgraph.dijkstra(graph.tocsr(), directed=False, indices=index[seeds], min_only=True)
    return found.reshape(height, width)


def test_background_comes_back_and_what_passes_does_not():
    random = np.random.default_rng(0)
    clip = np.full((33, 20, 60, 3), 120, np.uint8)
    for frame in range(33):
        clip[frame, 5:15, frame : frame + 8] = random.integers(0, 255, (10, 8, 3))
    share = recurrence(clip, 16)
    assert share[0].min() > 0.99
    assert share[5:15, 16:24].mean() < 0.3


def test_noise_does_not_count_as_change():
    random = np.random.default_rng(0)
    clip = np.clip(120 + random.normal(0, 4, (33, 20, 30, 3)), 0, 255).astype(np.uint8)
    assert recurrence(clip, 10).mean() > 0.5


def test_a_short_clip_has_no_other_moments():
    assert (recurrence(np.zeros((3, 4, 5, 3), np.uint8), 1) == 1).all()
