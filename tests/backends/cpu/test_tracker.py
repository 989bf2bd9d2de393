import cv2
import numpy as np
import pytest

from sparkle.backends.cpu.tracker import JointTracker
from sparkle.backends.cpu.tracking.background import motion_odds
from sparkle.backends.cpu.tracking.evidence import ClipEvidence
from sparkle.backends.cpu.tracking.placement import surely_background
from sparkle.bait import single_pass, track_bait
from sparkle.core.boxes import LabelledBox
from sparkle.measure.colour import BINS, colour_bins, count_colours, density
from sparkle.measure.graph_cut import cut
from sparkle.measure.islands import without_specks
from sparkle.measure.photometry import align_colours
from sparkle.measure.plate import build_plate, continue_smoothly
from sparkle.roles import Anchor

HEIGHT, WIDTH, COUNT = 108, 192, 33


def room(seed=3):
    rng = np.random.default_rng(seed)
    coarse = cv2.resize(rng.uniform(70, 190, (9, 16, 3)).astype(np.float32), (WIDTH, HEIGHT))
    picture = (
        coarse
        + cv2.GaussianBlur(rng.normal(0, 40, (HEIGHT, WIDTH, 1)).astype(np.float32), (0, 0), 1.5)[..., None]
    )
    for x in range(10, WIDTH, 40):
        cv2.rectangle(picture, (x, 20), (x + 14, 50), (60, 110, 150), -1)
    return picture


def scene(path, count=COUNT, size=(18, 30), drift=0.0):
    """A red patterned figure with a thin raised arm at `path(t)`, in front of a room, with noise; and its mask."""
    rng = np.random.default_rng(5)
    background = room()
    pattern = cv2.resize(rng.uniform(0.6, 1.2, (40, 70)).astype(np.float32), (WIDTH * 2, HEIGHT * 2))[
        ..., None
    ]
    frames, masks = [], []
    for t in range(count):
        mask = np.zeros((HEIGHT, WIDTH), np.uint8)
        x, y = (int(value) for value in path(t))
        cv2.ellipse(mask, (x, y + 18), size, 0, 0, 360, 1, -1)
        cv2.circle(mask, (x, y - 18), 10, 1, -1)
        cv2.line(mask, (x, y), (x + 26, y - 20 + int(8 * np.sin(t / 3))), 1, 4)
        moved = np.roll(pattern, (y, x), (0, 1))[:HEIGHT, :WIDTH]
        picture = np.where(mask[..., None] > 0, moved * np.float32([190, 60, 50]), background)
        picture = picture * (1 + drift * np.exp(-t / 3)) + rng.normal(0, 2, picture.shape)
        frames.append(np.clip(picture, 0, 255).astype(np.uint8))
        masks.append(mask > 0)
    return np.stack(frames), np.stack(masks)


def anchors_of(masks, frames):
    anchors = []
    for frame in frames:
        rows, columns = np.nonzero(masks[frame])
        boxes = ()
        if len(rows) > 20:
            box = (float(columns.min()), float(rows.min()), float(columns.max() + 1), float(rows.max() + 1))
            boxes = (LabelledBox("figure", box),)
        anchors.append(Anchor(frame, boxes))
    return anchors


def iou(found, true):
    united = (found | true).sum(axis=(1, 2))
    shared = (found & true).sum(axis=(1, 2))
    return float(np.mean(np.where(united > 0, shared / np.maximum(united, 1), 1.0)))


def walk(t):
    return 40 + 3 * t, 60


def test_a_walking_figure_is_followed_both_ways():
    frames, masks = scene(walk)
    anchors = anchors_of(masks, range(0, COUNT, 8))
    session = JointTracker().open(frames, anchors)
    for anchor in anchors:
        assert iou(single_pass(session, anchor, *masks.shape), masks) > 0.88


def test_a_figure_that_never_leaves_its_box_is_told_from_the_room_behind_it():
    frames, masks = scene(lambda t: (96 + 5 * np.sin(t / 3), 66))
    anchors = anchors_of(masks, range(0, COUNT, 8))
    result = track_bait(JointTracker().open(frames, anchors), anchors, *masks.shape)
    assert iou(result.mask, masks) > 0.88


