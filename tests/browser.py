"""A real browser, one for all tests of a process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

_PLACES = (Path("/usr/bin/chromium"), Path("/usr/bin/chromium-browser"))
CHROMIUM = next((path for path in _PLACES if path.exists()), None)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    if CHROMIUM is None:
        pytest.skip("no chromium: the pages are not tested; install it (Debian: apt-get install chromium)")
    api = pytest.importorskip("playwright.sync_api", reason="no playwright: pip install -e '.[test]'")
    with api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield started
        started.close()
