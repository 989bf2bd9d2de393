"""Tiny graphs with the inputs and outputs of the published ones: what they answer is easy to foretell."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

helper = pytest.importorskip("onnx.helper")
pytest.importorskip("onnxruntime")

import onnx  # noqa: E402
from onnx import TensorProto  # noqa: E402

OPSET = 17


def floats(name: str, *shape: int | str) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape))


def model(
    nodes: list[onnx.NodeProto],
    inputs: list[onnx.ValueInfoProto],
    outputs: list[onnx.ValueInfoProto],
    constants: list[onnx.TensorProto] | None = None,
) -> onnx.ModelProto:
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, initializer=constants or [])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)


def bright_is_salient(side: int = 320, output: str = "1959") -> onnx.ModelProto:
    """Like U2-Netp: what is brighter than the middle grey of ImageNet is salient."""
    nodes = [
        helper.make_node("ReduceMean", ["input.1"], ["grey"], axes=[1], keepdims=1),
        helper.make_node("Sigmoid", ["grey"], [output]),
    ]
    return model(nodes, [floats("input.1", 1, 3, side, side)], [floats(output, 1, 1, side, side)])


def save(proto: onnx.ModelProto, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(proto.SerializeToString())
    return path


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
