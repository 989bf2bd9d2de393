"""The page on which the mask of an edit is mended."""

from __future__ import annotations

from dataclasses import asdict
from secrets import token_urlsafe

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from sparkle.view.browser.body import sent
from sparkle.view.browser.guard import Guard, names_of
from sparkle.view.browser.kept_pictures import KeptPictures
from sparkle.view.browser.routes import HANDLERS, json_response, pack_response, page_routes
from sparkle.view.mending import Mendable, parse_marks

LARGEST_MARKS_BYTES = 16 * 2**20  # painted masks as PNG


def make_mend_app(edit: Mendable, pictures: KeptPictures, host: str, access: str | None = None) -> ASGIApp:
    """Return the application for a server at `host`; see `Guard` for `access`."""
    token = token_urlsafe(24)

    def about(_: Request) -> Response:
        return json_response(edit.about())

    def pack(request: Request) -> Response:
        first, key = int(request.path_params["first"]), request.path_params["key"]
        if key not in {"source", "mask", "edited"}:
            raise KeyError(key)
        name = f"{edit.version()}.{first}.{key}.pack"
        return pack_response(pictures.stream(name, lambda: edit.pack(key, first)))

    def mask(request: Request) -> Response:
        content = edit.mask(int(request.path_params["frame"]))
        return Response(content, media_type="image/png", headers={"cache-control": "no-store"})

    def work(_: Request) -> Response:
        return json_response(asdict(edit.work()))

    async def redo(request: Request) -> Response:
        marks = await sent(request, parse_marks, LARGEST_MARKS_BYTES)
        await run_in_threadpool(edit.redo, marks)
        return work(request)

    routes = [
        *page_routes({"": "mend.html"}, edit.title, token),
        Route("/data/edit.json", about),
        Route("/data/work.json", work),
        Route("/media/{first:int}/{key}.pack", pack),
        Route("/masks/{frame:int}.png", mask),
        Route("/redo", redo, methods=["POST"]),
    ]
    return Guard(Starlette(routes=routes, exception_handlers=HANDLERS), names_of(host), token, access)
