"""The pages in a real browser."""

import json
import shutil
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest
from tests.conftest import Command
from tests.view.conftest import serving
from tests.view.viewed_run import (
    ACCEPTED,
    EARLY,
    FRAMES,
    HOSTILE,
    HOSTILE_ID,
    LEVELS,
    REJECTED,
    write_viewed_run,
)

WAIT_MS = 120_000  # of a machine that is busy

# Which frame each pane says that it shows, and the grey at its lower right corner, in one turn of the page.
LOOK = """() => Object.fromEntries([...document.querySelectorAll('#panes .pane')].map((pane) => {
  const canvas = pane.querySelector('canvas');
  const pixel = canvas.getContext('2d').getImageData(canvas.width - 6, canvas.height - 4, 1, 1).data;
  return [pane.dataset.pane, [pane.dataset.frame, pixel[0]]];
}))"""
MOVING = ("source", "edited", "background", "edges", "mask", "votes")
CLIPS = ("source", "edited", "background", "edges")  # whose grey is their frame's number


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(WAIT_MS)
    opened = context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on(
        "console",
        lambda message: (
            message.type == "error" and "status of 4" not in message.text and faults.append(message.text)
        ),
    )
    yield opened
    context.close()
    assert faults == []


def open_grid(page: Any, server: str, query: str = "") -> None:
    page.goto(f"{server}{query}")
    page.wait_for_selector("body[data-ready=facts]")


def open_sample(page: Any, server: str, id: str, frames: int = FRAMES) -> None:
    page.goto(f"{server}sample.html?id={id}")
    page.wait_for_selector("body[data-ready=sample]")
    page.locator("#frame", has_text=f"/ {frames - 1}").wait_for()
    page.locator("#panes[data-frame='0']").wait_for()


def go_to(page: Any, frame: int) -> None:
    page.evaluate(
        "(frame) => { const bar = document.getElementById('scrub'); bar.value = frame;"
        " bar.dispatchEvent(new Event('input')); }",
        frame,
    )


def shown_ids(page: Any) -> list[str]:
    return list(page.eval_on_selector_all(".card", "cards => cards.map(card => card.dataset.id)"))


def together(look: dict[str, tuple[str, int]]) -> int:
    """Return the frame that all panes show, by what they say and by their pixels."""
    frames = {int(look[key][0]) for key in MOVING}
    assert len(frames) == 1, look
    (frame,) = frames
    greys = np.array([look[key][1] for key in CLIPS])
    assert np.abs(greys - int(LEVELS[frame])).max() < 6, (frame, look)  # frames are 12 apart
    return frame


def test_the_grid_filters_by_everything_and_remembers_it(page: Any, server: str) -> None:
    open_grid(page, server)
    assert len(shown_ids(page)) == 5
    page.select_option("[name=status]", "rejected")
    assert shown_ids(page) == [REJECTED, EARLY]
    page.locator("summary").click()
    page.select_option("[name=failed]", "track.score")
    assert shown_ids(page) == [REJECTED]
    page.reload()
    page.wait_for_selector("body[data-ready=facts]")
    assert shown_ids(page) == [REJECTED]
    page.click("button[type=reset]")
    page.locator("#count", has_text="5 samples").wait_for()
    page.fill("[name=text]", "MEADOW location")
    assert shown_ids(page) == [ACCEPTED]
    page.fill("[name=text]", "nothing like that")
    assert page.is_visible("#empty")
    page.fill("[name=text]", "")
    page.select_option("[name=check]", "track.score")
    page.fill("[name=from]", "8")
    page.fill("[name=to]", "9")
    assert shown_ids(page) == [ACCEPTED]
    page.fill("[name=to]", "")
    page.select_option("[name=sort]", "-score")
    assert shown_ids(page) == [HOSTILE_ID, ACCEPTED]


def test_all_pictures_show_one_frame_while_they_play_and_are_scrubbed(page: Any, server: str) -> None:
    open_sample(page, server, ACCEPTED)
    assert together(page.evaluate(LOOK)) == 0
    page.keyboard.press(" ")
    seen = set()
    for _ in range(200):
        seen.add(together(page.evaluate(LOOK)))
        if len(seen) > 8:
            break
        page.wait_for_timeout(25)
    assert len(seen) > 8  # it plays
    page.keyboard.press(" ")
    for frame in (3, 16, 0, 9, 11, 2, 15):
        go_to(page, frame)
        together(page.evaluate(LOOK))  # also before the new frame is there
        page.locator(f"#panes[data-frame='{frame}']").wait_for()
        assert together(page.evaluate(LOOK)) == frame


