import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sparkle.backends.cpu.animator import Animator, planned_motions
from sparkle.core.errors import BackendError
from sparkle.roles import AnimationRequest

CAPTIONS = {
    "meadow": "a meadow, where grass sways in the wind and clouds drift",
    "lake": "a lake, where ripples spread and sunlight sparkles on the water",
    "night": "a dark room, where the lamp flickers and dust floats in the light",
}


@pytest.mark.parametrize(
    "caption", ["a still photo of a meadow", "motionless", "The background is completely still."]
)
def test_a_caption_that_asks_for_stillness_gives_equal_frames(meadow, move, caption):
    frames = move(meadow, caption)
    assert (frames == meadow).all()


def test_a_still_subject_does_not_stop_the_background(meadow, move, liveliness):
    frames = move(meadow, "grass sways in the wind. The subject should remain perfectly still.")
    assert liveliness(frames) > 0.5


@pytest.mark.parametrize("name", CAPTIONS)
def test_every_scene_is_visibly_alive_within_a_second(request, move, liveliness, name):
    image = request.getfixturevalue(name)
    frames = move(image, CAPTIONS[name])
    moved = np.abs(frames[:12].astype(int) - frames[0]).max(axis=(0, 3)) > 8
    assert moved.mean() > 0.02
    assert liveliness(frames) > 0.05


@pytest.mark.parametrize(
    ("name", "gentle", "strong"),
    [
        ("meadow", "grass sways gently", "grass sways vigorously in a strong wind"),
        ("lake", "waves lap softly at the shore", "huge waves crash at the shore in a storm"),
        ("meadow", "light snow falls gently", "heavy snow falls in a howling blizzard"),
        ("meadow", "a light rain falls", "heavy rain falls in a storm"),
        ("night", "the lamp flickers softly", "the lamp flickers violently"),
    ],
)
def test_stronger_words_move_more(request, move, liveliness, name, gentle, strong):
    image = request.getfixturevalue(name)
    assert liveliness(move(image, strong)) > 1.15 * liveliness(move(image, gentle))


@pytest.mark.parametrize("name", CAPTIONS)
def test_the_seam_of_the_loop_is_no_bigger_than_a_step(request, move, name):
    frames = move(request.getfixturevalue(name), CAPTIONS[name], frames=40, fps=16).astype(int)
    steps = np.abs(np.diff(frames, axis=0)).mean(axis=(1, 2, 3))
    assert np.abs(frames[-1] - frames[0]).mean() <= 1.15 * steps.max()


@pytest.mark.parametrize("name", CAPTIONS)
def test_motion_is_smooth_without_pops(request, move, name):
    frames = move(request.getfixturevalue(name), CAPTIONS[name], frames=40, fps=16).astype(int)
    steps = np.abs(np.diff(frames, axis=0)).mean(axis=(1, 2, 3))
    assert steps.max() < 4 * np.median(steps)


@pytest.mark.parametrize("name", CAPTIONS)
def test_the_first_frame_is_the_picture_but_for_particles(request, move, name):
    image = request.getfixturevalue(name)
    first = move(image, CAPTIONS[name])[0].astype(int)
    difference = np.abs(first - image).max(axis=2)
    assert difference.mean() < 1.5
    assert (difference > 2).mean() < 0.1


def test_without_particles_the_first_frame_is_exactly_the_picture(meadow, move):
    assert (move(meadow, "grass sways in a strong wind and clouds drift")[0] == meadow).all()


def test_a_house_stands_still_while_sky_and_meadow_move(meadow, move):
    frames = move(meadow, "grass sways vigorously in a strong wind and clouds drift").astype(int)
    inside = frames[:, 48:87, 143:177]
    assert np.abs(inside - inside[0]).max() <= 2
    # its edges keep their place too: the gradient across its left wall stays in the same column
    wall = np.abs(np.diff(frames[:, 50:56, 132:148].mean(axis=(1, 3)), axis=1)).argmax(axis=1)
    assert (np.abs(wall - wall[0]) <= 1).all()
    assert np.abs(frames[:, 95:] - frames[0, 95:]).mean() > 1.0


def test_a_wall_beside_a_lake_stands_still(lake, move):
    frames = move(lake, "waves crash in a storm").astype(int)
    assert np.abs(frames[:, 95:, :48] - frames[0, 95:, :48]).max() <= 3
    assert np.abs(frames[:, 70:80] - frames[0, 70:80]).mean() > 1.0


