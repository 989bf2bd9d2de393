"""The page of a blind comparison: pairs by their numbers, so that no address tells which clip is whose."""

from __future__ import annotations

from collections.abc import Iterator
from secrets import token_urlsafe

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from sparkle.video import probe, stream_pictures
from sparkle.view.blind import SIDES, Blind, parse_choice
from sparkle.view.browser.body import sent
from sparkle.view.browser.guard import Guard, names_of
from sparkle.view.browser.kept_pictures import KeptPictures
from sparkle.view.browser.routes import HANDLERS, json_response, pack_response, page_routes
from sparkle.view.frame_pack import packed

LARGEST_CHOICE_BYTES = 1_000


def make_blind_app(blind: Blind, pictures: KeptPictures, host: str, access: str | None = None) -> ASGIApp:
    """Return the application for a server at `host`; see `Guard` for `access`."""
    token = token_urlsafe(24)

    def pairs(_: Request) -> Response:
        chosen = {str(number): choice for number, choice in blind.choices().items()}
        return json_response({"instructions": list(blind.instructions()), "choices": chosen})

    def pack(request: Request) -> Response:
        number, side = int(request.path_params["number"]), request.path_params["side"]
        path = blind.clip(number, side)

        def make() -> Iterator[bytes]:
            yield from packed(probe(path).fps, (picture.frame for picture in stream_pictures(path)))

        return pack_response(pictures.stream(f"{number}.{SIDES.index(side)}.pack", make))

    def table(_: Request) -> Response:
        return json_response(blind.table())

    async def choose(request: Request) -> Response:
        given = await sent(request, parse_choice, LARGEST_CHOICE_BYTES)
        await run_in_threadpool(blind.choose, given)
        return pairs(request)

    routes = [
        *page_routes({"": "blind.html"}, blind.title, token),
        Route("/data/pairs.json", pairs),
        Route("/data/table.json", table),
        Route("/media/{number:int}/{side}.pack", pack),
        Route("/choices", choose, methods=["POST"]),
    ]
    return Guard(Starlette(routes=routes, exception_handlers=HANDLERS), names_of(host), token, access)