def test_a_figure_that_leaves_is_gone_and_is_found_again_when_it_returns():
    frames, masks = scene(lambda t: (260 - 230 * abs(2 * t / (COUNT - 1) - 1), 60))
    anchors = anchors_of(masks, range(0, COUNT, 4))
    assert not masks[COUNT // 2].any()
    found = single_pass(JointTracker().open(frames, anchors), anchors[1], *masks.shape)
    assert not found[COUNT // 2].any()
    assert iou(found[-6:], masks[-6:]) > 0.8


def test_an_anchor_on_a_wrong_place_fails_alone():
    """One bad box must neither win the vote nor spoil the plate that the good passes share."""
    frames, masks = scene(walk)
    anchors = anchors_of(masks, range(0, COUNT, 8))
    anchors[0] = Anchor(0, (LabelledBox("figure", (150.0, 5.0, 190.0, 60.0)),))
    session = JointTracker().open(frames, anchors)
    voted = iou(track_bait(session, anchors, *masks.shape).mask, masks)
    assert voted > 0.88
    assert iou(single_pass(session, anchors[0], *masks.shape), masks) < voted - 0.2


def test_a_jump_in_exposure_does_not_become_foreground():
    frames, masks = scene(walk, drift=0.3)
    anchors = anchors_of(masks, range(0, COUNT, 8))
    found = single_pass(JointTracker().open(frames, anchors), anchors[2], *masks.shape)
    assert iou(found[:4], masks[:4]) > 0.8


def test_two_figures_are_found_from_two_boxes():
    first, first_masks = scene(lambda t: (40 + t, 60))
    second, second_masks = scene(lambda t: (150 - t, 60))
    frames = np.where(second_masks[..., None], second, first)
    masks = first_masks | second_masks
    pairs = zip(anchors_of(first_masks, [0, 16, 32]), anchors_of(second_masks, [0, 16, 32]), strict=True)
    anchors = [Anchor(one.frame, one.boxes + two.boxes) for one, two in pairs]
    assert iou(single_pass(JointTracker().open(frames, anchors), anchors[1], *masks.shape), masks) > 0.85


def test_frames_come_in_order_from_the_anchor_to_the_end_and_to_the_start():
    frames, masks = scene(walk, count=9)
    anchors = anchors_of(masks, [4])
    session = JointTracker().open(frames, anchors)
    assert [frame for frame, _ in session.propagate(anchors[0], "forward")] == [4, 5, 6, 7, 8]
    assert [frame for frame, _ in session.propagate(anchors[0], "backward")] == [4, 3, 2, 1, 0]
    for _, empty in session.propagate(Anchor(2, ()), "forward"):
        assert empty.shape == (0, HEIGHT, WIDTH)


@pytest.mark.parametrize("threads", [1, 2])
def test_the_same_clip_gives_the_same_masks(threads):
    frames, masks = scene(walk, count=17)
    anchors = anchors_of(masks, [8])
    before = cv2.getNumThreads()
    try:
        once = single_pass(JointTracker().open(frames, anchors), anchors[0], *masks.shape)
        cv2.setNumThreads(threads)
        cv2.setRNGSeed(12345)
        again = single_pass(JointTracker().open(frames, anchors), anchors[0], *masks.shape)
    finally:
        cv2.setNumThreads(before)
    assert np.array_equal(once, again)


@pytest.mark.parametrize(("count", "height", "width"), [(1, 40, 60), (2, 33, 47), (14, 301, 101)])
def test_short_small_and_odd_clips_are_tracked_without_complaint(count, height, width):
    frames = np.random.default_rng(0).integers(0, 255, (count, height, width, 3), dtype=np.uint8)
    for box in [(0.0, 0.0, width - 1.0, height - 1.0), (3.0, 3.0, 9.0, 9.0)]:
        anchor = Anchor(count - 1, (LabelledBox("thing", box),))
        found = single_pass(JointTracker().open(frames, [anchor]), anchor, count, height, width)
        assert found.shape == (count, height, width)


def test_the_plate_shows_what_the_figure_hid():
    frames, masks = scene(walk)
    plate = build_plate(frames, ~masks)
    seen = plate.known > 0.9
    assert seen.mean() > 0.95
    assert np.abs(plate.colour - room())[seen].mean() < 2.0
    assert np.median(plate.noise) == pytest.approx(2.0, abs=1.0)


def test_unknown_places_continue_their_surroundings():
    values = np.full((40, 60, 3), 50.0, np.float32)
    values[:, 30:] = 150.0
    known = np.ones((40, 60), bool)
    known[10:30, 35:55] = False
    filled = continue_smoothly(np.where(known[..., None], values, 0).astype(np.float32), known)
    assert np.array_equal(filled[known], values[known])
    assert np.abs(filled[15:25, 40:50] - 150.0).max() < 25.0


def test_colour_drift_is_undone_where_only_background_shows():
    frames, masks = scene(walk, drift=0.3)
    aligned = align_colours(frames, ~masks)

    def error(clip):
        return np.abs(clip[0].astype(float) - clip[20])[~(masks[0] | masks[20])].mean()

    assert error(aligned) < 0.25 * error(frames)


def test_one_missing_box_does_not_expose_the_figure():
    _, masks = scene(walk)
    anchors = anchors_of(masks, range(0, COUNT, 8))
    anchors[2] = Anchor(anchors[2].frame, ())
    background = surely_background(anchors, COUNT, 1.0, (HEIGHT, WIDTH))
    assert not (background & masks)[12:20].any()
    assert background.any(axis=0).mean() > 0.5


def test_the_cut_follows_strong_odds_and_smooths_noise():
    rng = np.random.default_rng(0)
    true = np.zeros((60, 80), bool)
    true[20:45, 25:60] = True
    lab = np.full((60, 80, 3), 128, np.uint8)
    lab[true, 0] = 60
    strong = np.where(true, 8.0, -8.0).astype(np.float32)
    assert np.array_equal(cut(strong, lab), true)
    noisy = (np.where(true, 1.0, -1.0) + rng.normal(0, 2, true.shape)).astype(np.float32)
    found = cut(noisy, lab)
    assert (found & true).sum() / (found | true).sum() > 0.9
    assert not cut(np.full((8, 8), -1.0, np.float32), lab[:8, :8]).any()


def test_densities_are_probabilities_that_know_what_they_saw():
    lab = np.full((10, 10, 3), (120, 140, 100), np.uint8)
    bins = colour_bins(lab)
    learned = density(count_colours(bins, np.ones((10, 10), np.float32)))
    assert learned.sum() == pytest.approx(1.0, abs=1e-3)
    assert learned[bins].min() > 100 / BINS
    assert density(np.zeros(BINS, np.float32)).min() == pytest.approx(1 / BINS)


def test_specks_go_and_hands_at_the_border_stay():
    mask = np.zeros((100, 100), bool)
    mask[20:80, 20:80] = True
    expected = mask.copy()
    mask[50:53, 50:53] = False  # a logo taken for background
    mask[5:8, 60:63] = True  # a glint
    for picture in (mask, expected):
        picture[30:45, 30:45] = False  # between arm and body
        picture[90:93, 0:3] = True  # fingers that reach into the picture
    assert np.array_equal(without_specks(mask), expected)
    assert not without_specks(np.zeros((5, 5), bool)).any()
    assert without_specks(np.ones((5, 5), bool)).all()


def outside_of(masks):
    grown = np.stack([cv2.dilate(mask.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0 for mask in masks])
    return list(grown)


def test_what_moves_has_better_odds_than_what_rests():
    frames, masks = scene(lambda t: (96 + 5 * np.sin(t / 3), 66))
    evidence = ClipEvidence(frames, anchors_of(masks, range(0, COUNT, 8)))
    odds = motion_odds(evidence, outside_of(masks))
    for frame in (0, 16, 32):
        assert odds[frame][masks[frame]].mean() > odds[frame][~masks[frame]].mean() + 1.0
        assert odds[frame][:, :40].min() > -1.0, "rest alone must not make background"


def test_a_clip_too_short_for_motion_says_nothing_about_it():
    frames, masks = scene(walk, count=5)
    evidence = ClipEvidence(frames, anchors_of(masks, [0]))
    assert not np.any(motion_odds(evidence, outside_of(masks)))


def test_a_figure_that_stands_still_for_the_whole_clip_stays_whole():
    """Today's fault was to call background whatever stands still."""
    frames, masks = scene(lambda t: (96, 66))
    anchors = anchors_of(masks, range(0, COUNT, 8))
    result = track_bait(JointTracker().open(frames, anchors), anchors, *masks.shape)
    assert iou(result.mask, masks) > 0.85


def test_objects_boxed_on_one_frame_each_are_both_followed():
    first, first_masks = scene(lambda t: (40 + t, 60))
    second, second_masks = scene(lambda t: (150 - t, 60))
    frames = np.where(second_masks[..., None], second, first)
    (one,), (two,) = anchors_of(first_masks, [8]), anchors_of(second_masks, [20])
    named = LabelledBox("other", two.boxes[0].xyxy)
    anchors = [one, Anchor(20, (named,))]
    result = track_bait(JointTracker().open(frames, anchors), anchors, *masks_shape(frames))
    assert iou(result.mask, first_masks | second_masks) > 0.8


def masks_shape(frames):
    return frames.shape[:3]


def test_a_box_more_does_not_destroy_what_was_right():
    """The figure changes its colour midway; with a box in each half it is followed in both."""
    frames, masks = scene(walk)
    frames[COUNT // 2 :][masks[COUNT // 2 :]] = frames[COUNT // 2 :][masks[COUNT // 2 :]][:, [1, 0, 2]]
    anchors = anchors_of(masks, [0, 24])
    result = track_bait(JointTracker().open(frames, anchors), anchors, *masks.shape)
    assert iou(result.mask[: COUNT // 2], masks[: COUNT // 2]) > 0.8
    assert iou(result.mask[COUNT // 2 :], masks[COUNT // 2 :]) > 0.8


def test_a_tracker_that_found_little_expects_little():
    frames, masks = scene(walk)
    anchors = anchors_of(masks, range(0, COUNT, 8))
    good = track_bait(JointTracker().open(frames, anchors), anchors, *masks.shape)
    beside = [Anchor(anchor.frame, (LabelledBox("wall", (150.0, 5.0, 185.0, 40.0)),)) for anchor in anchors]
    bad = track_bait(JointTracker().open(frames, beside), beside, *masks.shape)
    assert good.expected_iou > 0.7
    assert bad.expected_iou < good.expected_iou - 0.1


def test_beliefs_agree_with_the_mask():
    frames, masks = scene(walk)
    anchors = anchors_of(masks, range(0, COUNT, 8))
    result = track_bait(JointTracker().open(frames, anchors), anchors, *masks.shape)
    assert np.array_equal(result.share > 127, result.mask)
    assert 0.001 < np.mean((result.share > 25) & (result.share < 230)) < 0.05, "soft along the contour alone"
