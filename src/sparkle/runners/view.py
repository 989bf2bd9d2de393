"""`sparkle view`: opens samples, an edit or two sets of results, and serves them to a browser or writes pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sparkle.core.errors import SetupError
from sparkle.core.extras import require
from sparkle.runners.bench_collection import BenchCollection
from sparkle.runners.blind import BlindComparison
from sparkle.runners.dataset_collection import DatasetCollection
from sparkle.runners.mending import KeptEdit
from sparkle.runners.putting_back import PutBackBeside
from sparkle.runners.run_collection import RunCollection
from sparkle.runs import refuse_run_folder
from sparkle.runs.folder import RUN_FILE
from sparkle.store import Folder, prepare_folder, scratch_folder
from sparkle.view.browser.kept_pictures import KeptPictures
from sparkle.view.collection import Collection
from sparkle.view.reviews import ReviewBook

Tell = Callable[[str], None]


def open_collection(address: str, *, sources: bool = False) -> Collection:
    """Return what lies at a path or an address: a run, or else a dataset. Nothing is written there.

    With `sources` a run shows the user's own files for samples that fell before their clip was cut.

    Raises SetupError for what is neither, and where its tables or its ledger cannot be read.
    """
    folder = Folder.at(address)
    if not folder.is_there():
        raise SetupError(f"{address}: no such folder; name a run of `sparkle build` or a dataset")
    return RunCollection(folder, sources=sources) if folder.exists(RUN_FILE) else DatasetCollection(folder)


def open_results(bench: Path, results: Path) -> Collection:
    """Return the results of a benchmark. Raises SetupError for what is none."""
    if not results.is_dir():
        raise SetupError(f"{results}: no such folder; name what `sparkle bench infer` was given as --save")
    return BenchCollection(bench, results)


def view(collection: Collection, host: str, port: int, tell: Tell) -> None:
    """Serve the viewer of a collection until it is interrupted; `tell` gets the address. Raises SetupError."""
    _require()
    from sparkle.view.browser.app import Shown, make_app
    from sparkle.view.browser.serve import serve

    with _pictures() as pictures, ReviewBook(collection.folder) as book, ExitStack() as stack:
        back = None
        if isinstance(collection, RunCollection):
            run = collection.folder.address
            back = stack.enter_context(PutBackBeside(run, Path()))
        shown = Shown(collection, book, pictures, back)
        serve(lambda own, access: make_app(shown, own, access), host, port, tell)


def mend(keep: Path, host: str, port: int, tell: Tell) -> None:
    """Serve the page on which the edit in a folder is mended, as `view` does."""
    _require()
    from sparkle.view.browser.mend_app import make_mend_app
    from sparkle.view.browser.serve import serve

    with _pictures() as pictures, KeptEdit(keep) as edit:
        serve(lambda own, access: make_mend_app(edit, pictures, own, access), host, port, tell)


def compare_blind(bench: Path, a: Path, b: Path, host: str, port: int, tell: Tell) -> None:
    """Serve the page on which two sets of results are compared, as `view` does."""
    _require()
    from sparkle.view.browser.blind_app import make_blind_app
    from sparkle.view.browser.serve import serve

    for folder in (a, b):
        if not folder.is_dir():
            raise SetupError(f"{folder}: no such folder; name what `sparkle bench infer` was given as --save")
    with _pictures() as pictures, BlindComparison(bench, a, b) as blind:
        serve(lambda own, access: make_blind_app(blind, pictures, own, access), host, port, tell)


def _require() -> None:
    require("starlette", "view", "the viewer")
    require("uvicorn", "view", "the viewer")


@contextmanager
def _pictures() -> Iterator[KeptPictures]:
    with scratch_folder() as kept:
        yield KeptPictures(Folder.at(kept))


def write_viewer(collection: Collection, out: Path, report: Callable[[int, int], None]) -> int:
    """Write the viewer of a collection as files, and return how many samples it shows; `report` gets (done, of all).

    Raises SetupError for what is no run or dataset, and for a folder that holds something already.
    """
    target = Folder.at(out)
    if target.is_there() and target.children():
        raise SetupError(
            f"{out}: holds something already; name an empty folder, or one that is not there yet"
        )
    refuse_run_folder(out)
    prepare_folder(out)
    from sparkle.view.browser.static import write_pages

    return write_pages(collection, target, report)
