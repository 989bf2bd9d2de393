import numpy as np

from sparkle.backends.cpu.tracking.evidence import ClipEvidence
from sparkle.backends.cpu.tracking.models import Models, colour_odds
from sparkle.measure.colour import BINS, colour_bins, count_colours, density

BLACK, BRIGHT = (0, 0, 0), (220, 160, 90)


def test_black_tells_less_than_a_bright_colour_that_is_as_much_the_background_s_own():
    frames = np.zeros((2, 40, 60, 3), np.uint8)
    frames[:, :, 30:] = BRIGHT
    evidence = ClipEvidence(frames, [])
    seen = count_colours(colour_bins(evidence.lab[0]), np.ones(evidence.shape, np.float32))
    models = Models(np.full(BINS, 1 / BINS, np.float32), density(seen), 0.0, (), 0.0, {})
    odds = colour_odds(evidence, 0, models)
    black, bright = odds[10:30, 5:25].mean(), odds[10:30, 35:55].mean()
    assert bright < -3
    assert -2 < black < 0
