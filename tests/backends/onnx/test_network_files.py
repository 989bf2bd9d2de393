"""Networks are had by address, out of a wheel, or from what the user has; only the published bytes are taken."""

import functools
import http.server
import json
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Command

from sparkle.backends import weights as table
from sparkle.backends.onnx import network_files
from sparkle.backends.onnx.network_files import NetworkFiles
from sparkle.backends.onnx.places import digest
from sparkle.core.errors import SettingsError, SetupError

CONTENT = b"the published bytes of a network"
NAME = "net.onnx"


@pytest.fixture
def published(tmp_path: Path) -> Path:
    folder = tmp_path / "published"
    folder.mkdir()
    (folder / NAME).write_bytes(CONTENT)
    return folder


@pytest.fixture
def address(published: Path) -> Iterator[str]:
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=published)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(network_files.CACHE_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


def know(monkeypatch: pytest.MonkeyPatch, published: Path, **changes: Any) -> NetworkFiles:
    """Put a network into the table of known models."""
    file = {"bytes": len(CONTENT), "sha256": digest(published / NAME), "places": [], **changes}
    entry = {"licence": "MIT", "revision": "r1", "files": {NAME: file}}
    monkeypatch.setattr(network_files, "known_models", lambda: table.known_models() | {"some/net": entry})
    return NetworkFiles("some/net", (NAME,))


def test_a_network_is_fetched_from_the_first_place_that_has_it(
    monkeypatch: pytest.MonkeyPatch, published: Path, address: str
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", address + "/hub/")
    (published / "hub/some/net/resolve/r1").mkdir(parents=True)
    (published / "hub/some/net/resolve/r1/there.onnx").write_bytes(CONTENT)
    files = know(monkeypatch, published, places=[{"url": f"{address}/gone.onnx"}, {"hub": "there.onnx"}])
    assert not files.is_here()
    with pytest.raises(SetupError, match=r"net\.onnx is not in .*sparkle models fetch --recipe desk"):
        files.read(NAME)
    assert (files.fetch() / NAME).read_bytes() == CONTENT
    assert files.is_here()
    assert files.read(NAME) == CONTENT
    (published / "hub/some/net/resolve/r1/there.onnx").unlink()
    files.fetch()  # what is there is not asked for again
    assert files.card().revision == "r1"


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (CONTENT[:-1], "not the published file: 31 bytes"),
        (CONTENT + b"!", "more than the 32 bytes"),
        (CONTENT[::-1], "not the published file: 32 bytes"),
    ],
)
def test_other_bytes_than_the_published_ones_leave_nothing_behind(
    sent: bytes, told: str, monkeypatch: pytest.MonkeyPatch, published: Path, address: str
) -> None:
    files = know(monkeypatch, published, places=[{"url": f"{address}/{NAME}"}])
    (published / NAME).write_bytes(sent)
    with pytest.raises(SetupError, match=f"cannot fetch {NAME}: {address}/{NAME}: {told}"):
        files.fetch()
    assert not files.is_here()
    assert list(files.folder().iterdir()) == []


def test_a_damaged_file_is_told_and_fetched_again(
    monkeypatch: pytest.MonkeyPatch, published: Path, address: str
) -> None:
    files = know(monkeypatch, published, places=[{"url": f"{address}/{NAME}"}])
    path = files.fetch() / NAME
    path.write_bytes(CONTENT[::-1])
    assert "is not the published file" in files.absence()
    with pytest.raises(SetupError, match="is not the published file"):
        files.read(NAME)
    assert (files.fetch() / NAME).read_bytes() == CONTENT


def test_of_an_unknown_hash_the_first_is_recorded_and_held_to(
    monkeypatch: pytest.MonkeyPatch, published: Path, address: str
) -> None:
    files = know(monkeypatch, published, sha256="unknown", places=[{"url": f"{address}/{NAME}"}])
    assert not files.is_here()
    path = files.fetch() / NAME
    assert files.is_here()
    path.write_bytes(CONTENT[::-1])
    assert not files.is_here()
    with pytest.raises(SetupError, match="is not the published file"):
        files.read(NAME)
    path.unlink()
    (published / NAME).write_bytes(CONTENT[::-1])
    with pytest.raises(SetupError, match="not the published file"):  # the address changed its mind
        files.fetch()


