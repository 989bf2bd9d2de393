import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sparkle.bait import ObjectVote, PlainVote
from sparkle.core.errors import SampleError

PASSES = st.integers(1, 6).flatmap(lambda n: arrays(bool, (n, 3, 4, 5)))


def count(passes):
    counter = PlainVote(*passes.shape[1:], passes=len(passes))
    for masks in passes:
        for frame, mask in enumerate(masks):
            counter.add(frame, ["man"], mask[None])
    return counter.result()


def objects(passes):
    """Count passes {label: masks (T, H, W)} apart."""
    shape = next(iter(passes[0].values())).shape
    counter = ObjectVote(*shape, passes=len(passes))
    for seen in passes:
        for frame in range(shape[0]):
            counter.add(frame, list(seen), np.stack([masks[frame] for masks in seen.values()]))
    return counter


@given(PASSES)
def test_foreground_is_what_more_than_half_of_the_passes_say(passes):
    result = count(passes)
    assert np.array_equal(result.mask, passes.sum(axis=0) > len(passes) / 2)
    assert np.allclose(result.confidence, passes.mean(axis=0), atol=1 / 255)
    assert np.array_equal(result.share > 127, result.mask)
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


@pytest.mark.parametrize("passes", [255, 256])
def test_counters_hold_every_vote(passes):
    """An 8-bit counter would wrap to zero at the 256th vote and lose the subject."""
    result = count(np.ones((passes, 1, 2, 2), bool))
    assert result.mask.all()
    assert result.consensus == 1.0


def test_finding_nothing_at_all_is_no_consensus():
    result = count(np.zeros((3, 2, 2, 2), bool))
    assert result.consensus == 0.0
    assert result.consensus_per_frame.tolist() == [1.0, 1.0]


def test_a_vote_without_passes_is_refused():
    with pytest.raises(SampleError, match="at least one pass"):
        PlainVote(1, 2, 2, passes=0)


LEFT, RIGHT, NOWHERE = np.zeros((3, 2, 4, 4), bool)
LEFT[..., :2] = True
RIGHT[..., 2:] = True


def test_an_object_is_voted_on_by_the_anchors_that_name_it():
    """In one pot, three passes that know only the ball outvote the one that sees the crate."""
    passes = [{"ball": LEFT, "crate": RIGHT}, {"ball": LEFT}, {"ball": LEFT}]
    result = objects(passes).result()
    assert result.mask.all()
    assert result.seen == {"ball": 1.0, "crate": 1.0}
    plain = count(np.stack([LEFT | RIGHT, LEFT, LEFT]))
    assert not plain.mask[RIGHT].any()


def test_a_pass_that_lost_the_object_abstains():
    first_half = LEFT.copy()
    first_half[1] = False
    second_half = LEFT.copy()
    second_half[0] = False
    assert np.array_equal(objects([{"man": first_half}, {"man": second_half}]).result().mask, LEFT)


def test_an_object_that_few_passes_still_see_is_gone():
    passes = [{"man": LEFT}] + [{"man": NOWHERE}] * 4
    result = objects(passes).result()
    assert not result.mask.any()
    assert result.seen == {"man": 0.0}


def test_a_box_decides_on_its_own_frame_alone():
    counter = objects([{"man": LEFT}] * 3)
    counter.decide(1, "man", RIGHT[1])
    mask = counter.result().mask
    assert np.array_equal(mask[1], RIGHT[1])
    assert np.array_equal(mask[0], LEFT[0])


def test_a_box_in_which_nothing_was_found_decides_nothing():
    counter = objects([{"man": LEFT}] * 3)
    counter.decide(1, "man", NOWHERE[1])
    assert np.array_equal(counter.result().mask, LEFT)


def test_boxes_of_one_label_are_one_object():
    counter = ObjectVote(1, 4, 4, passes=1)
    counter.add(0, ["man", "man"], np.stack([LEFT[0], RIGHT[0]]))
    assert counter.result().mask.all()


@given(PASSES)
def test_objects_apart_decide_like_the_paper_where_every_pass_sees_its_one_object(passes):
    passes[..., 0, 0] = True
    assert np.array_equal(objects([{"man": masks} for masks in passes]).result().mask, count(passes).mask)
