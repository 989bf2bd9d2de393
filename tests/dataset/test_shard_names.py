"""What a shard's name says, where it lies, and that nothing else is taken for one."""

import pytest

from sparkle.core.layout import ARTIFACTS
from sparkle.dataset.shards import PAIR_KINDS, ShardName, shard_called, shard_name, suffix_of

ID = "Sparkle_location_000003"


@pytest.mark.parametrize("kind", ARTIFACTS)
def test_a_name_is_read_back_from_where_it_lies(kind: str) -> None:
    """Kinds that begin like another one (source_video_mask, source_video) are told apart."""
    name = ShardName("openve3m", kind, 7)
    assert shard_name(name.key) == name
    assert name.key.startswith("intermediate_data/") == (kind not in PAIR_KINDS)
    assert name.member(ID) == f"openve3m/{kind}/{ID}{suffix_of(kind)}"
    elsewhere = f"intermediate_data/{name.key}" if kind in PAIR_KINDS else name.key.rpartition("/")[2]
    assert shard_name(elsewhere) is None
    assert shard_called(elsewhere.rpartition("/")[2]) == name


def test_parts_beyond_99_have_three_digits() -> None:
    name = ShardName("season", "source_video", 123)
    assert name.key == "season_source_video_part123.tar"
    assert shard_name(name.key) == name


@pytest.mark.parametrize(
    "name",
    [
        "season_source_video_part1.tar",
        "season_source_video_part01.tar.gz",
        "season_sourcevideo_part01.tar",
        "_source_video_part01.tar",
        "../season_source_video_part01.tar",
        "Season_source_video_part01.tar",
    ],
)
def test_what_is_called_otherwise_is_none(name: str) -> None:
    assert shard_name(name) is None
