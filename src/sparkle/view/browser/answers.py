"""What the pages ask for, as plain values and bytes: the same for the server and for a folder of files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from sparkle.view.collection import STATUSES, Collection, Facts, Index, Story
from sparkle.view.frame_pack import jpeg, moving_picture
from sparkle.view.panes import PANE_OF, confidence_line, pane_parts, panes_of, poster, preview
from sparkle.view.plain_words import STAGES, asks, fault
from sparkle.view.putting_back import Mended
from sparkle.view.reviews import Agreement, Review


def index_json(collection: Collection, index: Index) -> bytes:
    """Return the columns that the grid opens with."""
    themes, theme = _coded(index.themes)
    return _encoded(
        {
            "name": collection.folder.address.rstrip("/").rpartition("/")[2],
            "kind": collection.kind,
            "ids": list(index.ids),
            "themes": themes,
            "theme": theme,
            "statuses": STATUSES,
            "status": list(index.statuses),
        }
    )


def facts_json(facts: Facts) -> bytes:
    """Return the columns that the grid sorts and filters by."""
    subthemes, subtheme = _coded(facts.subthemes)
    scenes, scene = _coded(facts.scenes)
    reasons, failed = _coded(facts.failed)
    return _encoded(
        {
            "instruction": facts.instructions,
            "source": facts.sources or [""] * len(facts.instructions),
            "subthemes": subthemes,
            "subtheme": subtheme,
            "scenes": scenes,
            "scene": scene,
            "reasons": reasons,
            "failed": failed,
            "seconds": [round(each, 2) for each in facts.seconds],
            "checks": [{**asdict(check), "fault": fault(check.name)} for check in facts.checks],
        }
    )


def story_json(collection: Collection, id: str, mended: Mended | None = None) -> bytes:
    """Return all of one sample, the panes that can be shown of it, and where its mask was mended.

    Raises KeyError for an unknown id.
    """
    return _story_json(collection, collection.story(id), mended)


def copied_story_json(collection: Collection, id: str) -> bytes:
    """Return the same for a copy of the pages, which says nothing of where the clips lie that it was made from."""
    return _story_json(collection, replace(collection.story(id), again=[]))


def _story_json(collection: Collection, story: Story, mended: Mended | None = None) -> bytes:
    panes = [
        {"key": pane.key, "label": pane.label, "says": pane.says, "moves": pane.moves}
        for pane in panes_of(collection, story.id)
    ]
    told = story.to_json()
    for check in told["checks"]:
        check |= {"asks": asks(check["name"]), "fault": fault(check["name"])}
    way = list(STAGES.items()) if story.stages else []
    told |= {"panes": panes, "way": way, "mended": None if mended is None else asdict(mended)}
    return _encoded(told)


def reviews_json(reviews: Mapping[str, Review], agreement: Agreement) -> bytes:
    """Return the reviews, and how far they agree with the checks."""
    return _encoded(
        {"reviews": {id: asdict(each) for id, each in reviews.items()}, "agreement": asdict(agreement)}
    )


def confidence_json(collection: Collection, id: str) -> bytes:
    """Return what `panes.confidence_line` does."""
    return _encoded(confidence_line(collection, id))


def poster_jpeg(collection: Collection, id: str) -> bytes:
    """Return the small still of a sample."""
    return jpeg(poster(collection, id), quality=80)


def preview_webp(collection: Collection, id: str) -> bytes:
    """Return the small moving picture of a sample."""
    return moving_picture(*preview(collection, id))


def pack(collection: Collection, id: str, key: str) -> Iterator[bytes]:
    """Yield the frames of a pane. Raises KeyError for an unknown id or pane."""
    return pane_parts(collection, id, PANE_OF[key])


def _coded(values: Sequence[str]) -> tuple[list[str], list[int]]:
    """Return the different values, sorted, and for each of all the place of its own."""
    names = sorted(set(values))
    place = {name: number for number, name in enumerate(names)}
    return names, [place[value] for value in values]


def _encoded(value: Any) -> bytes:
    # Names of files may hold halves of pairs: as "\\udcff" every reader takes them.
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode()
