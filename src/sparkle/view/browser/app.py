"""The server's routes. What a request names is looked up among what is known; no path is ever made of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import cached_property
from secrets import token_urlsafe
from threading import Lock

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from sparkle.view.browser import answers
from sparkle.view.browser.body import sent
from sparkle.view.browser.guard import Guard, names_of
from sparkle.view.browser.kept_pictures import KeptPictures
from sparkle.view.browser.pages import PAGES
from sparkle.view.browser.routes import HANDLERS, json_response, pack_response, page_routes
from sparkle.view.collection import STATUSES, Collection, Facts, Index
from sparkle.view.panes import PANE_OF
from sparkle.view.putting_back import PuttingBack, parse_id
from sparkle.view.reviews import ReviewBook, compare_with_checks, parse_said

LARGEST_REVIEW_BYTES = 16_384
LARGEST_ID_BYTES = 1_000


class Shown:
    """A collection that is shown: what was read of it once, and what was drawn. `back` puts mended masks into it."""

    def __init__(
        self,
        collection: Collection,
        book: ReviewBook,
        pictures: KeptPictures,
        back: PuttingBack | None = None,
    ) -> None:
        self.book, self.pictures, self.back = book, pictures, back
        self._collection = collection
        self._reading, self._opening = Lock(), Lock()
        self.version = 0  # of what is shown

    @property
    def collection(self) -> Collection:
        """What is shown, as it was when a page was opened last."""
        return self._collection

    def look_again(self) -> None:
        """Show what was written since: builds go on, and masks are put back, while somebody looks."""
        with self._opening:
            found = self._collection.reopened()
            if found is not self._collection:
                self._collection = found
                for name in ("index", "_facts"):
                    self.__dict__.pop(name, None)
                self.version += 1

    @cached_property
    def index(self) -> Index:
        """The samples."""
        return self.collection.index()

    @cached_property
    def _facts(self) -> Facts:
        return self.collection.facts()

    def facts(self) -> Facts:
        """Return the rest of the grid; whoever asks meanwhile waits for the same reading."""
        with self._reading:
            return self._facts

    def reviews(self) -> bytes:
        """Return the reviews and how far they agree with the checks."""
        known = self.index.ids
        statuses = {id: STATUSES[code] for id, code in zip(known, self.index.statuses, strict=True)}
        agreement = compare_with_checks(
            self.book.reviews, statuses, dict(zip(known, self.facts().failed, strict=True))
        )
        return answers.reviews_json(self.book.reviews, agreement)


def make_app(shown: Shown, host: str, access: str | None = None) -> ASGIApp:
    """Return the viewer as an application for a server at `host`; see `Guard` for `access`."""
    token = token_urlsafe(24)
    routes = _Answering(shown, token).routes()
    return Guard(Starlette(routes=routes, exception_handlers=HANDLERS), names_of(host), token, access)


class _Answering:
    """One method a kind of address."""

    def __init__(self, shown: Shown, token: str) -> None:
        self._shown, self._token = shown, token
        self._title = shown.collection.folder.address.rstrip("/").rpartition("/")[2]

    def routes(self) -> list[Route]:
        return [
            *page_routes({"": "index.html", **{name: name for name in PAGES}}, self._title, self._token),
            Route("/data/index.json", self.index),
            Route("/data/facts.json", self.facts),
            Route("/data/reviews.json", self.reviews),
            Route("/data/samples/{id}.json", self.story),
            Route("/media/{id}/confidence.json", self.confidence),
            Route("/media/{id}/{key}.pack", self.pack),
            Route("/media/{id}/{name}", self.picture),
            Route("/reviews", self.review, methods=["POST"]),
            Route("/data/back.json", self.work),
            Route("/back", self.put_back, methods=["POST"]),
        ]

    def index(self, _: Request) -> Response:
        self._shown.look_again()
        return json_response(answers.index_json(self._shown.collection, self._shown.index))

    def facts(self, _: Request) -> Response:
        return json_response(answers.facts_json(self._shown.facts()))

    def reviews(self, _: Request) -> Response:
        return json_response(self._shown.reviews())

    def story(self, request: Request) -> Response:
        self._shown.look_again()
        id = _known(self._shown, request.path_params["id"])
        back = self._shown.back
        mended = None if back is None else back.offered(id)
        return json_response(answers.story_json(self._shown.collection, id, mended))

    def confidence(self, request: Request) -> Response:
        return json_response(
            self._kept(request.path_params["id"], "confidence.json", answers.confidence_json)
        )

    def picture(self, request: Request) -> Response:
        name = request.path_params["name"]
        make, kind = _PICTURES[name]
        content = self._kept(request.path_params["id"], name, make)
        return Response(content, media_type=kind, headers={"cache-control": "max-age=60"})

    def pack(self, request: Request) -> Response:
        id, key = _known(self._shown, request.path_params["id"]), request.path_params["key"]
        make: Callable[[], Iterator[bytes]] = lambda: answers.pack(self._shown.collection, id, key)  # noqa: E731
        parts = self._shown.pictures.stream(f"{self._shown.version}.{id}.{PANE_OF[key].key}.pack", make)
        return pack_response(parts)

    async def review(self, request: Request) -> Response:
        given = await sent(request, parse_said, LARGEST_REVIEW_BYTES)
        _known(self._shown, given.id)
        await run_in_threadpool(self._shown.book.say, given)
        return json_response(await run_in_threadpool(self._shown.reviews))

    def work(self, _: Request) -> Response:
        back = _offering(self._shown)
        return json_response({**asdict(back.work()), "id": back.at_work()})

    async def put_back(self, request: Request) -> Response:
        id = _known(self._shown, await sent(request, parse_id, LARGEST_ID_BYTES))
        await run_in_threadpool(_offering(self._shown).begin, id)
        return self.work(request)

    def _kept(self, id: str, name: str, make: Callable[[Collection, str], bytes]) -> bytes:
        known = _known(self._shown, id)
        kept = f"{self._shown.version}.{known}.{name}"
        return self._shown.pictures.get(kept, lambda: make(self._shown.collection, known))


_PICTURES: dict[str, tuple[Callable[[Collection, str], bytes], str]] = {
    "poster.jpg": (answers.poster_jpeg, "image/jpeg"),
    "preview.webp": (answers.preview_webp, "image/webp"),
}


def _offering(shown: Shown) -> PuttingBack:
    """Return what puts masks back. Raises KeyError where there is no run."""
    if shown.back is None:
        raise KeyError("back")
    return shown.back


def _known(shown: Shown, id: str) -> str:
    """Return an id of the collection, which is safe as a name. Raises KeyError for any other."""
    shown.collection.artifact(id, "source_video")
    return id
