import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkle.core.boxes import LabelledBox, box_from_pixels, box_to_pixels, check_inside
from sparkle.core.errors import SampleError

NUMBERS = st.floats(-2000, 3000)


@given(st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS), st.integers(2, 4000), st.integers(2, 4000))
def test_any_four_numbers_become_an_ordered_box_inside_the_frame(
    box: tuple[float, float, float, float], width: int, height: int
) -> None:
    found = box_to_pixels(box, width, height)
    if found is not None:
        x1, y1, x2, y2 = found
        assert 0 <= x1 < x2 <= width - 1
        assert 0 <= y1 < y2 <= height - 1


@given(st.data(), st.integers(64, 4000), st.integers(64, 4000))
def test_pixels_survive_the_file_within_a_thousandth_and_a_pixel(
    data: st.DataObject, width: int, height: int
) -> None:
    x1 = data.draw(st.integers(0, width // 2 - 8))
    y1 = data.draw(st.integers(0, height // 2 - 8))
    box = (x1, y1, width // 2 + 8, height // 2 + 8)
    found = box_to_pixels(box_from_pixels(box, width, height), width, height)
    assert found is not None
    for value, wanted, size in zip(found, box, (width, height, width, height), strict=True):
        assert abs(value - wanted) <= 1 + size / 1000


def test_the_published_rule_truncates() -> None:
    assert box_to_pixels([1, 1, 999, 1000], 1280, 720) == (1, 0, 1278, 719)


def test_an_empty_box_means_not_found() -> None:
    assert box_to_pixels([], 100, 100) is None
    assert box_to_pixels([5, 5, 5, 900], 100, 100) is None


@pytest.mark.parametrize(
    "box", [[1, 2, 3], [1, 2, 3, float("nan")], [1, 2, 3, "4"], [True, 0, 5, 5], [0, 0, 1e400, 5]]
)
def test_a_box_that_is_none_is_refused_and_quoted(box: list) -> None:
    with pytest.raises(SampleError, match="box needs"):
        box_to_pixels(box, 100, 100)


@pytest.mark.parametrize(
    "xyxy",
    [
        (100.0, 10.0, 140.0, 20.0),
        (-30.0, 10.0, 0.0, 20.0),
        (10.0, 60.0, 20.0, 80.0),
        (20.0, 10.0, 20.0, 20.0),
        (10.0, 20.0, 20.0, 10.0),
        (10.0, 10.0, float("inf"), 20.0),
    ],
)
def test_a_box_without_area_in_the_picture_is_refused_by_name(xyxy):
    with pytest.raises(SampleError, match=r"box of 'man' on frame 8 has no area inside the 100x60 picture"):
        check_inside(LabelledBox("man", xyxy), 8, 100, 60)


def test_a_box_that_is_partly_outside_is_taken():
    check_inside(LabelledBox("man", (-10.0, -10.0, 1.0, 1.0)), 0, 100, 60)
