"""The cpu recipe's final generator: classical compositing of the source's subject into the background video."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from sparkle.backends.cpu.compositor import relight, shadow, surroundings
from sparkle.backends.cpu.compositor.decontaminate import clean_foreground
from sparkle.backends.cpu.compositor.exposure import IDENTITY, settled, settling_maps
from sparkle.backends.cpu.compositor.extend import extend_colours
from sparkle.backends.cpu.compositor.grain import Grain, missing_grain
from sparkle.backends.cpu.compositor.light import LINEAR_OF_CODE, Float
from sparkle.backends.cpu.compositor.light_wrap import wrap_light
from sparkle.backends.cpu.compositor.matte import Matte, estimate_matte
from sparkle.backends.cpu.compositor.steadiness import REACH, steady_mattes
from sparkle.backends.cpu.compositor.window import Window, on_grid, sampled, subject_window
from sparkle.camera.canvas import seen
from sparkle.config.settings import Settings, parse_settings
from sparkle.core.errors import BackendError
from sparkle.core.threads import in_order
from sparkle.measure.clean_plate import clean_plate
from sparkle.measure.noise import clip_noise
from sparkle.roles import (
    ClipComposer,
    Composed,
    Frames,
    GenerationRequest,
    Glimpses,
    Image,
    Mask,
    Masks,
    ModelCard,
)


class CompositorSettings(Settings):
    """How the subject is set into the new place. Strengths lie in [0, 1]; 0 turns a step off.

    `relight` is how far the subject takes on the new place's light, and scales all that does that: `directional`,
    `wrap`, grain on the subject, and the first frames' evening out. At 0 its own pixels stay what they were.
    """

    matte_radius: float = Field(
        default=0.007, gt=0, le=0.05, description="half the matte's band, share of the width"
    )
    relight: float = Field(default=1.0, ge=0, le=1)
    directional: float = Field(default=1.0, ge=0, le=1)
    wrap: float = Field(default=0.3, ge=0, le=1)
    wrap_width: float = Field(default=0.005, gt=0, le=0.1, description="share of the width")
    grain: float = Field(default=1.0, ge=0, le=1)
    shadow: float = Field(default=0.5, ge=0, le=1)
    settle_s: float = Field(default=1.0, ge=0, description="exposure jumps in this first time are evened out")


@dataclass(frozen=True, slots=True)
class Place:
    """What is computed once for a clip: light, exposure, noise, ground."""

    window: Window
    saturation: float
    maps: Float
    table: Float
    around: surroundings.Surroundings
    before: surroundings.Surroundings
    grain: Grain
    subject_grain: float
    background_grain: float
    ground: list[tuple[shadow.Footing, ...]]


@dataclass(frozen=True, slots=True)
class OldPlace:
    """The place without the subject, float32 (H, W, 3), and where each of the clip's frames lies in it."""

    picture: Float
    views: NDArray[np.float64] | None

    def behind(self, number: int, window: Window) -> Float:
        """Return what is behind the subject in a window of a frame of the clip."""
        if self.views is None:
            return self.picture[window.slices]
        corner = np.array([[1.0, 0.0, window.left], [0.0, 1.0, window.top], [0.0, 0.0, 1.0]])
        size = (window.right - window.left, window.bottom - window.top)
        return seen(self.picture, self.views[number] @ corner, size)


