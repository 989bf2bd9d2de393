"""Pairs come out of the tables as they went in; an unusable table is an error, never a gap."""

from pathlib import Path

import pytest

from sparkle.core.errors import SetupError
from sparkle.dataset import read_pairs, themes_of


def test_pairs_of_all_themes_with_their_files_and_metadata(dataset: Path):
    assert themes_of(dataset) == ["location", "openve3m"]
    location, openve3m = read_pairs(dataset)
    assert (location.theme, location.id) == ("location", "Sparkle_location_000003")
    assert location.source == dataset / "location/source_video/Sparkle_location_000003.mp4"
    assert location.source.is_file()
    assert location.edited.is_file()
    assert location.metadata["chosen_keyword"] == "rural: meadow"
    assert "chosen_keyword" not in openve3m.metadata


def test_only_the_themes_asked_for(dataset: Path):
    assert [pair.theme for pair in read_pairs(dataset, ["openve3m"])] == ["openve3m"]


def test_unknown_theme_names_the_known_ones(dataset: Path):
    with pytest.raises(
        SetupError, match=r"no prompts/style_train.csv; themes found there: location, openve3m"
    ):
        list(read_pairs(dataset, ["style"]))


def test_broken_row_is_an_error_that_names_the_line(dataset: Path):
    table = dataset / "prompts/location_train.csv"
    table.write_text(table.read_text() + "prompt,a,b,../../etc\n")
    with pytest.raises(
        SetupError, match=r"location_train.csv: line 3: the id must be Sparkle_location_NNNNNN"
    ):
        list(read_pairs(dataset))


@pytest.mark.parametrize("kind", ["nowhere", "empty", "file", "foreign"])
def test_what_is_no_dataset_is_an_error_before_any_pair_is_asked_for(tmp_path: Path, kind: str):
    place = tmp_path / kind
    if kind == "file":
        place.write_text("no folder")
    elif kind != "nowhere":
        place.mkdir()
    if kind == "foreign":
        (place / "prompts/location_train.csv").mkdir(parents=True)
    for themes in (None, ["location"]):
        with pytest.raises(SetupError, match=kind):
            read_pairs(place, themes)


def test_a_run_that_accepted_nothing_is_an_empty_dataset(tmp_path: Path):
    (tmp_path / "provenance.jsonl").touch()
    assert list(read_pairs(tmp_path)) == []
