"""A package that is not there is named with what installs it; one that is there and broken says so itself."""

from pathlib import Path

import pytest

from sparkle.core.errors import MissingExtraError
from sparkle.core.extras import require


def test_a_module_that_is_there_is_returned() -> None:
    assert require("json.decoder", "hub", "this").JSONDecoder


def test_a_package_that_is_missing_is_named_with_its_extra() -> None:
    with pytest.raises(MissingExtraError, match=r"this export needs the package 'not_there'.*\[hub\]"):
        require("not_there.part", "hub", "this export")


def test_a_package_that_lacks_one_of_its_own_needs_is_not_said_to_be_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "half_installed.py").write_text("import not_there_either\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="not_there_either"):
        require("half_installed", "hub", "this export")
