"""Names below a folder lead nowhere else."""

import pytest

from sparkle.core.errors import SetupError
from sparkle.store.keys import checked_key, is_unfinished


@pytest.mark.parametrize("key", ["a", "a/b.mp4", ".lock", "a/..b/c", "ü/ 乐"])
def test_a_name_below_a_folder_is_taken_as_it_is(key: str) -> None:
    assert checked_key(key) == key


@pytest.mark.parametrize("key", ["", "/a", "a/", "a//b", "..", "a/../b", "./a", "a/.", "a\0b"])
def test_a_name_that_leads_elsewhere_is_refused(key: str) -> None:
    with pytest.raises(SetupError, match="no name of a file below a folder"):
        checked_key(key)


@pytest.mark.parametrize(
    ("name", "unfinished"),
    [
        (".clip.12.tmp.mp4", True), (".clip.v2.12.tmp", True), (".made.partial", True),
        ("clip.12.tmp.mp4", False), (".clip.tmp.mp4", False), ("made.partial", False), (".lock", False),
    ],
)  # fmt: skip
def test_what_is_being_written_is_told_by_its_name(name: str, unfinished: bool) -> None:
    assert is_unfinished(name) == unfinished
