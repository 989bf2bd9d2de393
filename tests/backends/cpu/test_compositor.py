"""The cpu final generator on small clips whose true matte and colours are known."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from sparkle.backends.cpu.compositor import Compositor
from sparkle.backends.cpu.compositor.surroundings import Surroundings, facing_gain, surroundings_of
from sparkle.backends.cpu.compositor.window import Window
from sparkle.backends.cpu.copy_paste import CopyPaste
from sparkle.core.errors import BackendError, SettingsError
from sparkle.roles import GenerationRequest

HEIGHT, WIDTH, FRAMES = 120, 160, 6
SKIN = np.array([200.0, 150.0, 125.0])
GREEN = np.array([20.0, 170.0, 30.0])
NEUTRAL = {"relight": 0.0, "directional": 0.0, "wrap": 0.0, "grain": 0.0, "shadow": 0.0}


def true_matte(centre_x: float) -> np.ndarray:
    rows, columns = np.indices((HEIGHT, WIDTH), np.float64)
    distance = np.hypot((columns - centre_x) / 0.8, rows - 75) - 40
    return np.clip(0.5 - distance / 2.5, 0, 1)


def texture() -> np.ndarray:
    fine = np.random.default_rng(5).normal(0, 14, (HEIGHT, WIDTH, 1))
    return SKIN + cv2.GaussianBlur(fine, (0, 0), 1.0)[..., None] * 2


def scene(behind: np.ndarray, *, speed: float = 0.0, wall: np.ndarray = GREEN) -> GenerationRequest:
    """A textured subject before a plain wall, to be put before `behind` ((3,) or an (H, W, 3) picture)."""
    mattes = np.stack([true_matte(78 + speed * t) for t in range(FRAMES)])
    source = mattes[..., None] * texture() + (1 - mattes[..., None]) * wall
    background = np.broadcast_to(np.asarray(behind, np.uint8), (FRAMES, HEIGHT, WIDTH, 3))
    mask = mattes > 0.5
    source = np.clip(source, 0, 255).astype(np.uint8)
    return GenerationRequest(
        first_frame=source[0],
        control=np.zeros(mask.shape, np.uint8),
        instruction="put the subject elsewhere",
        source=source,
        clean_background=background[0].copy(),
        background=background.copy(),
        mask=mask,
        confidence=mask.astype(np.float32),
        fps=16.0,
        seed=7,
    )


def deep_inside(mask: np.ndarray) -> np.ndarray:
    return cv2.erode(mask.astype(np.uint8), np.ones((15, 15), np.uint8)) > 0


def test_shape_and_type_are_the_sources():
    request = scene(np.array([90, 90, 90]), speed=2)
    edited = Compositor()(request)
    assert edited.shape == request.source.shape and edited.dtype == np.uint8


def test_far_from_the_subject_the_background_is_untouched():
    request = scene(np.random.default_rng(1).integers(0, 256, (HEIGHT, WIDTH, 3)))
    far = cv2.dilate(request.mask[0].astype(np.uint8), np.ones((17, 17), np.uint8)) == 0
    far[100:] = False  # the contact shadow falls there
    assert np.array_equal(Compositor()(request)[0][far], request.background[0][far])


def test_with_every_treatment_off_the_interior_is_the_sources_pixel_for_pixel():
    request = scene(np.array([200, 30, 30]))
    inside = deep_inside(request.mask[0])
    assert np.array_equal(Compositor(**NEUTRAL)(request)[0][inside], request.source[0][inside])


@pytest.mark.parametrize("behind", [(15, 20, 45), (250, 170, 90), (200, 220, 250)])
def test_relighting_keeps_the_texture(behind):
    request = scene(np.array(behind))
    inside = deep_inside(request.mask[0])
    for own, new in ((request.source[0], Compositor()(request)[0]),):
        fine = [p.astype(float) - cv2.GaussianBlur(p.astype(float), (0, 0), 3) for p in (own, new)]
        assert np.corrcoef(fine[0][inside].ravel(), fine[1][inside].ravel())[0, 1] > 0.95


def test_the_old_wall_leaves_no_rim():
    """A green wall, a red place: a green rim is what copy-paste leaves, because lens and mask mix the two."""
    request = scene(np.array([190, 40, 40]))
    rim = (
        cv2.morphologyEx(request.mask[0].astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((7, 7), np.uint8)) > 0
    )

    def greenness(picture: np.ndarray) -> float:
        red, green = picture[rim, 0].astype(float), picture[rim, 1].astype(float)
        return float(np.mean(np.maximum(green - red, 0)))

    assert greenness(CopyPaste()(request)[0]) > 1.2
    assert greenness(Compositor(**NEUTRAL)(request)[0]) < 0.1


def test_the_rim_is_the_true_mixture_with_the_new_background():
    request = scene(np.array([190, 40, 40]))
    matte = true_matte(78)[..., None]
    ideal = matte * texture() + (1 - matte) * np.array([190, 40, 40])
    rim = (matte[..., 0] > 0.02) & (matte[..., 0] < 0.98)
    error = [
        np.abs(made(request)[0][rim] - ideal[rim]).mean() for made in (Compositor(**NEUTRAL), CopyPaste())
    ]
    assert error[0] < 8.0
    assert error[0] < 0.35 * error[1]


def test_a_mask_that_is_off_by_two_pixels_is_put_right_by_the_colours():
    request = scene(np.array([190, 40, 40]))
    wide = np.stack([cv2.dilate(m.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0 for m in request.mask])
    request = replace(request, mask=wide, confidence=wide.astype(np.float32))
    added = wide[0] & (true_matte(78) == 0)
    edited = Compositor(**NEUTRAL, matte_radius=0.03)(request)[0]
    assert np.abs(edited[added].astype(float) - [190, 40, 40]).mean() < 12


def mean_colour(request: GenerationRequest, **options: float) -> np.ndarray:
    inside = deep_inside(request.mask[0])
    return Compositor(**options)(request)[0][inside].astype(float).mean(axis=0)


def test_night_makes_the_subject_darker_and_cooler():
    grey = np.array([120, 120, 120])
    request = scene(np.array([12, 18, 45]), wall=grey)
    own = request.source[0][deep_inside(request.mask[0])].mean(axis=0)
    night = mean_colour(request)
    assert night.mean() < 0.75 * own.mean()
    assert night[2] / night[0] > 1.05 * own[2] / own[0]


def test_sunset_makes_the_subject_warmer():
    request = scene(np.array([235, 140, 60]), wall=np.array([120, 120, 120]))
    own = request.source[0][deep_inside(request.mask[0])].mean(axis=0)
    sunset = mean_colour(request)
    assert sunset[2] / sunset[0] < 0.93 * own[2] / own[0]


@pytest.mark.parametrize(
    "behind", [(12, 18, 45), (235, 140, 60), (60, 200, 50), (230, 235, 250), (200, 40, 220)]
)
def test_skin_stays_skin_in_any_light(behind):
    skin = mean_colour(scene(np.array(behind), wall=np.array([120, 120, 120])))
    assert skin[0] > skin[1] > skin[2]
    hue = cv2.cvtColor(np.uint8([[skin]]), cv2.COLOR_RGB2HSV)[0, 0, 0] * 2.0
    assert 4 < hue < 42


def test_the_side_towards_the_sun_is_brighter():
    ramp = np.linspace(250, 30, WIDTH)[None, :, None] * np.ones((HEIGHT, 1, 3))
    request = scene(ramp, wall=np.array([120, 120, 120]))
    edited = Compositor(wrap=0.0, shadow=0.0)(request)[0].astype(float).mean(axis=2)
    inside = deep_inside(request.mask[0])
    left, right = inside.copy(), inside.copy()
    left[:, 70:], right[:, :86] = False, False
    assert edited[left].mean() > 1.03 * edited[right].mean()


def test_the_rim_takes_the_light_that_it_faces():
    """Light that stands beside the subject, and not behind it, still reaches the side that is turned to it."""
    alpha = true_matte(78).astype(np.float32)
    light = np.full((HEIGHT // 8, WIDTH // 8, 3), 0.1, np.float32)
    light[:, :5] = 0.9
    gain = facing_gain(alpha, Window(0, HEIGHT, 0, WIDTH), Surroundings(light, reach=4.0, relief=2.0), 1.0)[
        ..., 1
    ]
    left, right = gain[75, 46:54].mean(), gain[75, 102:110].mean()
    assert left > 1.05 * right


def test_the_light_on_a_subject_is_the_same_in_a_window_of_any_size():
    """Would fail if a piece of a clip in which the subject goes further saw another relief: a seam."""
    height, width = 4 * HEIGHT, 4 * WIDTH
    alpha = cv2.resize(true_matte(78).astype(np.float32), (width, height))
    light = (
        np.linspace(0.1, 0.9, width // 8 * 3, dtype=np.float32).reshape(1, -1, 3).repeat(height // 8, axis=0)
    )
    around = surroundings_of(light, Window(100, height, 160, 480))
    whole = facing_gain(alpha, Window(0, height, 0, width), around, 1.0)
    near = Window(64, height, 64, 576)
    part = facing_gain(alpha[near.slices], near, around, 1.0)
    assert np.abs(whole[near.slices] - part)[alpha[near.slices] > 0].max() < 0.002


def test_a_bright_background_spills_over_the_rim_only():
    request = scene(np.array([255, 255, 255]))
    lit = {**NEUTRAL, "relight": 1.0}
    without, wrapped = (Compositor(**{**lit, "wrap": w})(request)[0].astype(float) for w in (0.0, 0.6))
    rim = request.mask[0] & ~(cv2.erode(request.mask[0].astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)
    assert (wrapped - without)[rim].mean() > 3
    assert np.abs(wrapped - without)[deep_inside(request.mask[0])].max() <= 1


def test_a_still_clip_stays_perfectly_still():
    edited = Compositor()(scene(np.random.default_rng(2).integers(0, 256, (HEIGHT, WIDTH, 3))))
    assert (edited == edited[0]).all()


@pytest.mark.parametrize("wall", [GREEN, SKIN])
def test_a_trembling_mask_does_not_make_the_rim_tremble(wall):
    """On a wall of the subject's own colour only the average over neighbouring frames can help."""
    request = scene(np.array([190, 40, 40]), wall=wall)
    shaken = np.stack([np.roll(m, (t % 2, -(t % 2)), axis=(0, 1)) for t, m in enumerate(request.mask)])
    request = replace(request, mask=shaken, confidence=shaken.astype(np.float32))
    made = [backend(request)[2:4].astype(float) for backend in (Compositor(**NEUTRAL), CopyPaste())]
    soft, hard = (np.abs(np.diff(clip, axis=0)).mean() for clip in made)
    assert soft < 0.35 * hard


