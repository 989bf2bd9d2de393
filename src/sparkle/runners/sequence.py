"""A clip that comes as PNG files, made one file before it is edited: every reader of clips then reads it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sparkle.core.errors import MediaError, SetupError
from sparkle.runners.kept import Kept
from sparkle.runs import refuse_run_folder
from sparkle.store import free_bytes, prepare_folder, scratch_folder
from sparkle.video import is_sequence_source, pack_sequence, read_sequence

SPARE_BYTES = 200 * 2**20
STEP = "sequence"


@contextmanager
def one_file(clip: Path, fps: float | None, keep: Path | None) -> Iterator[Path]:
    """Yield the file of a clip: the clip itself, or a .mov of its PNG files, which lies in `keep` if that is given.

    Raises SetupError for a rate of a clip that has its own, MediaError for files that are no clip.
    """
    if not is_sequence_source(clip):
        if fps is not None:
            raise SetupError(f"--fps {fps:g}: {clip} has its own times; a rate is for PNG files")
        yield clip
        return
    sequence = read_sequence(clip, fps)
    with scratch_folder() as scratch:
        root = scratch if keep is None else keep
        if keep is not None:
            refuse_run_folder(keep)
        prepare_folder(root)
        needed, free = sum(path.stat().st_size for path in sequence.files), free_bytes(root)
        if needed + SPARE_BYTES > free:
            raise MediaError(
                f"{root}: the pictures take {needed / 1e9:.1f} GB, and {free / 1e9:.1f} GB are left there"
            )
        kept = Kept(root)
        reads = {
            "files": [(path.name, kept.content(path)) for path in sequence.files],
            "times": sequence.times,
            "rate": str(sequence.rate),
        }
        packed = kept.file(STEP, reads, lambda path: pack_sequence(sequence, path), suffix=".mov")
        kept.drop_unused(STEP)
        yield packed


def kept_file(clip: Path, keep: Path) -> Path:
    """Return the file that an edit in `keep` read for `clip`. Raises SetupError where its PNG files' .mov is gone."""
    if not is_sequence_source(clip):
        return clip
    found = sorted((keep / STEP).glob("*.mov"))
    if not found:
        raise SetupError(f"{keep}: its clip, packed from {clip}, is gone; run the edit again")
    return found[0]
