"""What a clip is made of: a stage, sprites in poses, a scene; and the labelled clip that comes out.

Axes: T frames, H rows, W columns, K subjects. Colours are float32 in [0, 255], alpha is float32 in [0, 1].
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sparkle.roles import Frames, Masks

Picture = NDArray[np.float32]
Box = tuple[float, float, float, float]
Half = Literal["choose", "report"]
SEED = 11


@dataclass(frozen=True)
class Stage:
    """The size of a clip. All places in scenes are fractions of it, so that any scene can be made small."""

    width: int = 640
    height: int = 360
    frames: int = 81
    fps: float = 16.0

    @property
    def shape(self) -> tuple[int, int]:
        return self.height, self.width


@dataclass(frozen=True)
class Sprite:
    """A picture with alpha: colour (h, w, 3), alpha (h, w)."""

    colour: Picture
    alpha: Picture


@dataclass(frozen=True)
class Pose:
    """Where a sprite is: its foot (middle of its lower edge) and its height in fractions of the stage.

    angle: degrees, counter-clockwise about the foot. light: factor on the colours.
    """

    x: float
    y: float
    height: float
    angle: float = 0.0
    flip: bool = False
    light: float = 1.0


@dataclass(frozen=True)
class Shadow:
    """A cast shadow: the actor's own shape, moved (fractions of the height), flattened to `squash` about its foot."""

    dx: float
    dy: float
    strength: float = 0.45
    squash: float = 1.0
    blur: float = 0.02


@dataclass(frozen=True)
class Actor:
    """Something before the background. `subject` says whose it is; None is scenery, which nobody should find.

    look: sprite at time u in [0, 1]; pose: its pose at time u.
    """

    subject: str | None
    look: Callable[[float], Sprite]
    pose: Callable[[float], Pose]
    shadow: Shadow | None = None


@dataclass(frozen=True)
class Camera:
    """What happens to the light on its way into the file.

    noise: standard deviation in grey levels at middle grey. crf: of H.264. drift: exposure settles by this share in
    the first quarter second and sinks by a third of it afterwards. blur: sigma of the lens in pixels at 360 rows.
    shutter: pictures per frame that motion blur averages over half a frame. exposure: factor on all light.
    """

    noise: float = 3.0
    crf: int = 26
    drift: float = 0.0
    blur: float = 0.6
    shutter: int = 1
    exposure: float = 1.0


Background = Callable[[float], Picture]


@dataclass(frozen=True)
class Scene:
    """A clip before it is made.

    background: made once from (stage, generator), then asked for the picture (H, W, 3) at each time u.
    actors: made once from the generator, back to front. things: boxes (fractions) of background things that a faulty
    box may take for the subject. traits: what is hard about the clip.
    """

    name: str
    half: Half
    traits: tuple[str, ...]
    background: Callable[[Stage, np.random.Generator], Background]
    actors: Callable[[np.random.Generator], list[Actor]]
    camera: Camera = field(default_factory=Camera)
    things: tuple[Box, ...] = ()
    stage: Stage = field(default_factory=Stage)


@dataclass(frozen=True)
class Clip:
    """A clip with its truth.

    frames: uint8 (T, H, W, 3). subjects: K names. alphas: float32 (K, T, H, W), what of each subject is visible.
    things: pixel boxes of background things.
    """

    name: str
    half: Half
    traits: tuple[str, ...]
    frames: Frames
    fps: float
    subjects: tuple[str, ...]
    alphas: Picture
    things: tuple[Box, ...]

    @cached_property
    def masks(self) -> Masks:
        """One mask video per subject, bool (K, T, H, W)."""
        return self.alphas > 0.5

    @cached_property
    def alpha(self) -> Picture:
        """All subjects together, float32 (T, H, W)."""
        return np.minimum(self.alphas.sum(axis=0), 1.0)

    @cached_property
    def mask(self) -> Masks:
        """All subjects together, bool (T, H, W)."""
        return self.alpha > 0.5
