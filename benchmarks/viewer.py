"""How soon the viewer shows a large run: `python benchmarks/viewer.py [SAMPLES]` (100,000), in Debian's Chromium.

The ledger is that of a run of as many samples, each rejected at one of six stages or accepted, a check a stage; there
are no files. The server is a process of its own. Times from the browser's navigation on; "server" is what the server's
process took of a processor until then, "page" what the page's own thread took (Chromium's TaskDuration, in ticks of the
thread):

- grid: the first cards and their states are there.
- all: what every sample's checks said is there, too, so that scores can be filtered and sorted by.
- filter: from a key's stroke in the text field to the counted result.
- jumps: the time between two pictures while the page jumps through the whole list in 120 leaps, none of whose cards
  were there before; wheel: while it goes on by 120 pixels a picture, as a wheel's turn does. "work" is what the page's
  thread takes for a picture: below 16.7 ms it keeps up with a screen of 60 Hz.
- stories: the server's processor time an answer for 200 samples' pages, spread over the whole run.

"opened" is what the server takes before it answers, by the clock and of the processor, libraries not included; once
with the index that a run keeps, once without any, so that the ledger is read. "checks read" is what the grid needs
beside that: instructions, scores and what each sample fell by.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from urllib.request import urlopen

from playwright.sync_api import Page, sync_playwright

from sparkle.core.sample import Check, Inputs, Sample
from sparkle.core.scene import Scene
from sparkle.recipes import STAGES
from sparkle.runners.run_collection import RunCollection
from sparkle.runs import KeptPlan, Ledger, RunState, StageEvent, keep_plan, write_run
from sparkle.store import Folder

CHROMIUM = Path("/usr/bin/chromium")
THEMES = ("location", "season", "time", "style")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]

FILTER = """async () => {
  const field = document.querySelector('[name=text]');
  const began = performance.now();
  field.value = 'number 4321';
  field.dispatchEvent(new Event('input', { bubbles: true }));
  const needed = performance.now() - began;
  const count = document.getElementById('count').textContent;
  field.value = '';
  field.dispatchEvent(new Event('input', { bubbles: true }));
  return [needed, count];
}"""
SCROLL = """async ([pictures, step]) => {
  const waits = [];
  const turn = () => new Promise((done) => requestAnimationFrame(done));
  const by = step || document.documentElement.scrollHeight / pictures;
  scrollTo(0, 0);
  let before = await turn();
  for (let picture = 1; picture <= pictures; picture += 1) {
    scrollTo(0, by * picture);
    const now = await turn();
    waits.push(now - before);
    before = now;
  }
  return waits;
}"""


def write_run_of(root: Path, samples: int) -> None:
    """Write the plan and the ledger."""
    plan = [
        Sample(f"Sparkle_{THEMES[n % 4]}_{n // 4:06d}", THEMES[n % 4], n, Inputs(f"/clips/{n}.mp4"))
        for n in range(samples)
    ]
    root.mkdir()
    write_run(root, {"recipe": {}, "commands": [], "times": []})
    keep_plan(root, plan)
    with Ledger(root) as ledger:
        for number, sample in enumerate(plan):
            for place, stage in enumerate(STAGES):
                falls = place == number % 7
                ledger.append(_event(sample, number, stage, falls))
                if falls:
                    break


def _event(sample: Sample, number: int, stage: str, falls: bool) -> StageEvent:
    first = stage == "first_frame"
    return StageEvent(
        sample.id,
        stage,
        "rejected" if falls else "passed",
        instruction=f"Put the subject on a windy beach, number {number}, with waves" if first else None,
        scene=Scene(sample.theme, f"kind {number % 9}", f"scene {number % 40}", "waves roll")
        if first
        else None,
        checks=(
            Check(f"{stage}.score", 4.0 + (4 + number % 3) * (not falls), 8.0, "minimum", "said", "none"),
        ),
        seconds=1.0,
    )


def keep_index(root: Path) -> None:
    """Keep the index as a run does at its end."""
    state = RunState(root, KeptPlan(Folder.at(root)), STAGES)
    with Ledger(root) as ledger:
        state.save(ledger)


def opened(root: Path) -> None:
    """Print what opening takes."""
    began, used = time.monotonic(), time.process_time()
    run = RunCollection(Folder.at(root))
    run.index()
    print(f"  opened        {time.monotonic() - began:6.2f} s, processor {time.process_time() - used:.2f} s")
    used = time.process_time()
    run.facts()
    print(f"  checks read   processor {time.process_time() - used:.2f} s")


def processor_s(pid: int) -> float:
    """Return the seconds of a processor that a process took so far (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Browser:
    """A page, and what it and its server take."""

    def __init__(self, page: Page, server: int) -> None:
        self._page, self._server = page, server
        self._devtools = page.context.new_cdp_session(page)
        self._devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
        self._began, self._used = time.monotonic(), processor_s(server)

    def work_s(self) -> float:
        """Return the seconds of a processor that the page's thread took so far."""
        metrics = self._devtools.send("Performance.getMetrics")["metrics"]
        return float({each["name"]: each["value"] for each in metrics}["TaskDuration"])

    def tell(self, what: str) -> None:
        """Print how long it is since the navigation began."""
        taken = processor_s(self._server) - self._used
        print(
            f"  {what:<8} {time.monotonic() - self._began:6.2f} s, server {taken:.2f} s, page {self.work_s():.2f} s"
        )

    def scroll(self, what: str, pictures: int, step: int) -> None:
        """Scroll, and print the time between pictures and the page's work for each."""
        before = self.work_s()
        waits = sorted(self._page.evaluate(SCROLL, [pictures, step]))
        work = 1000 * (self.work_s() - before) / pictures
        late = waits[int(0.95 * len(waits))]
        times = f"{median(waits):6.1f} ms between pictures, 95 % {late:.1f}, most {waits[-1]:.1f}"
        print(f"  {what:<8} {times}; work {work:.1f} ms")


def drive(address: str, server: int, samples: int) -> None:
    """Open the page and print what it takes."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        page = chromium.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(300_000)
        browser = Browser(page, server)
        page.goto(address, wait_until="commit")
        page.wait_for_selector(".card")
        browser.tell("grid")
        page.wait_for_selector("body[data-ready=facts]")
        browser.tell("all")
        needed, count = page.evaluate(FILTER)
        print(f"  filter   {needed / 1000:6.3f} s ({count})")
        browser.scroll("jumps", 120, 0)
        browser.scroll("wheel", 300, 120)
        chromium.close()
    before = processor_s(server)
    for number in range(0, samples, max(samples // 200, 1)):
        id = f"Sparkle_{THEMES[number % 4]}_{number // 4:06d}"
        with urlopen(f"{address}data/samples/{id}.json") as answer:  # noqa: S310 - our own server
            answer.read()
    print(
        f"  stories  {1000 * (processor_s(server) - before) / min(samples, 200):6.1f} ms of the server's processor each"
    )


def main() -> None:
    """Measure both ways."""
    samples = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    if not CHROMIUM.exists():
        print(f"not measured: no {CHROMIUM} (Debian: apt-get install chromium)")
        return
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "run"
        write_run_of(root, samples)
        print(f"{samples:,} samples, without an index")
        opened(root)
        keep_index(root)
        print(f"{samples:,} samples, with the index of the run")
        opened(root)
        command = [sys.executable, "-m", "sparkle", "view", str(root), "--port", "0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            drive(next(iter(server.stdout or ())).strip(), server.pid, samples)
            server.terminate()


if __name__ == "__main__":
    main()