def test_steps_loop_and_the_worst_frame(page: Any, server: str) -> None:
    open_sample(page, server, ACCEPTED)
    page.keyboard.press("ArrowRight")
    page.locator("#panes[data-frame='1']").wait_for()
    page.keyboard.press(",")
    page.locator("#panes[data-frame='0']").wait_for()
    page.keyboard.press("End")
    page.locator(f"#panes[data-frame='{FRAMES - 1}']").wait_for()
    page.locator("#worst", has_text="Worst frame 11 · 0.6").click()
    page.locator("#panes[data-frame='11']").wait_for()
    page.keyboard.press("l")
    page.keyboard.press("End")
    page.select_option("#speed", "0.25")
    page.click("#play")  # from the end, without a loop, it begins again and stops at the end
    page.locator("#play[aria-label=Pause]").wait_for()
    page.locator("#play[aria-label=Play]").wait_for()
    page.locator(f"#panes[data-frame='{FRAMES - 1}']").wait_for()


def test_wipe_difference_and_zoom(page: Any, server: str) -> None:
    open_sample(page, server, ACCEPTED)
    grey = "() => [...document.querySelector('#compare canvas').getContext('2d').getImageData(30, 90, 1, 1).data]"
    page.keyboard.press("d")
    page.locator("#compare[data-mode=difference][data-frame='0']").wait_for()
    assert max(page.evaluate(grey)[:3]) < 6  # source and edited are alike
    page.select_option("#second", "clean")
    page.wait_for_timeout(300)
    assert abs(page.evaluate(grey)[0] - 60) < 8  # frame 5's grey less frame 0's
    page.keyboard.press("w")
    page.locator("#compare[data-mode=wipe]").wait_for()
    for _ in range(11):
        page.keyboard.press("[")
    page.wait_for_timeout(300)
    assert abs(page.evaluate(grey)[0] - int(LEVELS[5])) < 8  # the wipe stands at the left edge
    page.set_viewport_size({"width": 1600, "height": 600})  # no room for the picture's whole width
    page.evaluate("document.querySelector('.stage').scrollIntoView()")
    box = page.locator("#compare canvas").bounding_box()
    assert box["width"] / box["height"] == pytest.approx(
        160 / 96, abs=0.02
    )  # the pointer is where the picture is
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.3 * box["height"])
    assert int(page.input_value(".wipe")) == pytest.approx(700, abs=8)
    page.keyboard.press("x")
    page.locator("#compare[data-mode=flicker]").wait_for()
    seen = set()
    for _ in range(200):
        seen.add(round(page.evaluate(grey)[0], -1))
        if len(seen) == 2:
            break
        page.wait_for_timeout(50)
    assert seen == {20, 80}  # one after the other
    page.keyboard.press("x")
    assert page.is_visible("#panes") and not page.is_visible("#compare")
    page.keyboard.press("+")
    page.locator("#fit").wait_for()
    page.keyboard.press("0")
    assert not page.is_visible("#fit")


def test_reviews_are_kept_counted_and_a_filter(browser: Any, tmp_path: Path) -> None:
    root = write_viewed_run(tmp_path / "reviewed")
    with serving(root) as server:
        page = browser.new_page()
        page.set_default_timeout(WAIT_MS)
        open_sample(page, server, ACCEPTED)
        page.keyboard.press("a")
        page.locator("button.accept[aria-pressed=true]").wait_for()
        page.keyboard.press("n")
        page.keyboard.type("r is a letter here <b>")
        page.keyboard.press("Escape")
        page.locator("#said", has_text="review kept: accept").wait_for()
        page.goto(f"{server}sample.html?id={REJECTED}")
        page.locator("#review .accept").click()
        page.locator("button.accept[aria-pressed=true]").wait_for()
        page.goto(f"{server}sample.html?id={ACCEPTED}")
        page.locator("button.accept[aria-pressed=true]").wait_for()
        assert page.input_value("#note") == "r is a letter here <b>"
        open_grid(page, server, "?review=against")
        assert shown_ids(page) == [REJECTED]
        assert page.inner_text("#summary").endswith("2 reviewed, 50 % agree with the checks")
        open_grid(page, server, "?review=note")
        assert shown_ids(page) == [ACCEPTED]
        page.close()
    kept = [json.loads(line) for line in (root / "reviews.jsonl").read_text().splitlines()]
    assert [(each["id"], each["verdict"]) for each in kept] == [
        (ACCEPTED, "accept"),
        (ACCEPTED, "accept"),
        (REJECTED, "accept"),
    ]
    with serving(root) as server:  # they outlive the server
        page = browser.new_page()
        open_grid(page, server, "?review=accept")
        assert shown_ids(page) == [ACCEPTED, REJECTED]
        page.close()


