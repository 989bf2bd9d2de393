"""Tiny graphs with the inputs and outputs of the published ones: what they answer is easy to foretell."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

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


def weights(name: str, values: NDArray[np.floating[Any]]) -> onnx.TensorProto:
    return onnx.numpy_helper.from_array(np.ascontiguousarray(values, np.float32), name)


def detections(logits: NDArray[np.float32], boxes: NDArray[np.float32]) -> onnx.ModelProto:
    """Like D-FINE: always these boxes; the first query's logits fall by 20 from a white picture to a black one."""
    falls = np.zeros((1, len(boxes), 1), np.float32)
    falls[0, 0] = 20.0
    nodes = [
        helper.make_node("ReduceMean", ["pixel_values"], ["mean"], axes=[1, 2, 3], keepdims=1),
        helper.make_node("Squeeze", ["mean", "axis"], ["level"]),
        helper.make_node("Sub", ["level", "one"], ["dark"]),
        helper.make_node("Mul", ["dark", "falls"], ["fallen"]),
        helper.make_node("Add", ["constant", "fallen"], ["logits"]),
        helper.make_node("Identity", ["fixed"], ["pred_boxes"]),
    ]
    constants = [
        onnx.numpy_helper.from_array(np.array([3], np.int64), "axis"),
        weights("one", np.ones((1, 1, 1))),
        weights("falls", falls),
        weights("constant", logits[None]),
        weights("fixed", boxes[None]),
    ]
    count = len(boxes)
    return model(
        nodes,
        [floats("pixel_values", "batch", 3, 640, 640)],
        [floats("logits", "batch", "queries", logits.shape[1]), floats("pred_boxes", "batch", count, 4)],
        constants,
    )


def grey_is_matte() -> onnx.ModelProto:
    """Like MODNet, for any size: the matte is the grey level, 0 to 1."""
    nodes = [
        helper.make_node("ReduceMean", ["input"], ["grey"], axes=[1], keepdims=1),
        helper.make_node("Mul", ["grey", "half"], ["small"]),
        helper.make_node("Add", ["small", "half"], ["output"]),
    ]
    sizes = ("height", "width")
    return model(
        nodes,
        [floats("input", "batch", 3, *sizes)],
        [floats("output", "batch", 1, *sizes)],
        [weights("half", np.full((1, 1, 1, 1), 0.5))],
    )


EMBEDDINGS = (("image_embeddings.0", 32, 4), ("image_embeddings.1", 64, 8), ("image_embeddings.2", 256, 16))


def fills_with_grey(grey: int = 128) -> onnx.ModelProto:
    """Like MI-GAN's pipeline, for any size: where the mask is 0 the answer is grey, elsewhere it is the picture."""
    nodes = [
        helper.make_node("Cast", ["mask"], ["known"], to=TensorProto.BOOL),
        helper.make_node("Where", ["known", "image", "grey"], ["result"]),
    ]
    ports = [
        helper.make_tensor_value_info(name, TensorProto.UINT8, ["batch", channels, "height", "width"])
        for name, channels in (("image", 3), ("mask", 1), ("result", 3))
    ]
    constant = onnx.numpy_helper.from_array(np.full((1, 1, 1, 1), grey, np.uint8), "grey")
    return model(nodes, ports[:2], ports[2:], [constant])


