"""A `sparkle` command in a process of its own, for a page that shows how far it is and what it says when it fails."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from os import environ
from threading import Lock, Thread

from sparkle.core.errors import SetupError
from sparkle.runners.progress_lines import PROGRESS, parse_progress
from sparkle.view.mending import Work

_LINES = 6  # of what a command said before it failed


class FollowedCommand:
    """One command at a time. May be used by several threads."""

    def __init__(self) -> None:
        self.state = Work()
        self._process: subprocess.Popen[str] | None = None
        self._one = Lock()

    def start(self, arguments: Sequence[str], then: Callable[[], None], stack: ExitStack) -> None:
        """Begin. `then` is called when it ended well, and may raise SetupError; `stack` is closed however it ends.

        Raises SetupError while another one works.
        """
        try:
            with self._one:
                if self.state.running:
                    raise SetupError("It is being mended already; wait until that has ended.")
                self.state = Work(running=True, step="starting", finished=self.state.finished)
            self._process = subprocess.Popen(  # noqa: S603 - our own command; who calls has parsed its arguments
                [sys.executable, "-m", "sparkle", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                env={**environ, PROGRESS: "lines", "NO_COLOR": "1"},
            )
        except BaseException as error:
            stack.close()
            if not isinstance(error, SetupError):  # it was not begun; a refusal leaves what works as it is
                self.state = replace(self.state, running=False, fault=str(error))
            raise
        Thread(target=self._follow, args=(self._process, then, stack), daemon=True).start()

    def stop(self) -> None:
        """End what works."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait()

    def _follow(self, process: subprocess.Popen[str], then: Callable[[], None], stack: ExitStack) -> None:
        """Read what the command says until it ends."""
        said: list[str] = []
        with stack:
            for line in process.stderr or ():
                told = parse_progress(line)
                if told is not None:
                    step, done, of = told
                    self.state = replace(self.state, step=step, done=done, of=of)
                elif line.strip():
                    said.append(line.strip())
            code = process.wait()
        fault = ""
        if code:
            fault = "\n".join(said[-_LINES:]) or f"the command ended with code {code}"
        else:
            try:
                then()
            except SetupError as error:
                fault = str(error)
        self.state = Work(fault=fault, finished=self.state.finished + (not fault))
