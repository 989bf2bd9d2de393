import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkle.core.box_tracks import box_iou, box_trust, link_boxes
from sparkle.core.boxes import LabelledBox


def box(x, y, size=40.0, label="man"):
    return LabelledBox(label, (x, y, x + size, y + 2 * size))


def test_a_label_that_is_given_once_an_anchor_names_one_object_wherever_it_goes():
    (track,) = link_boxes([[box(0, 0)], [], [box(300, 50)]])
    assert track.label == "man"
    assert sorted(track.boxes) == [0, 2]


def test_objects_of_one_label_are_told_apart_by_their_places():
    anchors = [[box(10 * k, 0), box(400 - 10 * k, 0)] for k in range(5)]
    tracks = link_boxes(anchors)
    assert [sorted(track.boxes) for track in tracks] == [list(range(5))] * 2
    assert [track.boxes[4][0] for track in tracks] == [40, 360]


def test_a_box_that_nobody_confirms_is_no_object_where_others_are():
    anchors = [[box(0, 0), box(200, 0)], [box(2, 0), box(202, 0), box(400, 300)], [box(4, 0), box(204, 0)]]
    assert len(link_boxes(anchors)) == 2


@pytest.mark.parametrize("step", [0.0, 12.0, 60.0])
def test_boxes_of_a_steady_walk_are_all_trusted_the_first_and_the_last_too(step):
    trust = box_trust([[box(step * k, 20)] for k in range(6)])
    assert min(share for shares in trust for share in shares) > 0.99


@pytest.mark.parametrize("place", [0, 2, 5])
def test_a_box_elsewhere_is_not_trusted_and_its_neighbours_are(place):
    anchors = [[box(12.0 * k, 20)] for k in range(6)]
    anchors[place] = [box(400, 200)]
    trust = [shares[0] for shares in box_trust(anchors)]
    assert trust[place] < 0.1
    assert min(share for k, share in enumerate(trust) if k != place) > 0.5


@pytest.mark.parametrize(("failed", "sound"), [(1, 0), (6, 7)])
def test_the_last_box_is_trusted_although_its_only_neighbour_has_failed(failed, sound):
    anchors = [[box(100 + (k % 2), 50)] for k in range(8)]
    anchors[failed] = [box(300, 200)]
    trust = box_trust(anchors)
    assert trust[failed][0] < 0.1
    assert trust[sound][0] > 0.9


def test_nobody_contradicts_one_box_or_two():
    assert box_trust([[box(0, 0)], [box(500, 0)]]) == [[1.0], [1.0]]


@given(st.lists(st.lists(st.tuples(st.floats(0, 500), st.floats(0, 300)), max_size=4), max_size=8))
def test_every_box_belongs_to_one_track_at_most_and_trust_is_a_share(places):
    anchors = [[box(*place, label=f"thing {index % 2}") for index, place in enumerate(row)] for row in places]
    seen = [(k, number) for track in link_boxes(anchors) for k, number in track.members.items()]
    assert len(seen) == len(set(seen))
    assert all(0 <= share <= 1 + 1e-9 for shares in box_trust(anchors) for share in shares)


def test_iou_of_boxes():
    assert box_iou((0, 0, 10, 10), (0, 0, 10, 10)) == 1
    assert box_iou((0, 0, 10, 10), (5, 0, 15, 10)) == pytest.approx(1 / 3)
    assert box_iou((0, 0, 10, 10), (20, 0, 30, 10)) == 0
    assert np.isfinite(box_iou((0, 0, 0, 0), (0, 0, 0, 0)))
