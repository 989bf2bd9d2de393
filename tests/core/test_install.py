"""The hint that says how to install what is missing works for whoever reads it."""

import importlib.metadata
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import sparkle
from sparkle.core import install
from sparkle.core.errors import MissingExtraError

SOURCE = Path(sparkle.__file__).parent


def hint_of(package: Path) -> str:
    """What a copy of the package says, run on its own."""
    code = "from sparkle.core.install import install_command as c; print(c('models', 'vlm'))"
    environment = {"PYTHONPATH": str(package.parent)}
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    ).stdout.strip()


def copy(folder: Path) -> Path:
    for name in ("__init__.py", "core/__init__.py", "core/install.py"):
        target = folder / "sparkle" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SOURCE / name, target)
    return folder / "sparkle"


def test_code_in_a_checkout_names_the_checkout(tmp_path: Path) -> None:
    checkout = tmp_path / "my copy"
    package = copy(checkout / "src")
    (checkout / "pyproject.toml").write_text('[project]\nname = "sparkle-video"\n')
    assert hint_of(package) == f"pip install -e '{checkout}[models,vlm]'"


def test_another_projects_folder_around_the_package_is_no_checkout(tmp_path: Path) -> None:
    package = copy(tmp_path / "src")
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "other"\n')
    assert str(tmp_path) not in hint_of(package)


class Recorded(importlib.metadata.Distribution):
    """A distribution that was installed as `direct_url.json` says, or from an index."""

    def __init__(self, origin: str | None) -> None:
        self.origin = origin

    def read_text(self, filename: str) -> str | None:
        return self.origin if filename == "direct_url.json" else None

    def locate_file(self, path: object) -> Path:
        return Path(str(path))


@pytest.mark.parametrize(
    ("origin", "command"),
    [
        (None, "pip install 'sparkle-video[vlm]'"),
        ('{"url": "file:///no/such/folder", "dir_info": {}}', "pip install 'sparkle-video[vlm]'"),
        ('{"url": "file:///", "dir_info": {}}', "pip install 'sparkle-video[vlm] @ file:///'"),
        (
            '{"url": "https://host.example/s.git", "vcs_info": {"vcs": "git", "commit_id": "1"}}',
            "pip install 'sparkle-video[vlm] @ git+https://host.example/s.git'",
        ),
    ],
)
def test_an_installed_package_names_where_it_came_from(
    monkeypatch: pytest.MonkeyPatch, origin: str | None, command: str
) -> None:
    monkeypatch.setattr(install, "_checkout_around", lambda file: None)
    monkeypatch.setattr(install, "distribution", lambda name: Recorded(origin))
    assert install.install_command("vlm") == command


def test_a_missing_extra_says_the_same() -> None:
    assert str(MissingExtraError("torch", "models", "this")).endswith(install.install_command("models"))
