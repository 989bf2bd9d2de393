"""Stage 3's second half: what the animator is told, whose background is played, and what may stand still."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.stages.trial import COUNT, FPS, FRAMES, HEIGHT, SCENE, WIDTH, Trial, drifting

from sparkle.stages.animate import AnimateStage
from sparkle.video import read_clip, write_image, write_video


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    return Trial(tmp_path / "trial")


def test_the_animator_gets_the_clean_picture_its_caption_and_the_clips_format(trial: Trial) -> None:
    assert isinstance(trial.stage("animate"), AnimateStage)
    outcome = trial.run("animate")
    ((request,),) = trial.asked["animator"]
    assert (request.caption, request.frames, request.fps) == ("a forest; leaves fall", COUNT, FPS)
    assert (request.seed, request.scene, request.own_picture) == (11, SCENE, False)
    assert request.image.shape == (HEIGHT, WIDTH, 3)
    assert [check.name for check in outcome.checks] == ["animate.camera", "animate.liveliness"]
    assert read_clip(trial.path("edited_background_video")).frames.shape == FRAMES.shape


@pytest.mark.parametrize(
    ("instruction", "is_checked"),
    [
        ("Put the figure in a forest.", True),
        ("Put the figure in a forest; keep the background still.", False),
    ],
)
def test_a_background_that_is_asked_to_rest_is_not_asked_to_live(
    trial: Trial, instruction: str, is_checked: bool
) -> None:
    trial.sample = replace(trial.sample, instruction=instruction)
    assert bool(trial.run("animate").checks) == is_checked


def test_a_picture_of_the_users_own_may_stand_still(trial: Trial) -> None:
    write_image(trial.place / "hill.png", FRAMES[3])
    trial.give(background=trial.place / "hill.png")
    trial.roles.background = np.repeat(drifting(0)[:1], COUNT, axis=0)
    assert trial.run("animate").checks == ()
    assert trial.asked["animator"][0][0].own_picture


def test_a_short_video_of_the_users_own_is_played_in_a_loop_and_held_to_the_checks(trial: Trial) -> None:
    write_video(trial.place / "sea.mp4", drifting(3)[:12], FPS)
    trial.give(background=trial.place / "sea.mp4")
    outcome = trial.run("animate")
    assert not trial.asked["animator"]
    assert read_clip(trial.path("edited_background_video")).frames.shape == FRAMES.shape
    assert not {check.name: check for check in outcome.checks}["animate.camera"].passed, "all of it drifts"
