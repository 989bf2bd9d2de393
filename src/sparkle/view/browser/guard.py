"""Who may ask: known names of this server alone, with a token where others can reach it, and never from other pages.

A page of another site can make a browser send requests here. It cannot make it send another Host header than the
name it was reached by (so names that were pointed here are refused), nor the token that only our pages hold, nor our
own Origin.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from socket import gethostname
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "sparkle_access"
TOKEN_HEADER = "x-sparkle-token"  # noqa: S105 - the name of a header
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server at `host`."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def names_of(host: str) -> frozenset[str]:
    """Return the names by which a server at `host` may be asked, without ports."""
    own = {"localhost", "127.0.0.1", "[::1]"}
    if is_loopback(host):
        return frozenset(own | {f"[{host}]" if ":" in host else host})
    return frozenset(own | {host.lower(), gethostname().lower()})


class Guard:
    """Stands before an application. `names` may be asked for; numbers of the network too, where there is `access`.

    access: what must be known, as `?token=` once and as a cookie from then on; None where only this machine can ask.
    token: what every request that changes something must hold in its header.
    """

    def __init__(self, app: ASGIApp, names: Iterable[str], token: str, access: str | None = None) -> None:
        self._app, self._names, self._token, self._access = app, frozenset(names), token, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what is refused, pass on the rest, and add the headers that bind a page to this server."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return

        async def send_bound(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        headers = Headers(scope=scope)
        await (self._refused(scope, headers) or self._app)(scope, receive, send_bound)

    def _refused(self, scope: Scope, headers: Headers) -> ASGIApp | None:
        host = headers.get("host", "")
        if not self._is_ours(host):
            return PlainTextResponse("This server is not called so; use the address that it printed.", 421)
        if self._access is not None and not _same(_cookie(headers), self._access):
            given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
            if not _same(given, self._access):
                return PlainTextResponse("Open the address that `sparkle view` printed, with its token.", 403)
            answer = RedirectResponse(scope["path"], 303)
            answer.set_cookie(COOKIE, self._access, httponly=True, samesite="strict")
            return answer
        if scope["method"] not in {"GET", "HEAD"}:
            origin = headers.get("origin", "")
            if origin not in {f"http://{host}", f"https://{host}"} or headers.get(
                "sec-fetch-site", "same-origin"
            ) != ("same-origin"):
                return PlainTextResponse("Only pages of this server may do that.", 403)
            if not _same(headers.get(TOKEN_HEADER, ""), self._token):
                return PlainTextResponse("The page is of an earlier start of the server; load it again.", 403)
        return None

    def _is_ours(self, host: str) -> bool:
        name = host.lower()
        if name.rpartition(":")[2].isdecimal() and not name.endswith("]"):
            name = name.rpartition(":")[0]
        if name in self._names:
            return True
        # A number cannot be pointed here by somebody else's name server.
        return self._access is not None and _is_number(name.strip("[]"))


def _is_number(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _cookie(headers: Headers) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return "" if found is None else found.value


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())
