"""The viewer as a folder of files that any web server shows: the same pages, and all their answers beside them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from sparkle.core.errors import MediaError
from sparkle.store import Folder
from sparkle.view.browser import answers
from sparkle.view.browser.pages import ASSETS, PAGES, asset, page
from sparkle.view.collection import STATUSES, Collection
from sparkle.view.panes import panes_of
from sparkle.view.reviews import compare_with_checks, read_reviews


def write_pages(collection: Collection, out: Folder, report: Callable[[int, int], None]) -> int:
    """Write everything, the page that opens it last, and return the number of samples. `report` gets (done, of all).

    Raises OutputError where it cannot be written.
    """
    index, facts = collection.index(), collection.facts()
    statuses = {id: STATUSES[code] for id, code in zip(index.ids, index.statuses, strict=True)}
    reviews = read_reviews(collection.folder)
    agreement = compare_with_checks(reviews, statuses, dict(zip(index.ids, facts.failed, strict=True)))
    for name in ASSETS:
        out.write(f"assets/{name}", asset(name))
    out.write("data/index.json", answers.index_json(collection, index))
    out.write("data/facts.json", answers.facts_json(facts))
    out.write("data/reviews.json", answers.reviews_json(reviews, agreement))
    for done, id in enumerate(index.ids):
        report(done, len(index.ids))
        _write_sample(collection, id, out)
    title = collection.folder.address.rstrip("/").rpartition("/")[2]
    for name in reversed(PAGES):
        out.write(name, page(name, title, "", static=True))
    report(len(index.ids), len(index.ids))
    return len(index.ids)


def _write_sample(collection: Collection, id: str, out: Folder) -> None:
    out.write(f"data/samples/{id}.json", answers.copied_story_json(collection, id))
    panes = panes_of(collection, id)
    # What cannot be shown is missing here as it is on the server: the page says so in its place.
    for pane in panes:
        with suppress(MediaError, OSError):
            out.write(f"media/{id}/{pane.key}.pack", b"".join(answers.pack(collection, id, pane.key)))
    if any(pane.key == "votes" for pane in panes):
        with suppress(MediaError, OSError):
            out.write(f"media/{id}/confidence.json", answers.confidence_json(collection, id))
    for name, make in (("poster.jpg", answers.poster_jpeg), ("preview.webp", answers.preview_webp)):
        with suppress(MediaError, OSError):
            out.write(f"media/{id}/{name}", make(collection, id))
