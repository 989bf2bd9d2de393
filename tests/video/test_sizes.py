import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkle.video import fit_size


@pytest.mark.parametrize(
    ("source", "box", "expected"),
    [
        ((1280, 720), (832, 480), (832, 468)),
        ((720, 1280), (832, 480), (468, 832)),
        ((1280, 720), (480, 832), (832, 468)),
        ((640, 480), (832, 480), (640, 480)),
        ((321, 241), (832, 480), (320, 240)),
        ((1000, 1000), (832, 480), (480, 480)),
        ((4000, 100), (832, 480), (832, 20)),
    ],
)
def test_known_sizes(source: tuple[int, int], box: tuple[int, int], expected: tuple[int, int]) -> None:
    assert fit_size(*source, *box) == expected


sides = st.integers(16, 8000)
even_sides = st.integers(8, 2000).map(lambda half: 2 * half)


@given(sides, sides, even_sides, even_sides)
def test_sizes_are_even_inside_the_box_never_enlarged_and_keep_the_aspect(
    width: int, height: int, box_width: int, box_height: int
) -> None:
    fitted = fit_size(width, height, box_width, box_height)
    assert all(side % 2 == 0 and side >= 2 for side in fitted)
    assert all(
        side <= limit for side, limit in zip(sorted(fitted), sorted((box_width, box_height)), strict=True)
    )
    assert fitted[0] <= width
    assert fitted[1] <= height
    scale = min(fitted[0] / width, fitted[1] / height)
    assert abs(fitted[0] - width * scale) <= max(2, 2 * width / height)
    assert abs(fitted[1] - height * scale) <= max(2, 2 * height / width)
