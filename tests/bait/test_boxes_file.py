import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkle.bait import parse_boxes
from sparkle.core.errors import SampleError

CLIP = {"width": 832, "height": 468, "frame_count": 81, "fps": 16.0}


def boxes_file(*anchors, **top):
    return json.dumps({"fps": 16, "anchors": list(anchors), **top})


def anchor(frame=0, box=(100, 200, 300, 400), label="man"):
    return {"frame": frame, "objects": [{"label": label, "bbox_2d": list(box)}]}


def test_boxes_become_pixels_in_frame_order():
    first, second = parse_boxes(boxes_file(anchor(8), anchor(0, (0, 0, 1000, 500))), **CLIP)
    assert (first.frame, second.frame) == (0, 8)
    assert first.boxes[0].xyxy == (0.0, 0.0, 831.0, 234.0)
    assert second.boxes[0].label == "man"
    assert second.boxes[0].xyxy == (83.0, 93.0, 249.0, 187.0)


def test_an_object_already_read_is_accepted():
    assert parse_boxes({"anchors": [anchor(3)]}, **CLIP)[0].frame == 3


def test_frames_of_another_rate_are_converted_by_time():
    assert parse_boxes(boxes_file(anchor(30), fps=30), **CLIP)[0].frame == 16


@pytest.mark.parametrize("box", [[], None])
def test_an_empty_box_means_not_found(box):
    entry = {"frame": 0, "objects": [{"label": "man", "bbox_2d": box}]}
    assert parse_boxes(boxes_file(entry), **CLIP)[0].boxes == ()


@pytest.mark.parametrize("objects", [[], None, [{"label": "man"}]])
def test_missing_boxes_and_objects_mean_not_found(objects):
    assert parse_boxes(boxes_file({"frame": 0, "objects": objects}), **CLIP)[0].boxes == ()
    assert parse_boxes(boxes_file({"frame": 0}), **CLIP)[0].boxes == ()


def test_swapped_corners_are_ordered_and_a_rounding_step_beyond_is_clamped():
    (only,) = parse_boxes(boxes_file(anchor(0, (900, 1002, -1, 100))), **CLIP)
    assert only.boxes[0].xyxy == (0.0, 46.0, 748.0, 467.0)


@pytest.mark.parametrize(
    ("content", "quoted"),
    [
        ("", "not JSON"),
        ("\x00\x01", "not JSON"),
        ("[" * 100_000, "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        ("[]", "expected an object"),
        ('{"anchors": [{"frame": 0, "objects": [], "objects": []}]}', "'objects' stands twice"),
        ('{"fps": 16}', "anchors"),
        (boxes_file(), "at least one anchor"),
        (boxes_file(anchor(), fps=0), "positive, got 0"),
        (boxes_file(anchor(), fps="16"), "'16'"),
        (boxes_file(anchor(), fps=float("nan")), "nan"),
        (boxes_file(7), r"anchors\[0\] must be an object, got 7"),
        (boxes_file(anchor(81)), "frame 81 at 16 fps is outside"),
        (boxes_file(anchor(-1)), "got -1"),
        (boxes_file(anchor(1.5)), "got 1.5"),
        (boxes_file(anchor(True)), "got True"),
        (boxes_file(anchor(4), anchor(4)), "frame 4 appears twice"),
        (boxes_file(anchor(0, (300, 100, 1280, 990))), r"objects\[0\].bbox_2d lies outside .*1280"),
        (boxes_file(anchor(0, (-9000, 100, 700, 990))), "-9000"),
        (boxes_file(anchor(0, (500, 500, 500, 900))), r"objects\[0\].bbox_2d has no area"),
        (boxes_file(anchor(0, (1, 2, 3))), r"\[1, 2, 3\]"),
        (boxes_file(anchor(0, (1, 2, 3, "4"))), "got '4'"),
        (boxes_file(anchor(0, (1, 2, 3, float("inf")))), "got inf"),
        (boxes_file(anchor(0, (1, 2, 3, float("nan")))), "got nan"),
        (boxes_file(anchor(0, (1, 2, 3, 10**400))), "got 1000"),
        (boxes_file(anchor(0, label="")), "label"),
        (boxes_file(anchor(0, label="a\x1bb")), "label"),
        (boxes_file(anchor(0, label=["man"])), "label"),
        (boxes_file({"frame": 0, "objects": {}}), "objects must be a list"),
        (boxes_file({"frame": 0, "objects": [[]]}), r"objects\[0\] must be an object"),
    ],
)
def test_a_faulty_file_is_refused_with_the_fault_quoted(content, quoted):
    with pytest.raises(SampleError, match=quoted):
        parse_boxes(content, **CLIP)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["fps", "anchors", "frame", "objects", "label", "bbox_2d"]), inner, max_size=4
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_whatever_the_file_says_the_answer_is_boxes_or_a_clear_refusal(content):
    try:
        anchors = parse_boxes(json.dumps(content), **CLIP)
    except SampleError:
        return
    for found in anchors:
        assert 0 <= found.frame < 81
        for box in found.boxes:
            x1, y1, x2, y2 = box.xyxy
            assert 0 <= x1 < x2 <= 831
            assert 0 <= y1 < y2 <= 467
