"""`sparkle view`: opens a folder of samples, and serves it to a browser or writes it as pages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sparkle.core.errors import SetupError
from sparkle.core.extras import require
from sparkle.runners.dataset_collection import DatasetCollection
from sparkle.runners.run_collection import RunCollection
from sparkle.runs import refuse_run_folder
from sparkle.runs.folder import RUN_FILE
from sparkle.store import Folder, prepare_folder, scratch_folder
from sparkle.view.collection import Collection
from sparkle.view.reviews import ReviewBook


def open_collection(address: str) -> Collection:
    """Return what lies at a path or an address: a run, or else a dataset. Nothing is written there.

    Raises SetupError for what is neither, and where its tables or its ledger cannot be read.
    """
    folder = Folder.at(address)
    if not folder.is_there():
        raise SetupError(f"{address}: no such folder; name a run of `sparkle build` or a dataset")
    return RunCollection(folder) if folder.exists(RUN_FILE) else DatasetCollection(folder)


def view(address: str, host: str, port: int, tell: Callable[[str], None]) -> None:
    """Serve the viewer of a folder until it is interrupted; `tell` gets the address. Raises SetupError."""
    require("starlette", "view", "the viewer")
    require("uvicorn", "view", "the viewer")
    from sparkle.view.browser.app import Shown
    from sparkle.view.browser.kept_pictures import KeptPictures
    from sparkle.view.browser.serve import serve

    collection = open_collection(address)
    with scratch_folder() as kept, ReviewBook(collection.folder) as book:
        serve(Shown(collection, book, KeptPictures(Folder.at(kept))), host, port, tell)


def write_viewer(address: str, out: Path, report: Callable[[int, int], None]) -> int:
    """Write the viewer of a folder as files, and return how many samples it shows; `report` gets (done, of all).

    Raises SetupError for what is no run or dataset, and for a folder that holds something already.
    """
    collection = open_collection(address)
    target = Folder.at(out)
    if target.is_there() and target.children():
        raise SetupError(
            f"{out}: holds something already; name an empty folder, or one that is not there yet"
        )
    refuse_run_folder(out)
    prepare_folder(out)
    from sparkle.view.browser.static import write_pages

    return write_pages(collection, target, report)
