"""Tracking with tiny random SAM 3 and EdgeTAM checkpoints, against what transformers' own sessions give."""

import gc
from itertools import pairwise

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from tests.tiny_models import segmentation as tiny  # noqa: E402

from sparkle.backends.segmentation.edgetam import EDGETAM, EdgeTamTracker  # noqa: E402
from sparkle.backends.segmentation.pixels import PixelFormat, prepare  # noqa: E402
from sparkle.backends.segmentation.sam3 import SAM3, Sam3Tracker  # noqa: E402
from sparkle.bait import single_pass, track_bait  # noqa: E402
from sparkle.core.boxes import LabelledBox  # noqa: E402
from sparkle.core.errors import SampleError  # noqa: E402
from sparkle.roles import Anchor  # noqa: E402

COUNT = 20
MAN = LabelledBox("man", (10.0, 8.0, 40.0, 50.0))
DOG = LabelledBox("dog", (30.5, 20.0, 57.0, 55.0))
CPU = {"device": "cpu", "dtype": "float32"}


class Stock:
    """One model, used as transformers documents it: a session and a processor's inputs for each pass."""

    def __init__(self, family, folder, side, processor):
        self.model = getattr(transformers, family.model).from_pretrained(folder).eval()
        self.session = getattr(transformers, family.session)
        self.pixels = PixelFormat(side, family.mean, family.deviation)
        # Its parts that prepare pixels cannot be made without torchvision; those that place boxes need a side only.
        self.processor = object.__new__(processor)
        self.processor.target_size = side
        self.processor.point_pad_value = -10

    def masks(self, frames, anchor, reverse):
        height, width = frames.shape[1:3]
        video = torch.stack([prepare(frame, self.pixels, torch.device("cpu")) for frame in frames])
        session = self.session(video=video, video_height=height, video_width=width, dtype=video.dtype)
        self.processor.add_inputs_to_inference_session(
            inference_session=session,
            frame_idx=anchor.frame,
            obj_ids=list(range(len(anchor.boxes))),
            input_boxes=[[list(box.xyxy) for box in anchor.boxes]],
        )
        found = []
        for answer in self.model.propagate_in_video_iterator(session, anchor.frame, reverse=reverse):
            logits = torch.nn.functional.interpolate(answer.pred_masks, (height, width), mode="bilinear")
            found.append((answer.frame_idx, (logits > 0)[:, 0].numpy()))
        return found


@pytest.fixture(scope="module")
def sam3_folder(tmp_path_factory):
    return tiny.write_tiny_sam3(tmp_path_factory.mktemp("sam3"))


@pytest.fixture(scope="module")
def edgetam_folder(tmp_path_factory):
    return tiny.write_tiny_edgetam(tmp_path_factory.mktemp("edgetam"))


@pytest.fixture(scope="module")
def sam3(sam3_folder):
    return Sam3Tracker(model=str(sam3_folder), **CPU)


def clip(height=60, width=90, count=COUNT):
    coarse = np.random.default_rng(0).integers(0, 255, (count, 6, 9, 3), np.uint8)
    return np.stack([cv2.resize(frame, (width, height), interpolation=cv2.INTER_CUBIC) for frame in coarse])


def assert_same(ours, stock):
    ours, stock = list(ours), list(stock)
    assert [frame for frame, _ in ours] == [frame for frame, _ in stock]
    for (frame, mask), (_, expected) in zip(ours, stock, strict=True):
        assert mask.dtype == np.bool_
        assert np.array_equal(mask, expected), f"frame {frame}: {(mask != expected).sum()} pixels differ"


def encoded_frames(kind, work):
    """Return what `work` returns, and how often a vision encoder of class `kind` ran meanwhile."""
    calls = []
    hook = torch.nn.modules.module.register_module_forward_hook(
        lambda module, inputs, output: calls.append(1) if type(module).__name__ == kind else None
    )
    try:
        return work(), len(calls)
    finally:
        hook.remove()


def live_bytes():
    gc.collect()
    return sum(each.nbytes for each in gc.get_objects() if issubclass(type(each), torch.Tensor))


@pytest.mark.parametrize(("height", "width"), [(60, 90), (90, 61), (64, 64)])
def test_sam3_passes_equal_those_of_stock_sessions(sam3, sam3_folder, height, width):
    frames = clip(height, width)
    stock = Stock(SAM3, sam3_folder, tiny.SAM3_SIDE, transformers.Sam3TrackerVideoProcessor)
    session = sam3.open(frames, [])
    for anchor in (Anchor(4, (MAN, DOG)), Anchor(12, (DOG,))):
        assert_same(session.propagate(anchor, "forward"), stock.masks(frames, anchor, reverse=False))
        assert_same(session.propagate(anchor, "backward"), stock.masks(frames, anchor, reverse=True))


def test_edgetam_passes_equal_those_of_stock_sessions(edgetam_folder):
    frames, anchor = clip(), Anchor(4, (MAN, DOG))
    stock = Stock(EDGETAM, edgetam_folder, tiny.EDGETAM_SIDE, transformers.Sam2VideoProcessor)
    session = EdgeTamTracker(model=str(edgetam_folder), **CPU).open(frames, [anchor])
    assert_same(session.propagate(anchor, "forward"), stock.masks(frames, anchor, reverse=False))
    assert_same(session.propagate(anchor, "backward"), stock.masks(frames, anchor, reverse=True))


def test_the_masks_of_the_tiny_model_have_shapes_that_change(sam3):
    """All tests here compare masks; empty, full or unchanging ones would let anything pass."""
    masks = [mask for _, mask in sam3.open(clip(), []).propagate(Anchor(0, (MAN, DOG)), "forward")]
    assert all(0.01 < mask.mean() < 0.9 for mask in masks)
    assert all((before != after).any() for before, after in pairwise(masks))


