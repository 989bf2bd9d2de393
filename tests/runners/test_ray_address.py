"""An address of Ray's at which nobody listens."""

import socket

import pytest

pytest.importorskip("ray")
from sparkle.core.errors import SetupError
from sparkle.runners.ray import _cluster


@pytest.mark.parametrize("before", ["", "ray://"])
def test_where_nobody_listens_is_told_at_once(before: str) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))  # taken, so that nobody else listens there
        address = f"{before}127.0.0.1:{silent.getsockname()[1]}"
        with (
            pytest.raises(SetupError, match=f"--ray-address {address}: nobody listens there"),
            _cluster(address),
        ):
            pytest.fail("joined")


def test_a_port_that_is_none() -> None:
    with pytest.raises(SetupError, match=r"127\.0\.0\.1:70000"), _cluster("127.0.0.1:70000"):
        pytest.fail("joined")
