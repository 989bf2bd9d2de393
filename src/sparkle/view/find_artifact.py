"""Where a sample's files lie in a folder: in the dataset's place, or aside; never outside of the folder."""

from __future__ import annotations

from sparkle.core.layout import artifact_path
from sparkle.store import Extent, Folder

PLACES = ("", "rejected/", "failed/")


def find_artifact(folder: Folder, theme: str, id: str, name: str) -> Extent | None:
    """Return where an artifact lies, or None. A link that leads out of the folder counts as nothing."""
    relative = artifact_path(name, theme, id).as_posix()
    for place in PLACES:
        key = f"{place}{relative}"
        if folder.exists(key) and is_inside(folder, key):
            return folder.extent(key)
    return None


def is_inside(folder: Folder, key: str) -> bool:
    """Whether a file of this machine really lies below the folder; elsewhere there are no links."""
    root = folder.path
    return root is None or (root / key).resolve().is_relative_to(root.resolve())
