"""Where files of the published layout lie, and what a record says that has not what a later stage needs."""

import pytest

from sparkle.core.errors import SampleError
from sparkle.core.layout import (
    ARTIFACTS,
    SAMPLE_ID,
    artifact_path,
    intermediate_metadata_path,
    metadata_path,
    prompts_path,
    sample_id,
)
from sparkle.core.records import ClipFormat, IsolateRecord, SourceRecord
from sparkle.core.scene import Scene
from sparkle.core.seeds import derive_seed, generator


@pytest.mark.parametrize("number", [0, 7, 999_999, 1_000_000, 12_345_678])
def test_ids_have_six_digits_or_as_many_as_they_need(number: int) -> None:
    match = SAMPLE_ID.fullmatch(sample_id("time", number))
    assert match is not None
    assert (match["theme"], int(match["number"])) == ("time", number)


@pytest.mark.parametrize(
    "id",
    ["Sparkle_time_12345", "Sparkle_time_0000001", "Sparkle_season_000001", "../x", "Sparkle_time_000001\n"],
)
def test_an_id_of_another_form_or_theme_has_no_path(id: str) -> None:
    with pytest.raises(SampleError, match="is not an id of theme 'time'; expected Sparkle_time_NNNNNN"):
        artifact_path("source_video", "time", id)


def test_no_two_artifacts_share_a_path() -> None:
    paths = {artifact_path(name, "time", "Sparkle_time_000001") for name in ARTIFACTS}
    assert len(paths) == len(ARTIFACTS)
    assert all(path.stem == "Sparkle_time_000001" and "time" in path.parts for path in paths)


def test_the_tables_of_a_theme() -> None:
    assert str(prompts_path("time")) == "prompts/time_train.csv"
    assert str(metadata_path("time")) == "prompts/time_train_metadata.jsonl"
    assert (
        str(intermediate_metadata_path("time", "edited_video_score"))
        == "intermediate_data/time/edited_video_score.jsonl"
    )


def test_a_record_without_what_is_needed_says_to_run_its_stages_again() -> None:
    with pytest.raises(SampleError, match="its source was not accepted"):
        _ = SourceRecord().needed_clip
    clip = ClipFormat(9, 16.0, 64, 48)
    assert SourceRecord(clip=clip).needed_clip is clip
    with pytest.raises(SampleError, match="nothing was removed"):
        _ = IsolateRecord((), ()).needed_removal


def test_a_scene_is_called_as_in_the_published_files() -> None:
    assert Scene("location", "rural", "open meadow", "grass sways").keyword == "rural: open meadow"


def test_a_seed_depends_on_every_name_and_on_where_names_end() -> None:
    seeds = {
        derive_seed(*names) for names in [(1, "a", "b"), (1, "ab"), (1, "b", "a"), (2, "a", "b"), (1, "a", 0)]
    }
    assert len(seeds) == 5
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert generator(3, "a").integers(1 << 62) == generator(3, "a").integers(1 << 62)
    assert generator(3, "a").integers(1 << 62) != generator(3, "b").integers(1 << 62)
