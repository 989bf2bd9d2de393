"""Publishes a dataset on the Hugging Face Hub; its card and its Croissant file are made before (`release_card.py`)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from sparkle.core.errors import OutputError, SetupError
from sparkle.core.extras import require
from sparkle.store import Folder

_LIBRARIES = {"huggingface_hub", "httpx", "httpx2", "httpcore", "requests"}  # whose errors speak of the Hub
IGNORED = (
    "run.json",
    "plan.jsonl",
    "ledger*",
    "rejected/*",
    "failed/*",
    "sheets/*",
    "reviews.jsonl",  # notes of those who looked, for themselves
    "*.lock",
    ".nv-meta/pack.*",
    "*.tmp.*",  # what a killed command left
    ".cache/*",
)


def files_to_push(root: Path) -> Iterator[tuple[str, int]]:
    """Yield (key, bytes) of the files that a push uploads, sorted. Raises SetupError for a link out of the dataset."""
    home = os.path.realpath(root)
    for entry in Folder.at(root).files():
        if any(fnmatch(entry.key, pattern) for pattern in IGNORED):
            continue
        if os.path.commonpath([home, os.path.realpath(root / entry.key)]) != home:
            raise SetupError(f"{root / entry.key}: is a link out of the dataset; put the file in its place")
        yield entry.key, entry.size


def push(root: Path, repository: str, private: bool) -> str:
    """Upload a dataset's folder, resumed where an earlier push ended; return the repository's address.

    Raises MissingExtraError without huggingface_hub, OutputError where the Hub does not take it.
    """
    api = require("huggingface_hub", "hub", "pushing a dataset").HfApi()
    try:
        address = api.create_repo(repository, repo_type="dataset", private=private, exist_ok=True)
        # From version 2 on, upload_folder does what upload_large_folder did.
        upload = getattr(api, "upload_large_folder", api.upload_folder)
        upload(repo_id=repository, repo_type="dataset", folder_path=str(root), ignore_patterns=list(IGNORED))
    except Exception as error:
        known = isinstance(error, OSError | ValueError | RuntimeError)  # hf_xet raises the last
        if not known and type(error).__module__.partition(".")[0] not in _LIBRARIES:
            raise
        # Version 1 gives up by a bare error of its own; its cause has the Hub's words.
        told = error.__cause__ if type(error) is RuntimeError and error.__cause__ else error
        reason = " ".join(str(told).split())[:300]
        raise OutputError(
            f"{repository}: the Hub does not take it ({reason}); what is uploaded is kept, the same command goes on"
        ) from error
    return str(address)
