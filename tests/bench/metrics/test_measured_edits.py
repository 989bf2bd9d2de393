"""What the metrics judge says of a sound edit of the demo clip, and of the same edit with one thing broken."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from sparkle.bench.dimensions import SPARKLE
from sparkle.bench.metrics import MEASUREMENTS, Measurement, measure_edit
from sparkle.core.errors import BackendError
from sparkle.demo import DemoClip
from sparkle.roles import Frames, Image, Mask, Masks

INSTRUCTION = "Put the subject in front of a wall of pebbles above rolling water."
BROKEN, CLEARLY, HARDLY = 2.5, 1.5, 0.7

Measure = Callable[..., dict[str, float]]


@pytest.fixture(scope="module")
def scenery(demo_clip: DemoClip) -> Frames:
    """A still wall of pebbles, and waves that roll through the lower half."""
    count, height, width = demo_clip.mask.shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    pebbles = cv2.GaussianBlur(np.random.default_rng(0).normal(0, 1, (height, width)), (0, 0), 1.5)
    pebbles = pebbles / pebbles.std()
    frames = []
    for time in np.arange(count) / demo_clip.fps:
        waves = 120 + 40 * np.sin(2 * np.pi * (x / 40 + y / 60 - time)) + 5 * pebbles
        grey = np.where(y > 0.55 * height, waves, 110 + 35 * pebbles)
        frames.append(as_image(np.stack([0.7 * grey, grey, 0.9 * grey], axis=-1)))
    return np.stack(frames)


@pytest.fixture(scope="module")
def edit(demo_clip: DemoClip, scenery: Frames) -> Frames:
    return composite(as_image(demo_clip.frames * np.array([0.9, 0.95, 0.85])), scenery, demo_clip.mask)


@pytest.fixture(scope="module")
def measure(demo_clip: DemoClip) -> Measure:
    def measured(edited: Frames, instruction: str = INSTRUCTION) -> dict[str, float]:
        found = measure_edit(demo_clip.frames, edited, demo_clip.fps, instruction, demo_clip.mask)
        return dict(zip(SPARKLE.keys, found.values, strict=True))

    return measured


@pytest.fixture(scope="module")
def sound(edit: Frames, measure: Measure) -> dict[str, float]:
    return measure(edit)


def composite(front: Frames, back: Frames, mask: Masks) -> Frames:
    def one(f: Image, b: Image, m: Mask) -> Image:
        alpha = cv2.GaussianBlur(m.astype(np.float32), (0, 0), 0.7)[..., None]
        return as_image(alpha * f + (1 - alpha) * b)

    return np.stack([one(*frames) for frames in zip(front, back, mask, strict=True)])


def as_image(values: NDArray[np.floating]) -> Image:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def assert_only_falls(
    broken: dict[str, float], sound: dict[str, float], falls: str, may_fall: tuple[str, ...] = ()
) -> None:
    assert broken[falls] < min(sound[falls] - CLEARLY, BROKEN + 0.5)
    for key in set(sound) - {falls, *may_fall}:
        assert broken[key] > sound[key] - HARDLY, key


def test_a_sound_edit_scores_well_in_every_dimension(sound: dict[str, float]) -> None:
    assert min(sound.values()) > 4


def test_the_source_itself_is_no_edit(demo_clip: DemoClip, measure: Measure) -> None:
    assert measure(demo_clip.frames)["instruction"] == 1.0


def test_other_light_on_the_old_place_is_no_new_place(demo_clip: DemoClip, measure: Measure) -> None:
    assert measure(as_image(demo_clip.frames * 0.5))["instruction"] < BROKEN


def test_a_removed_subject_is_missed(scenery: Frames, measure: Measure) -> None:
    found = measure(scenery)
    assert max(found["instruction"], found["fg_integrity"], found["fg_motion"]) < BROKEN


def test_a_frozen_clip_has_no_motion_of_any_kind(
    edit: Frames, sound: dict[str, float], measure: Measure
) -> None:
    found = measure(np.repeat(edit[:1], len(edit), axis=0))
    assert found["bg_dynamics"] == 1.0
    assert found["fg_motion"] < BROKEN
    assert found["instruction"] > sound["instruction"] - HARDLY


def test_a_frozen_background_leaves_the_subject_alone(
    demo_clip: DemoClip, scenery: Frames, sound: dict[str, float], measure: Measure
) -> None:
    still = np.repeat(scenery[:1], len(scenery), axis=0)
    found = measure(composite(demo_clip.frames, still, demo_clip.mask))
    assert found["bg_dynamics"] == 1.0
    assert found["fg_motion"] > sound["fg_motion"] - HARDLY
    assert found["fg_integrity"] > sound["fg_integrity"] - HARDLY


def test_noise_flicker_and_trembling_are_no_life(
    demo_clip: DemoClip, scenery: Frames, measure: Measure
) -> None:
    still = np.repeat(scenery[:1], len(scenery), axis=0)
    random = np.random.default_rng(1)
    gains = 1 + 0.1 * np.where(np.arange(len(still)) % 2, 1, -1)
    steps = random.normal(0, 1.0, (len(still), 2))
    restless = {
        "noise": as_image(still + random.normal(0, 8, still.shape)),
        "flicker": as_image(still * gains[:, None, None, None]),
        "trembling": np.stack([moved(frame, *step) for frame, step in zip(still, steps, strict=True)]),
    }
    for name, background in restless.items():
        found = measure(composite(demo_clip.frames, background, demo_clip.mask))
        assert found["bg_dynamics"] < BROKEN, name


@pytest.mark.parametrize("added", ["flicker", "noise", "zoom", "pan"])
def test_one_picture_with_something_added_is_seen_through(
    edit: Frames, sound: dict[str, float], measure: Measure, added: str
) -> None:
    still = np.repeat(edit[:1], len(edit), axis=0)
    share = np.arange(len(edit)) / len(edit)
    trap = {
        "flicker": lambda: as_image(still * (1 + 0.1 * (-1.0) ** np.arange(len(edit)))[:, None, None, None]),
        "noise": lambda: as_image(still + np.random.default_rng(2).normal(0, 8, still.shape)),
        "zoom": lambda: np.stack([zoomed(one, 1 + 0.08 * at) for one, at in zip(still, share, strict=True)]),
        "pan": lambda: np.stack(
            [moved(one, 0.05 * still.shape[2] * at, 0) for one, at in zip(still, share, strict=True)]
        ),
    }[added]()
    found = measure(trap)
    assert found["bg_dynamics"] < BROKEN
    assert found["fg_motion"] < BROKEN
    assert np.mean(list(found.values())) < np.mean(list(sound.values())) - CLEARLY


def test_motion_must_last(
    demo_clip: DemoClip, scenery: Frames, sound: dict[str, float], measure: Measure
) -> None:
    stopping = scenery[np.minimum(np.arange(len(scenery)), len(scenery) // 3)]
    found = measure(composite(demo_clip.frames, stopping, demo_clip.mask))
    assert found["bg_dynamics"] < sound["bg_dynamics"] - CLEARLY


def test_stillness_is_right_where_it_was_asked_for(
    demo_clip: DemoClip, scenery: Frames, edit: Frames, measure: Measure
) -> None:
    asked = "Put the subject before a still photo of pebbles and water."
    still = composite(demo_clip.frames, np.repeat(scenery[:1], len(scenery), axis=0), demo_clip.mask)
    assert measure(still, asked)["bg_dynamics"] == 5.0
    assert measure(edit, asked)["bg_dynamics"] < BROKEN


@pytest.mark.parametrize("reverse", ["subject", "clip"])
def test_a_reversed_subject_is_itself_but_moves_otherwise(
    demo_clip: DemoClip,
    scenery: Frames,
    edit: Frames,
    sound: dict[str, float],
    measure: Measure,
    reverse: str,
) -> None:
    subject = composite(demo_clip.frames[::-1], scenery, demo_clip.mask[::-1])
    assert_only_falls(measure(edit[::-1] if reverse == "clip" else subject), sound, "fg_motion", ("visual",))


def test_a_shifted_subject_is_out_of_place(
    demo_clip: DemoClip, scenery: Frames, sound: dict[str, float], measure: Measure
) -> None:
    x = 0.04 * scenery.shape[2]
    frames = np.stack([moved(frame, x) for frame in demo_clip.frames])
    masks = np.stack([moved(mask.astype(np.uint8), x) > 0 for mask in demo_clip.mask])
    found = measure(composite(frames, scenery, masks))
    assert_only_falls(found, sound, "fg_motion", ("fg_integrity", "visual"))


def test_a_misalignment_of_a_pixel_is_forgiven(
    edit: Frames, sound: dict[str, float], measure: Measure
) -> None:
    found = measure(np.stack([moved(frame, 0.5) for frame in edit]))
    assert all(found[key] > sound[key] - HARDLY for key in sound)


def test_a_blurred_subject_lost_its_detail(
    edit: Frames, scenery: Frames, demo_clip: DemoClip, sound: dict[str, float], measure: Measure
) -> None:
    soft = np.stack([cv2.GaussianBlur(frame, (0, 0), 2.0) for frame in edit])
    assert_only_falls(measure(composite(soft, scenery, demo_clip.mask)), sound, "fg_integrity", ("visual",))


@pytest.mark.parametrize("order", [(2, 1, 0), (1, 2, 0)])
def test_a_recoloured_subject_is_not_itself(
    edit: Frames,
    scenery: Frames,
    demo_clip: DemoClip,
    sound: dict[str, float],
    measure: Measure,
    order: tuple[int, ...],
) -> None:
    recoloured = composite(edit[..., order], scenery, demo_clip.mask)
    assert_only_falls(measure(recoloured), sound, "fg_integrity", ("visual",))


def test_warm_light_is_no_other_subject(
    edit: Frames, scenery: Frames, demo_clip: DemoClip, sound: dict[str, float], measure: Measure
) -> None:
    warm = composite(as_image(demo_clip.frames * np.array([1.0, 0.8, 0.6])), scenery, demo_clip.mask)
    assert measure(warm)["fg_integrity"] > sound["fg_integrity"] - HARDLY


@pytest.mark.parametrize("damage", ["blur", "noise", "flicker", "blocks", "trembling jelly", "shaking"])
def test_a_damaged_background_is_seen(
    demo_clip: DemoClip, scenery: Frames, sound: dict[str, float], measure: Measure, damage: str
) -> None:
    background = damaged(scenery, damage)
    found = measure(composite(demo_clip.frames, background, demo_clip.mask))
    assert_only_falls(found, sound, "bg_visual", ("visual", "bg_dynamics", "instruction"))
    assert found["visual"] < sound["visual"] - HARDLY


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (0, 200, 0)])
def test_a_background_of_one_colour_is_no_background(
    demo_clip: DemoClip, measure: Measure, colour: tuple[int, int, int]
) -> None:
    plain = np.full_like(demo_clip.frames, colour)
    for edited in (plain, composite(demo_clip.frames, plain, demo_clip.mask)):
        found = measure(edited)
        assert max(found["bg_visual"], found["bg_dynamics"], found["visual"]) < BROKEN


def test_an_upright_clip_is_measured_like_a_lying_one(
    demo_clip: DemoClip, edit: Frames, sound: dict[str, float]
) -> None:
    source, upright, mask = (clip.swapaxes(1, 2) for clip in (demo_clip.frames, edit, demo_clip.mask))
    found = measure_edit(source, upright, demo_clip.fps, INSTRUCTION, mask)
    assert found.values == tuple(sound.values())


def test_black_bars_change_little(demo_clip: DemoClip, edit: Frames, sound: dict[str, float]) -> None:
    bars = ((0, 0), (24, 24), (0, 0))
    source, barred = (np.pad(clip, (*bars, (0, 0))) for clip in (demo_clip.frames, edit))
    found = measure_edit(source, barred, demo_clip.fps, INSTRUCTION, np.pad(demo_clip.mask, bars))
    assert np.allclose(found.values, list(sound.values()), atol=HARDLY)


def test_the_same_pair_gives_the_same_numbers_and_stays_as_it_was(
    demo_clip: DemoClip, edit: Frames, sound: dict[str, float]
) -> None:
    copies = demo_clip.frames.copy(), edit.copy()
    found = measure_edit(demo_clip.frames, edit, demo_clip.fps, INSTRUCTION, demo_clip.mask)
    assert dict(zip(SPARKLE.keys, found.values, strict=True)) == sound
    assert np.array_equal(copies[0], demo_clip.frames)
    assert np.array_equal(copies[1], edit)


def test_another_size_and_rate_change_little(
    demo_clip: DemoClip, edit: Frames, sound: dict[str, float]
) -> None:
    small = np.stack([cv2.resize(frame, (192, 112), interpolation=cv2.INTER_AREA) for frame in edit])
    found = measure_edit(demo_clip.frames, small, demo_clip.fps, INSTRUCTION, demo_clip.mask)
    assert np.allclose(found.values, list(sound.values()), atol=HARDLY)
    halved = measure_edit(
        demo_clip.frames, edit[::2], demo_clip.fps, INSTRUCTION, demo_clip.mask, demo_clip.fps / 2
    )
    chosen = [list(sound).index(key) for key in ("instruction", "fg_integrity", "fg_motion")]
    assert np.allclose(
        [halved.values[i] for i in chosen], [sound[SPARKLE.keys[i]] for i in chosen], atol=HARDLY
    )


def test_every_number_is_explained_and_every_value_has_its_reason(demo_clip: DemoClip, edit: Frames) -> None:
    found: Measurement = measure_edit(demo_clip.frames, edit, demo_clip.fps, INSTRUCTION, demo_clip.mask)
    explained = {quantity.name: quantity for quantity in MEASUREMENTS}
    assert set(found.measurements) <= set(explained)
    assert all(np.isfinite(value) for value in found.measurements.values())
    for dimension in SPARKLE.dimensions:
        assert any(line.startswith(dimension.name) for line in found.summary.splitlines())
    assert {key for quantity in MEASUREMENTS for key in quantity.scales} == set(SPARKLE.keys)


def test_the_mask_is_found_where_none_is_given(
    demo_clip: DemoClip, edit: Frames, sound: dict[str, float]
) -> None:
    found = measure_edit(demo_clip.frames, edit, demo_clip.fps, INSTRUCTION)
    assert np.allclose(found.values, list(sound.values()), atol=HARDLY)


def test_a_clip_without_a_subject_is_not_judged(demo_clip: DemoClip, scenery: Frames) -> None:
    empty_room = np.repeat(scenery[:1], len(scenery), axis=0)
    with pytest.raises(BackendError, match="no subject"):
        measure_edit(empty_room, scenery, demo_clip.fps, INSTRUCTION)
    with pytest.raises(BackendError, match=r"covers 0\.0%"):
        measure_edit(demo_clip.frames, scenery, demo_clip.fps, INSTRUCTION, np.zeros_like(demo_clip.mask))


def zoomed(frame: Image, scale: float) -> Image:
    height, width = frame.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), 0, scale)
    return np.asarray(cv2.warpAffine(frame, matrix, (width, height), borderMode=cv2.BORDER_REFLECT), np.uint8)


def moved(frame: NDArray[np.uint8], x: float, y: float = 0.0) -> NDArray[np.uint8]:
    matrix = np.array([[1, 0, x], [0, 1, y]], np.float32)
    return np.asarray(cv2.warpAffine(frame, matrix, frame.shape[1::-1], borderMode=cv2.BORDER_REFLECT))


def damaged(frames: Frames, damage: str) -> Frames:
    random = np.random.default_rng(2)
    height, width = frames.shape[1:3]
    y, x = np.mgrid[:height, :width].astype(np.float32)

    def one(frame: Image) -> Image:
        if damage == "blur":
            return cv2.GaussianBlur(frame, (0, 0), 2.5)
        if damage == "noise":
            return as_image(frame + random.normal(0, 25, frame.shape))
        if damage == "flicker":
            return as_image(frame * (1 + random.normal(0, 0.15)))
        if damage == "blocks":
            small = cv2.resize(frame, (width // 6, height // 6), interpolation=cv2.INTER_AREA)
            return cv2.resize(small, (width // 6 * 6, height // 6 * 6), interpolation=cv2.INTER_NEAREST)
        if damage == "shaking":
            return moved(frame, *random.normal(0, 1.0, 2))
        knots = cv2.resize(random.normal(0, 3.0, (4, 6, 2)), (width, height), interpolation=cv2.INTER_CUBIC)
        warped = (np.stack([x, y], axis=-1) + knots).astype(np.float32)
        return cv2.remap(frame, warped, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)

    changed = [one(frame) for frame in frames]
    return np.stack([cv2.resize(frame, (width, height)) for frame in changed])
