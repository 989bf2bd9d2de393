"""A dataset is pushed to a Hub over HTTP, refused, killed and continued, and read from there in place."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import sparkle
from hub_server import Hub, Refused, hub_server
from tiny_dataset import make_sample, write_artifacts

from sparkle.core.model_card import ModelCard
from sparkle.dataset import open_dataset, write_index
from sparkle.dataset.packing import pack
from sparkle.dataset.publishing import files_to_push

pytest.importorskip("huggingface_hub")
NAME = "somebody/pairs"


@pytest.fixture
def release(dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    pack(open_dataset(dataset), tmp_path / "release")
    return tmp_path / "release"


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture
def endpoint(hub: Hub) -> Iterator[str]:
    with hub_server(hub) as address:
        yield address


def start(release: Path, endpoint: str, home: Path, *more: str) -> "subprocess.Popen[str]":
    """Begin a push in a process of its own: its libraries read the environment once."""
    environment = {
        **os.environ,
        "HF_ENDPOINT": endpoint,
        "HF_TOKEN": "hf_secret",
        "HF_HOME": str(home),
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    command = [sys.executable, "-m", "sparkle", "dataset", "push", str(release), "--repo", NAME, *more]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def pushed(release: Path) -> dict[str, bytes]:
    return {key: (release / key).read_bytes() for key, _ in files_to_push(release)}


def test_what_was_pushed_is_there_and_read_in_place(
    release: Path, hub: Hub, endpoint: str, tmp_path: Path
) -> None:
    (release / ".location_source_video_part01.77.tmp.tar").write_bytes(b"what a killed pack left")
    process = start(release, endpoint, tmp_path / "home", "--private")
    out, err = process.communicate()
    assert process.returncode == 0, err
    assert f"{endpoint}/datasets/{NAME}: {len(hub.files)} files" in out
    assert hub.files == pushed(release)
    assert hub.private is True
    assert ".nv-meta/sparkle.sqlite" in hub.files
    assert not [
        key
        for key in hub.files
        if "lock" in key or ".tmp." in key or "pack." in key or key.startswith(".cache")
    ]


_READ = """
import sys
from sparkle.dataset import open_dataset
found = open_dataset("hf://datasets/somebody/pairs")
here = open_dataset(sys.argv[1])
for sample, other in zip(found, here, strict=True):
    assert (sample.id, sample.prompt, sample.checks) == (other.id, other.prompt, other.checks)
    assert sample.source.read(3).frames.shape == (3, 32, 48, 3)
    assert sample.extent("edited_video").read() == other.extent("edited_video").read()
    assert (sample.mask() == other.mask()).all()
print(len(found))
"""


def test_what_lies_on_the_hub_is_read_by_ranges(
    dataset: Path, hub: Hub, endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with next(dataset.rglob("location/edited_video_canny/*.mp4")).open("ab") as file:
        file.write(bytes(2_000_000))
    release = tmp_path / "release"
    pack(open_dataset(dataset), release)
    hub.files = pushed(release)
    environment = {**os.environ, "HF_ENDPOINT": endpoint, "HF_HOME": str(tmp_path / "home")}
    environment |= {"PYTHONPATH": os.pathsep.join(sys.path), "XDG_CACHE_HOME": str(tmp_path / "other")}
    done = subprocess.run(
        [sys.executable, "-c", _READ, str(release)], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "2\n"
    assert hub.sent["location_edited_video_part00.tar"] > 0
    # Of what nobody asked for: as much as tells whether the index that came with it is of this file.
    assert 0 < hub.sent["intermediate_data/location_edited_video_canny_part00.tar"] < 200_000


@pytest.mark.parametrize(
    "moment", ["/xorbs/", "/v1/shards", "/commit/"], ids=["chunks came", "files came", "commit done"]
)
def test_killed_it_goes_on_and_ends_with_the_same(
    release: Path, hub: Hub, endpoint: str, tmp_path: Path, moment: str
) -> None:
    process: list[subprocess.Popen[str]] = []

    def kill(request: str) -> None:
        if moment in request:
            process[0].send_signal(signal.SIGKILL)
            process[0].wait()

    hub.answered = kill
    process.append(start(release, endpoint, tmp_path / "home"))
    process[0].communicate()
    assert process[0].returncode == -9
    assert len(hub.commits) == (moment == "/commit/")
    hub.answered = lambda request: None
    again = start(release, endpoint, tmp_path / "home")
    out, err = again.communicate()
    assert again.returncode == 0, err
    assert hub.files == pushed(release)
    # What is there is not committed again, but by huggingface_hub 1 what it was not told of any more.
    assert len(hub.commits) <= 1 + (moment == "/commit/")
    del out


@pytest.mark.parametrize(
    ("where", "status", "message"),
    [
        ("/api/repos/create", 403, "this token may not write to somebody"),
        ("/preupload/", 403, "the repository is archived"),
        ("/xorbs/", 403, "over the quota"),
        ("/commit/", 400, "a file is called as a secret is"),
    ],
)
def test_a_refusal_is_one_line_with_the_hub_s_words(
    release: Path, hub: Hub, endpoint: str, tmp_path: Path, where: str, status: int, message: str
) -> None:
    def refuse(request: str) -> None:
        if where in request:
            raise Refused(status, message)

    hub.heed = refuse
    process = start(release, endpoint, tmp_path / "home")
    out, err = process.communicate()
    assert process.returncode == 2
    line = next(line for line in err.splitlines() if "the Hub does not take it" in line)
    assert NAME in line
    # Of what the storage says its client passes the status on, not the words.
    assert (str(status) if where == "/xorbs/" else message) in line
    assert "Traceback" not in err
    assert "hf_secret" not in err + out
    assert hub.files == {}


def test_accepted_licences_are_pushed_and_say_so_in_the_card(
    hub: Hub, endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = tmp_path / "set"
    editor = ModelCard("FLUX", "1", "FLUX Non-Commercial License")
    sample = make_sample(provenance={"first_frame.editor": editor})
    write_artifacts(root, sample)
    write_index(root, [sample])
    assert sparkle("push", root, "--repo", NAME)[0] == 2
    assert hub.requests == []
    process = start(root, endpoint, tmp_path / "home", "--accept-licences")
    _, err = process.communicate()
    assert process.returncode == 0, err
    assert b"FLUX Non-Commercial License" in hub.files["README.md"]