class Compositor:
    """Fulfils VideoGenerator without a model.

    The subject's pixels, shape and motion are the source's; its matte is soft, its rim is cleaned of the old
    background, and its light follows the new one. `first_frame`, `control` and `instruction` of the request
    speak to neural generators and are not used. Without a background video (guidance "foreground") the clean
    background image stands still behind the subject: this is how a classical generator shows that ablation.
    """

    Options: ClassVar[type[Settings]] = CompositorSettings

    card = ModelCard("sparkle-compositor", "1", "Apache-2.0")

    def __init__(self, **options: Any) -> None:
        """Options are the fields of CompositorSettings; raises SettingsError for others."""
        self.settings = parse_settings(CompositorSettings, options, "cpu.compositor")

    def __call__(self, request: GenerationRequest) -> Frames:
        """Return the edited clip, uint8 (T, H, W, 3). Raises BackendError when the request's shapes differ."""
        background = background_frames(request)
        window = subject_window(request.mask, self._margin(request))
        if window is None:
            return background.copy()
        place = self._study(request, background, window)
        edited = np.empty_like(request.source)

        def compose(numbered: tuple[int, Matte]) -> Image:
            index, matte = numbered
            return self._compose(request.source[index], background[index], matte, place, index).picture

        rows, columns = window.slices
        plate = _old_background(request.source[:, rows, columns], request.mask[:, rows, columns])
        mattes = self._mattes(request, window, lambda _: plate)
        for index, picture in enumerate(in_order(compose, enumerate(mattes))):
            edited[index] = picture
        return edited

    def follow(self, beginning: GenerationRequest, glimpses: Glimpses) -> ClipComposer:
        """See roles.FollowingGenerator: light, grain and ground are those of the clip's beginning, the old background
        is what all of the clip shows of it."""
        background = background_frames(beginning)
        window = subject_window(beginning.mask, self._margin(beginning)) or Window(
            0, beginning.source.shape[1], 0, beginning.source.shape[2]
        )
        place = OldPlace(_old_background(glimpses.frames, glimpses.mask), glimpses.views)
        return partial(self._piece, self._study(beginning, background, window), place)

    def _piece(
        self, place: Place, old: OldPlace, piece: GenerationRequest, first: int, shown: range
    ) -> Iterator[Composed]:
        background = background_frames(piece)
        window = on_grid(subject_window(piece.mask, self._margin(piece)), piece.mask.shape[1:])
        if window is None:
            nothing = np.zeros_like(background[0])
            yield from (Composed(background[index].copy(), nothing, nothing[..., 0]) for index in shown)
            return
        here = replace(
            place,
            window=window,
            maps=_maps_of(piece, place.maps if first == 0 else place.maps[:0]),
            grain=place.grain.beginning_at(first),
            ground=shadow.footings(piece.mask),
        )

        begin = max(shown.start - REACH, 0)  # what is farther away does not change a shown matte
        near = slice(begin, shown.stop + REACH)
        near_shown = replace(
            piece, source=piece.source[near], mask=piece.mask[near], confidence=piece.confidence[near]
        )

        def compose(numbered: tuple[int, Matte]) -> Composed | None:
            index, matte = numbered
            if index not in shown:
                return None
            return self._compose(piece.source[index], background[index], matte, here, index)

        mattes = self._mattes(near_shown, window, lambda index: old.behind(first + begin + index, window))
        for composed in in_order(compose, enumerate(mattes, begin)):
            if composed is not None:
                yield composed

    def _margin(self, request: GenerationRequest) -> int:
        width: int = request.source.shape[2]
        return round(4 * self.settings.matte_radius * width) + 8

    def _study(self, request: GenerationRequest, background: Frames, window: Window) -> Place:
        settings = self.settings
        _, height, width, _ = request.source.shape
        settle = round(settings.settle_s * request.fps) if settings.relight > 0 else 0
        maps = settling_maps(request.source, request.mask, settle)
        light = surroundings.mean_light(background)
        subject, old_scene = _source_looks(request, maps)
        new_scene = relight.measure_look(_near(light, window))
        correction = relight.match_light(subject, old_scene, new_scene, settings.relight)
        source_noise, background_noise = (
            clip_noise(request.source, request.mask),
            clip_noise(background),
        )
        grain = settings.grain * missing_grain(source_noise, background_noise)
        return Place(
            window=window,
            table=relight.code_table(correction).reshape(256, 1, 3),
            saturation=correction.saturation,
            maps=maps,
            around=surroundings.surroundings_of(light, window),
            before=surroundings.surroundings_of(surroundings.old_light(request.source, request.mask), window),
            grain=Grain(height, width, len(request.source), request.seed),
            subject_grain=settings.relight * grain if background_noise > source_noise else 0.0,
            background_grain=grain if source_noise > background_noise else 0.0,
            ground=shadow.footings(request.mask),
        )

    def _mattes(
        self, request: GenerationRequest, window: Window, plate: Callable[[int], Float]
    ) -> Iterator[Matte]:
        """Yield the mattes in a window; `plate` gives the old background there, of a frame of the request."""
        rows, columns = window.slices
        radius = max(self.settings.matte_radius * request.source.shape[2], 2.5)
        source, mask = request.source[:, rows, columns], request.mask[:, rows, columns]
        confidence = request.confidence[:, rows, columns]

        def estimate(i: int) -> Matte:
            return estimate_matte(source[i], mask[i], _doubt(mask[i], confidence[i]), plate(i), radius)

        return steady_mattes(in_order(estimate, range(len(source))), source)

    def _compose(self, frame: Image, background: Image, matte: Matte, place: Place, index: int) -> Composed:
        settings = self.settings
        rows, columns = place.window.slices
        width = settings.wrap_width * frame.shape[1]
        behind = background[rows, columns]
        own = settled(clean_foreground(frame[rows, columns], matte), place.maps[index])
        relit = np.asarray(cv2.LUT(own, place.table), np.float32)
        subject = relight.mix_saturation(relit, place.saturation)
        facing = settings.relight * settings.directional
        subject *= surroundings.facing_gain(matte.alpha, place.window, place.around, facing, place.before)
        subject = wrap_light(subject, matte.alpha, behind, width, settings.relight * settings.wrap)
        lit = behind.astype(np.float32)
        for standing in place.ground[index] if settings.shadow > 0 else ():
            here = standing.moved(-place.window.left, -place.window.top)
            lit *= shadow.contact_shadow(matte.alpha, here, settings.shadow)[..., None]
        share = matte.alpha[..., None]
        inside = lit + share * (subject - lit)
        picture = _with_grain(background, inside, share, place, index)
        straight, alpha = np.zeros_like(frame), np.zeros(frame.shape[:2], np.uint8)
        straight[rows, columns] = _eight_bits(subject)
        alpha[rows, columns] = _eight_bits(255.0 * matte.alpha)
        return Composed(picture, straight, alpha)


