"""Signatures of clips, kept where the next command finds them: looking at a clip takes a second."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from sparkle.core.parsing import parse_object
from sparkle.dataset.signatures import Signature, signature_of
from sparkle.dataset.stored_sample import StoredSample
from sparkle.store import Folder, cache_folder
from sparkle.video import StoredClip

_LOG = "signatures.jsonl"
_VERSION = 1


class KeptSignatures:
    """Gives the signature of a sample's clip, by the content of its file. Several threads may ask."""

    def __init__(self, kind: str, known: dict[str, Signature], append: Any) -> None:
        self._kind, self._known, self._append = kind, known, append
        self._lock = threading.Lock()

    def __call__(self, sample: StoredSample) -> Signature:
        """Return the signature. Raises MediaError for what cannot be read."""
        clip = StoredClip(sample.extent(self._kind))
        key = clip.fingerprint()
        if key not in self._known:
            found = signature_of(clip)
            line = {
                "version": _VERSION,
                "clip": key,
                "frames": found.frames.tolist(),
                "parts": found.parts.tolist(),
            }
            with self._lock:
                self._append(json.dumps(line))
                self._known[key] = found
        return self._known[key]


@contextmanager
def kept_signatures(kind: str, place: Path | None = None) -> Iterator[KeptSignatures]:
    """Yield what gives signatures of one kind of clip, kept in a folder, by default ~/.cache/sparkle/signatures."""
    folder = Folder.at(place or cache_folder("signatures"))
    with folder.only_writer(".lock", "looking at clips"), folder.log(_LOG) as log:
        known: dict[str, Signature] = {}
        for _, line in folder.lines(_LOG):
            try:
                row = parse_object(line)
                frames, parts = np.array(row["frames"], np.uint64), np.array(row["parts"], np.uint64)
                if row["version"] == _VERSION and frames.ndim == 1 and parts.ndim == 2:
                    known[str(row["clip"])] = Signature(frames, parts)
            except (ValueError, KeyError, TypeError, OverflowError):
                continue  # a cache: what is garbled is made anew
        yield KeptSignatures(kind, known, log.append)
