"""Replies on disk, by the content of their question and their server, so that a resumed run asks nothing twice.

    FOLDER/ab/abcdef....json    {"version": 1, "text": ..., and the other fields of Reply}

A file is written whole or not at all. Anything else that is found there counts as absent, and is written anew.
"""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter

from sparkle.core.errors import OutputError, SetupError
from sparkle.store import read_text, write_text

logger = logging.getLogger(__name__)

VERSION = 1
# Within a process two writers of one file would share a temporary name; writing is short, so they take turns.
_writing = threading.Lock()


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered, and with which settings. `model` is the name that the server gives; `problem` says what
    makes the text no answer (refused, cut off, empty), and is empty for all that is kept."""

    text: str
    problem: str
    model: str
    endpoint: str
    seed: int | None
    temperature: float | None
    prompt_tokens: int
    completion_tokens: int
    seconds: float


class ReplyCache:
    """A folder of replies; `folder` None keeps nothing."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def get(self, key: str) -> Reply | None:
        """Return the reply to the question with this key, or None; a damaged file is warned of and ignored."""
        if self._folder is None:
            return None
        path = self._path(self._folder, key)
        try:
            return _read(read_text(path))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
            logger.warning("%s: this cached reply is damaged (%s); the question is asked again", path, error)
            return None

    def put(self, key: str, reply: Reply) -> None:
        """Keep a reply. Raises SetupError when the folder cannot be written to."""
        if self._folder is None:
            return
        path = self._path(self._folder, key)
        save_text(path, json.dumps({"version": VERSION, **asdict(reply)}, ensure_ascii=False, indent=1))

    @staticmethod
    def _path(folder: Path, key: str) -> Path:
        return folder / key[:2] / f"{key}.json"


def save_text(path: Path, text: str) -> None:
    """Write a file whole or not at all. Raises SetupError that names it when that is impossible."""
    try:
        with _writing:
            write_text(path, text)
    except (OSError, OutputError) as error:
        raise SetupError(
            f"{path}: cannot be written ({error}); set cache or replies to another folder"
        ) from error


def _read(text: str) -> Reply:
    version = json.loads(text)["version"]
    if version != VERSION:
        raise ValueError(f"version {version!r}")
    return TypeAdapter(Reply).validate_json(text, strict=True)
