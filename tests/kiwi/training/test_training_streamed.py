"""Training on folders behind a real HTTP server: shards and loose files, workers, failures of the network."""

import json
import shutil
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

pytest.importorskip("torch")
pytest.importorskip("aiohttp")

import numpy as np
from tests.kiwi.training.http_folder import served
from tests.kiwi.training.tiny_training import tiny_settings

from sparkle.core.errors import MediaError, SetupError
from sparkle.kiwi.training.run import train
from sparkle.kiwi.training.samples import find_pairs
from sparkle.kiwi.training.settings import DatasetSettings
from sparkle.store import filesystems


def find(folder):
    with TemporaryDirectory() as kept:
        return find_pairs([DatasetSettings(folder=str(folder))], Path(kept))


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch):
    monkeypatch.setattr(filesystems, "PAUSE_S", 0.01)


@pytest.fixture
def packed(pairs, tmp_path):
    """The pairs with their sources in a shard and their edits as loose files."""
    root = shutil.copytree(pairs, tmp_path / "served" / "run")
    with tarfile.open(root / "location_source_video_part00.tar", "w") as archive:
        archive.add(root / "location/source_video", "location/source_video")
    shutil.rmtree(root / "location/source_video")
    return root


def losses(output):
    rows = [json.loads(line) for line in (output / "losses.jsonl").read_text().splitlines()]
    return [row["loss"] for row in rows]


def test_training_on_a_streamed_folder_equals_training_on_the_local_one(pairs, packed, tmp_path):
    train(tiny_settings(tmp_path / "local", pairs))
    with served(packed.parent) as (url, _, requests):
        data = {"datasets": [{"folder": f"{url}/run", "frames": 5}], "workers": 2}
        outcome = train(tiny_settings(tmp_path / "streamed", data=data))
        assert outcome.samples == 4
        assert outcome.unreadable == 0
        fetched = len(requests)
        train(tiny_settings(tmp_path / "streamed", data=data, steps=8))
    assert losses(tmp_path / "streamed")[:4] == losses(tmp_path / "local")
    # The second start looks for changed clips, and reads none of them again: its latents are kept.
    assert len(requests) < 2 * fetched


def test_a_clip_that_fails_for_a_moment_is_asked_for_again(pairs, packed):
    with served(packed.parent) as (url, failing, _):
        found = find(f"{url}/run")[0].edited
        failing += [503, 500]
        assert np.array_equal(found.read(5).frames, find(pairs)[0].edited.read(5).frames)


def test_a_clip_that_keeps_failing_is_one_unreadable_sample(packed):
    with served(packed.parent) as (url, failing, _):
        found = find(f"{url}/run")[0].edited
        failing += [503] * 20
        with pytest.raises(MediaError, match=r"Sparkle_location_000000\.mp4: cannot be read"):
            found.read(5)
        failing.clear()
        (packed / "location/edited_video/Sparkle_location_000000.mp4").unlink()
        with pytest.raises(MediaError, match="cannot be read"):
            found.fingerprint()


def test_a_folder_that_is_not_served_is_named(packed):
    with served(packed.parent) as (url, _, _), pytest.raises(SetupError, match="/nowhere: is no folder"):
        find(f"{url}/nowhere")
