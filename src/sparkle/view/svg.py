"""A few SVG shapes as safe markup: text is escaped, numbers are rounded to a tenth of a pixel."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape


def drawing(width: float, height: float, label: str, shapes: Iterable[Markup]) -> Markup:
    """Return an SVG that scales with its column; `label` is read out instead of it."""
    opening = Markup('<svg viewBox="0 0 {} {}" width="{}" role="img" aria-label="{}">').format(
        _number(width), _number(height), _number(width), label
    )
    return opening + Markup("\n").join(shapes) + Markup("</svg>")


def shape(name: str, **attributes: float | str) -> Markup:
    """Return one element; `class_` is written as `class`, other underscores as hyphens."""
    return Markup("<{} {}/>").format(name, _attributes(attributes))


def text(x: float, y: float, content: str, **attributes: float | str) -> Markup:
    """Return a line of text whose baseline begins, or with text_anchor lies, at (x, y)."""
    return Markup('<text x="{}" y="{}" {}>{}</text>').format(
        _number(x), _number(y), _attributes(attributes), content
    )


def titled(content: Markup, title: str) -> Markup:
    """Return shapes that tell their numbers when the pointer rests on them."""
    return Markup("<g><title>{}</title>{}</g>").format(title, content)


def _attributes(attributes: dict[str, float | str]) -> Markup:
    pairs = (
        Markup('{}="{}"').format(
            name.rstrip("_").replace("_", "-"), value if isinstance(value, str) else _number(value)
        )
        for name, value in attributes.items()
    )
    return Markup(" ").join(pairs)


def _number(value: float) -> Markup:
    return escape(f"{value:.1f}".removesuffix(".0"))


# One hue a model, told apart with colour blindness too; with more models they begin again.
_COLOURS = ("#2f5f8f", "#d98236", "#4c8c6b", "#8568a8", "#b5485d", "#7a7266")


def colour(place: int) -> str:
    """Return the colour of the model at a place in the report."""
    return _COLOURS[place % len(_COLOURS)]
