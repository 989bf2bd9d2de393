"""Benchmarks anybody's model: an external program that is run once a clip, without a shell."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sparkle.core.errors import SampleError, SetupError
from sparkle.store import scratch_file

PLACEHOLDERS = ("source", "instruction", "output")

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_TAIL_BYTES = 2000


@dataclass(frozen=True, slots=True)
class CommandEditor:
    """Runs `words` with the placeholders filled in; each word stays one argument whatever an instruction holds."""

    name: str
    words: tuple[str, ...]
    timeout_s: float
    wave: int = 1

    def prepare(self, clips: Sequence[tuple[Path, str]]) -> None:
        """Do nothing: each clip is a program of its own."""

    def __call__(self, source: Path, instruction: str, output: Path) -> None:
        """Run the program. Raises SampleError with its exit code and the end of what it printed when it fails."""
        values = {
            "source": str(source.resolve()),
            "instruction": instruction,
            "output": str(output.resolve()),
        }
        arguments = [_filled(word, values) for word in self.words]
        with scratch_file() as printed:
            code = self._run(arguments, printed.fileno())
            if code is None:
                raise SampleError(
                    f"the command took longer than {self.timeout_s:g} s and was stopped; raise --timeout"
                )
            if code != 0:
                raise SampleError(f"the command ended with exit code {code}: {_tail(printed.fileno())}")
        if not output.exists():
            raise SampleError("the command ended with exit code 0 but wrote no file to {output}")

    def close(self) -> None:
        """Do nothing: a program ends with its clip."""

    def _run(self, arguments: list[str], printed: int) -> int | None:
        """Return the exit code, or None when the time is up; whatever the program started is stopped with it."""
        try:
            process = subprocess.Popen(  # noqa: S603 - the user's own command, without a shell
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise SampleError(f"the command cannot be started ({error})") from error
        try:
            return process.wait(self.timeout_s)
        except subprocess.TimeoutExpired:
            return None
        finally:
            _stop_group(process)


def command_editor(command: str, timeout_s: float = 3600.0) -> CommandEditor:
    """Return the editor of a command line such as `mymodel --in {source} --text {instruction} --out {output}`.

    Raises SetupError for a command that cannot be split or found, lacks {source} or {output}, or has an unknown
    placeholder.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise SetupError(f"--editor command: {command!r} cannot be split into words ({error})") from error
    used = set(_PLACEHOLDER.findall(command))
    unknown = sorted(used - set(PLACEHOLDERS))
    missing = [name for name in ("source", "output") if name not in used]
    if unknown or missing or not words:
        wrong = f"unknown: {', '.join(unknown)}" if unknown else f"missing: {', '.join(missing)}"
        raise SetupError(
            f"--editor command: placeholders are {{source}}, {{instruction}} and {{output}}; {wrong}"
        )
    if shutil.which(words[0]) is None:
        raise SetupError(f"--editor command: there is no program '{words[0]}'; check the name and the PATH")
    return CommandEditor(f"command:{command}", tuple(words), timeout_s)


def _filled(word: str, values: Mapping[str, str]) -> str:
    """Fill in placeholders once, so that braces within an instruction stay as they are."""
    return _PLACEHOLDER.sub(lambda match: values[match[1]], word)


def _stop_group(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of the program and of its children, and wait for it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _tail(descriptor: int) -> str:
    """Return the end of what a program printed, on one line."""
    size = os.fstat(descriptor).st_size
    text = os.pread(descriptor, _TAIL_BYTES, max(0, size - _TAIL_BYTES)).decode("utf-8", errors="replace")
    return " ".join(text.split()) or "it printed nothing"
