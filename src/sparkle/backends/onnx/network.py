"""A network on a CPU: its files, opened at the first use, and what every one of them does with pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from sparkle.backends.held_model import HeldModel
from sparkle.backends.onnx.network_files import NetworkFiles
from sparkle.backends.onnx.session import Graph, GraphSpec, open_graph
from sparkle.config import Settings
from sparkle.roles import Image

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_DEVIATION = (0.229, 0.224, 0.225)


class NetworkSettings(Settings):
    """Options of every network. `model`: a known network, or a folder with its files; `threads`: at most so many of the
    CPU's cores."""

    model: str = Field(min_length=1)
    threads: int = Field(default=2, ge=1, le=64)


class Network:
    """One graph of a network's files, loaded at its first call; callers take turns."""

    def __init__(
        self, files: NetworkFiles, name: str, spec: GraphSpec, threads: int, data_files: Sequence[str] = ()
    ) -> None:
        """`name` is the graph's file, `data_files` those with its tensors."""
        self._files = files
        self._name = name
        self._spec = spec
        self._threads = threads
        self._data_files = data_files
        self._held = HeldModel(
            self._load, remedy="close other programs", name=f"{files.model} {name}", libraries=()
        )

    def __call__(self, doing: str, inputs: Mapping[str, NDArray[Any]]) -> list[NDArray[np.float32]]:
        """Return the outputs in the order of the spec; `doing` says what runs, with its size.

        Raises SetupError if the files are not here or are another network's, BackendError for an unusable answer.
        """
        with self._held.use(doing) as graph:
            return graph(inputs)

    def release(self) -> None:
        """Give the memory back; the next call loads the graph again."""
        self._held.release()

    def _load(self) -> Graph:
        data = {name: self._files.read(name) for name in self._data_files}
        path = self._files.folder() / self._name
        return open_graph(path, self._files.read(self._name), self._spec, self._threads, data)


def resized(image: Image, width: int, height: int) -> Image:
    """Return a picture at another size: averaged where it shrinks, interpolated where it grows."""
    shrinks = width * height < image.shape[0] * image.shape[1]
    return cv2.resize(
        image, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    ).astype(np.uint8)


def normalised(
    image: Image, mean: Sequence[float], deviation: Sequence[float], white: float = 255.0
) -> NDArray[np.float32]:
    """Return (H, W, 3) levels as a batch of one, float32 (1, 3, H, W): divided by `white`, then by the deviation."""
    levels = (image / white - np.asarray(mean)) / np.asarray(deviation)
    return np.ascontiguousarray(levels.transpose(2, 0, 1)[None], dtype=np.float32)
