"""What a page sends: a JSON object of a limited size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import Request

from sparkle.core.parsing import parse_object

Parsed = TypeVar("Parsed")


async def sent(request: Request, parse: Callable[[dict[str, Any]], Parsed], most_bytes: int) -> Parsed:
    """Return what `parse` makes of the object. Raises HTTPException for what is larger, or what `parse` refuses."""
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > most_bytes:
            raise HTTPException(413, f"That is too much; at most {most_bytes:,} bytes are taken.")
    try:
        return parse(parse_object(bytes(content)))
    except ValueError as error:
        raise HTTPException(400, f"That is not understood: {error}") from error
