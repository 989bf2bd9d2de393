"""Cut-outs of plants as they are shown: where they are enlarged, their hard edges are no steps."""

import numpy as np
import pytest

from sparkle.painter import ScenePlan
from sparkle.painter.engine.boughs import bough
from sparkle.painter.engine.sprites import _resized
from sparkle.painter.picture import prepare


@pytest.mark.parametrize("side", [60, 90, 180, 260])
def test_an_enlarged_edge_goes_over_softly(side: int) -> None:
    rows, columns = np.mgrid[0:60, 0:60]
    alpha = (columns > rows * 0.37 + 12).astype(np.float32)
    shown = _resized(np.repeat(alpha[..., None], 4, axis=2), (side, side))
    assert shown.shape == (side, side, 4)
    assert np.abs(np.diff(shown[..., 3], axis=1)).max() < 0.6
    assert abs(float(shown[..., 3].mean() - alpha.mean())) < 0.01


@pytest.mark.parametrize("seed", range(12))
def test_no_bough_is_cut_off_straight_where_its_sheet_ends(seed: int) -> None:
    canvas = prepare(ScenePlan("forest"), 96, 54, 1)
    leaves = bough(canvas, "leafy", np.random.default_rng(seed)).rgba[..., 3]
    assert leaves.max() > 0.5
    assert leaves[-1].max() == leaves[:, -1].max() == 0
