"""Contact sheets of a run folder: one per accepted sample, and one of the whole run."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from sparkle.core.layout import artifact_path
from sparkle.core.threads import in_order
from sparkle.dataset import Pair, read_pairs, themes_of
from sparkle.roles import Image
from sparkle.runners.processes import cores
from sparkle.runners.sheet_frames import clip_length, frames_at
from sparkle.video import read_image, read_masks, write_image
from sparkle.view import Column, OverviewRow, contact_sheet, evenly_spaced, overview_sheet

MOMENTS = 4
MOST_ROWS = 12


def write_sheets(root: Path) -> Path | None:
    """Write the sheets of samples that have none yet, and the overview of the run's first samples.

    Returns the overview, or the sample's own sheet where there is only one, or None when nothing was accepted.
    """
    pairs = list(read_pairs(root)) if themes_of(root) else []
    # One after the other they would be what a build on many cores waits for.
    missing = (pair for pair in pairs if not _has_sheet(root, pair))
    for _ in in_order(partial(_write_sheet, root), missing, workers=cores(), ahead=cores()):
        pass
    if len(pairs) < 2:
        return _sheet_path(root, pairs[0]) if pairs else None
    rows = [_overview_row(pair) for pair in pairs[:MOST_ROWS]]
    shown = f", the first {MOST_ROWS} shown" if len(pairs) > MOST_ROWS else ""
    overview = root / "contact_sheet.png"
    write_image(overview, overview_sheet(rows, f"{len(pairs)} accepted pairs", f"run {root.name}{shown}"))
    return overview


def _write_sheet(root: Path, pair: Pair) -> None:
    write_image(_sheet_path(root, pair), _sample_sheet(root, pair))


def _sheet_path(root: Path, pair: Pair) -> Path:
    return root / "sheets" / f"{pair.id}.png"


def _has_sheet(root: Path, pair: Pair) -> bool:
    sheet = _sheet_path(root, pair)
    return sheet.exists() and sheet.stat().st_mtime_ns >= pair.edited.stat().st_mtime_ns


def _sample_sheet(root: Path, pair: Pair) -> Image:
    def place(artifact: str) -> Path:
        return root / artifact_path(artifact, pair.theme, pair.id)

    length, fps = clip_length(pair.edited)
    moments = evenly_spaced(length, MOMENTS)
    columns: dict[str, Column] = {
        "source": frames_at(pair.source, moments, fps),
        "mask": read_masks(place("source_video_mask"))[moments],
        "clean background": read_image(place("edited_frame0_foreground_removed")),
        "background video": frames_at(place("edited_background_video"), moments, fps),
        "edges": frames_at(place("edited_video_canny"), moments, fps),
        "edited": frames_at(pair.edited, moments, fps),
    }
    stamps = [f"{moment / fps:.1f} s" for moment in moments]
    return contact_sheet(columns, range(len(moments)), pair.id, pair.instruction, stamps)


def _overview_row(pair: Pair) -> OverviewRow:
    length, fps = clip_length(pair.edited)
    early, late = evenly_spaced(length, MOMENTS)[1::2]
    edited = frames_at(pair.edited, [early, late], fps)
    return OverviewRow(
        pair.id, pair.instruction, frames_at(pair.source, [early], fps)[0], (edited[0], edited[1])
    )
