"""Which samples fell, where, by which check, and what is shown of them."""

import json
from pathlib import Path

import numpy as np
import pytest
from tests.conftest import Command

from sparkle.core.errors import SetupError
from sparkle.core.layout import artifact_path
from sparkle.core.sample import Check, Inputs, Sample
from sparkle.recipes import STAGES
from sparkle.runners.reject_sheets import OVERVIEW, draw_rejects
from sparkle.runners.rejects import count_rejects, find_rejects
from sparkle.runs import Ledger, StageEvent, keep_plan, write_run
from sparkle.video import read_image, write_image, write_masks, write_video

FRAMES = np.full((9, 60, 80, 3), 90, np.uint8)


def end(root: Path, ledger: Ledger, sample: Sample, stage: str, error: str | None = None) -> None:
    for name in STAGES[: STAGES.index(stage) + 1]:
        last = name == stage
        check = Check(f"{name}.score", 3.0 if last else 9.0, 8.0, "minimum", "a [red] hand", "test")
        status = ("failed" if error else "rejected") if last else "passed"
        ledger.append(
            StageEvent(
                sample.id,
                name,
                status,
                instruction="a beach",
                checks=() if last and error else (check,),
                error=error,
            )
        )


@pytest.fixture
def run(tmp_path: Path, clip_file: Path) -> Path:
    """One rejected at the source, one at the track, one failed, one that passed, one that nobody tried."""
    root = tmp_path / "run"
    root.mkdir()
    plan = [Sample(f"Sparkle_time_{n:06d}", "time", n, Inputs(str(clip_file))) for n in range(5)]
    write_run(root, {"recipe": {}, "commands": [], "times": []})
    keep_plan(root, plan)
    aside = root / "rejected"
    write_video(aside / artifact_path("source_video", "time", plan[1].id), FRAMES, 16)
    write_image(aside / artifact_path("edited_frame0", "time", plan[1].id), FRAMES[0])
    write_masks(aside / artifact_path("source_video_mask", "time", plan[1].id), FRAMES[..., 0] > 100)
    (aside / artifact_path("edited_video_canny", "time", plan[1].id)).parent.mkdir(parents=True)
    (aside / artifact_path("edited_video_canny", "time", plan[1].id)).write_bytes(b"no video")
    with Ledger(root) as ledger:
        end(root, ledger, plan[0], "source")
        end(root, ledger, plan[1], "track")
        end(root, ledger, plan[2], "isolate", "the server is gone")
        for name in STAGES:
            ledger.append(StageEvent(plan[3].id, name, "passed"))
    return root


def test_who_fell_where_and_by_what(run: Path) -> None:
    source, track, failed = find_rejects(run)
    assert [each.id[-1] for each in (source, track, failed)] == ["0", "1", "2"]
    assert [each.stage for each in (source, track, failed)] == ["source", "track", "isolate"]
    assert track.reason == "track.score 3 < 8: a [red] hand"
    assert (failed.check, failed.reason, failed.name) == (None, "the server is gone", "isolate: failed")
    assert count_rejects([source, track, failed]) == {
        "source.score": 1,
        "isolate: failed": 1,
        "track.score": 1,
    }


def test_each_has_a_sheet_of_what_there_is_of_it(run: Path, clip_file: Path) -> None:
    fallen, overviews = draw_rejects(run, find_rejects(run))
    assert [each.picture for each in fallen] == [f"sheets/rejected/{each.id}.png" for each in fallen]
    narrow, wide = (read_image(run / each.picture).shape[1] for each in fallen[:2])
    assert narrow < wide  # the source alone, and source, first edited frame and mask
    assert overviews == [run / f"{OVERVIEW}.png"]
    (run / f"{OVERVIEW}_2.png").touch()
    draw_rejects(run, fallen)
    assert not (run / f"{OVERVIEW}_2.png").exists()


def test_a_sample_of_which_nothing_is_left_is_listed_without_a_picture(run: Path, tmp_path: Path) -> None:
    fallen = [each for each in find_rejects(run) if each.stage == "source"]
    gone = type(fallen[0])(fallen[0].id, str(tmp_path / "gone.mp4"), None, "source", fallen[0].check, None)
    assert draw_rejects(run, [gone]) == ([gone], [])


def test_a_folder_without_a_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="no run in this folder"):
        find_rejects(tmp_path)


def test_the_command_tells_scripts_and_people(run: Path, sparkle: Command) -> None:
    told = json.loads(sparkle("rejects", run, "--json", "--no-sheets").stdout)
    assert told["counts"] == {"source.score": 1, "isolate: failed": 1, "track.score": 1}
    assert told["samples"][1]["check"]["score"] == 3.0
    assert [each["status"] for each in told["samples"]] == ["rejected", "rejected", "failed"]
    assert not (run / "sheets").exists()
    shown = sparkle("rejects", run).stdout
    assert "Sparkle_time_000001  track  track.score 3 < 8: a [red] hand" in shown
    assert str(run / "sheets/rejected/Sparkle_time_000001.png") in shown
    assert "3 samples fell" in shown
