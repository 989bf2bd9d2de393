"""Runs `sparkle` commands, each in a process of its own that has its imports behind it: most of a short command's time.

    with CommandServer() as server:
        done = server.run("recipes", "--json", cwd=folder)

A server is one process that imports the commands and nothing that starts a thread. For each call it forks, and the fork
takes over arguments, environment, working directory and outputs as a new process would, and ends as one.
"""

import gc
import importlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

# Read when an interpreter or a library starts, and not again.
_EARLY = ("PYTHON", "COLUMNS", "LINES", "TERM", "NO_COLOR", "FORCE_COLOR", "OMP_", "OPENBLAS_", "LD_")
_IMPORTS = ("sparkle.runners.build", "sparkle.runners.edit", "sparkle.backends.cpu.compositor", "cv2", "av")


def _early() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith(_EARLY)}


class CommandServer:
    """Starts its process at the first call."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._started_with: dict[str, str] = {}

    def __enter__(self) -> "CommandServer":
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.communicate()

    def run(self, *arguments: object, cwd: Path | str | None = None) -> subprocess.CompletedProcess[str]:
        """Run `sparkle` with arguments and return its exit status, stdout and stderr."""
        command = [sys.executable, "-m", "sparkle", *map(str, arguments)]
        if self._process is None:
            self._started_with = _early()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.command_server"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=Path(__file__).parents[1],
            )
        if _early() != self._started_with:
            return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False)
        with tempfile.TemporaryDirectory() as folder:
            outputs = [Path(folder) / "stdout", Path(folder) / "stderr"]
            call = {
                "arguments": command[3:],
                "environment": dict(os.environ),
                "cwd": str(cwd or Path.cwd()),
                "outputs": list(map(str, outputs)),
            }
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._process.stdin.write(json.dumps(call) + "\n")
            self._process.stdin.flush()
            status = int(self._process.stdout.readline())
            return subprocess.CompletedProcess(command, status, *(path.read_text() for path in outputs))


def _next_call() -> dict[str, Any] | None:
    """Return a call, in the process that is for it; None in the server, when there are no more."""
    while line := sys.stdin.readline():
        child = os.fork()
        if child == 0:
            return dict(json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    return None


def _become(call: dict[str, Any]) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    for descriptor, path in enumerate(call["outputs"], 1):
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.dup2(file, descriptor)
        os.close(file)
    os.close(nothing)
    os.environ.clear()
    os.environ.update(call["environment"])
    os.chdir(call["cwd"])
    sys.argv = ["sparkle", *call["arguments"]]
    tempfile.tempdir = None  # of this environment


def _serve() -> None:
    from sparkle.cli import main
    from sparkle.cli.late import SUMMARIES

    for name in (*(f"sparkle.cli.{command}" for command in SUMMARIES), *_IMPORTS):
        importlib.import_module(name)
    heavy = {"torch", "onnxruntime", "ray"} & set(sys.modules)
    if heavy:
        raise RuntimeError(f"a command imports {', '.join(heavy)}, whose threads no fork has")
    gc.freeze()  # a fork that looks for garbage among what was imported copies all of its memory
    call = _next_call()
    if call is not None:
        _become(call)
        main()


if __name__ == "__main__":
    _serve()
