"""What an edit leaves: the edited picture or one of its layers, and beside it the matte, each as its name asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.core.errors import SetupError
from sparkle.roles import Composed, Image
from sparkle.store import prepare_folder, prepare_output
from sparkle.video import Delivery, Picture, delivery_for, fit_size, probe, sample_frames, write_image

Layer = Literal["picture", "subject", "background"]

RIM = (17, 17)  # pixels round a hidden one whose visible colours it takes


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


def outputs_for(output: Path, delivery: Delivery | None, layer: Layer, matte: Path | None) -> Outputs:
    """Return outputs by their names. Raises SetupError for a name that says no way of writing."""
    main = Output(output, delivery_for(output) if delivery is None else delivery)
    return Outputs(main, layer, None if matte is None else Output(matte, delivery_for(matte)))


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


def layer_of(layer: Layer, source: Picture, composed: Composed, background: Image, *, alpha: bool) -> Picture:
    """Return a layer at its source's time; with `alpha` the subject is straight, else it is laid over black."""
    if layer == "background":
        return source._replace(frame=background, alpha=None)
    if layer == "picture":
        return source._replace(frame=composed.picture, alpha=None)
    if alpha:
        return source._replace(frame=without_hidden(composed.subject, composed.alpha), alpha=composed.alpha)
    share = composed.alpha[..., None].astype(np.uint16)
    over_black = ((composed.subject * share + 127) // 255).astype(np.uint8)
    return source._replace(frame=over_black, alpha=None)


def without_hidden(subject: Image, alpha: NDArray[np.uint8]) -> Image:
    """Return a subject's straight colours without what its alpha hides, which is the place it was filmed at: near the
    rim, whose colours codecs and players mix, the rim's go on, else all is black."""
    seen = (alpha > 0).astype(np.float32)
    colours, share = cv2.blur(subject * seen[..., None], RIM), cv2.blur(seen, RIM)
    near = np.rint(colours / np.maximum(share, 1e-3)[..., None]).astype(np.uint8)
    return np.where(seen[..., None] > 0, subject, near)


def matte_of(source: Picture, composed: Composed) -> Picture:
    """Return the matte as a grey picture."""
    return source._replace(frame=np.repeat(composed.alpha[..., None], 3, axis=2), alpha=None)


def worst_picture(clip: Path, outputs: Outputs, times: Sequence[float], frame: int) -> Path | None:
    """Write a frame of the source beside what became of it, and return where; None where no video was written."""
    main = outputs.main
    if main.delivery.pattern is not None:
        return None
    pair = [
        sample_frames(path, times=[time + 0.001], size=fit_size(*_size(path), 960, 960))[0][0]
        for path, time in ((clip, times[frame]), (main.path, times[frame] - times[0]))
    ]
    height = min(len(each) for each in pair)
    path = main.path.with_name(f"{main.path.stem}_weak.png")
    write_image(path, np.concatenate([each[:height] for each in pair], axis=1))
    return path


def _size(path: Path) -> tuple[int, int]:
    info = probe(path)
    return info.width, info.height
