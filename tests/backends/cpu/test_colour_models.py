import numpy as np

from sparkle.backends.cpu.tracking.evidence import ClipEvidence
from sparkle.backends.cpu.tracking.models import colour_faith


def test_black_tells_less_than_a_bright_colour():
    frames = np.zeros((2, 40, 60, 3), np.uint8)
    frames[:, :, 30:] = (220, 160, 90)
    faith = colour_faith(ClipEvidence(frames, []), 0)
    assert (faith[:, :25] < 0.5).all()
    assert (faith[:, 35:] == 1).all()
