"""Good edits and removals score high, each kind of broken one scores low for the reason that broke it."""

import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from sparkle.backends.cpu.scorer import Scorer
from sparkle.core.errors import BackendError
from sparkle.core.scene import Scene
from sparkle.roles import EditScore, ScoreRequest

Image = NDArray[np.uint8]

HEIGHT, WIDTH = 234, 416
SCORE = Scorer()
PASSING = 7.0


def texture(seed: int, mean: tuple[int, int, int], strength: float = 50) -> Image:
    """A picture with detail at all sizes, as photographs have."""
    noise = np.random.default_rng(seed)
    field = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    for size in (4, 8, 16, 48, 120):
        coarse = noise.normal(0, 1, (HEIGHT // size + 2, WIDTH // size + 2, 3)).astype(np.float32)
        field += cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    return np.clip(np.array(mean) + strength * field / 2.2, 0, 255).astype(np.uint8)


def subject_mask() -> NDArray[np.bool_]:
    canvas = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.ellipse(canvas, (200, 70), (30, 38), 0, 0, 360, 1, -1)
    cv2.ellipse(canvas, (200, 200), (75, 95), 0, 0, 360, 1, -1)
    return canvas > 0


MASK = subject_mask()
ROOM = texture(1, (150, 130, 110))
PERSON = texture(2, (120, 90, 90))
MEADOW = texture(3, (110, 150, 70))
OTHER = texture(4, (100, 110, 150))


def composite(
    subject: Image, background: Image, mask: NDArray[np.bool_] = MASK, softness: float = 1.2
) -> Image:
    alpha = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), softness)[..., None]
    return (alpha * subject + (1 - alpha) * background).astype(np.uint8)


def grown(mask: NDArray[np.bool_], pixels: int) -> NDArray[np.bool_]:
    return cv2.dilate(mask.astype(np.uint8), np.ones((2 * pixels + 1,) * 2, np.uint8)) > 0


SOURCE = composite(PERSON, ROOM)
EDITED = composite((PERSON * 0.8 + 10).astype(np.uint8), MEADOW)
ASK = "Put the subject in front of a quiet place."


def edit(
    edited: Image, known_mask: bool = True, instruction: str = ASK, scene: Scene | None = None
) -> EditScore:
    task = "video_frame" if known_mask else "edit"
    return SCORE(ScoreRequest(task, SOURCE, edited, instruction, MASK if known_mask else None, scene))


def removal(clean: Image, mask: NDArray[np.bool_] | None = None) -> EditScore:
    return SCORE(ScoreRequest("removal", EDITED, clean, "Remove the man.", mask))


@pytest.mark.parametrize("known_mask", [True, False])
def test_good_edit_passes_also_when_the_subject_was_relit(known_mask: bool):
    score = edit(EDITED, known_mask)
    assert min(score.prompt_following, score.consistency, score.perceptual_quality) > 8


@pytest.mark.parametrize("known_mask", [True, False])
def test_unchanged_picture_follows_no_instruction(known_mask: bool):
    score = edit(SOURCE, known_mask)
    assert score.prompt_following == score.overall == 0
    assert "0% of the" in score.SC_reasoning


@pytest.mark.parametrize("known_mask", [True, False])
def test_tinted_old_background_is_no_new_background(known_mask: bool):
    tinted = np.clip(SOURCE * np.array([1.25, 0.9, 0.6]), 0, 255).astype(np.uint8)
    assert edit(tinted, known_mask).prompt_following < 3


@pytest.mark.parametrize("known_mask", [True, False])
def test_shifted_subject_is_inconsistent(known_mask: bool):
    assert edit(np.roll(EDITED, 12, axis=1), known_mask).consistency < 3


@pytest.mark.parametrize("known_mask", [True, False])
def test_other_subject_is_inconsistent(known_mask: bool):
    assert edit(composite(OTHER, MEADOW), known_mask).consistency < 3


@pytest.mark.parametrize("known_mask", [True, False])
def test_missing_subject_is_inconsistent(known_mask: bool):
    assert edit(MEADOW, known_mask).consistency < 3


@pytest.mark.parametrize(("known_mask", "most"), [(True, 4), (False, 6.5)])
def test_blurred_subject_is_inconsistent(known_mask: bool, most: float):
    blurred = composite(cv2.GaussianBlur(EDITED, (0, 0), 3), MEADOW)
    score = edit(blurred, known_mask)
    assert score.consistency < most
    assert "fine detail" in score.SC_reasoning


def test_half_a_subject_is_inconsistent():
    half = MASK.copy()
    half[:, 200:] = False
    score = edit(composite(PERSON, MEADOW, half))
    assert score.consistency < 5
    assert "is lost" in score.SC_reasoning


@pytest.mark.parametrize("known_mask", [True, False])
def test_black_frame_scores_nothing(known_mask: bool):
    assert edit(np.zeros_like(EDITED), known_mask).overall == 0


def test_noise_lowers_quality():
    noise = np.random.default_rng(0).normal(0, 25, EDITED.shape)
    score = edit(np.clip(EDITED + noise, 0, 255).astype(np.uint8))
    assert score.perceptual_quality < 2
    assert "levels above the source's" in score.PQ_reasoning


