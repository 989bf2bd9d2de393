"""The files of a run's samples are held against the ledger by listings, wherever the run lies."""

from pathlib import Path

import pytest
from tests.ledgers import write_events

from sparkle.core.sample import Inputs, Sample
from sparkle.runs import StageEvent, open_state, take_up
from sparkle.runs.artifacts import artifact_folders, artifact_key
from sparkle.store import Folder

STAGES = ("source", "first_frame")
PLAN = [
    Sample(f"Sparkle_{theme}_{number:06d}", theme, 1, Inputs("a.mp4"))
    for theme in ("time", "season")
    for number in (0, 1_000_000)
]


@pytest.fixture(params=["local", "memory"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Folder:
    folder = Folder.at(tmp_path if request.param == "local" else f"memory://{tmp_path.name}")
    write_events(
        folder, *(StageEvent(each.id, "source", "passed", artifacts={"source_video": 5}) for each in PLAN)
    )
    for sample in PLAN:
        folder.write(artifact_key(None, "source_video", sample), b"12345")
    return folder


def test_a_whole_run_has_no_strays_and_loses_nothing(run: Folder) -> None:
    state = open_state(run, PLAN, STAGES)
    assert not state.strays.any()
    assert [len(state.progress(row).events) for row in range(4)] == [1, 1, 1, 1]


@pytest.mark.parametrize("harm", ["gone", "cut", "aside", "more", "of no sample"])
def test_what_is_not_as_the_ledger_says_concerns_its_sample_alone(run: Folder, harm: str) -> None:
    sample = PLAN[1]
    source = artifact_key(None, "source_video", sample)
    if harm == "gone":
        run.remove(source)
    elif harm == "cut":
        run.write(source, b"123")
    elif harm == "aside":
        run.move(source, artifact_key("failed", "source_video", sample))
    elif harm == "more":
        run.write(artifact_key("rejected", "edited_frame0", sample), b"1")
    else:
        run.write(source.replace("1000000", "1000009"), b"12345")
        run.write(source.replace(".mp4", ".mp4.bak"), b"12345")
    state = open_state(run, PLAN, STAGES)
    made_again = harm in {"gone", "cut"}
    assert [len(state.progress(row).events) for row in range(4)] == [1, 0 if made_again else 1, 1, 1]
    assert state.strays.tolist() == [False, harm != "of no sample", False, False]
    assert run.exists(source) == (harm != "gone")
    take_up(run, state.progress(1))
    theirs = [
        entry.key for entry in run.files() if sample.id in entry.key and entry.key.endswith((".mp4", ".png"))
    ]
    assert theirs == ([] if made_again else [source])


def test_every_place_of_an_artifact_is_one_of_the_themes_folders() -> None:
    for aside in (None, "rejected", "failed"):
        key = artifact_key(aside, "source_video_mask", PLAN[0])  # type: ignore[arg-type]
        assert key.rpartition("/")[0] in artifact_folders("time")