def test_an_exposure_jump_at_the_start_is_evened_out():
    request = scene(np.array([90, 110, 140]), wall=np.array([120, 120, 120]))
    source = request.source.copy()
    for index, gain in enumerate((1.35, 1.2, 1.08)):
        source[index] = np.clip((source[index].astype(float) - 128) * gain + 140, 0, 255).astype(np.uint8)
    request = replace(request, source=source)
    inside = deep_inside(request.mask[0])
    before = source[0][inside].mean() - source[-1][inside].mean()
    edited = Compositor()(request)
    after = edited[0][inside].mean() - edited[-1][inside].mean()
    assert before > 20
    assert abs(after) < 0.2 * before


def test_a_moving_subject_is_no_exposure_jump():
    request = scene(np.array([90, 110, 140]), speed=3)
    inside = deep_inside(request.mask[0])
    assert np.array_equal(Compositor(**NEUTRAL)(request)[0][inside], request.source[0][inside])


def noisy(clip: np.ndarray, sigma: float) -> np.ndarray:
    return np.clip(clip + np.random.default_rng(9).normal(0, sigma, clip.shape), 0, 255).astype(np.uint8)


def test_a_clean_background_gets_the_cameras_grain():
    request = scene(np.array([90, 110, 140]))
    request = replace(request, source=noisy(request.source, 4.0))
    edited = Compositor()(request).astype(float)
    assert 0.8 < (edited[1] - edited[0])[:20].std() / np.sqrt(2) < 3.5
    assert np.array_equal(Compositor()(request), Compositor()(request))


