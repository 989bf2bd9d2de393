"""A run that is shown, and masks that were mended beside it: `sparkle mend` in a process, for its page."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from sparkle.core.errors import SetupError
from sparkle.runners.corrections import EDIT_FILE, marks_from_json, read_object
from sparkle.runners.followed_command import FollowedCommand
from sparkle.runners.mend_command import work_of
from sparkle.view.mending import Work
from sparkle.view.putting_back import Mended


class PutBackBeside:
    """Edits lie in `beside`, under the names that the commands on a sample's page give them: a page names samples, no
    folders. Use as a context manager: what works when it ends is stopped, and its run is as it was."""

    def __init__(self, run: str, beside: Path) -> None:
        self._run, self._beside = run, beside.absolute()
        self._command = FollowedCommand()
        self._id = ""

    def __enter__(self) -> PutBackBeside:
        return self

    def __exit__(self, *_: object) -> None:
        self._command.stop()

    def offered(self, id: str) -> Mended | None:
        """Return the edit of a sample, where there is one."""
        folder = self._beside / work_of(id)
        if not (folder / EDIT_FILE).is_file():
            return None
        try:
            return Mended(folder.name, len(marks_from_json(read_object(folder / EDIT_FILE).get("marks", []))))
        except SetupError as error:
            return Mended(folder.name, 0, str(error))

    def begin(self, id: str) -> None:
        """Begin to put its mask back."""
        found = self.offered(id)
        if found is None:
            raise SetupError(f"{work_of(id)}: no such edit here; make it by the commands that stand here")
        if not found.marks:
            raise SetupError(found.fault or f"{found.folder}: nothing was mended in it yet")
        self._command.start(
            ["mend", self._run, id, str(self._beside / found.folder)], lambda: None, ExitStack()
        )
        self._id = id

    def work(self) -> Work:
        """Return how far it is."""
        return self._command.state

    def at_work(self) -> str:
        """Return the sample that was begun last."""
        return self._id
