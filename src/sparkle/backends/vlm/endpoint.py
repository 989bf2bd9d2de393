"""Endpoints: where a model answers, with which settings, and which endpoint is asked next."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from sparkle.config.settings import Settings
from sparkle.core.errors import SettingsError, SetupError
from sparkle.core.secrets import secret_places, without_secrets

CACHE_VARIABLE = "SPARKLE_VLM_CACHE"


class EndpointSettings(Settings):
    """Options that every backend of this family takes, as plain YAML values.

    model: the name that the server knows the model by.
    base_url: one URL or several, up to and with "/v1"; several serve the same model and share the questions.
    api_key_env: the NAME of the environment variable with the key; local servers need none.
    revision: what the server was started with; recorded with every sample, not checked.
    concurrency: most requests that are under way at one endpoint at a time.
    timeout_s: longest time of one try, from its first byte to the last of the reply.
    attempts: most tries of one request at faults of the connection, and most replies asked for until one is usable.
        Where there are several endpoints, one that cannot be reached costs a request no try.
    backoff_s: wait after the first fault; doubles with each further one, up to a minute, with jitter. An endpoint that
        is overloaded or silent rests so long; the others answer meanwhile.
    patience_s: how long a request waits for a server that is away (refuses connections, or a gateway answers 502, 503
        or 504 for it), beyond `attempts`: one that is restarted costs no sample.
    temperature, top_p, seed, max_tokens: sent with every question; null leaves a parameter out,
        also where a question has a seed of its own.
    retry_temperature: replaces a lower temperature after an unusable reply, which greedy decoding would repeat.
    structured: "json_schema" where the server enforces one, "prompt" where it can only be asked to.
    video: "inline" sends videos whole (vLLM, SGLang); "image_url" too, but where a picture goes, as some gateways to
        Gemini want them; "frames" sends pictures, at `frame_rate_fps` and no more than `most_frames`.
    cache: true for the default folder ($SPARKLE_VLM_CACHE, else ~/.cache/sparkle/vlm), false for none, or a folder.
    replies: folder for replies that could not be used; by default "unusable" in the cache's folder.
    extra_body: further fields of the request's body that the server knows ({top_k: 20}); no secrets, since settings
        are written to files.
    """

    model: str = Field(min_length=1)
    base_url: str | tuple[str, ...] = "http://127.0.0.1:8000/v1"
    api_key_env: str | None = None
    revision: str = "as served by the endpoint"
    concurrency: int = Field(default=8, ge=1, le=1024)
    timeout_s: float = Field(default=300.0, gt=0, le=3600)
    attempts: int = Field(default=4, ge=1, le=100)
    backoff_s: float = Field(default=1.0, ge=0, le=60)
    patience_s: float = Field(default=300.0, ge=0, le=86400)
    temperature: float | None = Field(default=0.0, ge=0, le=2)
    retry_temperature: float = Field(default=0.7, ge=0, le=2)
    top_p: float | None = Field(default=None, gt=0, le=1)
    seed: int | None = Field(default=42, ge=0, lt=2**31)
    max_tokens: int | None = Field(default=2048, ge=1)
    structured: Literal["json_schema", "prompt"] = "json_schema"
    video: Literal["inline", "image_url", "frames"] = "inline"
    frame_rate_fps: float = Field(default=2.0, gt=0)
    most_frames: int = Field(default=32, ge=2)
    cache: bool | str = True
    replies: str | None = None
    extra_body: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _holds_no_secret(self) -> EndpointSettings:
        check_endpoint(self)
        return self

    @property
    def urls(self) -> tuple[str, ...]:
        """The endpoints, without a slash at the end."""
        listed = (self.base_url,) if isinstance(self.base_url, str) else self.base_url
        return tuple(url.rstrip("/") for url in listed)

    @property
    def cache_folder(self) -> Path:
        """Where replies are kept; also the place of unusable ones when the cache is off."""
        if isinstance(self.cache, str):
            return Path(self.cache).expanduser()
        default = os.environ.get(CACHE_VARIABLE)
        return Path(default).expanduser() if default else Path.home() / ".cache" / "sparkle" / "vlm"

    @property
    def replies_folder(self) -> Path:
        """Where replies that could not be used are saved."""
        return self.cache_folder / "unusable" if self.replies is None else Path(self.replies).expanduser()

    def api_key(self) -> str:
        """Return the key, "" where none is needed. Raises SetupError that names the variable if it is not set."""
        if self.api_key_env is None:
            return ""
        key = os.environ.get(self.api_key_env, "").strip()
        if not key:
            raise SetupError(
                f"{self.model} at {', '.join(self.urls)}: the environment variable {self.api_key_env} is not set; "
                f"put the key there, or leave api_key_env out for a server that needs none"
            )
        return key


def check_endpoint(settings: EndpointSettings) -> None:
    """Raise SettingsError for what would put a secret into a file, and for URLs that are none. Shows no value."""
    # Many keys are well-formed names too, but hardly any is in capitals, as variables are.
    if settings.api_key_env is not None and not re.fullmatch(r"[A-Z_][A-Z0-9_]*", settings.api_key_env):
        raise SettingsError(
            "api_key_env must be the name of an environment variable in capitals, such as OPENAI_API_KEY, not a key"
        )
    secrets = list(secret_places(settings.extra_body, "extra_body"))
    if secrets:
        raise SettingsError(
            f"{', '.join(secrets)}: looks like a key, and settings are written to files; put the key into an "
            "environment variable, and the variable's name into api_key_env"
        )
    if not settings.urls:
        raise SettingsError("base_url: give at least one URL")
    for url in settings.urls:
        parts = urlsplit(url)
        if parts.username or parts.password or parts.query:
            raise SettingsError(
                f"base_url for {parts.hostname} must hold no user, password or query; name a variable in api_key_env"
            )
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise SettingsError(f"base_url must start with http:// or https://, got {without_secrets(url)!r}")


@dataclass(slots=True)
class _Load:
    busy: int = 0
    served: int = 0
    rests: int = 0  # in a row
    resting_until: float = 0.0


class Endpoints:
    """Hands out the least busy endpoint, each to no more than `concurrency` borrowers at a time."""

    def __init__(self, urls: Sequence[str], concurrency: int) -> None:
        self._loads = {url: _Load() for url in urls}
        self._concurrency = concurrency
        self._changed = threading.Condition()

    @property
    def urls(self) -> tuple[str, ...]:
        """All endpoints."""
        return tuple(self._loads)

    @property
    def places(self) -> int:
        """How many borrowers there can be at a time."""
        return self._concurrency * len(self._loads)

    @property
    def any_well(self) -> bool:
        """Whether there is one that has answered last, or was not tried yet."""
        return any(load.rests == 0 for load in self._loads.values())

    @contextmanager
    def borrow(self) -> Iterator[str]:
        """Wait for a free place and yield its URL."""
        with self._changed:
            while (url := self._free()) is None:
                self._changed.wait(self._until_rested())
            self._loads[url].busy += 1
            self._loads[url].served += 1
        try:
            yield url
        finally:
            with self._changed:
                self._loads[url].busy -= 1
                self._changed.notify_all()

    def rests(self, url: str) -> int:
        """Return how often `url` rested since it last answered."""
        return self._loads[url].rests

    def rest(self, url: str, seconds: float) -> None:
        """Hand out `url` no more for some seconds: it is overloaded, or does not answer."""
        with self._changed:
            load, now = self._loads[url], time.monotonic()
            # Requests that were under way together fail together: that is one trouble, and one rest.
            load.rests += load.resting_until <= now
            load.resting_until = max(load.resting_until, now + seconds)

    def answered(self, url: str) -> None:
        """Forget the rests of `url`: it is well."""
        with self._changed:
            self._loads[url].rests = 0

    def _free(self) -> str | None:
        now = time.monotonic()
        free = [
            (load.busy, load.served, url)
            for url, load in self._loads.items()
            if load.busy < self._concurrency and load.resting_until <= now
        ]
        return min(free)[2] if free else None

    def _until_rested(self) -> float | None:
        now = time.monotonic()
        ends = [load.resting_until - now for load in self._loads.values() if load.resting_until > now]
        return min(ends) if ends else None