def test_a_standing_subject_darkens_the_ground_below_it():
    request = scene(np.array([150, 150, 150]))
    mask = request.mask.copy()
    mask[:, 105:] = False
    request = replace(request, mask=mask, confidence=mask.astype(np.float32))
    edited = Compositor(**{**NEUTRAL, "shadow": 0.6})(request)[0].astype(float)
    assert edited[106, 78].mean() < 130
    assert edited[20, 20].mean() == 150


def test_a_subject_cut_by_the_lower_border_casts_no_shadow():
    request = scene(np.array([150, 150, 150]))
    mask = request.mask.copy()
    mask[:, 60:, 60:95] = True
    request = replace(request, mask=mask, confidence=mask.astype(np.float32))
    with_shadow, without = (Compositor(**{**NEUTRAL, "shadow": s})(request) for s in (0.6, 0.0))
    assert np.array_equal(with_shadow, without)


def test_without_a_background_video_the_clean_background_stands_still():
    request = replace(scene(np.array([90, 110, 140])), background=None)
    for made in (Compositor(), CopyPaste()):
        edited = made(request)
        assert (edited[:, :10] == request.clean_background[:10]).all()


def test_a_clip_without_a_subject_is_the_background():
    request = scene(np.array([90, 110, 140]))
    empty = np.zeros_like(request.mask)
    edited = Compositor()(replace(request, mask=empty, confidence=empty.astype(np.float32)))
    assert np.array_equal(edited, request.background)


def test_a_subject_that_is_away_for_some_frames_leaves_the_background_alone_there():
    request = scene(np.array([90, 110, 140]))
    mask = request.mask.copy()
    mask[:3] = False
    source = request.source.copy()
    source[:3] = GREEN.astype(np.uint8)
    edited = Compositor(**NEUTRAL)(
        replace(request, source=source, mask=mask, confidence=mask.astype(np.float32))
    )
    assert np.abs(edited[0].astype(int) - request.background[0]).max() <= 1


def test_copy_paste_is_the_source_inside_and_the_background_outside():
    request = scene(np.array([190, 40, 40]), speed=2)
    edited = CopyPaste()(request)
    assert np.array_equal(edited[request.mask], request.source[request.mask])
    assert np.array_equal(edited[~request.mask], request.background[~request.mask])


@pytest.mark.parametrize("name", ["background", "mask", "confidence"])
def test_arrays_that_do_not_fit_are_refused_by_name(name):
    request = scene(np.array([90, 110, 140]))
    with pytest.raises(BackendError, match=name):
        Compositor()(replace(request, **{name: getattr(request, name)[:, :-2]}))


def test_an_unknown_option_names_the_nearest():
    with pytest.raises(SettingsError, match="relight"):
        Compositor(relit=0.5)
