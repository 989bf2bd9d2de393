"""Who decodes the clips of a dataset is chosen by name; both give the same frames, and say what they cannot read."""

import pickle
import sys
from pathlib import Path

import numpy as np
import pytest
from published import pack_by_hand
from tiny_dataset import FRAMES, HEIGHT, WIDTH

import sparkle
from sparkle.core.errors import MediaError, MissingExtraError, SetupError
from sparkle.dataset import open_dataset
from sparkle.dataset.export import export


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def torchcodec() -> None:
    """Skips where torchcodec is not there, or is there without FFmpeg's libraries or for another torch."""
    try:
        import torchcodec.decoders  # noqa: F401
    except (ImportError, OSError, RuntimeError) as error:
        pytest.skip(f"torchcodec cannot be loaded here ({type(error).__name__})")


@pytest.mark.usefixtures("torchcodec")
def test_torchcodec_gives_the_frames_that_pyav_gives(dataset: Path) -> None:
    pack_by_hand(dataset)
    plain = open_dataset(dataset)
    found = pickle.loads(pickle.dumps(sparkle.open_dataset(dataset, decoder="torchcodec")))  # noqa: S301 - our own
    for sample, other in zip(found[:2], plain, strict=True):
        for clip, wanted in ((sample.source, other.source), (sample.edges, other.edges)):
            one, two = clip.read(), wanted.read()
            assert one.frames.shape == (FRAMES, HEIGHT, WIDTH, 3)
            assert one.frames.dtype == np.uint8
            assert one.fps == two.fps
            assert np.allclose(one.times, two.times, atol=1e-6)
            # Blocks of grey noise: colours of half the resolution have nothing to differ in but the matrix.
            assert np.abs(one.frames.astype(int) - two.frames).mean() < 3
        assert len(sample.edited.read(5).frames) == 5
        assert sample.edited.info() == other.edited.info()
    assert found.of_themes(["openve3m"])[0].source.read(1).frames.shape[0] == 1


@pytest.mark.usefixtures("torchcodec")
def test_torchcodec_says_what_it_cannot_read(dataset: Path) -> None:
    clip = next(dataset.glob("location/source_video/*.mp4"))
    whole = clip.read_bytes()
    for content in (whole[:-3000], b"no video at all" * 100, b""):
        clip.write_bytes(content)
        with pytest.raises(MediaError, match=clip.name):
            open_dataset(dataset, decoder="torchcodec")[0].source.read()


def test_a_decoder_that_is_not_there_is_said_before_anything_is_read(
    dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SetupError, match="decoder 'gstreamer' is unknown; known are pyav, torchcodec"):
        open_dataset(dataset, decoder="gstreamer")
    for name in ("torchcodec", "torchcodec.decoders"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtraError, match="torchcodec"):
        open_dataset(dataset, decoder="torchcodec")


def test_one_without_its_libraries_is_said(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "packages/torchcodec"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("raise OSError('libavutil.so.60: cannot open shared object file')")
    monkeypatch.syspath_prepend(str(folder.parent))
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchcodec"]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(SetupError, match=r"cannot be loaded \(libavutil\.so\.60: "):
        open_dataset(dataset, decoder="torchcodec")


@pytest.mark.usefixtures("torchcodec")
def test_datasets_decodes_what_was_exported(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    datasets = pytest.importorskip("datasets")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    samples = open_dataset(dataset)
    export(samples, "hf", tmp_path / "out")
    (row,) = datasets.load_dataset(
        str(tmp_path / "out"), samples[0].theme, split="train", cache_dir=str(tmp_path / "arrow")
    )
    frames = row["edited_video"].get_frames_in_range(0, FRAMES).data
    assert tuple(frames.shape) == (FRAMES, 3, HEIGHT, WIDTH)
