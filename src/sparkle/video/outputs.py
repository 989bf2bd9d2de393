"""Where a result may go: known before the work, so that nothing is computed in vain and no source is overwritten."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sparkle.core.errors import SetupError


def prepare_output(output: Path, sources: Iterable[Path], suffix: str) -> None:
    """Make the folder of a result. Raises SetupError for a name without `suffix`, for a folder, for the file of one of
    the sources, and where no folder can be made."""
    if output.suffix.lower() != suffix:
        raise SetupError(f"{output}: the result is written as {suffix}; name it so")
    if output.is_dir():
        raise SetupError(f"{output}: is a folder; name a {suffix} file")
    for source in sources:
        if output.exists() and source.exists() and output.samefile(source):
            raise SetupError(f"{output}: is the source itself, which would be lost; name another --output")
    make_folder(output.parent)


def make_folder(folder: Path) -> None:
    """Make a folder for results. Raises SetupError where there can be none."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SetupError(f"{folder}: cannot be made ({error.strerror}); name another output") from error
