"""Backgrounds that are no place: one colour, a screen to key, a gradient, a studio's backdrop, the source blurred, or
nothing. Read from words, and painted where there is something to paint."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import ImageColor

from sparkle.core.seeds import generator
from sparkle.painter.words import decided, set_aside

Kind = Literal["colour", "gradient", "studio", "transparent", "blur"]
Colour = tuple[int, int, int]

# The paints of studios that keyers look for.
SCREENS = {"green": (0, 177, 64), "blue": (0, 71, 187)}
STUDIO_GREY = (150, 150, 152)
EXAMPLES = (
    "red, '#00ff00', 'green screen', transparent, blur, studio, 'grey studio', 'gradient from navy to white'"
)

_COLOUR = (
    r"(?:#[0-9a-f]{6}|#[0-9a-f]{3}|(?:(?:light|dark|pale|deep|medium|sky|royal|navy|hot|lime|forest) ?)?(?:"
    + "|".join(sorted(ImageColor.colormap, key=len, reverse=True))
    + "))"
)
_BACKDROP = r"(?:background|backdrop|wall|screen|colou?r|paper)"
_FORMS: tuple[tuple[Kind, str], ...] = (
    ("transparent", rf"(?:transparent|transparency|nothing|no)(?: {_BACKDROP})?|remove the background"),
    ("blur", r"blur(?:red)?(?: the)?(?: (?:original|own|old|same))?(?: background| backdrop)?"),
    ("gradient", rf"(?:smooth |soft )?gradient(?: background)?(?: from| of)? ({_COLOUR}) (?:to|and) ({_COLOUR})"),
    ("gradient", rf"({_COLOUR}) (?:to|and) ({_COLOUR}) gradient(?: {_BACKDROP})?"),
    ("studio", rf"(?:plain |neutral |photo(?:graphy)? )*({_COLOUR})?(?: ?photo)? ?studio(?: {_BACKDROP})?"),
    ("colour", r"(green|blue)[ -]?screen"),
    ("colour", rf"(?:plain |solid |pure |uniform |flat |seamless )*({_COLOUR})(?: {_BACKDROP})?"),
)  # fmt: skip
_LEADS = (
    r"(?:^|\b(?:on|onto|with|by|against|before|in front of|into|to|in|is|background)\s+)(?:an?\s+|the\s+)?"
)
# In an instruction a colour alone may be anybody's: there a backdrop is named, or that it is plain, or a number.
_PLAINLY = re.compile(rf"{_BACKDROP}\b|\b(?:plain|solid|pure|uniform|flat|seamless)\b|#")


@dataclass(frozen=True, slots=True)
class Plain:
    """A background without a place, and its colours (RGB): one, two of a gradient from top to bottom, or none."""

    kind: Kind
    colours: tuple[Colour, ...] = ()

    def __str__(self) -> str:
        """Return it as a user may write it."""
        codes = [f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in self.colours]
        return {
            "transparent": "transparent",
            "blur": "the clip's own, blurred",
            "gradient": f"gradient from {' to '.join(codes)}",
            "studio": f"studio backdrop {''.join(codes)}",
            "colour": f"colour {''.join(codes)}",
        }[self.kind]


def plain_value(text: str) -> Plain | None:
    """Return what a whole text names: "red", "#0f0", "green screen", "blur"; None for anything else."""
    said = " ".join(text.lower().split())
    return next((_made(kind, match) for kind, match in _found(said, "{}")), None)


def plain_asked(instruction: str) -> Plain | None:
    """Return the plain background that an instruction asks for at its end; None where it asks for a place."""
    said = " ".join(instruction.lower().split()).rstrip(".! ")
    for kind, match in _found(said, _LEADS + "({})"):
        if kind != "colour" or _PLAINLY.search(match.group()) or "screen" in match.group():
            placed = kind == "colour" and "place" in decided(set_aside(instruction))
            return None if placed else _made(kind, match, 1)
    return None


def _found(said: str, frame: str) -> list[tuple[Kind, re.Match[str]]]:
    tried = [(kind, re.search(rf"{frame.format(f'(?:{form})')}$", said)) for kind, form in _FORMS]
    whole = frame == "{}"
    return [(kind, match) for kind, match in tried if match and (not whole or match.start() == 0)]


def _made(kind: Kind, match: re.Match[str], skipped: int = 0) -> Plain:
    names = [name for name in match.groups()[skipped:] if name]
    if kind == "colour" and re.search(r"(?:green|blue)[ -]?screen", match.group()):
        return Plain("colour", (SCREENS[names[0]],))
    colours = tuple(_colour(name) for name in names)
    return Plain(kind, colours or ((STUDIO_GREY,) if kind == "studio" else ()))


def _colour(name: str) -> Colour:
    """Return a colour by its number or its name in CSS; a shade that CSS has no name for is made of the colour."""
    try:
        return _rgb(name.replace(" ", ""))
    except ValueError:
        shade, _, base = name.partition(" ")
        toward = {"light": 255, "pale": 255, "dark": 0, "deep": 0}.get(shade)
        if toward is None:
            return _rgb(base)
        red, green, blue = ((each + toward) // 2 for each in _rgb(base))
        return red, green, blue


def _rgb(name: str) -> Colour:
    red, green, blue = ImageColor.getrgb(name)[:3]
    return red, green, blue


def paint_plain(plain: Plain, width: int, height: int) -> NDArray[np.uint8]:
    """Return a colour, a gradient or a studio as uint8 RGB (height, width, 3). A colour is exact; what changes slowly
    is dithered by less than one level, for it would show steps. Raises ValueError for what cannot be painted."""
    if plain.kind == "colour":
        return np.full((height, width, 3), plain.colours[0], np.uint8)
    if plain.kind == "gradient":
        top, bottom = (np.asarray(colour, np.float32) for colour in plain.colours)
        share = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
        levels = np.repeat(top * (1 - share) + bottom * share, width, axis=1)  # even steps to the eye
        return _dithered(levels)
    if plain.kind != "studio":
        raise ValueError(f"{plain}: is not painted")
    across = np.linspace(-1, 1, width, dtype=np.float32)[None] * np.float32(width / height)
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    spot = np.exp(-0.5 * ((across / 1.1) ** 2 + ((down - 0.42) / 0.5) ** 2))
    sweep = np.clip((down - 0.78) / 0.16, 0, 1)  # the paper bends to the floor, which has its own light
    floor = sweep * sweep * (3 - 2 * sweep) * np.exp(-0.5 * (across / 1.5) ** 2)
    gain = 0.28 + 0.68 * spot + 0.16 * floor
    light = gain[..., None] * (np.asarray(plain.colours[0], np.float32) / 255) ** np.float32(2.2)
    return _dithered(255 * light ** np.float32(1 / 2.2))


def _dithered(levels: NDArray[np.float32]) -> NDArray[np.uint8]:
    noise = generator(7, "painter", "dither").random(levels.shape[:2], np.float32)
    return np.clip(np.floor(levels + noise[..., None]), 0, 255).astype(np.uint8)
