"""Cut-outs of plants as they are shown: where they are enlarged, their hard edges are no steps."""

import numpy as np
import pytest

from sparkle.painter.engine.sprites import _resized


@pytest.mark.parametrize("side", [60, 90, 180, 260])
def test_an_enlarged_edge_goes_over_softly(side: int) -> None:
    rows, columns = np.mgrid[0:60, 0:60]
    alpha = (columns > rows * 0.37 + 12).astype(np.float32)
    shown = _resized(np.repeat(alpha[..., None], 4, axis=2), (side, side))
    assert shown.shape == (side, side, 4)
    assert np.abs(np.diff(shown[..., 3], axis=1)).max() < 0.6
    assert abs(float(shown[..., 3].mean() - alpha.mean())) < 0.01
