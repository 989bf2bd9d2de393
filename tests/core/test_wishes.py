import pytest

from sparkle.core.wishes import wants_stillness


@pytest.mark.parametrize(
    "instruction",
    [
        "Put the subject before a still photo of a lake",
        "the background should be completely static",
        "a frozen scene",
    ],
)
def test_a_still_background_is_understood(instruction: str) -> None:
    assert wants_stillness(instruction)


@pytest.mark.parametrize(
    "instruction",
    [
        "Waves roll in. The subject should remain perfectly still.",
        "a beach with waves, while the foreground character remains still",
        "a still lake with drifting mist",
        "distillery with copper stills",
    ],
)
def test_a_still_subject_or_a_still_lake_is_another_matter(instruction: str) -> None:
    assert not wants_stillness(instruction)
