"""Contact sheets of the samples that fell: one each, of whatever there is of it, and overviews of twelve."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from sparkle.core.errors import MediaError
from sparkle.core.layout import SAMPLE_ID, artifact_path
from sparkle.roles import Frames, Image
from sparkle.runners.rejects import Fallen
from sparkle.runners.sheet_frames import TIME_LIMIT_S, clip_length, frames_at
from sparkle.store import refuse_links, remove_file
from sparkle.video import fit_size, probe, read_image, read_masks, sample_frames, write_image
from sparkle.view import Column, OverviewRow, contact_sheet, evenly_spaced, overview_sheet
from sparkle.view.drawing import tinted

MOMENTS = 4
ROWS = 12
SHEETS = Path("sheets/rejected")
OVERVIEW = "contact_sheet_rejected"
OWN_FILE_WIDTH = 640

COLUMNS = {
    "source": "source_video",
    "first edited frame": "edited_frame0",
    "mask": "source_video_mask",
    "clean background": "edited_frame0_foreground_removed",
    "background video": "edited_background_video",
    "edges": "edited_video_canny",
    "edited": "edited_video",
}
# What the checks of a stage look at; those of the first one look at the source.
JUDGED = {
    "first_frame": "first edited frame",
    "isolate": "clean background",
    "track": "mask",
    "animate": "background video",
    "synthesize": "edited",
}


def draw_rejects(run: Path, fallen: Sequence[Fallen]) -> tuple[list[Fallen], list[Path]]:
    """Write the sheets below `run`, and return the samples with their pictures, and the paths of the overviews.

    What of a sample cannot be read any more is missing in its picture; a sample of which there is nothing has none.
    """
    refuse_links(run, [run / SHEETS])
    shown = []
    rows = []
    for each in fallen:
        columns, moments = _columns(run, each)
        if not columns:
            shown.append(each)
            continue
        picture = SHEETS / f"{each.id}.png"
        rows_shown = min((len(column) for column in columns.values() if not _is_still(column)), default=1)
        stamps = [f"#{moment}" for moment in moments[:rows_shown]]
        sheet = contact_sheet(columns, range(rows_shown), f"{each.id}  {each.name}", each.reason, stamps)
        write_image(run / picture, sheet)
        shown.append(replace(each, picture=str(picture)))
        rows.append(_row(each, columns))
    for old in set((run / SHEETS).glob("*.png")) - {run / SHEETS / f"{each.id}.png" for each in shown}:
        remove_file(old)  # of a sample that was tried again since
    return shown, list(_write_overviews(run, rows))


def _columns(run: Path, fallen: Fallen) -> tuple[dict[str, Column], list[int]]:
    """Return what is left of a sample by the headers of its columns, and the moments that its clips show.

    Of its source it is, if need be, the user's own file, at moments spread over it.
    """
    match = SAMPLE_ID.fullmatch(fallen.id)
    theme = match["theme"] if match else ""
    opened: dict[str, Column | _Sampled] = {}
    for header, artifact in COLUMNS.items():
        relative = artifact_path(artifact, theme, fallen.id)
        places = [run / aside / relative for aside in ("rejected", "failed", "")]
        place = next((path for path in places if path.is_file()), None)
        with suppress(MediaError):
            if place is not None:
                opened[header] = _open(place)
            elif header == "source":
                opened[header] = _own_file(Path(fallen.source))
    moving = [each for each in opened.values() if isinstance(each, _Sampled) or not _is_still(each)]
    moments = evenly_spaced(min(map(len, moving), default=1), MOMENTS)
    columns: dict[str, Column] = {}
    for header, each in opened.items():
        with suppress(MediaError):
            if isinstance(each, _Sampled):
                columns[header] = frames_at(each.path, moments, each.fps)
            else:
                columns[header] = each if _is_still(each) else each[moments]
    return columns, moments


@dataclass(frozen=True, slots=True)
class _Sampled:
    """A clip of a run, of which only what is shown is read."""

    path: Path
    frames: int
    fps: float

    def __len__(self) -> int:
        return self.frames


def _open(path: Path) -> Column | _Sampled:
    if path.suffix == ".png":
        return read_image(path)
    if path.suffix == ".npz":
        return read_masks(path)
    return _Sampled(path, *clip_length(path))


def _own_file(path: Path) -> Frames:
    info = probe(path, time_limit_s=TIME_LIMIT_S)
    times = [info.duration_s * (number + 0.5) / MOMENTS for number in range(MOMENTS)]
    size = fit_size(info.width, info.height, OWN_FILE_WIDTH, OWN_FILE_WIDTH)
    return sample_frames(path, times=times, size=size, time_limit_s=TIME_LIMIT_S)[0]


def _row(fallen: Fallen, columns: dict[str, Column]) -> OverviewRow:
    """Return the row of an overview: the source, and two moments of what the check looked at."""
    first = next(iter(columns.values()))
    judged = columns.get(JUDGED.get(fallen.stage, "source"), first)
    moments = [0] if _is_still(judged) else list(range(len(judged)))[-3::2]
    pictures = tuple(_picture(judged, moment, first) for moment in moments)
    return OverviewRow(f"{fallen.id}", fallen.reason, _picture(first, 0, first), pictures)


def _picture(column: Column, moment: int, source: Column) -> Image:
    frame = column if _is_still(column) else column[moment]
    if frame.dtype == bool and source.shape[:3] == column.shape:
        return tinted(source[moment].astype(np.uint8), frame.astype(bool))
    picture = (255 * frame if frame.dtype == bool else frame).astype(np.uint8)
    return picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, axis=-1)


def _is_still(column: Column) -> bool:
    return column.ndim == 3 and column.shape[-1] == 3


def _write_overviews(run: Path, rows: Sequence[OverviewRow]) -> Iterator[Path]:
    """Write the sheets of twelve rows, and remove those that an earlier, longer list left."""
    pages = [rows[start : start + ROWS] for start in range(0, len(rows), ROWS)]
    paths = [run / (f"{OVERVIEW}.png" if n == 0 else f"{OVERVIEW}_{n + 1}.png") for n in range(len(pages))]
    for old in set(run.glob(f"{OVERVIEW}*.png")) - set(paths):
        remove_file(old)
    for number, (path, page) in enumerate(zip(paths, pages, strict=True), 1):
        title = f"{len(rows)} samples that fell"
        write_image(
            path, overview_sheet(page, title, f"run {run.name}, sheet {number} of {len(pages)}", "judged")
        )
        yield path
