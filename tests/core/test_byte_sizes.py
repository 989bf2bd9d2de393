import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkle.core.byte_sizes import byte_size


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (57_344, "57.3 kB"),
        (999_499, "999 kB"),
        (999_500, "1 MB"),
        (5_000_000_000, "5 GB"),
        (10**15, "1,000 TB"),
    ],
)
def test_sizes_in_words(count: int, told: str) -> None:
    assert byte_size(count) == told


@given(st.integers(1, 10**17))
def test_what_is_told_is_the_number_to_three_digits(count: int) -> None:
    value, unit = byte_size(count).split()
    number = float(value.replace(",", "")) * 1000 ** ("B", "kB", "MB", "GB", "TB").index(unit)
    assert abs(number - count) <= 0.00501 * count
