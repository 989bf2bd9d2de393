"""Starts the server: the socket first, so that the address is known and a taken port is told in one line."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from ipaddress import ip_address
from secrets import token_urlsafe

import uvicorn
from starlette.types import ASGIApp

from sparkle.core.errors import SetupError
from sparkle.view.browser.guard import is_loopback


def serve(
    make: Callable[[str, str | None], ASGIApp], host: str, port: int, tell: Callable[[str], None]
) -> None:
    """Serve `make(host, access)` until interrupted. `tell` gets the address once it answers; port 0 takes a free one.

    Whoever can reach another than a loopback address needs the token that is in the address. Raises SetupError for an
    address that cannot be had.
    """
    access = None if is_loopback(host) else token_urlsafe(24)
    with _listening(host, port) as listener:
        found = listener.getsockname()[1]
        name = f"[{host}]" if ":" in host else host
        if ip_address(
            listener.getsockname()[0]
        ).is_unspecified:  # all of this machine's: it is called by its name
            name = socket.gethostname()
        app = make(host, access)
        config = uvicorn.Config(app, log_level="error", access_log=False, lifespan="off", server_header=False)
        tell(f"http://{name}:{found}/" + (f"?token={access}" if access else ""))
        uvicorn.Server(config).run(sockets=[listener])


def _listening(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        remedy = "another program uses it; give another --port" if taken else f"{error.strerror or error}"
        raise SetupError(f"{host}:{port}: cannot be listened on ({remedy})") from error
    return listener
