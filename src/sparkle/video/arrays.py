"""Arrays in .npz files that are not trusted: nothing is unpickled, nothing larger than promised is unpacked."""

from __future__ import annotations

import io
import threading
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparkle.core.errors import MediaError
from sparkle.store import open_plain, write_bytes

MAX_VOXELS = 8_000_000_000

_HEADER_READERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
# NumPy has Python's compiler read a header; that of 3.11 fails now and then when threads call it side by side
# ("AST constructor recursion depth mismatch").
_compiling = threading.Lock()


def write_arrays(path: str | Path, **arrays: NDArray[Any]) -> None:
    """Write named arrays as compressed .npz, whole or not at all; the same arrays give the same bytes."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    write_bytes(path, buffer.getvalue())


class Arrays:
    """An open .npz file; `read` raises ValueError for what is not as it should be."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def video_shape(self) -> tuple[int, int, int]:
        """Read `shape`, three positive integers (T, H, W) of a plausible product."""
        frames, height, width = (int(value) for value in self.read("shape", 3).tolist())
        if min(frames, height, width) <= 0 or prod((frames, height, width)) > MAX_VOXELS:
            raise ValueError(f"its shape {frames}x{height}x{width} is impossible")
        return frames, height, width

    def read(self, name: str, length: int, dtype: np.dtype[Any] | None = None) -> NDArray[Any]:
        """Read a flat array of `length` integers, of `dtype` if given."""
        with self._archive.open(f"{name}.npy") as member:
            version = np.lib.format.read_magic(member)
            if version not in _HEADER_READERS:
                raise ValueError(f"its array '{name}' has an unknown version {version}")
            with _compiling:
                shape, _, found = _HEADER_READERS[version](member)
            if shape != (length,) or found.kind not in "iu" or dtype not in (None, found):
                raise ValueError(
                    f"its array '{name}' is {found} {shape}, not {length} of {dtype or 'integers'}"
                )
            content = member.read(length * found.itemsize)
        if len(content) < length * found.itemsize:
            raise ValueError(f"its array '{name}' is cut off")
        return np.frombuffer(content, found)


@contextmanager
def open_arrays(path: str | Path, kind: str) -> Iterator[Arrays]:
    """Open an .npz file; whatever goes wrong inside becomes a MediaError that names the file and its `kind`."""
    try:
        with open_plain(path) as file, zipfile.ZipFile(file) as archive:
            yield Arrays(archive)
    except FileNotFoundError:
        raise MediaError(f"{path}: no such {kind}; run the stage that writes it again") from None
    except (OSError, ValueError, EOFError, KeyError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise MediaError(
            f"{path}: is no {kind} as Sparkle writes it ({error}); run the stage that writes it again"
        ) from None
