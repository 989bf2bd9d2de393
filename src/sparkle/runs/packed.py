"""The long part of a ledger's line, deflated: what scores say repeats itself within a line, and takes most of it.

    {"n", "id", "stage", "status", "artifacts", "inputs", "seconds", "error", "by", "redos", "packed": "..."}

`packed` is the JSON object of all other keys, raw deflate (RFC 1951) in base 85; `inputs` are those of the record,
which whoever opens a run compares. Short lines are as they are, and lines of before are read as ever.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from typing import Any

from sparkle.core.parsing import parse_object

SHORTEST = 700  # characters of a line that is packed; what is saved of a shorter one is not worth the time
LARGEST = 64 * 2**20  # bytes of one line's long part; the longest that was seen has 4,000

_CLEAR = frozenset({"n", "id", "stage", "status", "artifacts", "seconds", "error", "by", "redos"})
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def encode_line(value: Mapping[str, Any]) -> str:
    """Return the line of an object, with its long part packed if it is long."""
    line = _encode(value)
    return line if len(line) < SHORTEST else _encode(pack(value))


def pack(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return a line's object with its long part packed."""
    line = {key: each for key, each in value.items() if key in _CLEAR}
    long = {key: each for key, each in value.items() if key not in _CLEAR}
    sources = sources_of(value)
    if sources is not None:
        line["inputs"] = sources
        long["record"] = {key: each for key, each in long["record"].items() if key != "inputs"}
    # File names that are no UTF-8 arrive as lone surrogates: "\\udcff" is what JSON calls them.
    text = _encode(long).encode("utf-8", "backslashreplace")
    deflate = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    line["packed"] = base64.b85encode(deflate.compress(text) + deflate.flush()).decode()
    return line


def unpack(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a line's object with nothing packed. Raises ValueError where that is damaged, or larger than LARGEST."""
    if "packed" not in value:
        return value
    inflate = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
    try:
        text = inflate.decompress(base64.b85decode(value["packed"]), LARGEST)
    except (zlib.error, ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"its packed part is damaged ({error})") from None
    if not inflate.eof:
        raise ValueError("its packed part is cut, or far too large")
    long = parse_object(text)
    if not long.keys().isdisjoint(_CLEAR):
        raise ValueError("its packed part says what stands in the clear")
    line = {key: each for key, each in value.items() if key not in {"packed", "inputs"}} | long
    if "inputs" in value:
        if not isinstance(line.get("record"), dict):
            raise ValueError("it says of which files it was made, and has no record")
        line["record"] = {"inputs": value["inputs"], **line["record"]}
    return line


def sources_of(value: Mapping[str, Any]) -> Any:
    """Return what a line says of the files that its sample was made of; None for a line that says nothing."""
    return (
        value["inputs"] if "packed" in value and "inputs" in value else value.get("record", {}).get("inputs")
    )
