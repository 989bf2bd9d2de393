"""A tiny dataset with all its files, made once and copied for each test that breaks it."""

import shutil
from pathlib import Path

import pytest
from tiny_dataset import make_sample, write_artifacts

from sparkle.dataset import write_index


@pytest.fixture(scope="session")
def valid_dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("dataset")
    samples = [make_sample("location", 3), make_sample("openve3m", 0)]
    for sample in samples:
        write_artifacts(root, sample)
    write_index(root, samples)
    return root


@pytest.fixture
def dataset(valid_dataset: Path, tmp_path: Path) -> Path:
    """A copy that a test may break, with Sparkle_location_000003 and Sparkle_openve3m_000000."""
    return Path(shutil.copytree(valid_dataset, tmp_path / "copy"))
