"""What backends use of each other: small networks that look at one picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from sparkle.core.boxes import LabelledBox
from sparkle.roles.models import Backend
from sparkle.roles.pixels import Image, Matte


class SalientObject(Backend, Protocol):
    """Says what stands out of a picture, whatever it is (desk: U2-Netp)."""

    def __call__(self, image: Image) -> Matte:
        """Return float32 (H, W) in [0, 1], how far each pixel belongs to it; all low where nothing stands out."""
        ...


@dataclass(frozen=True, slots=True)
class Detection:
    """An object that was seen: its label and box in pixels, and how sure the detector is, in [0, 1]."""

    box: LabelledBox
    score: float


class ObjectDetector(Backend, Protocol):
    """Names the objects of a picture that it knows (desk: D-FINE-N, the 80 objects of COCO)."""

    def __call__(self, image: Image) -> list[Detection]:
        """Return the objects, the surest first; boxes have area and lie inside the picture."""
        ...


class Matting(Backend, Protocol):
    """Draws the soft outline of the people in a picture (desk: MODNet)."""

    def __call__(self, image: Image) -> Matte:
        """Return float32 (H, W) in [0, 1]: how much of each pixel belongs to a person."""
        ...