def test_clouds_travel_in_one_direction(meadow, move):
    frames = (
        move(meadow, "white clouds drift quickly across the sky", frames=24).astype(np.float32).mean(axis=3)
    )
    first, later = frames[0, 5:30, 40:130], frames[4, 5:30]
    shifts = range(-15, 16)
    errors = [np.abs(later[:, 40 + s : 130 + s] - first).mean() for s in shifts]
    best = shifts[int(np.argmin(errors))]
    assert best != 0
    assert min(errors) < errors[15]


@pytest.mark.parametrize("name", CAPTIONS)
def test_the_same_request_gives_the_same_frames_and_another_seed_others(request, move, name):
    image = request.getfixturevalue(name)
    first, again, other = (move(image, CAPTIONS[name], frames=6, seed=s) for s in (3, 3, 4))
    assert (first == again).all()
    assert (first != other).any()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    height=st.integers(16, 90),
    width=st.integers(16, 90),
    frames=st.integers(1, 5),
    caption=st.sampled_from(
        ["waves and rain, snow falls, petals drift, birds fly", "embers, torches, smoke, mist, stars", ""]
    ),
    kind=st.sampled_from(["noise", "black", "white", "grey", "gradient"]),
)
def test_any_size_and_any_picture_is_animated(height, width, frames, caption, kind):
    image = {
        "noise": np.random.default_rng(1).integers(0, 256, (height, width, 3)),
        "black": np.zeros((height, width, 3)),
        "white": np.full((height, width, 3), 255),
        "grey": np.repeat(np.random.default_rng(1).integers(60, 90, (height, width, 1)), 3, axis=2),
        "gradient": np.repeat(np.linspace(0, 255, height)[:, None, None], width, axis=1).repeat(3, axis=2),
    }[kind].astype(np.uint8)
    result = Animator()(AnimationRequest(image, caption, frames, 16.0, 1))
    assert result.shape == (frames, height, width, 3)
    assert result.dtype == np.uint8


def test_a_black_picture_without_words_gets_next_to_no_motion(move, liveliness):
    black = np.zeros((64, 64, 3), np.uint8)
    frames = move(black, "")
    assert liveliness(frames) < 1.0


def test_one_frame_is_the_picture(meadow, move):
    assert (move(meadow, "grass sways and clouds drift", frames=1)[0] == meadow).all()


def test_a_silent_caption_takes_what_the_picture_affords(meadow, move, liveliness):
    kinds = {motion.kind for motion in planned_motions(meadow, "a meadow house")}
    assert {"clouds", "grass"} <= kinds
    assert planned_motions(meadow, "a still photo") == []
    assert liveliness(move(meadow, "")) > 0.2


def test_lamps_are_no_matter_of_bright_daylight(meadow):
    assert "lamps" not in {motion.kind for motion in planned_motions(meadow, "lamps flicker in the meadow")}


@pytest.mark.parametrize(
    ("image", "frames", "fps"),
    [
        (np.zeros((32, 32), np.uint8), 4, 16.0),
        (np.zeros((32, 32, 3), np.float32), 4, 16.0),
        (np.zeros((8, 32, 3), np.uint8), 4, 16.0),
        (np.zeros((32, 32, 3), np.uint8), 0, 16.0),
        (np.zeros((32, 32, 3), np.uint8), 4, 0.0),
    ],
)
def test_an_impossible_request_is_refused_with_its_cause(image, frames, fps):
    with pytest.raises(BackendError, match="the animator needs"):
        Animator()(AnimationRequest(image, "clouds", frames, fps, 1))


@pytest.mark.parametrize("caption", ["", "snow falls, birds fly, mist drifts, dust motes float"])
def test_nothing_is_drawn_into_the_users_own_picture(meadow, caption):
    request = AnimationRequest(meadow, caption, 6, 12.0, 7, own_picture=True)
    assert (Animator()(request) == meadow).all()


def test_what_is_in_the_users_own_picture_moves_where_the_caption_says_so(lake):
    still, moved = (
        Animator()(AnimationRequest(lake, caption, 6, 12.0, 7, own_picture=True))
        for caption in ("", "waves roll over the lake")
    )
    assert (still == lake).all()
    assert np.abs(moved.astype(int) - lake).mean() > 0.2
