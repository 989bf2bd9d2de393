import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sparkle.measure.shapes import bounds, closed, components, filled, grown

masks = hnp.arrays(np.bool_, st.tuples(st.integers(4, 20), st.integers(4, 20)))


@given(masks)
def test_closing_filling_and_growing_only_add(mask: np.ndarray):
    for larger in (closed(mask, 2), filled(mask), grown(mask, 2)):
        assert larger.shape == mask.shape
        assert (larger | ~mask).all()


@given(masks)
def test_filling_twice_changes_nothing(mask: np.ndarray):
    assert np.array_equal(filled(filled(mask)), filled(mask))


@given(masks)
def test_components_partition_the_mask(mask: np.ndarray):
    parts = components(mask, 1)
    assert sum(int(part.sum()) for part in parts) == mask.sum()
    assert [part.sum() for part in parts] == sorted((part.sum() for part in parts), reverse=True)


@given(masks.filter(np.any))
def test_bounds_enclose_tightly(mask: np.ndarray):
    x1, y1, x2, y2 = bounds(mask)
    assert mask.sum() == mask[y1:y2, x1:x2].sum()
    assert mask[y1].any()
    assert mask[y2 - 1].any()
    assert mask[:, x1].any()
    assert mask[:, x2 - 1].any()


def test_a_body_on_the_lower_border_is_filled_but_the_room_beside_it_is_not():
    arch = np.zeros((8, 9), np.bool_)
    arch[3, 2:7] = arch[3:, 2] = arch[3:, 6] = True
    assert filled(arch)[3:, 2:7].all()
    assert not filled(arch)[:, :2].any()
    assert not filled(arch)[:3].any()
