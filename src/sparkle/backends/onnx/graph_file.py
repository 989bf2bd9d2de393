"""What an ONNX file says of itself, read without running or building anything of it.

An ONNX file is a protobuf message (onnx.proto of the ONNX project). Two things in it reach beyond the file: tensors
that name another file to be read, and operators of a domain that ONNX Runtime does not bring itself. Both are found
here by walking the message; the numbers of its fields are the format's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sparkle.core.errors import SetupError

# Operators that come with ONNX Runtime: ONNX's own, and Microsoft's, which exporters use for fused attention.
BUILT_IN_DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml", "com.microsoft"})
DEEPEST = 32  # graphs within nodes within graphs; real ones have two or three levels
EXTERNAL = 1  # TensorProto.DataLocation

VARINT, EIGHT_BYTES, LENGTH, FOUR_BYTES = 0, 1, 2, 5

# Where the messages that matter lie in their parents: (message, field) -> message.
CHILDREN = {
    ("Model", 7): "Graph",
    ("Model", 20): "TrainingInfo",
    ("Model", 25): "Function",
    ("TrainingInfo", 1): "Graph",
    ("TrainingInfo", 2): "Graph",
    ("Function", 7): "Node",
    ("Function", 11): "Attribute",
    ("Graph", 1): "Node",
    ("Graph", 5): "Tensor",
    ("Graph", 15): "SparseTensor",
    ("Node", 5): "Attribute",
    ("Attribute", 5): "Tensor",
    ("Attribute", 6): "Graph",
    ("Attribute", 10): "Tensor",
    ("Attribute", 11): "Graph",
    ("Attribute", 22): "SparseTensor",
    ("Attribute", 23): "SparseTensor",
    ("SparseTensor", 1): "Tensor",
    ("SparseTensor", 2): "Tensor",
}
NODE_OPERATOR, NODE_DOMAIN = 4, 7
FUNCTION_DOMAIN = 10
TENSOR_EXTERNAL_DATA, TENSOR_LOCATION = 13, 14
ENTRY_KEY, ENTRY_VALUE = 1, 2


class NotAGraphError(SetupError):
    """The bytes are no ONNX graph."""


@dataclass(slots=True)
class GraphFile:
    """What a graph asks for: `operators` by domain, the domains of the functions that it defines itself, and the names
    of the files that hold its tensors (as they stand in it: not to be opened)."""

    operators: dict[str, set[str]] = field(default_factory=dict)
    own_domains: set[str] = field(default_factory=set)
    data_files: set[str] = field(default_factory=set)

    def foreign_operators(self) -> list[str]:
        """Return the operators that ONNX Runtime does not bring, as "domain.name"."""
        known = BUILT_IN_DOMAINS | self.own_domains
        return sorted(
            f"{domain}.{name}"
            for domain, names in self.operators.items()
            if domain not in known
            for name in names
        )


def read_graph(data: bytes) -> GraphFile:
    """Return what an ONNX file asks for. Raises NotAGraphError for bytes that are none."""
    found = GraphFile()
    try:
        if not _walk(memoryview(data), "Model", found, 0):
            raise NotAGraphError("it holds no graph")
    except (IndexError, UnicodeDecodeError) as error:
        raise NotAGraphError("it ends in the middle, or is something else") from error
    return found


def _walk(message: memoryview, kind: str, found: GraphFile, depth: int) -> bool:
    """Collect from a message and those within; return whether there was any within."""
    if depth > DEEPEST:
        raise NotAGraphError(f"graphs within graphs, more than {DEEPEST} deep")
    inner = False
    strings: dict[int, str] = {}
    entries: list[memoryview] = []
    external = False
    for number, value in _fields(message):
        child = CHILDREN.get((kind, number))
        if child is not None and isinstance(value, memoryview):
            inner = True
            _walk(value, child, found, depth + 1)
        elif isinstance(value, memoryview):
            if kind == "Tensor" and number == TENSOR_EXTERNAL_DATA:
                entries.append(value)
            elif (kind, number) in {
                ("Node", NODE_OPERATOR),
                ("Node", NODE_DOMAIN),
                ("Function", FUNCTION_DOMAIN),
            }:
                strings[number] = bytes(value).decode()
        elif kind == "Tensor" and number == TENSOR_LOCATION:
            external = value == EXTERNAL
    if kind == "Node":
        found.operators.setdefault(strings.get(NODE_DOMAIN, ""), set()).add(strings.get(NODE_OPERATOR, ""))
    if kind == "Function":
        found.own_domains.add(strings.get(FUNCTION_DOMAIN, ""))
    if external or entries:
        found.data_files.add(_location(entries))
    return inner


def _location(entries: list[memoryview]) -> str:
    """Return the file that a tensor's external data lie in; an entry is a pair of strings."""
    for entry in entries:
        pair = {
            number: bytes(value).decode() for number, value in _fields(entry) if isinstance(value, memoryview)
        }
        if pair.get(ENTRY_KEY) == "location":
            return pair.get(ENTRY_VALUE, "")
    return ""


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Yield (field number, value) of one message: numbers as int, everything with a length as bytes."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        wire = tag & 7
        if wire == VARINT:
            value, at = _varint(message, at)
            yield tag >> 3, value
            continue
        if wire == LENGTH:
            size, at = _varint(message, at)
        elif wire in (EIGHT_BYTES, FOUR_BYTES):
            size = 8 if wire == EIGHT_BYTES else 4
        else:
            raise NotAGraphError(f"a field of the unknown type {wire}")
        if at + size > len(message):
            raise IndexError
        yield tag >> 3, message[at : at + size]
        at += size


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise NotAGraphError("a number of more than ten bytes")
