"""A mask that a person corrected after a run had made its own: kept in the run, and read before anything is tracked.

`corrections/{id}_{first digits of the source video's SHA-256}.npz` holds how far each pixel is subject, as the votes of
a mask do. It counts for that clip alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sparkle.bait import FULL
from sparkle.core.errors import SampleError
from sparkle.core.layout import artifact_path
from sparkle.core.sample import Sample
from sparkle.store import Folder, sha256_of
from sparkle.video import read_confidence, write_confidence

CORRECTIONS = "corrections"
_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Correction:
    """`share`: uint8 (T, H, W), 255 for subject. `sha256` of the file that holds it."""

    share: NDArray[np.uint8]
    sha256: str


def keep_correction(folder: Folder, sample: Sample, share: NDArray[np.uint8]) -> str:
    """Keep a mask, uint8 (T, H, W), 255 for subject, for the source video that lies in `folder`; return its key."""
    key = _key(folder, sample)
    with folder.writing(key) as path:
        write_confidence(path, share, FULL)
    return key


def read_correction(folder: Folder, sample: Sample, shape: tuple[int, int, int]) -> Correction | None:
    """Return the corrected mask of a sample, or None where nobody corrected it.

    Raises SampleError for one of another clip than the source video that lies in `folder`.
    """
    names = [name for name in folder.children(CORRECTIONS) if name.startswith(f"{sample.id}_")]
    if not names:
        return None
    key = _key(folder, sample)
    if key.rpartition("/")[2] not in names:
        raise SampleError(
            f"{folder.name(f'{CORRECTIONS}/{names[0]}')}: corrects another source clip than {sample.id} has now; "
            "delete it, and mend the sample again"
        )
    with folder.local(key) as path:
        share = np.rint(read_confidence(path).astype(np.float32) * FULL).astype(np.uint8)
        if share.shape != shape:
            raise SampleError(
                f"{folder.name(key)}: has the shape {share.shape}, and the clip {shape}; delete it"
            )
        return Correction(share, sha256_of(path))


def _key(folder: Folder, sample: Sample) -> str:
    with folder.local(str(artifact_path("source_video", sample.theme, sample.id))) as path:
        return f"{CORRECTIONS}/{sample.id}_{sha256_of(path)[:_DIGITS]}.npz"
