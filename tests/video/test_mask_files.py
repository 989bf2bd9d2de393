import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from sparkle.core.errors import MediaError
from sparkle.video import pack, read_confidence, read_masks, unpack, write_confidence, write_masks

bool_masks = hnp.arrays(np.bool_, st.tuples(st.integers(1, 5), st.integers(1, 9), st.integers(1, 9)))


@given(bool_masks)
def test_packing_is_undone(masks: NDArray[np.bool_]) -> None:
    assert np.array_equal(unpack(pack(masks), masks.shape), masks)


def test_the_file_is_as_published(tmp_path: Path) -> None:
    masks = np.random.default_rng(0).random((3, 5, 7)) > 0.5
    write_masks(tmp_path / "a.npz", masks)
    with np.load(tmp_path / "a.npz", allow_pickle=False) as file:
        assert sorted(file.files) == ["mask", "shape"]
        assert file["mask"].dtype == np.uint8
        assert tuple(file["shape"]) == (3, 5, 7)
        assert np.array_equal(np.unpackbits(file["mask"])[: masks.size], masks.reshape(-1))
    assert np.array_equal(read_masks(tmp_path / "a.npz"), masks)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("dtype", [np.int32, np.int64])
def test_files_of_others_are_read(tmp_path: Path, save: object, dtype: type) -> None:
    masks = np.random.default_rng(0).random((3, 5, 7)) > 0.5
    save(tmp_path / "a.npz", mask=np.packbits(masks.reshape(-1)), shape=np.array(masks.shape, dtype))
    assert np.array_equal(read_masks(tmp_path / "a.npz"), masks)


def test_same_masks_same_bytes(tmp_path: Path) -> None:
    masks = np.random.default_rng(0).random((3, 5, 7)) > 0.5
    write_masks(tmp_path / "a.npz", masks)
    write_masks(tmp_path / "b.npz", masks)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def npz(**arrays: object) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def lying_header() -> bytes:
    """A member whose own header claims an exabyte."""
    header = io.BytesIO()
    description = {"descr": "|u1", "fortran_order": False, "shape": (10**18,)}
    np.lib.format.write_array_header_1_0(header, description)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mask.npy", header.getvalue() + b"abc")
        shape = io.BytesIO()
        np.save(shape, np.array([1, 2, 3]))
        archive.writestr("shape.npy", shape.getvalue())
    return buffer.getvalue()


BITS = np.zeros(14, np.uint8)
SHAPE = np.array([3, 5, 7])
BAD = {
    "empty": b"",
    "text": b"not a zip at all",
    "cut": npz(mask=BITS, shape=SHAPE)[:-60],
    "no shape": npz(mask=BITS),
    "no mask": npz(shape=SHAPE),
    "two lengths": npz(mask=BITS, shape=SHAPE[:2]),
    "negative": npz(mask=BITS, shape=np.array([3, -5, 7])),
    "zero": npz(mask=BITS, shape=np.array([0, 5, 7])),
    "too few bits": npz(mask=BITS[:10], shape=SHAPE),
    "too many bits": npz(mask=np.zeros(99, np.uint8), shape=SHAPE),
    "other type": npz(mask=BITS.astype(np.float32), shape=SHAPE),
    "bools": npz(mask=np.zeros((3, 5, 7), bool), shape=SHAPE),
    "pickle": npz(mask=np.array([{"code": 1}] * 14, object), shape=SHAPE),
    "float shape": npz(mask=BITS, shape=SHAPE.astype(float)),
    "huge": npz(mask=BITS, shape=np.array([10**6, 10**6, 10**6])),
    "lying header": lying_header(),
}


@pytest.mark.parametrize("kind", BAD)
def test_hostile_files_are_refused_by_name(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "bad mask.npz"
    path.write_bytes(BAD[kind])
    with pytest.raises(MediaError, match=r"bad mask\.npz: is no mask file"):
        read_masks(path)


def test_missing_masks_and_wrong_arrays(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"a\.npz: no such mask file"):
        read_masks(tmp_path / "a.npz")
    with pytest.raises(MediaError, match=r"must be bool \(T, H, W\)"):
        write_masks(tmp_path / "a.npz", np.zeros((2, 3, 4), np.uint8))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("passes", "dtype"), [(4, np.uint8), (300, np.uint16)])
def test_votes_come_back_as_shares(tmp_path: Path, passes: int, dtype: type) -> None:
    votes = np.random.default_rng(0).integers(0, passes + 1, (3, 5, 7)).astype(dtype)
    write_confidence(tmp_path / "a.npz", votes, passes)
    confidence = read_confidence(tmp_path / "a.npz")
    assert confidence.dtype == np.float16
    assert np.allclose(confidence, votes / passes, atol=1 / 2048)


def test_impossible_votes_are_refused(tmp_path: Path) -> None:
    votes = np.full((1, 2, 3), 5)
    with pytest.raises(MediaError, match=r"votes must be in \[0, 4\]"):
        write_confidence(tmp_path / "a.npz", votes, 4)
    (tmp_path / "b.npz").write_bytes(
        npz(votes=votes.reshape(-1), shape=np.array([1, 2, 3]), passes=np.array([4]))
    )
    with pytest.raises(MediaError, match=r"b\.npz: is no confidence file .* 5 votes of 4 passes"):
        read_confidence(tmp_path / "b.npz")
