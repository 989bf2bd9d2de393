from collections.abc import Iterator
from pathlib import Path

import pytest

# Imports wait for their use: without torch all tests here are skipped.


@pytest.fixture(scope="session")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four pairs; read only."""
    from tests.kiwi.training.tiny_training import write_pairs

    return write_pairs(tmp_path_factory.mktemp("pairs") / "run", 4)


@pytest.fixture(scope="session")
def whole(pairs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of ten updates that nothing interrupted; read only."""
    import torch
    from tests.kiwi.training.tiny_training import tiny_settings

    from sparkle.kiwi.training.run import train

    settings = tiny_settings(tmp_path_factory.mktemp("whole"), pairs, steps=10, average=0.9)
    torch.set_num_threads(1)
    train(settings)
    return settings.output


@pytest.fixture(autouse=True)
def _forget_precision() -> Iterator[None]:
    """Let the next run in this process have another precision, which accelerate otherwise keeps for good."""
    from accelerate.state import AcceleratorState

    yield
    AcceleratorState._reset_state()
