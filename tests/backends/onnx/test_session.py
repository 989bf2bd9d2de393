"""A graph is opened when it is the declared one and reaches for nothing else; else one line names file and fault."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.backends.onnx.tiny_graphs import beside, bright_is_salient, floats, helper, model, onnx, save

from sparkle.backends.onnx.graph_file import NotAGraphError, read_graph
from sparkle.backends.onnx.session import Graph, GraphSpec, Port, open_graph
from sparkle.backends.onnx.u2netp import SPEC
from sparkle.core.errors import BackendError, SettingsError, SetupError

WEIGHT = np.ones((1, 3, 1, 1), np.float32)


def opened(path: Path, spec: GraphSpec = SPEC, data: dict[str, bytes] | None = None) -> Graph:
    return open_graph(path, path.read_bytes(), spec, 1, data or {})


def outside_tensor(location: str) -> onnx.ModelProto:
    """A convolution whose weight lies in another file."""
    tensor = beside(onnx.numpy_helper.from_array(WEIGHT, "weight"), location)
    nodes = [helper.make_node("Conv", ["x", "weight"], ["y"])]
    return model(nodes, [floats("x", 1, 3, 4, 4)], [floats("y", 1, 1, 4, 4)], [tensor])


CONVOLUTION = GraphSpec((Port("x", (1, 3, 4, 4)),), (Port("y", (1, 1, 4, 4)),))


def test_the_declared_graph_runs(tmp_path: Path) -> None:
    graph = opened(save(bright_is_salient(), tmp_path / "a.onnx"))
    (answer,) = graph({"input.1": np.zeros((1, 3, 320, 320), np.float32)})
    assert answer.shape == (1, 1, 320, 320)
    assert np.allclose(answer, 0.5)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (
            bright_is_salient(side=256),
            r"input 'input.1' float32 \(1, 3, 320, 320\) expected, it has tensor.*256",
        ),
        (
            bright_is_salient(output="mask"),
            r"output '1959' float32 \(1, 1, 320, 320\) expected, it has 'mask'",
        ),
    ],
)
def test_another_network_is_refused_by_name_and_shape(
    wrong: onnx.ModelProto, told: str, tmp_path: Path
) -> None:
    path = save(wrong, tmp_path / "other.onnx")
    with pytest.raises(SetupError, match=told) as caught:
        opened(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_graph_that_asks_for_more_than_is_given_is_refused(tmp_path: Path) -> None:
    nodes = [helper.make_node("Add", ["x", "secret"], ["y"])]
    path = save(model(nodes, [floats("x", 1), floats("secret", 1)], [floats("y", 1)]), tmp_path / "more.onnx")
    with pytest.raises(SetupError, match="also asks for the input 'secret'"):
        opened(path, GraphSpec((Port("x", (1,)),), (Port("y", (1,)),)))


def test_a_size_that_the_graph_leaves_open_fits_any_declared_one(tmp_path: Path) -> None:
    nodes = [helper.make_node("Neg", ["x"], ["y"])]
    path = save(model(nodes, [floats("x", "batch", 2)], [floats("y", "batch", 2)]), tmp_path / "open.onnx")
    graph = opened(path, GraphSpec((Port("x", (1, 2)),), (Port("y", (1, 2)),)))
    with pytest.raises(BackendError, match=r"output 'y' .* it answered \(3, 2\)"):
        graph({"x": np.zeros((3, 2), np.float32)})


@pytest.mark.parametrize("location", ["../../etc/passwd", "/etc/passwd", "beside.bin", ""])
def test_tensors_in_files_that_were_not_declared_are_refused(location: str, tmp_path: Path) -> None:
    (tmp_path / "beside.bin").write_bytes(WEIGHT.tobytes())
    path = save(outside_tensor(location), tmp_path / "greedy.onnx")
    with pytest.raises(SetupError, match=r"takes tensors from the file '.*'; none is expected"):
        opened(path, CONVOLUTION)


def test_tensors_in_the_declared_file_come_from_memory(tmp_path: Path) -> None:
    path = save(outside_tensor("weights.onnx_data"), tmp_path / "split.onnx")
    graph = opened(path, CONVOLUTION, {"weights.onnx_data": (2 * WEIGHT).tobytes()})
    (answer,) = graph({"x": np.ones((1, 3, 4, 4), np.float32)})
    assert np.allclose(answer, 6.0)
    with pytest.raises(SetupError, match="cannot open it"):
        opened(path, CONVOLUTION, {"weights.onnx_data": b"short"})


@pytest.mark.parametrize("nested", [False, True])
def test_custom_operators_are_refused_wherever_they_hide(nested: bool, tmp_path: Path) -> None:
    evil = helper.make_node("Shell", ["x"], ["y"], domain="com.evil")
    if nested:
        inner = helper.make_graph([evil], "inner", [], [floats("y", 1)])
        evil = helper.make_node("If", ["x"], ["y"], then_branch=inner, else_branch=inner)
    path = save(model([evil], [floats("x", 1)], [floats("y", 1)]), tmp_path / "evil.onnx")
    with pytest.raises(SetupError, match=r"custom operator 'com.evil.Shell'"):
        opened(path, GraphSpec((Port("x", (1,)),), (Port("y", (1,)),)))


def test_functions_that_a_file_defines_itself_are_no_custom_operators() -> None:
    twice = helper.make_function(
        "own.maths", "Twice", ["a"], ["b"], [helper.make_node("Add", ["a", "a"], ["b"])],
        [helper.make_opsetid("", 17)],
    )  # fmt: skip
    graph = helper.make_graph(
        [helper.make_node("Twice", ["x"], ["y"], domain="own.maths")], "g", [floats("x", 1)], [floats("y", 1)]
    )
    proto = helper.make_model(graph, functions=[twice])
    assert read_graph(proto.SerializeToString()).foreign_operators() == []


@pytest.mark.parametrize(
    "content", [b"", b"\x89PNG\r\n", b"version https://git-lfs.github.com/spec/v1\n", b"ORTM" * 9]
)
def test_what_is_no_graph_is_said_to_be_none(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "no.onnx"
    path.write_bytes(content)
    with pytest.raises(SetupError, match=r"no\.onnx: no ONNX graph"):
        opened(path)


def test_a_torn_file_is_no_graph() -> None:
    whole = outside_tensor("w").SerializeToString()
    for length in range(len(whole) - 5, len(whole)):
        with pytest.raises(NotAGraphError, match="ends in the middle"):
            read_graph(whole[:length])


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_scrambled_file_is_refused_and_nothing_worse(data: st.DataObject) -> None:
    whole = bytearray(outside_tensor("w").SerializeToString())
    cut = bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    for at in data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=4)):
        whole[at] = data.draw(st.integers(0, 255))
    for content in (cut, bytes(whole)):
        try:
            read_graph(content)
        except NotAGraphError:
            continue


def test_graphs_within_graphs_have_an_end() -> None:
    """A protobuf message may hold itself as deep as its bytes go."""
    body = b""
    for _ in range(100):
        attribute = b"\x32" + varint(len(body)) + body  # Attribute.g
        node = b"\x2a" + varint(len(attribute)) + attribute  # Node.attribute
        body = b"\x0a" + varint(len(node)) + node  # Graph.node
    with pytest.raises(NotAGraphError, match="deep"):
        read_graph(b"\x3a" + varint(len(body)) + body)


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def test_an_answer_that_is_not_finite_is_no_answer(tmp_path: Path) -> None:
    path = save(
        model([helper.make_node("Log", ["x"], ["y"])], [floats("x", 1)], [floats("y", 1)]), tmp_path / "l"
    )
    graph = opened(path, GraphSpec((Port("x", (1,)),), (Port("y", (1,)),)))
    with pytest.raises(BackendError, match="'y' is not finite"):
        graph({"x": np.zeros(1, np.float32)})


@pytest.mark.parametrize("threads", [0, 65])
def test_threads_are_bounded(threads: int) -> None:
    from sparkle.backends.onnx.u2netp import U2Netp

    with pytest.raises(SettingsError, match=f"threads: .*{threads}"):
        U2Netp(threads=threads)
