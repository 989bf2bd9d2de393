"""Removal from edited frames of any origin: of a drawn clip, before backgrounds that its painter never made."""

import sys

import cv2
import numpy as np
import pytest

from sparkle.backends import create_backend
from sparkle.backends.cpu.removal import remove
from sparkle.core.boxes import LabelledBox
from sparkle.core.errors import MissingExtraError
from sparkle.roles import ForegroundRemover, RemovalRequest

HEIGHT, WIDTH, COUNT = 108, 192, 24
RED = np.float32([200, 50, 40])


def wall(seed: int, low: int, high: int) -> np.ndarray:
    coarse = np.random.default_rng(seed).uniform(low, high, (9, 16, 3)).astype(np.float32)
    picture = cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    picture[::9] += 25
    return picture


def figure(t: int) -> np.ndarray:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.ellipse(mask, (60 + 3 * t, 70), (16, 26), 0, 0, 360, 1, -1)
    cv2.circle(mask, (60 + 3 * t, 36), 10, 1, -1)
    return mask > 0


def before(background: np.ndarray, t: int) -> np.ndarray:
    picture = np.where(figure(t)[..., None], RED, background)
    return np.clip(picture + np.random.default_rng(t).normal(0, 2, picture.shape), 0, 255).astype(np.uint8)


def request(edited: np.ndarray, background: np.ndarray | None = None) -> RemovalRequest:
    source = np.stack([before(wall(1, 60, 120), t) for t in range(COUNT)])
    box = LabelledBox("figure", (43.0, 25.0, 77.0, 97.0))
    return RemovalRequest(edited, source, (box,), "Remove the figure.", "", None, 7, background)


def red(picture: np.ndarray) -> np.ndarray:
    return picture[..., 0].astype(int) - picture[..., 1]


def test_the_subject_goes_from_a_new_background_and_the_rest_stays() -> None:
    pytest.importorskip("patchmatch")
    remover: ForegroundRemover = create_backend("cpu.inpaint_remover", {})
    edited = before(wall(2, 100, 170), 0)
    clean = remover(request(edited))
    assert clean.shape == edited.shape
    assert red(edited)[figure(0)].mean() > 140
    assert red(clean)[figure(0)].mean() < 40
    far = cv2.dilate(figure(0).astype(np.uint8), np.ones((31, 31))) == 0
    assert (clean[far] == edited[far]).all()


def test_what_the_clip_uncovers_is_taken_where_the_edit_kept_the_background() -> None:
    """The filler shows what it was asked for: hardly anything, as the figure walks away."""
    asked = []

    def green(picture: np.ndarray, hole: np.ndarray, seed: int) -> np.ndarray:
        asked.append(hole)
        return np.where(hole[..., None], np.uint8([0, 255, 0]), picture)

    truth = wall(1, 60, 120)
    kept = request(before(truth, 0))
    dimmer = RemovalRequest(
        (kept.edited_frame * 0.9).astype(np.uint8), *(getattr(kept, name) for name in kept.__slots__[1:])
    )
    for same, light in ((kept, 1.0), (dimmer, 0.9)):
        clean = remove(same, green)
        assert asked[-1][figure(0)].mean() < 0.1
        taken = figure(0) & ~asked[-1]
        assert np.abs(clean[taken] - light * truth[taken]).mean() < 6.0


def test_nothing_of_the_old_background_comes_into_a_new_one() -> None:
    asked = []

    def keep(picture: np.ndarray, hole: np.ndarray, seed: int) -> np.ndarray:
        asked.append(hole)
        return picture

    edited = before(wall(2, 100, 170), 0)
    assert (remove(request(edited), keep) == edited).all()
    assert asked[0][figure(0)].mean() > 0.95


def test_a_subject_that_the_edit_moved_a_little_goes_whole() -> None:
    asked = []

    def keep(picture: np.ndarray, hole: np.ndarray, seed: int) -> np.ndarray:
        asked.append(hole)
        return picture

    remove(request(before(wall(2, 100, 170), 1)), keep)
    assert asked[0][figure(1)].mean() > 0.98


def test_without_its_library_it_says_what_to_install_before_any_clip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "patchmatch", None)
    with pytest.raises(MissingExtraError, match="inpaint"):
        create_backend("cpu.inpaint_remover", {})


def test_the_users_own_background_is_the_answer() -> None:
    pytest.importorskip("patchmatch")
    own = np.full((HEIGHT, WIDTH, 3), 9, np.uint8)
    clean = create_backend("cpu.inpaint_remover", {})(request(before(wall(2, 100, 170), 0), own))
    assert (clean == own).all()
