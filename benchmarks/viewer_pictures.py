"""The pictures of the viewer in docs: `python benchmarks/viewer_pictures.py OUT --run RUN ID ID --work WORK --ab ...`.

Of a run: its grid, the first id (a rejected sample), the second (an accepted one) side by side and as a wipe, and all
three at the size of a phone. Of an edit's folder: a box on it and a stroke. Of two sets of results: the first pair.
Debian's Chromium draws them; look at them before they go into docs/images.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import PIL.Image
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
DESK, PHONE = (1440, 900), (390, 844)
GAP, PAPER = 36, "#808080"


@contextmanager
def serving(*arguments: object) -> Iterator[str]:
    """Run `sparkle view` on a free port, and yield its address."""
    command = [sys.executable, "-m", "sparkle", "view", *map(str, arguments), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            yield next(iter(server.stdout or ())).strip()
        finally:
            server.terminate()


def opened(browser: Browser, address: str, size: tuple[int, int], scheme: Literal["light", "dark"]) -> Page:
    """Return a page that is ready."""
    page = browser.new_page(
        viewport={"width": size[0], "height": size[1]},
        color_scheme=scheme,
        device_scale_factor=1 if size == DESK else 2,
        has_touch=size == PHONE,
        bypass_csp=True,  # waiting for a condition is a script of ours
    )
    page.set_default_timeout(300_000)
    page.goto(address)
    page.wait_for_selector("body[data-ready]:not([data-ready=index])")
    page.wait_for_function("document.querySelector('#panes')?.childElementCount !== 0")
    page.wait_for_timeout(4000)
    return page


def go_to(page: Page, frame: int) -> None:
    """Show a frame once it is there."""
    page.wait_for_function(f"Number(document.getElementById('scrub').max) >= {frame}")
    page.evaluate(
        "(frame) => { const bar = document.getElementById('scrub'); bar.value = frame;"
        " bar.dispatchEvent(new Event('input')); }",
        frame,
    )
    page.locator(f"#panes[data-frame='{frame}']").wait_for(state="attached")
    page.wait_for_timeout(1500)


def keep(page: Page, path: Path, height: int) -> None:
    """Write the upper part of a page."""
    page.set_viewport_size(
        {"width": page.viewport_size["width"] if page.viewport_size else 0, "height": height}
    )
    page.wait_for_timeout(1500)
    page.screenshot(path=str(path), quality=84, type="jpeg")
    page.close()


def join(parts: list[Path], path: Path) -> None:
    """Write pictures of one size beside each other into one, and remove them."""
    pictures = [PIL.Image.open(part).convert("RGB") for part in parts]
    wide, tall = pictures[0].size
    joined = PIL.Image.new("RGB", (len(parts) * (wide + GAP) - GAP, tall), PAPER)
    for place, picture in enumerate(pictures):
        joined.paste(picture, (place * (wide + GAP), 0))
    joined.resize((joined.width * 2 // 3, joined.height * 2 // 3)).save(path, quality=84)
    for part in parts:
        part.unlink()


def show_run(browser: Browser, run: Path, rejected: str, accepted: str, out: Path) -> None:
    """Draw the pictures of a run."""
    with serving(run) as server:
        fallen, passed = (f"{server}sample.html?id={id}" for id in (rejected, accepted))
        keep(opened(browser, server, DESK, "light"), out / "view_grid.jpg", 520)
        keep(opened(browser, fallen, DESK, "light"), out / "view_rejected.jpg", 1250)
        page = opened(browser, passed, DESK, "dark")
        go_to(page, 40)
        keep(page, out / "view_sample.jpg", 1330)
        page = opened(browser, passed, DESK, "dark")
        go_to(page, 40)
        for key in ("w", *["["] * 4):
            page.keyboard.press(key)
        page.evaluate("document.querySelector('.stage').scrollIntoView()")
        keep(page, out / "view_wipe.jpg", 840)
        parts = []
        for address, scheme in ((server, "light"), (fallen, "dark"), (passed, "light")):
            part = out / f"phone{len(parts)}.jpg"
            keep(opened(browser, address, PHONE, scheme), part, PHONE[1])  # type: ignore[arg-type]
            parts.append(part)
        join(parts, out / "view_phone.jpg")


def show_mending(browser: Browser, work: Path, out: Path) -> None:
    """Draw a box by the mouse and a stroke by keys, and write the page."""
    with serving(work) as server:
        page = opened(browser, server, DESK, "light")
        go_to(page, 40)
        page.keyboard.press("2")
        box = page.locator("[data-pane=source] canvas").bounding_box()
        if box is None:
            raise SystemExit(f"{work}: its page shows no source")
        page.mouse.move(box["x"] + 0.1 * box["width"], box["y"] + 0.06 * box["height"])
        page.mouse.down()
        page.mouse.move(box["x"] + 0.52 * box["width"], box["y"] + 0.98 * box["height"])
        page.mouse.up()
        page.keyboard.press("5")
        for key in (
            "]",
            "]",
            "]",
            "Shift+ArrowLeft",
            "Shift+ArrowUp",
            "Enter",
            *["ArrowRight", "ArrowDown"] * 5,
            "Enter",
        ):
            page.keyboard.press(key)
        keep(page, out / "view_mend.jpg", 880)


def main() -> None:
    """Draw what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--run", nargs=3, metavar=("RUN", "REJECTED", "ACCEPTED"))
    parser.add_argument("--work", type=Path)
    parser.add_argument("--ab", nargs=3, type=Path, metavar=("BENCH", "A", "B"))
    given = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        if given.run:
            show_run(browser, Path(given.run[0]), *given.run[1:], given.out)
        if given.work:
            show_mending(browser, given.work, given.out)
        if given.ab:
            with serving(given.ab[0], "--ab", *given.ab[1:]) as server:
                keep(opened(browser, server, DESK, "light"), given.out / "view_blind.jpg", 720)
        browser.close()


if __name__ == "__main__":
    main()
