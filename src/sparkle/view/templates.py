"""Templates of HTML pages, and words of others in Markdown: what came from outside brings no markup of its own."""

from __future__ import annotations

from html import escape

from jinja2 import Environment, PackageLoader, StrictUndefined

from sparkle.core.visible import visible


def page_templates(package: str) -> Environment:
    """Return the templates of a package: all values are escaped, and one that is missing is an error."""
    return Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def escape_markdown(text: str) -> str:
    """Return text that cannot break out of its cell or line, and brings no markup or HTML of its own."""
    safe = escape(visible(" ".join(text.split())), quote=False)
    return "".join(f"\\{letter}" if letter in "\\`*_[]|~#!" else letter for letter in safe)
