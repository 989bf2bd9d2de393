"""Every place looks as it did when it was last looked at; whoever changes one looks at it and renews its row."""

from __future__ import annotations

import numpy as np
import pytest
from tests.painter.golden import HEIGHT, PLACES, WIDTH, golden_rows, row

# Between two runs of one machine nothing differs; between builds of NumPy and OpenCV single blades and leaves do.
# Erasing the pagoda of the samurai valley, the smallest thing that was tried, moves a thumbnail by 2.0 levels and the
# worst of its blocks by 37.
MEAN_LEVELS, BLOCK_LEVELS = 1.5, 20.0
GOLDEN = golden_rows()


def test_the_sheet_shows_the_places_that_there_are() -> None:
    assert set(GOLDEN) == set(PLACES)


@pytest.mark.parametrize("place", sorted(PLACES))
def test_a_place_looks_as_on_its_golden_thumbnails(place: str) -> None:
    difference = np.abs(row(place).astype(float) - GOLDEN[place]).mean(axis=2)
    thumbnails = difference.reshape(HEIGHT, -1, WIDTH)
    blocks = difference.reshape(HEIGHT // 3, 3, -1, 4).mean(axis=(1, 3))
    advice = f"{place} looks otherwise; look at it, then: python -m tests.painter.golden '{place}'"
    assert thumbnails.mean(axis=(0, 2)).max() < MEAN_LEVELS, advice
    assert blocks.max() < BLOCK_LEVELS, advice
