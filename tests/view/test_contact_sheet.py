import numpy as np
import pytest

from sparkle.view import OverviewRow, contact_sheet, evenly_spaced, overview_sheet

FRAMES = np.full((5, 60, 104, 3), (10, 200, 30), np.uint8)
MASK = np.zeros((5, 60, 104), np.bool_)
MASK[:, 20:40, 30:60] = True
EDGES = np.zeros((5, 60, 104), np.uint8)


def test_every_column_and_moment_has_a_panel_and_the_sheet_stays_narrow():
    columns = {f"column {index}": FRAMES for index in range(9)}
    few = contact_sheet({"source": FRAMES}, [0], "title")
    sheet = contact_sheet(columns, [0, 2, 4], "title", "an instruction")
    assert few.shape[1] < sheet.shape[1] <= 2400
    assert sheet.dtype == np.uint8
    green = (sheet == (10, 200, 30)).all(-1)
    assert _runs(green.any(0)) == 9
    assert _runs(green.any(1)) == 3


def test_a_still_picture_is_shown_once():
    sheet = contact_sheet({"clean": FRAMES[0], "edges": EDGES}, [0, 4], "title")
    assert _runs((sheet == (10, 200, 30)).all(-1).any(1)) == 1


def test_the_mask_glows_on_the_dimmed_source():
    sheet = contact_sheet({"source": FRAMES, "mask": MASK}, [0], "title").astype(int)
    warm = (sheet[..., 0] > 60) & (sheet[..., 1] > 150) & (sheet[..., 2] < 80)
    right_half = warm[:, sheet.shape[1] // 2 :]
    panel = sheet.shape[1] // 2
    assert 0.02 < right_half.mean() < 0.3
    assert panel > 0


def test_a_moment_that_a_column_lacks_is_named():
    with pytest.raises(ValueError, match="'source' has 5 frames: there is no frame 5"):
        contact_sheet({"source": FRAMES}, [5], "title")


@pytest.mark.parametrize(("columns", "moments"), [({}, [0]), ({"source": FRAMES}, [])])
def test_a_sheet_of_nothing_is_refused(columns, moments):
    with pytest.raises(ValueError, match="at least one"):
        contact_sheet(columns, moments, "title")


def test_long_texts_are_wrapped_and_shortened_not_cut_by_the_border():
    short = contact_sheet({"source": FRAMES}, [0], "title", "word")
    long = contact_sheet({"source": FRAMES}, [0], "T" * 500, "many words " * 200)
    assert long.shape[1] == short.shape[1]
    assert short.shape[0] < long.shape[0] < short.shape[0] + 150
    assert (long[:, -20:] == long[0, 0]).all()


def test_moments_are_spread_from_first_to_last():
    assert evenly_spaced(81, 4) == [0, 27, 53, 80]
    assert evenly_spaced(2, 4) == [0, 1]


def test_the_overview_has_a_row_per_sample():
    row = OverviewRow("Sparkle_time_000001", "Put the subject on a beach.", FRAMES[0], (FRAMES[1], FRAMES[2]))
    sheet = overview_sheet([row] * 3, "a run", "3 accepted")
    green = (sheet == (10, 200, 30)).all(-1)
    assert _runs(green.any(1)) == 3
    assert _runs(green.any(0)) == 3
    with pytest.raises(ValueError, match="at least one sample"):
        overview_sheet([], "a run")


def _runs(line: np.ndarray) -> int:
    return int(np.count_nonzero(np.diff(np.concatenate([[0], line.astype(int)])) == 1))
