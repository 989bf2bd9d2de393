"""The file system behind an address, by fsspec: its package found or named, its errors as OSError, asked patiently.

Credentials and endpoints come from where each library has them (environment, configuration files); none is taken here.
"""

from __future__ import annotations

import errno
import sys
import time
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any, TypeVar

import fsspec  # type: ignore[import-untyped]

from sparkle.core.errors import MissingExtraError, SetupError
from sparkle.core.secrets import without_secrets

ATTEMPTS = 3
PAUSE_S = 1.0  # before the second attempt; twice as long before the third

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
# What another attempt does not change.
_FINAL = (PermissionError, FileExistsError, IsADirectoryError, NotADirectoryError)

Answer = TypeVar("Answer")


def split_address(address: str) -> tuple[str, str]:
    """Return (protocol, path) of an address; a path of this machine has the protocol "file"."""
    protocol, mark, path = address.partition("://")
    if not mark:
        return "file", address
    return protocol.lower(), path


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

    Everything that its library raises is raised as OSError that names `where`, kinds such as FileNotFoundError kept.
    `may_appear`: a missing file is asked for again, too; fsspec says so of any answer of a web server but 200.
    """
    for pause in (*(PAUSE_S * 2**number for number in range(ATTEMPTS - 1)), None):
        try:
            return ask()
        except FileNotFoundError as error:
            if pause is None or not may_appear:
                raise FileNotFoundError(errno.ENOENT, "no such file", shown(where)) from error
        except _FINAL as error:
            kind = next(kind for kind in _FINAL if isinstance(error, kind))
            raise kind(error.errno, _reason(error), shown(where)) from error
        except OSError as error:
            if pause is None:
                raise OSError(error.errno, _reason(error), shown(where)) from error
        except ValueError as error:  # what stands behind the protocol is no address of that kind
            raise OSError(errno.EINVAL, _reason(error), shown(where)) from error
        except Exception as error:
            if not isinstance(error, _library_errors()):
                raise
            if pause is None:
                raise OSError(errno.EIO, _reason(error), shown(where)) from error
        time.sleep(pause)
    raise AssertionError("the last attempt returns or raises")


def parent_of(key: str) -> str:
    """Return the key of the folder that a key lies in; empty for the root."""
    parent = str(PurePosixPath(key).parent)
    return "" if parent == "." else parent


def _library_errors() -> tuple[type[Exception], ...]:
    found = ((sys.modules.get(module), name) for module, name in _LIBRARY_ERRORS)
    return tuple(getattr(module, name) for module, name in found if module is not None)


def _reason(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error)
    return shown(" ".join(f"{type(error).__name__}: {text}".split()))
