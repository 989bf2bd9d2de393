"""An edit is mended in a real browser, by real commands; two sets of results are compared blindly."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.conftest import SMALL_OPTIONS, Command
from tests.view.conftest import serving
from tests.view.test_viewer_pages import WAIT_MS, go_to, no_serious_fault
from tests.view.test_viewer_server import ask, get, page_token

from sparkle.core.errors import SetupError
from sparkle.runners.kept_masks import note_masks, noted_masks
from sparkle.runners.mending import KeptEdit
from sparkle.runners.weakness import WeakMoment
from sparkle.video import write_video

TASKS = ("one", "two", "three")


@pytest.fixture(scope="module")
def keep(clip_file: Path, sparkle: Command, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("mended")
    words = ("edit", clip_file, "a beach <b>at</b> sunset", "-o", root / "out.mp4")
    done = sparkle(*words, "--keep", root / "work", *SMALL_OPTIONS)
    assert done.returncode == 0, done.stderr
    return root / "work"


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(WAIT_MS)
    opened = context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    yield opened
    context.close()
    assert faults == []


def drag(page: Any, pane: str, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Drag over a pane, by shares of its width and height."""
    canvas = page.locator(f"[data-pane={pane}] canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    for number, (x, y) in enumerate((start, end)):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        (page.mouse.up if number else page.mouse.down)()


def draw_by_keys(page: Any) -> None:
    """Paint a stroke in the upper right corner and a box, without a mouse; take a stroke and a slip of it back."""

    def press(*keys: str) -> None:
        for key in keys:
            page.keyboard.press(key)

    press("5")
    assert page.evaluate("document.activeElement.closest('[data-pane]').dataset.pane") == "source"
    press(*["Shift+ArrowRight"] * 4, *["Shift+ArrowUp"] * 4, "Enter", "Shift+ArrowLeft", "ArrowLeft", "Enter")
    press("Enter", "ArrowDown", "Enter", "u")  # a second stroke, taken back
    press(
        "2", "Enter", "ArrowDown", "Escape", "Enter", "Enter"
    )  # a box that is let go, and one without any size
    assert page.locator("#marks li").count() == 2
    press(*["Shift+ArrowLeft"] * 2, "Enter", *["Shift+ArrowDown"] * 2, *["Shift+ArrowLeft"] * 3, "Enter")
    assert "290, 120, 590, 320" in page.inner_text("#marks")
    press("3", "Escape")
    assert page.evaluate("document.activeElement.dataset.tool") == "look"


def test_a_mask_is_mended_by_what_is_drawn(page: Any, keep: Path) -> None:
    before = noted_masks(keep)
    inside = before.at(4) > 0.5
    assert inside.any()
    rows, columns = (axis * 1000 / size for axis, size in zip(np.nonzero(inside), inside.shape, strict=True))
    with serving(keep) as server:
        page.goto(server)
        page.wait_for_selector("body[data-ready=mend]")
        assert page.inner_text("#instruction") == "a beach <b>at</b> sunset"
        page.locator("#panes[data-frame='0']").wait_for()
        page.locator("#frame", has_text=f"/ {len(before.times) - 1}").wait_for()
        go_to(page, 4)
        page.locator("#panes[data-frame='4']").wait_for()
        page.keyboard.press("4")  # not this
        middle = float(np.median(rows)) / 1000
        drag(page, "mask", (0.02, middle), (0.98, 0.99))
        page.keyboard.press("5")
        drag(page, "source", (0.05, 0.05), (0.2, 0.05))
        draw_by_keys(page)
        assert page.locator("#marks li").count() == 3
        no_serious_fault(page)
        assert f"--not frame=4:20,{round(1000 * middle)}" in page.inner_text("#command")
        page.focus("#redo")
        page.keyboard.press("Enter")
        page.wait_for_url("**at=4**")
        page.locator("#panes[data-frame='4']").wait_for()
        assert "3 earlier marks" in page.inner_text("#marks")
        after = noted_masks(keep).at(4) > 0.5
        height, width = after.shape
        assert after[round(0.05 * height), round(0.12 * width)]  # what was painted
        assert not after[round((middle + 0.02) * height) : round(0.97 * height), round(0.5 * width)].any()
        assert after[round(0.1 * height), round(0.85 * width)]  # what was painted by keys
        assert not inside[round(0.1 * height), round(0.85 * width)]
        assert not inside[round(0.05 * height), round(0.12 * width)] and columns.size
        # What cannot be done is told in words, and stays to be changed.
        page.keyboard.press("3")
        drag(page, "source", (0.01, 0.99), (0.01, 0.99))
        page.click("#redo")
        page.locator(".fault-text", has_text="nothing stands out there; draw a box").wait_for()
        assert page.is_enabled("#redo")


def test_the_page_tells_the_weak_moments_that_the_edit_told(keep: Path) -> None:
    masks = keep / "masks.json"
    before = masks.read_bytes()
    told = WeakMoment(0, 6, 2, 1.5, "a face is held without the body below it")
    with KeptEdit(keep) as edit:
        note_masks(keep, noted_masks(keep), [told])
        assert edit.about()["weak"] == [{"frame": 2, "reason": told.reason}]
        noted = json.loads(before)
        del noted["weak"]
        masks.write_text(json.dumps(noted))
        with pytest.raises(SetupError, match="run `sparkle edit --keep"):
            edit.about()
    masks.write_bytes(before)


def test_only_its_own_pages_mend_and_nonsense_is_refused(keep: Path) -> None:
    before = (keep / "edit.json").read_bytes()
    with serving(keep) as server:
        own = {"Origin": server.rstrip("/"), "x-sparkle-token": page_token(server)}

        def redo(value: object, **headers: str) -> tuple[int, bytes]:
            status, _, content = ask(server, "/redo", "POST", json.dumps(value).encode(), **headers)
            return status, content

        box = {"kind": "box", "frame": 1, "numbers": [1, 2, 300, 400]}
        assert redo({"marks": [box]}, Origin=server.rstrip("/"))[0] == 403
        assert redo({"marks": [box]}, **{**own, "Origin": "http://evil.example"})[0] == 403
        assert redo({"marks": []}, **own)[0] == 400
        assert redo({"marks": [{**box, "kind": "--output"}]}, **own)[0] == 400
        for wrong, told in (
            ({**box, "frame": 9999}, b"counted from 0"),
            ({**box, "frame": -1}, b"frame=N"),
            ({**box, "numbers": [1, 2]}, b"each number"),
            ({"kind": "mask", "frame": 1, "png": "bm90IGEgcG5n"}, b"no PNG"),
        ):
            status, content = redo({"marks": [wrong]}, **own)
            assert status == 409 and told in content, content
        assert ask(server, "/masks/9999.png")[0] == 404
        assert ask(server, "/media/0/output.pack")[0] == 404
    assert (keep / "edit.json").read_bytes() == before


@pytest.fixture
def bench(tmp_path: Path) -> Path:
    """Write three tasks and two sets of results; A is dark, B is bright."""
    root = tmp_path / "bench"
    root.mkdir()
    with (root / "benchmark_videos.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(("edited_type", "prompt", "original_video"))
        table.writerows(("background_change", f"task {name} <i>", f"{name}.mp4") for name in TASKS)
    for folder, end, level in (
        (root, "", 100),
        (tmp_path / "A", "_edited", 40),
        (tmp_path / "B", "_edited", 220),
    ):
        for name in TASKS:
            write_video(folder / f"{name}{end}.mp4", np.full((6, 48, 64, 3), level, np.uint8), 16.0)
    return root


def test_two_sets_of_results_are_compared_blindly(page: Any, bench: Path) -> None:
    a, b = bench.parent / "A", bench.parent / "B"
    grey = """(pane) => { const canvas = document.querySelector(`[data-pane=${pane}] canvas`);
      return canvas.getContext('2d').getImageData(20, 20, 1, 1).data[0]; }"""
    with serving(bench, "--ab", a, b) as server:
        page.goto(server)
        page.wait_for_selector("body[data-ready=blind]")
        assert "A" not in page.inner_text("#place").split() and page.is_hidden("#table")
        for number in range(3):
            page.locator("#place", has_text=f"Pair {number + 1} of 3").wait_for()
            page.locator("#panes[data-frame]").wait_for()
            left, right = page.evaluate(grey, "left"), page.evaluate(grey, "right")
            assert {round(left, -1), round(right, -1)} == {40, 220}
            page.keyboard.press("0" if number == 2 else "1" if left > right else "2")  # the bright one
        page.locator("#place", has_text="3 chosen").wait_for()
        page.focus("#show")
        page.keyboard.press("Enter")
        page.locator("#table tbody tr").last.wait_for()
        no_serious_fault(page)
        cells = page.locator("#table tbody tr").last.locator("td").all_inner_texts()
        assert cells[:5] == ["3", "0", "1", "2", "83.3 %"]
        first = json.loads(get(server, "/data/pairs.json"))
    lines = [json.loads(line) for line in (a / "blind_B.jsonl").read_text().splitlines()]
    assert {"a", "b", "seed"} == lines[0].keys()
    assert sorted(line["choice"] for line in lines[1:]) == ["b", "b", "tie"]
    with serving(bench, "--ab", a, b) as server:  # gone on with: the same order, the same choices
        assert json.loads(get(server, "/data/pairs.json")) == first


def test_results_of_a_benchmark_open_in_the_viewer(bench: Path) -> None:
    (bench.parent / "A" / "two_edited.mp4").unlink()
    with serving(bench, bench.parent / "A") as server:
        index = json.loads(get(server, "/data/index.json"))
        assert index["ids"] == list(TASKS)
        assert [index["statuses"][code] for code in index["status"]] == ["made", "unfinished", "made"]
        assert [pane["key"] for pane in json.loads(get(server, "/data/samples/two.json"))["panes"]] == [
            "source"
        ]
        assert get(server, "/media/one/edited.pack")