@pytest.mark.parametrize("in_wheel", [False, True])
def test_what_the_user_has_is_known_by_its_content(
    in_wheel: bool, monkeypatch: pytest.MonkeyPatch, published: Path, tmp_path: Path
) -> None:
    files = know(monkeypatch, published)
    own = tmp_path / "downloaded (1)"
    own.write_bytes(CONTENT)
    other = tmp_path / "other"
    other.write_bytes(CONTENT[::-1])
    if in_wheel:
        with zipfile.ZipFile(tmp_path / "a.whl", "w") as wheel:
            wheel.writestr("pack/__init__.py", "raise SystemExit")
            wheel.writestr("pack/same_size.bin", CONTENT[::-1])
            wheel.writestr("pack/x.onnx", CONTENT)
        own = tmp_path / "a.whl"
    assert files.adopt([other, own]) == [own]
    assert files.read(NAME) == CONTENT
    assert files.adopt([own]) == [own], "the same again is no fault"


def test_a_wheel_of_the_index_is_read_and_not_installed(
    monkeypatch: pytest.MonkeyPatch, published: Path, tmp_path: Path
) -> None:
    """pip itself, on an index that is a folder."""
    wheel = tmp_path / "wheels" / "has_net-1.0-py3-none-any.whl"
    wheel.parent.mkdir()
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("has_net/net.onnx", CONTENT)
        archive.writestr(
            "has_net-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: has-net\nVersion: 1.0\n"
        )
        archive.writestr("has_net-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr("has_net-1.0.dist-info/RECORD", "")
    for name, value in {"NO_INDEX": "1", "FIND_LINKS": str(wheel.parent), "CONFIG_FILE": "/dev/null"}.items():
        monkeypatch.setenv(f"PIP_{name}", value)
    files = know(monkeypatch, published, places=[{"wheel": "has-net==1.0", "member": "has_net/net.onnx"}])
    assert (files.fetch() / NAME).read_bytes() == CONTENT
    gone = know(monkeypatch, published, places=[{"wheel": "has-net==2.0", "member": "has_net/net.onnx"}])
    (files.folder() / NAME).unlink()
    with pytest.raises(SetupError, match=r"has-net==2\.0 by pip: ERROR: No matching distribution"):
        gone.fetch()
    absent = know(monkeypatch, published, places=[{"wheel": "has-net==1.0", "member": "has_net/other.onnx"}])
    with pytest.raises(SetupError, match=r"has no member has_net/other\.onnx of 32 bytes"):
        absent.fetch()


def test_a_folder_of_ones_own_is_taken_as_it_is(published: Path) -> None:
    files = NetworkFiles(str(published), (NAME,))
    assert files.is_here()
    assert files.read(NAME) == CONTENT
    assert files.card().revision == "local folder"
    lacking = NetworkFiles(str(published), (NAME, "other.onnx"))
    assert not lacking.is_here()
    with pytest.raises(SetupError, match=r"other\.onnx is missing; name a folder that has it"):
        lacking.fetch()


def test_an_unknown_network_is_refused_with_those_that_would_do() -> None:
    with pytest.raises(
        SettingsError, match=r"no network 'u2net' with u2netp\.onnx; known: u2netp, or a folder"
    ):
        NetworkFiles("u2net", ("u2netp.onnx",))


def test_every_known_network_has_what_fetching_needs() -> None:
    networks = {name: facts for name, facts in table.known_models().items() if "files" in facts}
    assert "u2netp" in networks
    for name, facts in networks.items():
        files = NetworkFiles(name, tuple(facts["files"]))
        assert {"licence", "download_gb", "revision"} <= set(facts)
        assert all(file.places and file.size > 0 for file in files._files())
        assert sum(file.size for file in files._files()) == pytest.approx(
            facts["download_gb"] * 1e9, rel=0.05
        )
        assert all(file.sha256 == "unknown" or len(file.sha256) == 64 for file in files._files())


def test_the_commands_take_and_name_networks(sparkle: Command, cache: Path, tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")  # without it that is what is told first
    (tmp_path / "mine.py").write_text(
        "from sparkle.backends.onnx.tracker import NetworkTracker\nclass Mine(NetworkTracker):\n    pass\n"
    )
    chosen = ("--recipe", "cpu", "--set", f"track.tracker={tmp_path / 'mine.py'}:Mine")
    doctor = json.loads(sparkle("doctor", *chosen, "--json").stdout)
    report = next(role for role in doctor["roles"] if "track.tracker" in role["roles"])
    assert not report["cached"]
    assert report["faults"] == [
        f"u2netp: u2netp.onnx is not in {cache}; fetch it with: sparkle models fetch --recipe desk"
    ]
    listed = json.loads(sparkle("models", "list", *chosen, "--json").stdout)
    assert listed[0]["model"] == "u2netp"
    assert not listed[0]["here"]
    wrong = tmp_path / "wrong.bin"
    wrong.write_bytes(b"x")
    refused = sparkle("models", "fetch", *chosen, "--from", wrong)
    assert refused.returncode == 2
    assert "holds no file that is missing: u2netp.onnx (4574861 bytes, sha256 309c" in " ".join(
        refused.stderr.split()
    )