def edgetam(folder: Path) -> None:
    """Like EdgeTAM's two graphs, each with its tensors in a file beside it.

    Every embedding is the picture's brightness; what is bright inside the box is the object, present if there is any.
    Of the three masks the best rated is the object, the others are the box and everything.
    """
    pool = [
        helper.make_node("ReduceMean", ["pixel_values"], ["mean"], axes=[1], keepdims=1),
        helper.make_node("Add", ["mean", "zero"], ["grey"]),
    ]
    shapes = []
    for name, channels, step in EMBEDDINGS:
        pool += [
            helper.make_node(
                "AveragePool", ["grey"], [f"{name} grey"], kernel_shape=[step] * 2, strides=[step] * 2
            ),
            helper.make_node("Expand", [f"{name} grey", f"{name} shape"], [name]),
        ]
        shape = np.array([1, channels, 1024 // step, 1024 // step], np.int64)
        shapes.append(onnx.numpy_helper.from_array(shape, f"{name} shape"))
    zero = beside(weights("zero", np.zeros((1, 1, 1, 1))), "vision_encoder.onnx_data")
    outputs = [
        floats(name, "batch", channels, 1024 // step, 1024 // step) for name, channels, step in EMBEDDINGS
    ]
    encoder = model(pool, [floats("pixel_values", "batch", 3, 1024, 1024)], outputs, [zero, *shapes])
    save(encoder, folder / "vision_encoder.onnx")
    (folder / "vision_encoder.onnx_data").write_bytes(np.zeros(1, np.float32).tobytes())

    places = 4.0 * np.arange(256, dtype=np.float32) + 2.0
    corners = [("x1", 0), ("y1", 1), ("x2", 2), ("y2", 3)]
    nodes = [helper.make_node("Gather", ["input_boxes", f"at {name}"], [name], axis=2) for name, _ in corners]
    nodes += [
        helper.make_node("Gather", ["image_embeddings.0", "first"], ["bright"], axis=1),
        *(helper.make_node("Unsqueeze", [name, "axis"], [f"{name} up"]) for name, _ in corners),
        helper.make_node("Greater", ["across", "x1 up"], ["right"]),
        helper.make_node("Less", ["across", "x2 up"], ["left"]),
        helper.make_node("Greater", ["down", "y1 up"], ["below"]),
        helper.make_node("Less", ["down", "y2 up"], ["above"]),
        helper.make_node("And", ["right", "left"], ["wide"]),
        helper.make_node("And", ["below", "above"], ["high"]),
        helper.make_node("And", ["wide", "high"], ["inside"]),
        helper.make_node("Where", ["inside", "ten", "minus"], ["box mask"]),
        helper.make_node("Min", ["bright", "box mask"], ["object mask"]),
        helper.make_node("Abs", ["box mask"], ["all mask"]),
        helper.make_node("Concat", ["box mask", "object mask", "all mask"], ["three"], axis=1),
        helper.make_node("Unsqueeze", ["three", "second"], ["pred_masks"]),
        helper.make_node("ReduceMax", ["object mask"], ["best"], axes=[2, 3], keepdims=0),
        helper.make_node("Unsqueeze", ["best", "second"], ["object_score_logits"]),
        helper.make_node("Identity", ["rated"], ["iou_scores"]),
    ]
    numbers = {"first": [0], "axis": [3], "second": [1], **{f"at {name}": [at] for name, at in corners}}
    constants = [
        beside(weights("ten", np.full((1, 1, 1, 1), 10.0)), "prompt_encoder_mask_decoder.onnx_data"),
        weights("minus", np.full((1, 1, 1, 1), -10.0)),
        weights("across", places[None, None, None]),
        weights("down", places[None, None, :, None]),
        weights("rated", np.array([[[0.5, 0.9, 0.6]]])),
        *(onnx.numpy_helper.from_array(np.array(at, np.int64), name) for name, at in numbers.items()),
    ]
    embeddings = [
        floats(name, "batch", channels, 1024 // step, 1024 // step) for name, channels, step in EMBEDDINGS
    ]
    labels = helper.make_tensor_value_info("input_labels", TensorProto.INT64, ["batch", "objects", "points"])
    inputs = [
        floats("input_points", "batch", "objects", "points", 2),
        labels,
        floats("input_boxes", "batch", "boxes", 4),
        *embeddings,
    ]
    outputs = [
        floats("iou_scores", "batch", "objects", 3),
        floats("pred_masks", "batch", "objects", 3, 256, 256),
        floats("object_score_logits", "batch", "objects", 1),
    ]
    save(model(nodes, inputs, outputs, constants), folder / "prompt_encoder_mask_decoder.onnx")
    (folder / "prompt_encoder_mask_decoder.onnx_data").write_bytes(np.float32([10.0]).tobytes())


def beside(tensor: onnx.TensorProto, location: str) -> onnx.TensorProto:
    """Return a tensor whose values lie at the start of another file."""
    size = len(tensor.raw_data)
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", location), ("offset", "0"), ("length", str(size))):
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value
    return tensor


def save(proto: onnx.ModelProto, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(proto.SerializeToString())
    return path


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
