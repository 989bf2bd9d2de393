"""`sparkle camera`: both checks by the recipe's settings, one answer a clip, in order."""

from pathlib import Path

import pytest
from tests.stages.trial import FPS, FRAMES, drifting

from sparkle.recipes import load_recipe
from sparkle.runners.camera import examine_cameras
from sparkle.video import write_video


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("clips")
    write_video(folder / "still.mp4", FRAMES, FPS, crf=10)
    write_video(folder / "panned.mp4", drifting(3), FPS, crf=10)
    (folder / "text.mp4").write_text("no film")
    return [folder / "panned.mp4", folder / "text.mp4", folder / "still.mp4"]


def test_each_clip_has_its_answer_and_a_bad_one_stops_none(clips: list[Path]) -> None:
    panned, text, still = examine_cameras(clips, load_recipe("cpu"))
    assert [Path(each.file).name for each in (panned, text, still)] == ["panned.mp4", "text.mp4", "still.mp4"]
    assert (panned.moving, text.moving, still.moving) == (True, None, False)
    assert [check.name for check in panned.checks] == ["source.camera"], "the judge is asked about the rest"
    assert [check.name for check in still.checks] == ["source.camera", "source.camera_judge"]
    assert "text.mp4" in (text.error or "")
    assert still.to_json()["checks"][0]["passed"] is True


@pytest.mark.parametrize(
    ("setting", "fallen"),
    [
        ("source.judge_confidence_minimum=1.01", "source.camera_judge"),
        ("source.camera.threshold=0.0001", "source.camera"),
    ],
)
def test_the_recipes_thresholds_decide(setting: str, fallen: str, clips: list[Path]) -> None:
    (still,) = examine_cameras(clips[2:], load_recipe("cpu", [setting]))
    assert still.moving is True
    assert [check.name for check in still.checks if not check.passed] == [fallen]


def test_the_recipes_clip_length_is_what_the_judge_sees(clips: list[Path]) -> None:
    short, whole = (
        next(iter(examine_cameras(clips[2:], load_recipe("cpu", [f"video.frames={n}"])))) for n in (9, 25)
    )
    assert short.checks[1].reason != whole.checks[1].reason
