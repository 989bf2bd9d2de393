"""What an outcome does to its sample, and that records are the same after a journey through JSON."""

import json
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter
from tests.dataset.tiny_dataset import RECORDS, make_sample

from sparkle.core.errors import SampleError
from sparkle.core.model_card import ModelCard
from sparkle.core.outcome import Outcome
from sparkle.core.records import RECORD_TYPES, PublishedBox, Records, SourceRecord, TrackRecord
from sparkle.core.sample import Check, Inputs, Sample
from sparkle.core.scene import Scene

SAMPLE = Sample("Sparkle_time_000000", "time", 1, Inputs("a.mp4"), instruction="given")
GOOD = Check("a.b", 9.0, 8.0, "minimum", "", "t")
BAD = Check("a.c", 7.0, 8.0, "minimum", "", "t")
CARDS = {"track.tracker": ModelCard("sam3", "1", "x")}


@pytest.mark.parametrize(
    ("outcome", "status", "advisory"),
    [
        (Outcome(), "passed", "passed"),
        (Outcome((GOOD,)), "passed", "passed"),
        (Outcome((BAD, GOOD)), "rejected", "passed"),
        (Outcome(error="cut off"), "failed", "failed"),
    ],
)
def test_its_checks_or_its_error_decide(outcome: Outcome, status: str, advisory: str) -> None:
    assert outcome.status(SAMPLE) == status
    assert outcome.status(replace(SAMPLE, advisory=True)) == advisory


def test_it_adds_to_the_sample_and_takes_nothing_away() -> None:
    scene = Scene("time", "dusk", "harbour", "boats rock")
    one = Outcome((GOOD,), RECORDS.track, scene=scene, instruction="written").applied_to(SAMPLE, CARDS)
    two = Outcome((BAD,), RECORDS.synthesize).applied_to(one, {"synthesize.scorer": CARDS["track.tracker"]})
    assert two.checks == (GOOD, BAD)
    assert two.rejection == BAD
    assert (two.scene, two.instruction) == (scene, "written")
    assert two.records == Records(track=RECORDS.track, synthesize=RECORDS.synthesize)
    assert list(two.provenance) == ["track.tracker", "synthesize.scorer"]
    assert (SAMPLE.checks, SAMPLE.records, SAMPLE.instruction) == ((), Records(), "given")


def test_a_failed_one_changes_nothing() -> None:
    assert Outcome((BAD,), RECORDS.track, error="cut off").applied_to(SAMPLE, CARDS) == SAMPLE


def test_a_record_that_is_missing_is_named() -> None:
    sample = replace(SAMPLE, records=RECORDS)
    assert sample.record(TrackRecord) is RECORDS.track
    with pytest.raises(SampleError, match=r"Sparkle_time_000000 has no record of stage 'track'"):
        SAMPLE.record(TrackRecord)
    with pytest.raises(SampleError, match="no clip"):
        _ = SourceRecord().needed_clip


def test_every_record_survives_json() -> None:
    for stage, kind in RECORD_TYPES.items():
        record = getattr(RECORDS, stage)
        assert TypeAdapter(kind).validate_python(json.loads(json.dumps(asdict(record)))) == record


def test_a_whole_sample_survives_json() -> None:
    sample = make_sample()
    assert TypeAdapter(Sample).validate_json(json.dumps(asdict(sample))) == sample


@given(
    st.lists(st.lists(st.integers(0, 1000), min_size=4, max_size=4), max_size=3),
    st.floats(0, 1),
    st.text(st.characters(exclude_categories=["Cs"])),
)
def test_boxes_numbers_and_words_survive_json(boxes: list[list[int]], share: float, label: str) -> None:
    listed = tuple(PublishedBox(tuple(box), label) for box in boxes)
    record = TrackRecord((0, 8), (listed, (PublishedBox((), label),)), share, 2)
    assert TypeAdapter(TrackRecord).validate_json(json.dumps(asdict(record))) == record