def test_upscaled_picture_lowers_quality():
    small = cv2.resize(EDITED, (WIDTH // 8, HEIGHT // 8), interpolation=cv2.INTER_AREA)
    soft = cv2.resize(small, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    assert edit(soft).perceptual_quality < 6


def test_rim_of_the_old_background_lowers_quality():
    score = edit(composite(SOURCE, MEADOW, grown(MASK, 8)))
    assert score.perceptual_quality < 2
    assert "the rim shows the old background" in score.PQ_reasoning


def test_cutout_is_harder_than_a_soft_contour():
    score = edit(composite(PERSON, MEADOW, softness=0.1))
    assert score.PQ_reasoning.startswith("Contour hardness")
    assert score.perceptual_quality < 6 < edit(EDITED).perceptual_quality


def test_words_must_agree_with_what_is_seen():
    night = Scene("time", "night", "starry sky above dark mountains", "stars twinkle")
    dark = composite(PERSON, (MEADOW * 0.25).astype(np.uint8))
    by_day, by_night = edit(EDITED, scene=night), edit(dark, scene=night)
    assert by_day.prompt_following < 5 < 8 < by_night.prompt_following
    assert "'night' lets one expect a mean brightness" in by_day.SC_reasoning


def test_words_about_the_subject_are_no_wishes_for_the_background():
    plain = edit(EDITED, instruction=ASK)
    dressed = edit(
        EDITED, instruction="Put the subject in front of a quiet place. The man looks like a snowy night."
    )
    assert plain.prompt_following == dressed.prompt_following


def test_frame_without_subject_is_judged_by_its_background():
    request = ScoreRequest("video_frame", ROOM, MEADOW, ASK, np.zeros((HEIGHT, WIDTH), np.bool_))
    assert SCORE(request).overall > 8


def boxes() -> NDArray[np.bool_]:
    rows, columns = np.flatnonzero(MASK.any(1)), np.flatnonzero(MASK.any(0))
    area = np.zeros_like(MASK)
    area[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = True
    return area


REMOVAL_MASKS = [
    pytest.param(MASK, id="mask"),
    pytest.param(boxes(), id="boxes"),
    pytest.param(None, id="unknown"),
]


@pytest.mark.parametrize("mask", REMOVAL_MASKS)
def test_clean_removal_passes(mask: NDArray[np.bool_] | None):
    assert removal(MEADOW, mask).overall > 8


@pytest.mark.parametrize("mask", REMOVAL_MASKS)
def test_subject_left_in_place_is_no_removal(mask: NDArray[np.bool_] | None):
    assert removal(EDITED, mask).prompt_following == 0


@pytest.mark.parametrize("mask", REMOVAL_MASKS)
def test_ghost_of_the_subject_is_no_removal(mask: NDArray[np.bool_] | None):
    ghost = (0.5 * MEADOW + 0.5 * EDITED).astype(np.uint8)
    score = removal(ghost, mask)
    assert score.overall < 5
    assert "old structure is left" in score.SC_reasoning


@pytest.mark.parametrize("mask", REMOVAL_MASKS[:2])
def test_half_a_removal_is_seen_when_it_is_known_what_to_remove(mask: NDArray[np.bool_]):
    half = MEADOW.copy()
    right = MASK & (np.arange(WIDTH) > 200)
    half[right] = EDITED[right]
    assert removal(half, mask).overall < PASSING


def test_edges_of_a_busy_scene_are_no_seam() -> None:
    rows, columns = np.indices((HEIGHT, WIDTH))
    windows = (rows % 18 < 8) & (columns % 14 < 6)
    scene = np.repeat((190 - 120 * windows)[..., None], 3, axis=-1).astype(np.uint8)
    edited = composite(PERSON, scene)
    score = SCORE(ScoreRequest("removal", edited, scene, "Remove the man.", MASK))
    assert score.overall >= PASSING, score.PQ_reasoning
    assert "0% of the border is a new edge" in score.PQ_reasoning


@pytest.mark.parametrize("mask", REMOVAL_MASKS)
def test_blurred_patch_is_no_plausible_fill(mask: NDArray[np.bool_] | None):
    patched = composite(cv2.GaussianBlur(MEADOW, (0, 0), 12), MEADOW, grown(MASK, 6), softness=3)
    score = removal(patched, mask)
    assert score.perceptual_quality < 4
    assert "of the texture around it" in score.PQ_reasoning


@pytest.mark.parametrize("mask", REMOVAL_MASKS)
def test_removal_leaves_the_rest_alone(mask: NDArray[np.bool_] | None):
    assert removal(OTHER, mask).consistency < 2


def test_arithmetic_is_that_of_editscore():
    for score in (edit(EDITED), edit(composite(PERSON, MEADOW, softness=0.1), False), removal(MEADOW)):
        semantics = min(score.prompt_following, score.consistency)
        assert score.overall == pytest.approx(math.sqrt(semantics * score.perceptual_quality), abs=2e-3)
        assert score.scorer == "heuristic"


def test_same_request_scores_the_same():
    assert edit(EDITED) == edit(EDITED)


def test_sizes_that_differ_are_refused():
    with pytest.raises(BackendError, match="must be of one size"):
        SCORE(ScoreRequest("edit", SOURCE, EDITED[:-2], ASK))
    with pytest.raises(BackendError, match="must be of one size"):
        SCORE(ScoreRequest("edit", SOURCE, EDITED, ASK, MASK[:-2]))


PICTURES = arrays.arrays(np.uint8, st.tuples(st.integers(8, 60), st.integers(8, 60), st.just(3)))


@settings(max_examples=60, deadline=None)
@given(st.data(), PICTURES, st.sampled_from(["edit", "removal", "video_frame", "source_pair"]))
def test_any_picture_gets_finite_scores_in_range(data: st.DataObject, source: Image, task: str):
    edited = data.draw(arrays.arrays(np.uint8, source.shape))
    mask = data.draw(st.none() | arrays.arrays(np.bool_, source.shape[:2]))
    score = SCORE(ScoreRequest(task, source, edited, "Move the subject to a snowy forest at night.", mask))
    for value in (score.prompt_following, score.consistency, score.perceptual_quality, score.overall):
        assert 0 <= value <= 10
    assert score.SC_reasoning
    assert score.PQ_reasoning
