import pytest

from sparkle.core.scene import Scene
from sparkle.words.motion import motions_of
from sparkle.words.stillness import wants_stillness


def kinds(caption: str) -> set[str]:
    return {motion.kind for motion in motions_of(caption)}


@pytest.mark.parametrize(
    ("caption", "expected"),
    [
        ("waves gently roll in, palm fronds sway, seagulls fly", {"waves", "foliage", "birds"}),
        ("tall golden grass sways in the wind", {"grass"}),
        ("the desk lamp flickers and dust motes float", {"lamps", "dust"}),
        ("a breeze causes the curtains to sway", {"curtains"}),
        ("petals drift through the air", {"petals"}),
        ("yellow leaves fall from the trees", {"leaves", "foliage"}),
        ("snow falls softly", {"snow"}),
        ("torches flicker and embers float", {"flames", "embers", "lamps"}),
        ("stars twinkle over the mountains", {"stars"}),
        ("heat shimmers on the horizon", {"shimmer"}),
        ("smoke rises from the chimneys", {"smoke"}),
    ],
)
def test_a_caption_names_its_motions(caption, expected):
    assert expected <= kinds(caption)


@pytest.mark.parametrize(
    ("caption", "absent"),
    [
        ("a meadow where melting snow reveals grass", "snow"),
        ("leaves rustle on the branches", "leaves"),
        ("tall grass bends in long waves", "waves"),
        ("sunlight streams in", "flow"),
        ("a colourful rainbow over a rainforest", "rain"),
        ("mountains without any clouds", "clouds"),
        ("a frozen lake", "ripples"),
    ],
)
def test_a_word_that_names_no_motion_moves_nothing(caption, absent):
    assert absent not in kinds(caption)


@pytest.mark.parametrize(
    "caption",
    ["a still photo of a beach with waves", "Motionless.", "keep it completely still", "frozen in time",
     "nothing moves in the forest", "a city, without any motion", "the background remains perfectly still"],
)  # fmt: skip
def test_stillness_is_understood(caption):
    assert wants_stillness(caption)
    assert motions_of(caption) == []


@pytest.mark.parametrize(
    "caption",
    ["The subject should remain perfectly still.", "waves roll in while the foreground character remains still",
     "static camera, clouds drift", "the still water of a lake", "a still life with candles",
     "the mountains stay still while clouds drift", "a frozen lake under drifting clouds"],
)  # fmt: skip
def test_a_still_subject_camera_or_lake_is_no_still_picture(caption):
    assert not wants_stillness(caption)


def test_strength_follows_the_words():
    def strength(caption: str) -> float:
        return next(motion.strength for motion in motions_of(caption) if motion.kind == "grass")

    assert strength("grass sways gently") < strength("grass sways") < strength("grass sways vigorously")


def test_a_storm_takes_hold_of_everything_that_the_wind_drives():
    motions = motions_of("gently swaying trees, slow clouds, a storm")
    assert all(motion.strength > 0.8 for motion in motions)


def test_a_reason_quotes_the_caption():
    caption = "palm fronds sway and embers rise"
    assert all(motion.reason in caption for motion in motions_of(caption))


def test_the_scene_speaks_where_the_caption_is_silent():
    scene = Scene("season", "winter", "pine grove", "snowflakes fall softly")
    assert {motion.kind for motion in motions_of("a quiet place", scene)} >= {"snow"}
    assert "snow" not in {motion.kind for motion in motions_of("clouds drift", scene)}


def test_each_kind_is_listed_once():
    found = [motion.kind for motion in motions_of("clouds drift. Grey clouds race. More clouds, and clouds")]
    assert found == ["clouds"]
