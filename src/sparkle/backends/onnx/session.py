"""One way to open a graph: checked before ONNX Runtime sees it, and checked again by the names and shapes it has."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparkle.backends.onnx.graph_file import NotAGraphError, read_graph
from sparkle.core.errors import BackendError, SetupError
from sparkle.core.extras import require

EXTRA = "onnx"
ONNX_TYPES = {"float32": "tensor(float)", "int64": "tensor(int64)", "uint8": "tensor(uint8)"}


@dataclass(frozen=True, slots=True)
class Port:
    """An input or output that a network declares: None in `shape` is a size that may differ."""

    name: str
    shape: tuple[int | None, ...]
    dtype: str = "float32"

    def __str__(self) -> str:
        sizes = ", ".join("any" if size is None else str(size) for size in self.shape)
        return f"'{self.name}' {self.dtype} ({sizes})"

    def admits(self, dtype: str, shape: Sequence[Any]) -> bool:
        """Whether a tensor of this type and shape fits. A size that a graph leaves open (a name, or None) fits too."""
        return dtype == ONNX_TYPES[self.dtype] and self.fits(shape)

    def fits(self, shape: Sequence[Any]) -> bool:
        """Whether a shape has as many sizes as declared, and every known one as declared."""
        return len(shape) == len(self.shape) and all(
            declared is None or not isinstance(size, int) or size == declared
            for declared, size in zip(self.shape, shape, strict=True)
        )


@dataclass(frozen=True, slots=True)
class GraphSpec:
    """What a network's graph takes and answers. Other outputs may be there; other inputs may not."""

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]


class Graph:
    """An open graph; call it with arrays by input name. Safe to be called by several threads."""

    def __init__(self, session: Any, spec: GraphSpec, path: Path) -> None:
        self._session = session
        self._spec = spec
        self._path = path
        self._names = [port.name for port in spec.outputs]

    def __call__(self, inputs: Mapping[str, NDArray[Any]]) -> list[NDArray[np.float32]]:
        """Return the declared outputs, in their order. Raises BackendError for answers of another shape or that are
        no finite numbers."""
        answers: list[NDArray[np.float32]] = self._session.run(self._names, dict(inputs))
        for port, answer in zip(self._spec.outputs, answers, strict=True):
            if not port.fits(answer.shape):
                raise BackendError(f"{self._path}: output {port} expected, it answered {answer.shape}")
            if not math.isfinite(float(answer.sum(dtype=np.float64))):
                raise BackendError(f"{self._path}: output '{port.name}' is not finite")
        return answers


def open_graph(
    path: Path, graph: bytes, spec: GraphSpec, threads: int, data_files: Mapping[str, bytes]
) -> Graph:
    """Open the graph that was read from `path`, on the CPU, with at most `threads` threads and no more than cores.

    `data_files` are the only other files that it may take tensors from, by name. Everything is handed over in memory:
    ONNX Runtime opens no file by itself.

    Raises SetupError, which names the file and what was expected, for anything that is not the declared graph: other
    names or shapes, tensors in other files, operators that ONNX Runtime does not bring, no graph at all.
    """
    runtime = require("onnxruntime", EXTRA, f"the network {path.name}")
    _check_reach(path, graph, sorted(data_files))
    options = runtime.SessionOptions()
    options.intra_op_num_threads = min(threads, os.cpu_count() or 1)
    options.inter_op_num_threads = 1
    # A thread that has nothing to do sleeps: others use these cores too, as other samples of a run.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3  # its warnings are about its own optimisations
    if data_files:
        sizes = [len(content) for content in data_files.values()]
        options.add_external_initializers_from_files_in_memory(
            list(data_files), list(data_files.values()), sizes
        )
    try:
        session = runtime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except _failures(runtime) as error:
        raise SetupError(f"{path}: ONNX Runtime cannot open it: {str(error).splitlines()[0]}") from error
    _check_ports(path, spec, session)
    return Graph(session, spec, path)


def _check_reach(path: Path, graph: bytes, data_files: Sequence[str]) -> None:
    """Refuse a graph that reaches beyond itself and `data_files`."""
    try:
        file = read_graph(graph)
    except NotAGraphError as error:
        raise SetupError(f"{path}: no ONNX graph: {error}") from error
    elsewhere = sorted(file.data_files - set(data_files))
    if elsewhere:
        allowed = f"only {', '.join(data_files)} is" if data_files else "none is"
        raise SetupError(f"{path}: it takes tensors from the file {elsewhere[0]!r}; {allowed} expected")
    foreign = file.foreign_operators()
    if foreign:
        raise SetupError(
            f"{path}: it needs the custom operator {foreign[0]!r}; only ONNX Runtime's own are run"
        )


def _check_ports(path: Path, spec: GraphSpec, session: Any) -> None:
    """Refuse a graph that has not the declared inputs and outputs."""
    for kind, declared, found in (
        ("input", spec.inputs, session.get_inputs()),
        ("output", spec.outputs, session.get_outputs()),
    ):
        there = {port.name: port for port in found}
        for port in declared:
            other = there.pop(port.name, None)
            if other is None:
                has = ", ".join(repr(each.name) for each in found)
                raise SetupError(f"{path}: another network: {kind} {port} expected, it has {has}")
            if not port.admits(other.type, other.shape):
                has = f"{other.type} {tuple(other.shape)}"
                raise SetupError(f"{path}: another network: {kind} {port} expected, it has {has}")
        if there and kind == "input":
            raise SetupError(f"{path}: another network: it also asks for the input {next(iter(there))!r}")


def _failures(runtime: Any) -> tuple[type[Exception], ...]:
    """Return what ONNX Runtime raises; its classes have no base of their own."""
    state = runtime.capi.onnxruntime_pybind11_state
    names = ("Fail", "InvalidArgument", "InvalidGraph", "InvalidProtobuf", "NoSuchFile", "NotImplemented")
    return (RuntimeError, *(getattr(state, name) for name in (*names, "RuntimeException", "NoModel")))