def _maps_of(piece: GenerationRequest, known: Float) -> Float:
    """Return colour maps (T, 3, 4) for a piece: those known of its first frames, and none for the rest."""
    count = len(piece.source)
    rest = np.tile(IDENTITY, (max(count - len(known), 0), 1, 1))
    return np.concatenate([known[:count], rest])


def background_frames(request: GenerationRequest) -> Frames:
    """Return the frames behind the subject: the background video, or the clean background standing still.

    Raises BackendError when the request's arrays do not fit together.
    """
    shape = request.source.shape
    background = request.background
    if background is None:
        background = np.broadcast_to(request.clean_background, (shape[0], *request.clean_background.shape))
    for name, actual, expected in (
        ("background", background.shape, shape),
        ("mask", request.mask.shape, shape[:3]),
        ("confidence", request.confidence.shape, shape[:3]),
    ):
        if actual != expected:
            raise BackendError(
                f"the {name} has shape {actual}, but the source needs {expected}; make them the same size"
            )
    return background


def _old_background(source: Frames, mask: Masks) -> Float:
    """The place without the subject, (H, W, 3); where it was never seen, in colours extended from around."""
    plate = clean_plate(source, mask)
    return extend_colours(plate.picture.astype(np.float32), plate.seen.astype(np.float32))


def _doubt(mask: Mask, confidence: NDArray[np.floating]) -> Float:
    """How far the passes disagree, in [0, 1]: 0 where all voted as the mask says."""
    return np.clip(2.0 * np.abs(confidence.astype(np.float32) - mask), 0.0, 1.0)


def _source_looks(request: GenerationRequest, maps: Float) -> tuple[relight.Look, relight.Look]:
    """How the subject and its old surroundings are lit in the source."""
    inside: list[Float] = []
    outside: list[Float] = []
    kernel = np.ones((9, 9), np.uint8)
    for index in sampled(len(request.source), 8):
        light = LINEAR_OF_CODE[settled(request.source[index], maps[index])]
        mask = request.mask[index].astype(np.uint8)
        inside.append(light[cv2.erode(mask, kernel) > 0])
        outside.append(light[::4, ::4][cv2.dilate(mask, kernel)[::4, ::4] == 0])
    subject, scene = np.concatenate(inside), np.concatenate(outside)
    if len(subject) == 0:
        subject = np.concatenate(
            [LINEAR_OF_CODE[f[m]] for f, m in zip(request.source, request.mask, strict=True)]
        )
    return relight.measure_look(subject), relight.measure_look(scene if len(scene) else subject)


def _near(light: Float, window: Window) -> Float:
    """The new scene's light (N, 3) in the subject's window and a quarter of the frame's width on every side."""
    scale = surroundings.SCALE
    reach = light.shape[1] // 4
    rows = slice(max(window.top // scale - reach, 0), window.bottom // scale + reach)
    columns = slice(max(window.left // scale - reach, 0), window.right // scale + reach)
    return light[rows, columns].reshape(-1, 3)


def _with_grain(background: Image, inside: Float, share: Float, place: Place, index: int) -> Image:
    """The full frame: `inside` the window, the background around it, grain on the one that lacks it."""
    rows, columns = place.window.slices
    picture = background.copy()
    if place.background_grain > 0:
        noise = place.background_grain * place.grain[index]
        picture = _eight_bits(background + noise[..., None])
        inside = inside + (1 - share) * noise[rows, columns][..., None]
    elif place.subject_grain > 0:
        inside = inside + place.subject_grain * share * place.grain[index][rows, columns][..., None]
    picture[rows, columns] = _eight_bits(inside)
    return picture


def _eight_bits(values: Float) -> NDArray[np.uint8]:
    """Return values (H, W) or (H, W, 3) rounded and clipped to 0..255."""
    whole = np.ascontiguousarray(values)
    return np.asarray(cv2.addWeighted(whole, 1.0, whole, 0.0, 0.0, dtype=cv2.CV_8U), np.uint8)
