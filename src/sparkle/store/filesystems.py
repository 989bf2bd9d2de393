"""The file system behind an address, by fsspec: its package found or named, its errors as OSError, asked patiently.

Credentials and endpoints come from where each library has them (environment, configuration files); none is taken here.
"""

from __future__ import annotations

import errno
import itertools
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import PurePosixPath
from typing import Any, TypeVar

import fsspec  # type: ignore[import-untyped]

from sparkle.core.errors import MissingExtraError, SetupError, StoreAwayError
from sparkle.core.secrets import without_secrets

logger = logging.getLogger(__name__)

ATTEMPTS = 3
PAUSE_S = 1.0  # before the second attempt; twice as long before each further one, up to the longest
_LONGEST_PAUSE_S = 15.0
# How long object storage that is away is asked again; workers have it from who started them.
PATIENCE_VARIABLE = "SPARKLE_STORE_PATIENCE_S"
_PATIENCE_S = 300.0
_in_haste = ContextVar("in_haste", default=False)

# protocol: (package, extra). Others that fsspec knows work, too, if their package is installed; only for reading.
PACKAGES = {
    "s3": ("s3fs", "s3"),
    "s3a": ("s3fs", "s3"),
    "gs": ("gcsfs", "gs"),
    "gcs": ("gcsfs", "gs"),
    "hf": ("huggingface_hub", "hub"),
    "http": ("aiohttp", "http"),
    "https": ("aiohttp", "http"),
}
# Where an object is seen under its name only once it is whole.
WRITES_WHOLE = frozenset({"s3", "s3a", "gs", "gcs", "hf", "memory"})
# Whose addresses begin with the name of a bucket.
IN_BUCKETS = frozenset({"s3", "s3a", "gs", "gcs"})
# Where an object can be put on the condition that there is none of its name.
PUTS_ONCE = frozenset({"s3", "s3a", "gs", "gcs", "memory"})

# What the libraries raise that is no OSError; a library that was never imported has raised nothing.
_LIBRARY_ERRORS = (
    ("aiohttp", "ClientError"),
    ("botocore.exceptions", "BotoCoreError"),
    ("botocore.exceptions", "ClientError"),
    ("httpx", "HTTPError"),
    ("httpx2", "HTTPError"),  # of huggingface_hub 2
    ("gcsfs.retry", "HttpError"),
    ("google.auth.exceptions", "GoogleAuthError"),
)
# What says that nobody was reached or that the answer was cut.
_LOST_CONNECTIONS = (
    ("aiohttp", "ClientConnectionError"),
    ("aiohttp", "ClientPayloadError"),
    ("botocore.exceptions", "ConnectionError"),
    ("botocore.exceptions", "HTTPClientError"),
    ("google.auth.exceptions", "TransportError"),
    ("httpx", "TransportError"),
    ("httpx2", "TransportError"),
)
_AWAY = frozenset(
    {errno.EBUSY, errno.ETIMEDOUT, errno.EREMOTEIO, errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EPIPE}
)
# What another attempt does not change.
_FINAL = (PermissionError, FileExistsError, IsADirectoryError, NotADirectoryError)

Answer = TypeVar("Answer")


def split_address(address: str) -> tuple[str, str]:
    """Return (protocol, path) of an address; a path of this machine has the protocol "file"."""
    protocol, mark, path = address.partition("://")
    if not mark:
        return "file", address
    return protocol.lower(), path


def is_address(text: str) -> bool:
    """Tell whether a text is an address and no path of this machine."""
    return "://" in text and split_address(text)[0] != "file"


def shown(address: str) -> str:
    """Return an address as a message may show it."""
    return str(without_secrets(address))


def file_system(protocol: str) -> Any:
    """Return fsspec's file system. Raises MissingExtraError without its package, SetupError for an unknown protocol.

    Listings are not remembered: other machines write to the same place. fsspec keeps the file system, one a process.
    """
    try:
        return fsspec.filesystem(protocol, use_listings_cache=False)
    except ImportError as error:
        if protocol not in PACKAGES:
            raise SetupError(f"{protocol}://: needs a package that is not installed ({error})") from error
        raise MissingExtraError(*PACKAGES[protocol], f"reading {protocol}://") from error
    except (ValueError, TypeError) as error:  # it is none, or wants to be told more than an address
        known = ", ".join(f"{name}://" for name in ("s3", "gs", "hf", "https", "memory"))
        raise SetupError(f"{protocol}://: is unknown; known: {known}, and paths of this machine") from error