def test_a_frame_is_encoded_once_for_all_passes(sam3):
    frames = clip(count=9)
    anchors = [Anchor(frame, (MAN, DOG)) for frame in (0, 4, 8)]

    def all_passes():
        session = sam3.open(frames, anchors)
        return [single_pass(session, anchor, *frames.shape[:3]) for anchor in anchors]

    masks, calls = encoded_frames("Sam3VisionModel", all_passes)
    assert len(masks) == 3
    assert calls == len(frames)


def test_only_the_frames_that_a_pass_reaches_are_encoded(sam3):
    session = sam3.open(clip(), [])

    def three_frames():
        forward = session.propagate(Anchor(5, (MAN,)), "forward")
        return [next(forward) for _ in range(3)]

    assert encoded_frames("Sam3VisionModel", three_frames)[1] == 3


def test_memory_does_not_grow_with_the_number_of_passes(sam3):
    frames = clip()
    session = sam3.open(frames, [])
    after = []
    for frame in (0, 7, 19):
        single_pass(session, Anchor(frame, (MAN, DOG)), *frames.shape[:3])
        after.append(live_bytes())
    assert after[0] == after[1] == after[2]


def test_memory_of_a_pass_does_not_grow_with_its_length(sam3):
    frames = clip()
    session = sam3.open(frames, [])
    single_pass(session, Anchor(0, (MAN,)), *frames.shape[:3])
    answers = session.propagate(Anchor(0, (MAN, DOG)), "forward")
    held = {frame: live_bytes() for frame, _ in answers if frame in (0, 9, 19)}
    assert held[9] > held[0]
    assert held[9] == held[19]


def test_a_pass_that_is_stopped_leaves_nothing_behind(sam3):
    frames = clip()
    session = sam3.open(frames, [])
    single_pass(session, Anchor(0, (MAN, DOG)), *frames.shape[:3])
    before = live_bytes()
    forward = session.propagate(Anchor(3, (MAN, DOG)), "forward")
    next(forward), next(forward)
    assert live_bytes() > before
    forward.close()
    assert live_bytes() == before


def test_features_in_host_memory_give_the_same_masks(sam3, sam3_folder):
    frames, anchor = clip(count=6), Anchor(2, (MAN, DOG))
    frugal = Sam3Tracker(model=str(sam3_folder), feature_memory_gb=0, **CPU)
    assert_same(
        frugal.open(frames, []).propagate(anchor, "forward"),
        sam3.open(frames, []).propagate(anchor, "forward"),
    )


def test_a_released_model_comes_back_in_the_middle_of_a_pass(sam3_folder):
    frames, anchor = clip(count=5), Anchor(0, (MAN,))
    tracker = Sam3Tracker(model=str(sam3_folder), **CPU)
    whole = list(tracker.open(frames, []).propagate(anchor, "forward"))
    interrupted = []
    for answer in tracker.open(frames, []).propagate(anchor, "forward"):
        interrupted.append(answer)
        tracker.release()
    assert_same(interrupted, whole)


def test_bait_votes_over_the_passes(sam3):
    frames = clip(count=8)
    anchors = [Anchor(0, (MAN, DOG)), Anchor(3, ()), Anchor(5, (MAN,)), Anchor(7, (DOG,))]
    session = sam3.open(frames, anchors)
    result = track_bait(session, anchors, *frames.shape[:3], vote="plain")
    passes = [single_pass(session, anchor, *frames.shape[:3]) for anchor in anchors if anchor.boxes]
    assert result.passes == 3
    assert np.array_equal(result.mask, sum(masks.astype(np.uint8) for masks in passes) > 1)


def test_bait_with_a_reach_stops_passes_early(sam3):
    frames = clip(count=12)
    anchors = [Anchor(0, (MAN,)), Anchor(6, (MAN,)), Anchor(11, (DOG,))]
    result = track_bait(sam3.open(frames, anchors), anchors, *frames.shape[:3], reach=3)
    assert result.passes_per_frame.tolist() == [2] * 6 + [3] + [2] * 5


def test_an_absent_object_has_no_mask(tmp_path):
    blind = Sam3Tracker(model=str(tiny.write_tiny_sam3(tmp_path, presence=-100.0)), **CPU)
    masks = [mask for _, mask in blind.open(clip(count=3), []).propagate(Anchor(0, (MAN,)), "forward")]
    assert len(masks) == 3
    assert not np.any(masks)


def test_an_anchor_without_boxes_yields_empty_masks(sam3):
    session = sam3.open(clip(61, 35, 4), [])
    answers = list(session.propagate(Anchor(2, ()), "backward"))
    assert [frame for frame, _ in answers] == [2, 1, 0]
    assert all(masks.shape == (0, 61, 35) for _, masks in answers)


@pytest.mark.parametrize("frame", [-1, 4])
def test_an_anchor_outside_the_clip_is_refused(sam3, frame):
    with pytest.raises(SampleError, match=f"anchor frame {frame} is outside the clip of 4 frames"):
        sam3.open(clip(count=4), []).propagate(Anchor(frame, (MAN,)), "forward")


@pytest.mark.parametrize(
    "xyxy", [(5, 5, 5, 9), (9, 5, 5, 9), (95, 5, 120, 9), (-9, 0, -1, 5), (float("nan"), 0, 5, 5)]
)
def test_a_box_without_area_in_the_picture_is_refused(sam3, xyxy):
    with pytest.raises(SampleError, match="box of 'cat' on frame 1 has no area inside the 90x60 picture"):
        sam3.open(clip(count=4), []).propagate(Anchor(1, (MAN, LabelledBox("cat", xyxy))), "forward")
