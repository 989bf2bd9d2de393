"""What every viewer answers alike: its page, what the page is made of, JSON, and what is not there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from sparkle.core.errors import SparkleError
from sparkle.view.browser.pages import ASSETS, TYPES, asset, page
from sparkle.view.frame_pack import fault_part


def page_routes(names: dict[str, str], title: str, token: str) -> list[Route]:
    """Return the routes of pages, {address: page}, and of all assets."""

    def shown(request: Request) -> Response:
        content = page(names[request.url.path.lstrip("/")], title, token)
        return Response(content, media_type="text/html; charset=utf-8")

    return [*(Route(f"/{name}", shown) for name in names), Route("/assets/{name}", _asset)]


def _asset(request: Request) -> Response:
    name = request.path_params["name"]
    kind = TYPES[name.rpartition(".")[2]] if name in ASSETS else ""
    return Response(asset(name), media_type=f"{kind}; charset=utf-8", headers={"cache-control": "no-cache"})


def json_response(content: bytes | Any) -> Response:
    """Return JSON that no browser keeps: bytes as they are, or plain values."""
    text = content if isinstance(content, bytes) else json.dumps(content, separators=(",", ":")).encode()
    return Response(text, media_type="application/json", headers={"cache-control": "no-store"})


def pack_response(parts: Iterator[bytes]) -> Response:
    """Return a pack as it comes, after the first part was made: an error is still an answer."""
    first = next(parts)

    def all_of_them() -> Iterator[bytes]:
        yield first
        try:
            yield from parts
        except (SparkleError, OSError) as error:  # the answer has begun: its end says what became of it
            yield fault_part(str(error))

    return StreamingResponse(all_of_them(), media_type="application/octet-stream")


def _not_there(_: Request, __: Exception) -> Response:
    return PlainTextResponse("There is no such thing here.", 404)


def _not_shown(_: Request, error: Exception) -> Response:
    status = 404 if isinstance(error, FileNotFoundError) else 409
    return PlainTextResponse(str(error), status)


HANDLERS: dict[Any, Callable[[Request, Exception], Response]] = {
    KeyError: _not_there,
    404: _not_there,
    SparkleError: _not_shown,
    OSError: _not_shown,
}
