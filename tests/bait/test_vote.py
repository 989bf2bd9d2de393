import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sparkle.bait import VoteCounter
from sparkle.core.errors import SampleError

PASSES = st.integers(1, 6).flatmap(lambda n: arrays(bool, (n, 3, 4, 5)))


def count(passes):
    counter = VoteCounter(*passes.shape[1:], passes=len(passes))
    for masks in passes:
        for frame, mask in enumerate(masks):
            counter.add(frame, mask)
    return counter.result()


@given(PASSES)
def test_foreground_is_what_more_than_half_of_the_passes_say(passes):
    result = count(passes)
    assert np.array_equal(result.mask, passes.sum(axis=0) > len(passes) / 2)
    assert np.allclose(result.confidence, passes.mean(axis=0))
    assert result.confidence.dtype == np.float32


@given(PASSES)
def test_consensus_is_the_pooled_iou_of_the_passes_with_the_vote(passes):
    result = count(passes)
    shared = (passes & result.mask).sum()
    united = (passes | result.mask).sum()
    assert result.consensus == pytest.approx(shared / united if united else 0.0)
    for frame, consensus in enumerate(result.consensus_per_frame):
        some = (passes[:, frame] | result.mask[frame]).sum()
        both = (passes[:, frame] & result.mask[frame]).sum()
        assert consensus == pytest.approx(both / some if some else 1.0)


def test_two_votes_of_four_are_background():
    passes = np.zeros((4, 1, 1, 1), bool)
    passes[:2] = True
    assert not count(passes).mask.any()


@pytest.mark.parametrize(("passes", "dtype"), [(255, np.uint8), (256, np.uint16)])
def test_counters_hold_every_vote(passes, dtype):
    """An 8-bit counter would wrap to zero at the 256th vote and lose the subject."""
    result = count(np.ones((passes, 1, 2, 2), bool))
    assert result.votes.dtype == dtype
    assert result.mask.all()
    assert result.consensus == 1.0


def test_finding_nothing_at_all_is_no_consensus():
    result = count(np.zeros((3, 2, 2, 2), bool))
    assert result.consensus == 0.0
    assert result.consensus_per_frame.tolist() == [1.0, 1.0]


def test_a_vote_without_passes_is_refused():
    with pytest.raises(SampleError, match="at least one pass"):
        VoteCounter(1, 2, 2, passes=0)
