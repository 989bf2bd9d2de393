"""Requests over several servers: one reply for one request, through faults that pass."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from sparkle.backends.vlm.cache import Reply
from sparkle.backends.vlm.endpoint import Endpoints, EndpointSettings
from sparkle.backends.vlm.question import Media, as_content
from sparkle.backends.vlm.server import LONGEST_WAIT_S, EndpointState, FaultError, Server
from sparkle.core.errors import BackendError, SetupError

logger = logging.getLogger(__name__)

MOST_PROBES = 16
MOST_DOUBLINGS = 20  # a longer power overflows, and the longest wait is reached far earlier


@dataclass(frozen=True, slots=True)
class Request:
    """A question as it is sent, without seed and temperature."""

    kind: str
    system: str
    parts: tuple[str | Media, ...]
    schema: Mapping[str, Any] | None
    max_tokens: int | None


class Connection:
    """Sends requests to the least busy server. Thread-safe; holds no lock while it waits for one."""

    def __init__(self, settings: EndpointSettings) -> None:
        self._settings = settings
        self._servers = {url: Server(url, settings) for url in settings.urls}
        self.endpoints = Endpoints(settings.urls, settings.concurrency)
        self._waits = False  # for a server that is away, and has said so

    def send(self, request: Request, *, seed: int | None, temperature: float | None) -> Reply:
        """Return the reply to one request, which is sent again after faults that may pass.

        A server that cannot be reached has not seen the request, so that is no try while another one is well. While
        none is there, the request waits for one as long as `patience_s` says, whatever tries it has left. Raises
        BackendError when a server refuses this request or they keep failing, SetupError when none can be reached, or
        when one refuses the key or does not have the model.
        """
        body = self._body(request, seed, temperature)
        tries, absences, fault, pause_s = 0, 0, "", 0.0
        attempts = self._settings.attempts
        absent_since: float | None = None
        while (
            tries < attempts and (self.endpoints.any_well or absences < attempts * len(self._servers))
        ) or (absent_since is not None and time.monotonic() - absent_since < self._settings.patience_s):
            time.sleep(pause_s)
            with self.endpoints.borrow() as url:
                started = time.monotonic()
                try:
                    found = self._servers[url].complete(request.kind, body)
                except FaultError as error:
                    fault = f"{url}: {error}"
                    faults = self.endpoints.rests(url) if error.rests else tries
                    pause_s = self._backoff(faults) if error.wait_s is None else error.wait_s
                    if error.rests:  # whoever borrows next waits for this server, or gets another
                        self.endpoints.rest(url, pause_s)
                        pause_s = 0.0
                    tries, absences = tries + error.reached, absences + (not error.reached)
                    absent_since = (absent_since or started) if error.absent else None
                    if error.absent and self._settings.patience_s and not self._waits:
                        self._waits = True
                        logger.warning(
                            "%s; questions wait up to %g s for it", fault, self._settings.patience_s
                        )
                else:
                    seconds = time.monotonic() - started
                    self.endpoints.answered(url)
                    self._waits = False
                    return Reply(
                        text=found.text,
                        problem=found.problem,
                        model=found.model,
                        endpoint=url,
                        seed=seed,
                        temperature=temperature,
                        prompt_tokens=found.prompt_tokens,
                        completion_tokens=found.completion_tokens,
                        seconds=seconds,
                    )
        told = f"{request.kind}: no reply from {self._settings.model} in {tries + absences} tries; {fault}"
        if tries:
            raise BackendError(f"{told}; run the command again when the server is well")
        raise SetupError(f"{told}; start the server, or correct base_url")

    def probe(self) -> list[EndpointState]:
        """Look at every endpoint. Raises SetupError where the SDK or the key is missing."""
        servers = list(self._servers.values())
        with ThreadPoolExecutor(min(len(servers), MOST_PROBES)) as pool:
            return list(pool.map(Server.probe, servers))

    def close(self) -> None:
        """Close idle connections; a later request opens new ones."""
        for server in self._servers.values():
            server.close()

    def _body(self, request: Request, seed: int | None, temperature: float | None) -> dict[str, Any]:
        settings = self._settings
        as_picture = settings.video == "image_url"
        content = [as_content(part, video_as_picture=as_picture) for part in request.parts]
        system = [{"role": "system", "content": request.system}] if request.system else []
        body: dict[str, Any] = {
            "model": settings.model,
            "messages": [*system, {"role": "user", "content": content}],
            "max_tokens": request.max_tokens,
            "temperature": temperature,
            "top_p": settings.top_p,
            "seed": seed,
            "extra_body": settings.extra_body or None,
        }
        if request.schema is not None and settings.structured == "json_schema":
            schema = {"name": request.kind, "schema": request.schema, "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        return {name: value for name, value in body.items() if value is not None}

    def _backoff(self, faults: int) -> float:
        """Return the seconds to wait after a fault that `faults` others came before."""
        doubled = self._settings.backoff_s * 2.0 ** min(faults, MOST_DOUBLINGS)
        return random.uniform(0.5, 1.0) * min(doubled, LONGEST_WAIT_S)
