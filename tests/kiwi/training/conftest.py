from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four pairs; read only."""
    from tests.kiwi.training.tiny_training import (
        write_pairs,
    )  # needs torch, without which all tests here are skipped

    return write_pairs(tmp_path_factory.mktemp("pairs") / "run", 4)
