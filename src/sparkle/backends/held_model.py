"""A model that is loaded at its first use, used by one caller at a time, and released to make room for another."""

from __future__ import annotations

import gc
import importlib
import importlib.util
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Generic, TypeVar

from sparkle.backends.compiling import compiler_failure
from sparkle.core.errors import OutOfMemoryError
from sparkle.core.usage import Usage, record_usage

Model = TypeVar("Model")


class HeldModel(Generic[Model]):
    """Holds what `load` returns. Thread-safe: callers of `use` take turns, so that samples may overlap their
    decoding and encoding while the accelerator works for one of them at a time."""

    def __init__(
        self,
        load: Callable[[], Model],
        remedy: str,
        name: str = "model",
        libraries: Sequence[str] = ("transformers", "diffusers"),
    ) -> None:
        """`load` returns the model, ready to run; `remedy` is the setting that helps when memory runs out; `name`
        is the model's, for the report of what was used; `libraries` load it, and show bars of their own."""
        self._load = load
        self._remedy = remedy
        self._name = name
        self._libraries = libraries
        self._model: Model | None = None
        self._turn = threading.RLock()

    @contextmanager
    def use(self, doing: str) -> Iterator[Model]:
        """Yield the model. `doing` says what runs, with its size: "edit at 1280x720".

        The seconds that it is held are recorded as usage under what comes before " at ". Raises OutOfMemoryError,
        which names `doing` and the remedy, and SetupError where its blocks cannot be compiled.
        """
        with self._turn:
            try:
                if self._model is None:
                    _silence_progress_bars(self._libraries)
                    self._model = self._load()
                started = time.monotonic()
                yield self._model
                seconds = time.monotonic() - started
                record_usage(Usage(doing.partition(" at ")[0], self._name, seconds=seconds))
            except Exception as error:
                if failure := compiler_failure(error):
                    raise failure from error
                if not _is_out_of_memory(error):
                    raise
                raise OutOfMemoryError(f"{doing}: {_first_line(error)}; {self._remedy}") from error

    def release(self) -> None:
        """Forget the model and give its memory back; the next use loads it again."""
        with self._turn:
            if self._model is None:
                return
            self._model = None
            gc.collect()
            torch = sys.modules.get("torch")
            if torch is not None and torch.cuda.is_available():
                torch.cuda.empty_cache()


def _silence_progress_bars(libraries: Sequence[str]) -> None:
    """Keep the libraries' own bars out of the one that a run shows."""
    for name in libraries:
        if importlib.util.find_spec(name) is not None:
            importlib.import_module(f"{name}.utils.logging").disable_progress_bar()


def _is_out_of_memory(error: Exception) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(error, torch.OutOfMemoryError)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
