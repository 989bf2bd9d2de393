"""Every check and stage has words for people who never saw the project."""

import re
from pathlib import Path

from sparkle.recipes import STAGES
from sparkle.view import plain_words

PAGE = Path(__file__).parents[2] / "docs" / "architecture.md"


def test_every_check_of_every_stage_has_words() -> None:
    rows = re.findall(r"^\| (\w+) \|[^|]*\|([^|]*)\|", PAGE.read_text(), re.MULTILINE)
    named = {name for stage, checks in rows if stage in STAGES for name in re.findall(r"`([\w.]+)`", checks)}
    assert len(named) > 12
    assert named == set(plain_words.CHECKS)
    assert list(plain_words.STAGES) == list(STAGES)


def test_a_check_of_somebodys_own_keeps_its_name() -> None:
    assert (plain_words.asks("mine.colour"), plain_words.fault("mine.colour")) == ("mine.colour", "")