def patiently(where: str, ask: Callable[[], Answer], *, may_appear: bool = False) -> Answer:
    """Return the answer of a file system, asked again where a network may have failed for a moment.

    Object storage that does not answer at all, or only that it is overloaded, is asked for as long as
    SPARKLE_STORE_PATIENCE_S says (300 seconds): then StoreAwayError is raised. Everything else that the library raises
    is raised as OSError that names `where`, kinds such as FileNotFoundError kept. `may_appear`: a missing file is asked
    for again, too; fsspec says so of any answer of a web server but 200.
    """
    began = time.monotonic()
    for attempt in itertools.count(1):
        try:
            return ask()
        except FileNotFoundError as error:
            if attempt >= ATTEMPTS or not may_appear:
                raise FileNotFoundError(errno.ENOENT, "no such file", shown(where)) from error
        except _FINAL as error:
            kind = next(kind for kind in _FINAL if isinstance(error, kind))
            raise kind(error.errno, _reason(error), shown(where)) from error
        except ValueError as error:  # what stands behind the protocol is no address of that kind
            raise OSError(errno.EINVAL, _reason(error), shown(where)) from error
        except Exception as error:
            if not isinstance(error, (OSError, *_loaded(_LIBRARY_ERRORS))):
                raise
            if attempt >= ATTEMPTS:
                _refuse_hopeless(where, error, time.monotonic() - began)
            if attempt == ATTEMPTS:
                logger.warning("%s: the store is away and is asked again (%s)", shown(where), _reason(error))
        time.sleep(min(PAUSE_S * 2.0 ** (attempt - 1), _LONGEST_PAUSE_S))
    raise AssertionError("attempts end by an answer or an error")


@contextmanager
def in_haste() -> Iterator[None]:
    """Wait for no storage that is away: what is asked within the block is only a courtesy."""
    token = _in_haste.set(True)
    try:
        yield
    finally:
        _in_haste.reset(token)


def patience_s() -> float:
    """Return how many seconds object storage that is away is asked again. Raises SetupError for no number."""
    if _in_haste.get():
        return 0.0
    text = os.environ.get(PATIENCE_VARIABLE, str(_PATIENCE_S))
    try:
        return float(text)
    except ValueError as error:
        raise SetupError(f"{PATIENCE_VARIABLE} must be a number of seconds, got {text!r}") from error


def parent_of(key: str) -> str:
    """Return the key of the folder that a key lies in; empty for the root."""
    parent = str(PurePosixPath(key).parent)
    return "" if parent == "." else parent


def _refuse_hopeless(where: str, error: Exception, waited_s: float) -> None:
    """Raise what is told of an error, unless it is one of storage that is away and may come back."""
    if split_address(where)[0] not in WRITES_WHOLE or not any(map(_is_of_absence, _with_causes(error))):
        raise OSError(getattr(error, "errno", None) or errno.EIO, _reason(error), shown(where)) from error
    if waited_s >= patience_s():
        raise StoreAwayError(
            f"{shown(where)}: the store has not answered for {waited_s:.0f} s ({_reason(error)}); start the same "
            f"command again when it does, or let it wait longer ({PATIENCE_VARIABLE})"
        ) from error


def _with_causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and those that led to it: the libraries translate what they got."""
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__


def _is_of_absence(error: BaseException) -> bool:
    """Whether an error says that a server is not reached, overloaded or broken, and not that it refuses."""
    if isinstance(error, (ConnectionError, TimeoutError, *_loaded(_LOST_CONNECTIONS))):
        return True
    answer = getattr(error, "response", None)
    status = (
        answer.get("ResponseMetadata", {}).get("HTTPStatusCode")  # of botocore
        if isinstance(answer, dict)
        else getattr(answer, "status_code", getattr(error, "status", getattr(error, "code", None)))
    )
    if isinstance(status, int) and (status in {408, 429} or status >= 500):
        return True
    return isinstance(error, OSError) and error.errno in _AWAY


def _loaded(names: tuple[tuple[str, str], ...]) -> tuple[type[Exception], ...]:
    found = ((sys.modules.get(module), name) for module, name in names)
    return tuple(getattr(module, name) for module, name in found if module is not None)


def _reason(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error)
    return f"{type(error).__name__}: {shown(' '.join(text.split()))}"  # a kind with "Credentials" names no secret
