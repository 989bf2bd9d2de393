"""Contact sheets of a run folder: one per accepted sample, and one of the whole run."""

from __future__ import annotations

from pathlib import Path

from sparkle.core.layout import artifact_path
from sparkle.dataset import Pair, read_pairs, themes_of
from sparkle.roles import Frames
from sparkle.video import read_clip, read_image, read_masks, write_image
from sparkle.view import Column, OverviewRow, contact_sheet, evenly_spaced, overview_sheet

MOMENTS = 4
MOST_ROWS = 12


def write_sheets(root: Path) -> Path | None:
    """Write the sheets of samples that have none yet, and the overview of the run's first samples.

    Returns the overview, or the sample's own sheet where there is only one, or None when nothing was accepted.
    """
    pairs = list(read_pairs(root)) if themes_of(root) else []
    sheets = [_sample_sheet(root, pair) for pair in pairs]
    if len(pairs) < 2:
        return sheets[0] if sheets else None
    rows = [_overview_row(pair) for pair in pairs[:MOST_ROWS]]
    shown = f", the first {MOST_ROWS} shown" if len(pairs) > MOST_ROWS else ""
    overview = root / "contact_sheet.png"
    write_image(overview, overview_sheet(rows, f"{len(pairs)} accepted pairs", f"run {root.name}{shown}"))
    return overview


def _sample_sheet(root: Path, pair: Pair) -> Path:
    sheet = root / "sheets" / f"{pair.id}.png"
    if sheet.exists() and sheet.stat().st_mtime_ns >= pair.edited.stat().st_mtime_ns:
        return sheet

    def place(artifact: str) -> Path:
        return root / artifact_path(artifact, pair.theme, pair.id)

    edited, fps = _frames(pair.edited)
    columns: dict[str, Column] = {
        "source": _frames(pair.source)[0],
        "mask": read_masks(place("source_video_mask")),
        "clean background": read_image(place("edited_frame0_foreground_removed")),
        "background video": _frames(place("edited_background_video"))[0],
        "edges": _frames(place("edited_video_canny"))[0],
        "edited": edited,
    }
    moments = evenly_spaced(len(edited), MOMENTS)
    stamps = [f"{moment / fps:.1f} s" for moment in moments]
    write_image(sheet, contact_sheet(columns, moments, pair.id, pair.instruction, stamps))
    return sheet


def _overview_row(pair: Pair) -> OverviewRow:
    source, edited = _frames(pair.source)[0], _frames(pair.edited)[0]
    early, late = evenly_spaced(len(edited), 4)[1::2]
    return OverviewRow(pair.id, pair.instruction, source[early], (edited[early], edited[late]))


def _frames(path: Path) -> tuple[Frames, float]:
    clip = read_clip(path, size=None, fps=None, frames=None, time_limit_s=120.0)
    return clip.frames, clip.fps
