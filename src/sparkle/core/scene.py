"""A scene of the taxonomy: where the subject is put, and what moves there."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scene:
    """One scene, as in the paper's "themes, subthemes and scenes" (section 3.2).

    `motion` says what is alive in it ("vine leaves rustle in a light breeze"); instructions and captions carry it.
    """

    theme: str
    subtheme: str
    name: str
    motion: str

    @property
    def keyword(self) -> str:
        """The published spelling, `subtheme: scene`."""
        return f"{self.subtheme}: {self.name}"
