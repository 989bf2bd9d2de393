"""Which motions a picture gets: those its caption names, and gently those it affords."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from sparkle.backends.cpu.animator import atmosphere, lights, movers, water
from sparkle.backends.cpu.animator.birds import fly_birds
from sparkle.backends.cpu.animator.layers import Composition, Displacement, Gain, Layer
from sparkle.backends.cpu.animator.noise import Field
from sparkle.backends.cpu.animator.particles import SPECIES, fly
from sparkle.backends.cpu.animator.precipitation import pour_rain
from sparkle.backends.cpu.animator.regions import Regions, find_regions, painted_regions
from sparkle.backends.cpu.animator.scenery import Scenery
from sparkle.backends.cpu.animator.sky import dance_aurora, drift_clouds
from sparkle.backends.cpu.animator.streams import billow, pour
from sparkle.backends.cpu.animator.warp import (
    heat_shimmer,
    lick_flames,
    sway_cloth,
    sway_foliage,
    sway_grass,
    wind_over_grass,
)
from sparkle.backends.cpu.repaint import painted_again
from sparkle.core.scene import Scene
from sparkle.painter import Painted
from sparkle.roles import AnimationRequest, Image
from sparkle.words.indoors import names_indoors
from sparkle.words.motion import Motion, motions_of
from sparkle.words.stillness import wants_stillness

FROZEN = re.compile(r"\b(?:frozen|ice|icy|glacier)\b")
AFFORDED_STRENGTH = 0.25
LEAST_AREA = 0.015
MUCH = 0.4  # share of a painting that moves by itself
# By day a bright spot is a leaf in the sun and no lamp.
# What is put into a picture; all else moves or lights what is in it.
DRAWN = {"aurora", "birds", "mist", "rain", "shafts", "smoke", "stars", "city_lights", *SPECIES}
NEEDS_DARK = {"lamps", "neon", "city_lights", "stars"}


def planned_motions(image: Image, caption: str, scene: Scene | None = None) -> list[Motion]:
    """List what will move in `image`: what caption and scene name, then gently what the picture affords.

    Empty when the caption asks for stillness.
    """
    if wants_stillness(caption):
        return []
    return _planned(_regions(image, caption, scene), caption, scene, own_picture=False)


def composition_of(request: AnimationRequest) -> Composition:
    """Build everything that moves for a request whose caption does not ask for stillness."""
    painted = None
    if request.instruction and not request.own_picture:
        painted = painted_again(request.image, request.instruction, request.scene, request.seed)
    still = request.image if painted is None else movers.without_movers(request.image, painted)
    regions = _regions(still, request.caption, request.scene, painted)
    scenery = Scenery(still, regions, request.frames / request.fps, request.seed)
    composition = Composition(scenery)
    motions = _planned(regions, request.caption, request.scene, request.own_picture)
    if painted is not None:
        motions += _of_the_painting(painted, regions, motions)
    for motion in motions:
        if motion.kind in _SIMPLE:
            _SIMPLE[motion.kind](composition, motion.strength)
    _add_water(composition, motions)
    if painted is not None and painted.movers is not None:
        composition.particles.insert(0, movers.pass_by(painted.movers, scenery.duration))
    if request.own_picture:
        composition.particles.clear()
    return composition


def _regions(image: Image, caption: str, scene: Scene | None, painted: Painted | None = None) -> Regions:
    if painted is not None:
        return painted_regions(image, painted)
    looked_for = {motion.kind for motion in motions_of(caption, scene)}
    return find_regions(image, looked_for, names_indoors(f"{caption} {scene.name if scene else ''}"))


def _planned(regions: Regions, caption: str, scene: Scene | None, own_picture: bool) -> list[Motion]:
    named = [motion for motion in motions_of(caption, scene) if motion.kind not in NEEDS_DARK or regions.dim]
    if own_picture:
        return [motion for motion in named if motion.kind not in DRAWN]
    kinds = {motion.kind for motion in named}
    frozen = {"ripples"} if FROZEN.search(caption.lower()) else set()
    afforded = (
        ("clouds", regions.sky, {"clouds", "aurora"}),
        ("ripples", regions.water, {"waves", "ripples", "flow"}),
        ("foliage", regions.foliage, {"foliage"}),
        ("grass", regions.grass, {"grass"}),
    )
    extra = [
        Motion(kind, AFFORDED_STRENGTH, f"the picture affords {kind}")
        for kind, region, others in afforded
        if float(region.mean()) > LEAST_AREA and not (kinds | frozen) & others
    ]
    if (
        regions.night
        and float(regions.lamp.max()) > 0.4
        and not kinds & {"lamps", "flames", "neon", "city_lights"}
    ):
        extra.append(Motion("lamps", AFFORDED_STRENGTH, "the picture affords lamps"))
    if not named and not extra:
        extra.append(Motion("dust", AFFORDED_STRENGTH, "the picture affords nothing that moves by itself"))
    return named + extra


def _of_the_painting(painted: Painted, regions: Regions, motions: list[Motion]) -> list[Motion]:
    """What a painting holds that neither words nor colours told: what its weather brings down, fires, lights."""
    kinds, weather = {motion.kind for motion in motions}, painted.plan.weather
    outdoors = float(regions.sky.mean()) > 0.003
    alive = sum(
        float(region.mean()) for region in (regions.sky, regions.water, regions.foliage, regions.grass)
    )
    hung = float(regions.cloth.max()) > 0.5 and outdoors and "curtains" not in kinds
    held = (
        ("snow", 0.9 if weather == "blizzard" else 0.5, weather in ("snow", "blizzard")),
        ("rain", 0.8 if weather == "storm" else 0.5, weather in ("rain", "storm")),
        ("mist", 0.5, weather == "fog" or painted.plan.has("mist")),
        ("flames", 0.6, float(regions.flame.max()) > 0.5),
        ("lamps", 0.4, regions.dim and float(regions.lamp.max()) > 0.5),
        ("flags", 0.5, hung),
        ("plumes", 0.5, _holds(regions.smoke)),
        ("falls", 0.5, _holds(regions.fall)),
        ("clouds", 0.4, outdoors and "aurora" not in kinds),
        ("foliage", 0.3, float(regions.foliage.mean()) > 0.003),
        ("shadows of clouds", 0.5, outdoors and regions.daylight and alive < MUCH),
    )
    return [
        Motion(kind, strength, f"the painting holds {kind}")
        for kind, strength, there in held
        if there and kind not in kinds
    ]


def _holds(region: Field | None) -> bool:
    return region is not None and float(region.max()) > 0.5


def _add_water(composition: Composition, motions: list[Motion]) -> None:
    """All water of a picture moves in one way: as the liveliest kind that is named."""
    scenery = composition.scenery
    strengths = {motion.kind: motion.strength for motion in motions}
    kinds: tuple[water.WaterKind, ...] = ("waves", "flow", "ripples")
    kind = next((kind for kind in kinds if kind in strengths), None)
    if float(scenery.regions.water.mean()) < 0.003:
        return
    if kind is not None:
        composition.layers.append(water.move_water(scenery, strengths[kind], kind))
    if kind == "waves":
        composition.gains.append(water.swell(scenery, strengths[kind]))
        composition.displacements.append(water.wash_shore(scenery, strengths[kind]))
    sparkle = strengths.get("glints", 0.4 * strengths[kind] if kind is not None else 0.0)
    composition.particles.insert(0, water.glints(scenery, sparkle))


Builder = Callable[[Composition, float], None]


def _clouds(composition: Composition, strength: float) -> None:
    if float(composition.scenery.regions.sky.mean()) > 0.01:
        composition.layers.append(drift_clouds(composition.scenery, strength))


def _grass(composition: Composition, strength: float) -> None:
    composition.displacements.append(sway_grass(composition.scenery, strength))
    composition.gains.append(wind_over_grass(composition.scenery, strength))


def _flames(composition: Composition, strength: float) -> None:
    composition.displacements.append(lick_flames(composition.scenery, strength))
    composition.gains.append(lights.flicker(composition.scenery, strength, "flames"))
    composition.gains.append(lights.firelight_shadows(composition.scenery, strength))


def _displacement(build: Callable[[Scenery, float], Displacement]) -> Builder:
    return lambda composition, strength: composition.displacements.append(
        build(composition.scenery, strength)
    )


def _layer(build: Callable[[Scenery, float], Layer]) -> Builder:
    return lambda composition, strength: composition.layers.append(build(composition.scenery, strength))


def _gain(build: Callable[[Scenery, float], Gain]) -> Builder:
    return lambda composition, strength: composition.gains.append(build(composition.scenery, strength))


def _particles(build: Callable[[Scenery, float], Layer]) -> Builder:
    return lambda composition, strength: composition.particles.append(build(composition.scenery, strength))


_SIMPLE: dict[str, Builder] = {
    "clouds": _clouds,
    "aurora": _layer(dance_aurora),
    "grass": _grass,
    "foliage": _displacement(sway_foliage),
    "curtains": _displacement(sway_cloth),
    "flags": _displacement(sway_cloth),
    "shimmer": _displacement(heat_shimmer),
    "plumes": _layer(billow),
    "falls": _layer(pour),
    "flames": _flames,
    "lamps": _gain(partial(lights.flicker, name="lamps")),
    "neon": _gain(lights.pulse_neon),
    "stars": _layer(partial(lights.twinkle, name="stars")),
    "city_lights": _layer(partial(lights.twinkle, name="city_lights")),
    "mist": _layer(atmosphere.drift_mist),
    "smoke": _layer(atmosphere.rise_smoke),
    "shafts": _layer(atmosphere.light_shafts),
    "shadows": _gain(atmosphere.play_of_shadows),
    "shadows of clouds": _gain(atmosphere.shadows_of_clouds),
    "birds": _particles(fly_birds),
    "rain": _particles(pour_rain),
    **{kind: _particles(partial(fly, kind=kind)) for kind in SPECIES},
}
