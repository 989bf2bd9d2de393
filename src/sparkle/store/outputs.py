"""Where a result may go: known before the work, so that nothing is computed in vain and no source is overwritten."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from sparkle.core.errors import OutputError, SetupError
from sparkle.store.whole import refuse_special


def prepare_output(output: Path, sources: Iterable[Path], suffix: str) -> None:
    """Make the folder of a result and try it. Raises SetupError for a name without `suffix`, for a folder, a
    pipe or a device, for the file of one of the sources, and where nothing can be written."""
    if output.suffix.lower() != suffix:
        raise SetupError(f"{output}: the result is written as {suffix}; name it so")
    try:
        if output.is_dir():
            raise SetupError(f"{output}: is a folder; name a {suffix} file")
        refuse_special(output)
        for source in sources:
            if output.exists() and source.exists() and output.samefile(source):
                raise SetupError(
                    f"{output}: is the source itself, which would be lost; name another --output"
                )
    except OSError as error:  # a name that is too long
        raise OutputError(f"{output}: cannot be written ({error.strerror}); name another output") from error
    prepare_folder(output.parent)
    # The longest name that is given to it on the way.
    _try(output.with_name(f".{output.stem}.{os.getpid()}.tmp{output.suffix}"), f"{output}")


def prepare_folder(folder: Path) -> None:
    """Make a folder for results, and try whether it takes files. Raises OutputError where it does not."""
    make_folder(folder)
    _try(folder / f".sparkle.{os.getpid()}.tmp", f"{folder}")


def make_folder(folder: Path) -> None:
    """Make a folder for results. Raises OutputError where there can be none."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be made ({error.strerror}); name another output") from error


def write_result(output: Path, write: Callable[[Path], object]) -> None:
    """Write what work was spent on, by `write(path)`, to `output`; where that cannot take it, to a temporary folder.

    Raises OutputError that says where the finished file is kept, or that it could be kept nowhere.
    """
    try:
        write(output)
    except OutputError as error:
        try:
            kept = Path(tempfile.mkdtemp(prefix="sparkle-kept-")) / output.name
            write(kept)
        except (OSError, OutputError) as second:
            raise OutputError(f"{error}; nor could the finished file be kept elsewhere: {second}") from error
        raise OutputError(
            f"{error}; the finished file is kept as {kept}: move it where there is room"
        ) from error


def _try(path: Path, where: str) -> None:
    try:
        path.unlink(missing_ok=True)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666))
        path.unlink()
    except OSError as error:
        raise OutputError(f"{where}: cannot be written ({error.strerror}); name another output") from error
