import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkle.bait import single_pass, track_bait
from sparkle.bait.passes import pass_spans
from sparkle.core.boxes import LabelledBox
from sparkle.core.errors import BackendError, SampleError
from sparkle.roles import Anchor

COUNT, HEIGHT, WIDTH = 6, 4, 5
BOX = (LabelledBox("man", (0.0, 0.0, 3.0, 3.0)),)


class KnownMasks:
    """A tracker's session whose answers are known: anchor frame -> mask video."""

    def __init__(self, videos):
        self.videos = videos

    def propagate(self, anchor, direction):
        frames = range(anchor.frame, COUNT) if direction == "forward" else range(anchor.frame, -1, -1)
        for frame in frames:
            yield frame, self.videos[anchor.frame][frame][None].repeat(len(anchor.boxes), axis=0)


def video(seed):
    return np.random.default_rng(seed).random((COUNT, HEIGHT, WIDTH)) < 0.5


def track(session, anchors, **options):
    return track_bait(session, anchors, COUNT, HEIGHT, WIDTH, **options)


def test_every_frame_gets_one_vote_of_every_anchor():
    videos = {frame: video(frame) for frame in (0, 2, 5)}
    result = track(KnownMasks(videos), [Anchor(frame, BOX) for frame in videos], vote="plain")
    assert result.passes == 3
    share = np.mean(list(videos.values()), axis=0)
    assert np.array_equal(result.mask, share > 0.5)
    assert np.allclose(result.confidence, share, atol=1 / 255)


def test_an_anchor_without_boxes_has_no_vote():
    """Counted in, two empty anchors would outvote the one that saw the subject."""
    videos = {3: np.ones((COUNT, HEIGHT, WIDTH), bool)}
    result = track(KnownMasks(videos), [Anchor(0, ()), Anchor(3, BOX), Anchor(5, ())])
    assert result.passes == 1
    assert result.mask.all()


def test_no_box_anywhere_is_an_error_that_says_so():
    with pytest.raises(SampleError, match="none of the anchors has a box"):
        track(KnownMasks({}), [Anchor(0, ()), Anchor(4, ())])


@pytest.mark.parametrize("frame", [-1, COUNT])
def test_an_anchor_outside_the_clip_is_refused(frame):
    with pytest.raises(SampleError, match="outside the clip"):
        track(KnownMasks({}), [Anchor(frame, BOX)])


def test_progress_reaches_the_announced_end():
    calls = []
    videos = {0: video(0), 4: video(4)}
    track(KnownMasks(videos), [Anchor(0, BOX), Anchor(4, BOX)], progress=lambda *call: calls.append(call))
    assert calls == [(done, 2 * COUNT) for done in range(1, 2 * COUNT + 1)]


@pytest.mark.parametrize(
    ("answers", "complaint"),
    [
        (lambda frames: [], "got nothing"),
        (lambda frames: [(frame + 1, np.zeros((1, HEIGHT, WIDTH), bool)) for frame in frames], "got frame"),
        (
            lambda frames: [(frame, np.zeros((1, HEIGHT, WIDTH + 1), bool)) for frame in frames],
            "expected bool",
        ),
        (
            lambda frames: [(frame, np.zeros((1, HEIGHT, WIDTH), np.uint8)) for frame in frames],
            "expected bool",
        ),
    ],
)
def test_a_tracker_that_breaks_its_promise_is_named(answers, complaint):
    class Broken:
        def propagate(self, anchor, direction):
            return iter(answers(range(anchor.frame, COUNT)))

    with pytest.raises(BackendError, match=complaint):
        track(Broken(), [Anchor(0, BOX)])


def test_a_single_pass_is_the_anchors_mask_video():
    videos = {2: video(2)}
    assert np.array_equal(single_pass(KnownMasks(videos), Anchor(2, BOX), COUNT, HEIGHT, WIDTH), videos[2])
    assert not single_pass(KnownMasks(videos), Anchor(2, ()), COUNT, HEIGHT, WIDTH).any()


@given(st.sets(st.integers(0, 40), min_size=1), st.none() | st.integers(0, 50))
def test_spans_cover_the_clip_and_hold_their_anchor(frames, reach):
    spans = pass_spans(sorted(frames), 41, reach)
    assert set().union(*spans) == set(range(41))
    assert all(frame in span for frame, span in zip(sorted(frames), spans, strict=True))
