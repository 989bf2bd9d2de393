"""safetensors files, read and written tensor by tensor: bytes are copied, never interpreted, so nothing can change.

The library's own writer wants all tensors in memory at once; a checkpoint of 10 GB shall not need 10 GB for that.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, groupby
from pathlib import Path
from typing import Any, NamedTuple

from sparkle.backends.sound_weights import finite
from sparkle.core.errors import SetupError
from sparkle.core.extras import require
from sparkle.core.parsing import parse_json
from sparkle.store import check_plain, open_plain, read_text, whole_file, write_chunks

_LENGTH_BYTES = 8
_ALIGNMENT = 8
_CHUNK = 16 * 2**20
_EIGHT, _FOUR, _TWO = ("F64", "I64", "U64"), ("F32", "I32", "U32"), ("BF16", "F16", "I16", "U16")
_VALUE_BYTES = dict.fromkeys(_EIGHT, 8) | dict.fromkeys(_FOUR, 4) | dict.fromkeys(_TWO, 2)


class StoredTensor(NamedTuple):
    """A tensor in a file: its bytes lie at [`start`, `stop`)."""

    file: Path
    name: str
    dtype: str
    shape: tuple[int, ...]
    start: int
    stop: int


def read_group(folder: Path, stem: str) -> dict[str, StoredTensor]:
    """Return the tensors of `stem`.safetensors in a folder, or of the shards that `stem`.safetensors.index.json names.

    Returns an empty dict where neither exists. Raises SetupError for a file that is no valid safetensors file, and
    for tensors that are there twice.
    """
    index, single = folder / f"{stem}.safetensors.index.json", folder / f"{stem}.safetensors"
    if not index.is_file():
        return read_header(single)[0] if single.is_file() else {}
    if single.is_file():
        raise SetupError(f"{single}: is there beside {index.name}, which names other files; keep one of them")
    try:
        files = sorted({str(name) for name in parse_json(read_text(index))["weight_map"].values()})
    except (ValueError, KeyError, AttributeError, UnicodeDecodeError) as error:
        raise SetupError(f"{index}: is no index of shards ({error!r}); fetch the checkpoint again") from error
    found: dict[str, StoredTensor] = {}
    for name in files:
        if Path(name).name != name:
            raise SetupError(
                f"{index}: names a shard outside its folder ({name!r}); fetch the checkpoint again"
            )
        for tensor in read_header(folder / name)[0].values():
            if tensor.name in found:
                raise SetupError(
                    f"{folder / name}: '{tensor.name}' is in {found[tensor.name].file.name} too; "
                    "fetch the checkpoint again"
                )
            found[tensor.name] = tensor
    return found


def read_header(path: Path) -> tuple[dict[str, StoredTensor], dict[str, str]]:
    """Return the tensors of a safetensors file by name, and its free metadata; no tensor is read.

    Raises SetupError for a missing file, a pickle, and whatever the safetensors library itself refuses.
    """
    library = require("safetensors", "models", f"reading {path}")
    if path.suffix != ".safetensors":
        raise SetupError(
            f"{path}: Kiwi checkpoints are read from .safetensors only; a pickle may run any code. "
            "Convert it where you trust it: safetensors.torch.save_file(torch.load(FILE, weights_only=True), ...)"
        )
    try:
        check_plain(path)  # the library would wait for whoever writes into a pipe
        with library.safe_open(path, "numpy") as opened:
            metadata = dict(opened.metadata() or {})
        with open_plain(path) as file:
            length = int.from_bytes(file.read(_LENGTH_BYTES), "little")
            header: dict[str, Any] = parse_json(file.read(length))
    except FileNotFoundError:
        raise SetupError(f"{path}: no such file") from None
    except (library.SafetensorError, OSError, ValueError, RecursionError) as error:
        raise SetupError(f"{path}: is no safetensors file ({error}); fetch or convert it again") from error
    header.pop("__metadata__", None)
    data = _LENGTH_BYTES + length
    return {
        name: StoredTensor(
            path,
            name,
            about["dtype"],
            tuple(about["shape"]),
            *(data + offset for offset in about["data_offsets"]),
        )
        for name, about in header.items()
    }, metadata


def read_tensors(tensors: Iterable[tuple[str, StoredTensor]]) -> Iterator[tuple[str, Any]]:
    """Yield (name, tensor) from the files, one at a time, each file opened once.

    Raises SetupError behind the last tensor of a file if any of them is not finite, naming file and tensors.
    """
    library = require("safetensors", "models", "reading weights")
    by_file = sorted(tensors, key=lambda item: (str(item[1].file), item[1].start))
    for file, group in groupby(by_file, key=lambda item: item[1].file):
        wanted = list(group)
        with library.safe_open(file, "pt") as opened:
            values = finite(file, ((stored.name, opened.get_tensor(stored.name)) for _, stored in wanted))
            for (_, value), (name, _) in zip(values, wanted, strict=True):
                yield name, value


def write_tensors(path: Path, tensors: Mapping[str, StoredTensor], metadata: Mapping[str, str]) -> None:
    """Write tensors under new names, whole or not at all, in the order that the safetensors library would write."""
    ordered = sorted(tensors.items(), key=lambda item: (-_VALUE_BYTES.get(item[1].dtype, 1), item[0]))
    header: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    offset = 0
    for name, tensor in ordered:
        end = offset + tensor.stop - tensor.start
        header[name] = {"dtype": tensor.dtype, "shape": list(tensor.shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    head = len(text).to_bytes(_LENGTH_BYTES, "little") + text
    with whole_file(path) as temporary:
        write_chunks(temporary, chain([head], *(_bytes_of(tensor) for _, tensor in ordered)))


def _bytes_of(tensor: StoredTensor) -> Iterator[bytes]:
    with open_plain(tensor.file) as source:
        source.seek(tensor.start)
        left = tensor.stop - tensor.start
        while left:
            chunk = source.read(min(left, _CHUNK))
            if not chunk:
                raise SetupError(f"{tensor.file}: ends inside '{tensor.name}'; fetch it again")
            yield chunk
            left -= len(chunk)
