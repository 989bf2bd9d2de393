from dataclasses import replace

import pytest

from sparkle.core.errors import SampleError
from sparkle.core.layout import ARTIFACTS, artifact_path, sample_id
from sparkle.core.sample import Check, Inputs, Sample
from sparkle.core.seeds import derive_seed

SAMPLE = Sample("Sparkle_season_000012", "season", 1, Inputs("a.mp4"))


def check(score: float, passes: str = "minimum") -> Check:
    return Check("first_frame.editscore", score, 8.0, passes, "why", "heuristic")  # type: ignore[arg-type]


def test_a_check_reads_as_a_comparison() -> None:
    assert str(check(7.25)) == "first_frame.editscore 7.25 < 8"
    assert str(check(8.0)) == "first_frame.editscore 8 >= 8"
    assert str(check(8.1, "maximum")) == "first_frame.editscore 8.1 > 8"


def test_a_score_that_is_not_a_number_never_passes() -> None:
    assert not check(float("nan")).passed
    assert not check(float("nan"), "maximum").passed


def test_the_first_failed_check_rejects() -> None:
    assert replace(SAMPLE, checks=(check(9), check(3), check(2))).rejection == check(3)
    assert replace(SAMPLE, checks=(check(9),)).rejection is None


def test_an_advisory_sample_keeps_its_checks_and_is_never_rejected() -> None:
    sample = replace(SAMPLE, advisory=True, checks=(check(1),))
    assert sample.checks == (check(1),)
    assert sample.rejection is None


def test_ids_and_paths_are_the_published_ones() -> None:
    assert sample_id("season", 12) == SAMPLE.id
    assert SAMPLE.number == 12
    path = artifact_path("source_video_mask", "season", SAMPLE.id)
    assert str(path) == "intermediate_data/season/source_video_mask/Sparkle_season_000012.npz"


@pytest.mark.parametrize(
    "id", ["../x", "Sparkle_time_000012", "Sparkle_season_12", "Sparkle_season_000012/.."]
)
def test_no_path_is_made_of_an_id_that_is_none(id: str) -> None:
    for name in ARTIFACTS:
        with pytest.raises(SampleError, match="not an id"):
            artifact_path(name, "season", id)


def test_seeds_depend_on_every_name_and_on_their_borders() -> None:
    seeds = {
        derive_seed(7, "a", "bc"),
        derive_seed(7, "ab", "c"),
        derive_seed(8, "a", "bc"),
        derive_seed(7, "a"),
    }
    assert len(seeds) == 4
    assert derive_seed(7, "Sparkle_season_000012") == derive_seed(7, "Sparkle_season_000012")
