"""What an edit leaves: the edited picture or one of its layers, and beside it the matte, each as its name asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from sparkle.core.errors import OutputError, SetupError
from sparkle.roles import Composed, Image
from sparkle.store import free_bytes, prepare_folder, prepare_output
from sparkle.video import Delivery, Picture

Layer = Literal["picture", "subject", "background"]

SPARE_BYTES = 200 * 2**20


@dataclass(frozen=True, slots=True)
class Output:
    """A file, or a pattern of files, and how it is written."""

    path: Path
    delivery: Delivery


@dataclass(frozen=True, slots=True)
class Outputs:
    """`main` gets a layer: the edited picture, the subject in its new light (over black, or transparent where the
    delivery holds alpha), or the new background. `matte`, if wanted, gets what is white where the subject is."""

    main: Output
    layer: Layer = "picture"
    matte: Output | None = None

    def each(self) -> Sequence[Output]:
        """Return all that is written."""
        return [self.main] if self.matte is None else [self.main, self.matte]


def prepare(outputs: Outputs, sources: Sequence[Path]) -> None:
    """Make the folders and try them. Raises SetupError for a result that would take a source's place or another's, and
    where nothing can be written."""
    paths = [each.path.absolute() for each in outputs.each()]
    if len(set(paths)) < len(paths):
        raise SetupError(f"{paths[0]}: is named for two results; give each its own name")
    for each in outputs.each():
        if each.delivery.pattern is None:
            prepare_output(each.path, sources, each.delivery.suffix)
            continue
        folder = each.path.parent
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise SetupError(f"{folder}: is there, and not an empty folder; name a new one for the pictures")
        prepare_folder(folder.absolute().parent)


def refuse_full_disk(outputs: Outputs, pixels: float, kept: Path | None, kept_bytes: int) -> None:
    """Raise OutputError where the disk has no room for results of so many pixels, or for what is kept."""
    wanted = [(each.path, each.delivery.bytes_of(pixels)) for each in outputs.each()]
    if kept is not None:
        wanted.append((kept, kept_bytes))
    for path, size in wanted:
        free = free_bytes(path)
        if size + SPARE_BYTES > free:
            raise OutputError(
                f"{path}: needs about {size / 1e9:.1f} GB, and its disk has {free / 1e9:.1f} GB left; name another "
                "place, or cut the clip with --start and --end"
            )


def layer_of(layer: Layer, source: Picture, composed: Composed, background: Image, *, alpha: bool) -> Picture:
    """Return a layer at its source's time; with `alpha` the subject is straight, else it is laid over black."""
    if layer == "background":
        return source._replace(frame=background, alpha=None)
    if layer == "picture":
        return source._replace(frame=composed.picture, alpha=None)
    if alpha:
        return source._replace(frame=composed.subject, alpha=composed.alpha)
    share = composed.alpha[..., None].astype(np.uint16)
    over_black = ((composed.subject * share + 127) // 255).astype(np.uint8)
    return source._replace(frame=over_black, alpha=None)


def matte_of(source: Picture, composed: Composed) -> Picture:
    """Return the matte as a grey picture."""
    return source._replace(frame=np.repeat(composed.alpha[..., None], 3, axis=2), alpha=None)
