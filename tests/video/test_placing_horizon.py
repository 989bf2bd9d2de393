"""A picture is laid so that its horizon comes to lie where it is wanted, and fills the frame."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sparkle.video import placed, with_horizon_at
from sparkle.video.placing import MOST_ZOOM


@given(
    st.integers(40, 200),
    st.integers(40, 200),
    st.floats(0.05, 0.95),
    st.floats(0.0, 1.0),
)
def test_the_horizon_lies_where_it_is_wanted_or_as_near_as_the_zoom_allows(
    high: int, wide: int, horizon: float, wanted: float
) -> None:
    width, height = 160, 90
    picture = np.full((high, wide, 3), 200, np.uint8)
    edge = round(horizon * high)
    picture[edge:] = 50
    placing = with_horizon_at((high, wide), (width, height), edge / high, wanted * height)
    assert 1 <= placing.zoom <= MOST_ZOOM
    shown = placed(picture, (width, height), placing)
    assert shown.min() >= 20, "no black border"
    column = shown[:, width // 2, 0] > 125
    found = int(column.sum())
    taken = placing.zoom * max(width / wide, height / high) * high
    nearest = min(max(wanted * height, edge / high * taken + height - taken), edge / high * taken)
    assert abs(found - nearest) <= 3
