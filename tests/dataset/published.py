"""Turns loose files into the shards of the published release, with Python's own tarfile."""

import shutil
import tarfile
from pathlib import Path

from sparkle.core.layout import ARTIFACTS


def pack_by_hand(root: Path, *kinds: str, part: int = 0) -> None:
    """Move the files of these kinds of every theme into shards, as the published release has them."""
    for kind in kinds or ARTIFACTS:
        above = root if kind in ("source_video", "edited_video") else root / "intermediate_data"
        for folder in sorted(above.glob(f"*/{kind}")):
            theme = folder.parent.name
            with tarfile.open(above / f"{theme}_{kind}_part{part:02d}.tar", "w") as archive:
                for path in sorted(folder.iterdir()):
                    archive.add(path, f"{theme}/{kind}/{path.name}")
            shutil.rmtree(folder)