def test_a_keyboard_is_enough(page: Any, server: str) -> None:
    open_grid(page, server)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert page.evaluate("document.activeElement.closest('.card').dataset.id") == ACCEPTED
    page.keyboard.press(" ")
    page.locator(".card.moving").wait_for()
    page.keyboard.press("?")
    assert page.is_visible("#help")
    page.keyboard.press("Escape")
    page.keyboard.press("f")
    page.keyboard.type("location")
    assert page.locator("#count", has_text="2 of 5").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector("body[data-ready=sample]")
    assert ACCEPTED in page.url
    page.keyboard.press("j")  # the order of the grid goes on
    page.wait_for_url(f"**{EARLY}")
    page.wait_for_selector("body[data-ready=sample]")
    page.keyboard.press("Escape")
    page.wait_for_selector("body[data-ready=facts]")
    assert page.input_value("[name=text]") == "location"


def test_hostile_words_are_shown_and_do_nothing(page: Any, server: str) -> None:
    page.on("dialog", lambda _: pytest.fail("a dialog opened"))
    open_grid(page, server, "?text=onerror")
    assert HOSTILE in page.inner_text(f".card[data-id={HOSTILE_ID}] .words")
    open_sample(page, server, HOSTILE_ID)
    assert HOSTILE in page.inner_text("#instruction")
    assert HOSTILE in page.inner_text("#notes")
    assert page.evaluate("window.taken") is None
    assert page.locator("main img, main script").count() == 0
    page.goto(f"{server}sample.html?id=%3Cscript%3Ewindow.taken=1%3C/script%3E")
    page.locator(
        "#instruction", has_text="<script>window.taken=1</script>: There is no such thing here."
    ).wait_for()
    assert page.evaluate("window.taken") is None


def test_a_sample_of_which_nothing_is_left_says_so(page: Any, server: str) -> None:
    page.goto(f"{server}sample.html?id={EARLY}")
    page.locator("#panes", has_text="Nothing of this sample").wait_for()
    told = page.inner_text("#verdict")
    assert "source.score is 3, at least 8 is needed" in told
    assert told.count("not made") == 5 and told.count("fell here") == 1  # of the six stages
    page.goto(f"{server}sample.html?id=../../x")
    page.locator("#instruction", has_text="../../x: There is no such thing here.").wait_for()
    assert page.is_hidden("#checks") and page.is_hidden("#review")


def no_serious_fault(page: Any) -> None:
    """Ask axe-core about the page as it stands, in light and dark."""
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8"))
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = page.evaluate("axe.run()")["violations"]
        serious = {
            each["id"]: [node["html"] for node in each["nodes"]]
            for each in found
            if each["impact"] in {"serious", "critical"}
        }
        assert serious == {}, scheme


def test_a_clip_that_breaks_off_says_where(page: Any, tmp_path: Path, viewed_run: Path) -> None:
    root = shutil.copytree(viewed_run, tmp_path / "cut")
    clip = root / "location" / "edited_video" / f"{ACCEPTED}.mp4"
    clip.write_bytes(
        clip.read_bytes()[: clip.stat().st_size * 95 // 100]
    )  # some frames come before it breaks
    with serving(root) as server:
        open_sample(page, server, ACCEPTED)
        page.locator("[data-pane=edited] .fault", has_text="the file is cut off").wait_for()
        assert page.is_hidden("[data-pane=source] .fault")


def test_no_serious_fault_for_people_who_use_readers(page: Any, server: str) -> None:
    open_grid(page, server)
    no_serious_fault(page)
    for id, frames in ((ACCEPTED, FRAMES), (REJECTED, FRAMES)):
        open_sample(page, server, id, frames)
        no_serious_fault(page)


def test_on_a_phone_nothing_is_cut(browser: Any, server: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    wide = "document.documentElement.scrollWidth"
    open_grid(page, server)
    assert page.evaluate(wide) <= 390
    open_sample(page, server, ACCEPTED)
    assert page.evaluate(wide) <= 390
    context.close()


def test_pages_in_a_folder_show_the_same_on_any_server(
    page: Any, viewed_run: Path, tmp_path: Path, sparkle: Command
) -> None:
    out = tmp_path / "pages"
    assert sparkle("view", viewed_run, "--static", out).returncode == 0
    again = sparkle("view", viewed_run, "--static", out)
    assert (again.returncode, "holds something already" in again.stderr) == (2, True)
    handler = partial(QuietHandler, directory=str(out))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as plain:
        Thread(target=plain.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{plain.server_port}/"
        open_grid(page, address, "?status=accepted")
        assert shown_ids(page) == [ACCEPTED, HOSTILE_ID]
        open_sample(page, address, ACCEPTED)
        go_to(page, 11)
        page.locator("#panes[data-frame='11']").wait_for()
        assert together(page.evaluate(LOOK)) == 11
        assert page.locator("#review", has_text="Not reviewed").is_visible()
        plain.shutdown()


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass
