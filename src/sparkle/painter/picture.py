"""From a plan to a picture: camera, light, canvas, the painter of the setting, and the finish."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sparkle.core.seeds import generator
from sparkle.painter.engine.canvas import Canvas, View
from sparkle.painter.engine.light import develop, grain, light_for
from sparkle.painter.engine.noise import Noise
from sparkle.painter.engine.palette import palette_for
from sparkle.painter.places import (
    castles,
    caves,
    city,
    clouds,
    coast,
    countryside,
    crops,
    deserts,
    forests,
    halls,
    harbours,
    homesteads,
    interior,
    laboratories,
    nightlife,
    parks,
    ruins,
    space,
    synthwave,
    town,
    volcanoes,
    wasteland,
    waters,
    wetlands,
    wilds,
    workplaces,
)
from sparkle.painter.places.fields import paint_meadow
from sparkle.painter.plan import ScenePlan
from sparkle.painter.styles import STYLES

PIXELS = 800_000
EYES = {
    "skyline": 60.0,
    "orbit": 14.0,
    "wasteland": 3.0,
    "sky": 30.0,
    "floating islands": 30.0,
    "mountains": 4.0,
    "valley": 34.0,
    "vineyard": 2.7,
    "lavender": 2.2,
    "tulips": 2.0,
    "canyon": 2.4,
    "dunes": 4.0,
    "desert": 2.2,
    "oasis": 2.6,
    "volcano": 3.0,
    "mars": 3.0,
    "beach": 2.2,
    "lake": 2.0,
    "river": 2.6,
    "bridge": 2.4,
    "harbor": 3.2,
    "pond": 2.2,
    "pier": 1.9,
    "rocky shore": 3.0,
    "lagoon": 2.4,
    "coastal dunes": 2.2,
    "lighthouse": 2.6,
}

PAINTERS: dict[str, Callable[[Canvas], None]] = {
    "meadow": paint_meadow,
    "beach": coast.paint_beach,
    "rocky shore": coast.paint_rocky_shore,
    "lagoon": coast.paint_lagoon,
    "coastal dunes": coast.paint_coastal_dunes,
    "forest": forests.paint_forest,
    "blossom park": parks.paint_blossom_park,
    "orchard": parks.paint_orchard,
    "park avenue": parks.paint_park_avenue,
    "park": parks.paint_park,
    "garden": parks.paint_garden,
    "jungle": parks.paint_jungle,
    "mountains": wilds.paint_mountains,
    "valley": wilds.paint_valley,
    "canyon": deserts.paint_canyon,
    "desert": deserts.paint_desert,
    "dunes": deserts.paint_dunes,
    "oasis": deserts.paint_oasis,
    "snowfield": wilds.paint_snowfield,
    "melting snow": wilds.paint_melting,
    "volcano": volcanoes.paint_volcano,
    "mars": volcanoes.paint_mars,
    "battlefield": deserts.paint_battlefield,
    "lavender": crops.paint_rows,
    "tulips": crops.paint_rows,
    "vineyard": crops.paint_rows,
    "wheat": crops.paint_stand,
    "prairie": crops.paint_stand,
    "sunflowers": crops.paint_stand,
    "moor": crops.paint_stand,
    "pumpkin patch": countryside.paint_pumpkins,
    "road": countryside.paint_road,
    "street": city.paint_street,
    "neon street": nightlife.paint_neon_street,
    "skyline": city.paint_skyline,
    "alley": nightlife.paint_alley,
    "old street": town.paint_old_street,
    "village": town.paint_village,
    "square": town.paint_square,
    "frontier town": homesteads.paint_frontier,
    "cabin": homesteads.paint_cabin,
    "terrace": homesteads.paint_terrace,
    "library": interior.paint_library,
    "cafe": workplaces.paint_cafe,
    "studio": workplaces.paint_studio,
    "cabin room": interior.paint_cabin_room,
    "greenhouse": halls.paint_greenhouse,
    "club": halls.paint_club,
    "laboratory": laboratories.paint_laboratory,
    "spaceship": laboratories.paint_spaceship,
    "room": interior.paint_room,
    "orbit": space.paint_orbit,
    "floating islands": clouds.paint_islands,
    "sky": clouds.paint_cloud_sky,
    "synthwave": synthwave.paint_synthwave,
    "crystal cave": caves.paint_cave,
    "underwater": caves.paint_underwater,
    "wasteland": wasteland.paint_wasteland,
    "ruins": ruins.paint_ruins,
    "temple": ruins.paint_temple,
    "castle": castles.paint_castle,
    "pyramids": castles.paint_pyramids,
    "graveyard": ruins.paint_graveyard,
    "samurai valley": castles.paint_samurai,
    "ice palace": castles.paint_ice_palace,
    "lake": waters.paint_lake,
    "river": waters.paint_river,
    "bridge": waters.paint_bridge,
    "pond": wetlands.paint_pond,
    "swamp": wetlands.paint_swamp,
    "harbor": harbours.paint_harbor,
    "pier": harbours.paint_pier,
    "lighthouse": coast.paint_lighthouse,
}


def paint(plan: ScenePlan, width: int, height: int, seed: int) -> NDArray[np.uint8]:
    """Paint a plan as an RGB picture (height, width, 3); the same arguments give the same picture."""
    canvas = prepare(plan, width, height, seed)
    PAINTERS.get(plan.setting, paint_meadow)(canvas)
    display = develop(canvas, width, height, canvas.noise)
    if plan.style in STYLES:
        display = STYLES[plan.style](display, canvas.noise, generator(seed, "painter", "style"))
    display = grain(display, generator(seed, "painter", "grain"))
    return np.asarray(np.clip(display * 255 + 0.5, 0, 255), dtype=np.uint8)


def prepare(plan: ScenePlan, width: int, height: int, seed: int) -> Canvas:
    """Make an empty canvas, larger than the picture when the picture is small, so that shrinking smooths edges."""
    scale = float(np.clip(np.sqrt(PIXELS / (width * height)), 1, 2))
    w, h = round(width * scale), round(height * scale)
    rng = generator(seed, "painter", plan.setting)
    focal = 1.1 * float(np.sqrt(w * h))
    view = View(w, h, plan.horizon * h, focal, EYES.get(plan.setting, 1.7))
    palette = palette_for(plan)
    light = light_for(plan, view, palette, rng)
    return Canvas(view, light, palette, plan, rng, Noise(rng))
