"""What a pixel of a picture shows, so that whoever sets the picture in motion need not guess."""

from __future__ import annotations

from enum import IntEnum


class Kind(IntEnum):
    """What is in front at a pixel. OTHER is background that is none of these: the air of a forest, a cave's walls."""

    OTHER = 0
    SKY = 1
    LAND = 2
    WATER = 3
    SOLID = 4
    FOLIAGE = 5
    GRASS = 6
    FLAME = 7
    LIGHT = 8
    CLOTH = 9
    SMOKE = 10
    FALL = 11
