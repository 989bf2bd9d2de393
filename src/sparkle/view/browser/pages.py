"""The pages, their style and their scripts, as bytes."""

from __future__ import annotations

from sparkle.store import packaged_text
from sparkle.view.templates import page_templates

TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
ASSETS = (
    "style.css",
    "icon.svg",
    "data.js",
    "filters.js",
    "grid.js",
    "wall.js",
    "keys.js",
    "clock.js",
    "frames.js",
    "canvas.js",
    "compare.js",
    "line.js",
    "sample.js",
    "story.js",
    "review.js",
    "blind.js",
    "mend.js",
    "marks.js",
    "pen.js",
    "player.js",
    "work.js",
    "back.js",
)
PAGES = ("index.html", "sample.html")


def page(name: str, title: str, token: str, *, static: bool = False) -> bytes:
    """Return a page. `token` is what its requests that change something must hold; `static`: nothing answers those."""
    text = (
        page_templates("sparkle.view.browser")
        .get_template(name)
        .render(title=title, token=token, static=static)
    )
    return text.encode("utf-8", "backslashreplace")


def asset(name: str) -> bytes:
    """Return a style, a script or a picture. Raises KeyError for what is none of ours."""
    if name not in ASSETS:
        raise KeyError(name)
    return packaged_text("sparkle.view.browser", f"assets/{name}").encode()
