"""The files of a small dataset are those that they always were, byte for byte."""

import json

import pytest
from tests.pipeline.small_dataset import LIST, build_in, hashes

from sparkle.runners.build import library_versions

KNOWN = json.loads(LIST.read_text())


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return hashes(build_in(tmp_path_factory.mktemp("small")))


def test_the_same_files_are_there(found: dict[str, str]) -> None:
    assert sorted(found) == sorted(KNOWN["files"])


def test_every_file_has_the_same_bytes(found: dict[str, str]) -> None:
    if library_versions() != KNOWN["made_with"]:
        pytest.skip(f"the list was made with {KNOWN['made_with']}, whose pixels need not be these libraries'")
    changed = [name for name, known in KNOWN["files"].items() if found.get(name) != known]
    assert changed == []
