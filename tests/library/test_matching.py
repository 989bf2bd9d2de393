"""The words of an instruction choose among entries; what is not there is not chosen."""

import pytest

from sparkle.core.own_background import LibraryEntry
from sparkle.library import Uses, best_matches, nearest_entries

ENTRIES = [
    LibraryEntry(f"{number}.jpg", caption)
    for number, caption in enumerate(
        (
            "beach at sunset",
            "beach at noon",
            "street at night",
            "red brick wall",
            "forest with people walking",
            "palm trees along a street",
        )
    )
]


def shown(instruction: str) -> list[str]:
    return [match.entry.caption for match in best_matches(ENTRIES, instruction)]


@pytest.mark.parametrize(
    ("instruction", "captions"),
    [
        (
            "put the subject at the seaside at sunset",
            ["beach at sunset"],
        ),  # another word for the place, and the hour
        ("Put her on a beach", ["beach at sunset", "beach at noon"]),
        ("a quiet street at night", ["street at night"]),
        ("bricks", ["red brick wall"]),  # no place of the painter's
        ("a forest", ["forest with people walking"]),
        ("a forest without people", []),
        ("a castle at night", []),  # an hour alone chooses nothing
        ("a beach with palm trees", ["beach at sunset", "beach at noon"]),
        ("a desert with palm trees", []),  # trees alone do not make a street a desert
        ("keep the man in the forest coat as he is and show a brick wall", ["red brick wall"]),
        ("", []),
    ],
)
def test_what_an_instruction_means(instruction: str, captions: list[str]) -> None:
    assert shown(instruction) == captions


def test_what_is_spelled_alike_is_near() -> None:
    assert nearest_entries(ENTRIES, "brik wal", 1)[0].caption == "red brick wall"
    assert len(nearest_entries(ENTRIES, "nothing at all", 3)) == 3


def test_each_is_used_equally_often_in_every_prefix() -> None:
    uses, counts = Uses(7), dict.fromkeys(ENTRIES, 0)
    for _ in range(40):
        counts[uses.next(ENTRIES)] += 1
        assert max(counts.values()) - min(counts.values()) <= 1


def test_another_seed_deals_in_another_order_and_the_same_in_the_same() -> None:
    first, again, other = ([uses.next(ENTRIES) for _ in range(12)] for uses in (Uses(7), Uses(7), Uses(8)))
    assert first == again
    assert first != other
    assert first[:6] != first[6:], "every round has an order of its own"
