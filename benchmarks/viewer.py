"""How soon the viewer shows a large run: `python benchmarks/viewer.py [SAMPLES]` (100,000), in Debian's Chromium.

The ledger is that of a run of as many samples, each rejected at one of six stages or accepted, a check a stage; there
are no files. The server is a process of its own. Times from the browser's navigation on:

- grid: the first cards and their states are there.
- all: what every sample's checks said is there, too, so that scores can be filtered and sorted by.
- filter: from a key's stroke in the text field to the counted result.
- scroll: the longest and the median time between two pictures while the page jumps through the whole list.

"opened" is what the server takes before it answers, by the clock and of the processor, libraries not included; once
with the index that a run keeps, once without any, so that the ledger is read. "checks read" is what the grid needs
beside that: instructions, scores and what each sample fell by.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from playwright.sync_api import sync_playwright

from sparkle.core.sample import Check, Inputs, Sample
from sparkle.core.scene import Scene
from sparkle.recipes import STAGES
from sparkle.runners.run_collection import RunCollection
from sparkle.runs import KeptPlan, Ledger, RunState, StageEvent, keep_plan, write_run
from sparkle.store import Folder

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
SCROLL = """async () => {
  const waits = [];
  const turn = () => new Promise((done) => requestAnimationFrame(done));
  const height = document.documentElement.scrollHeight;
  let before = await turn();
  for (let step = 0; step < 120; step += 1) {
    scrollTo(0, (height * step) / 120);
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


def drive(address: str) -> None:
    """Open the page and print what it takes."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(300_000)
        began = time.monotonic()
        page.goto(address, wait_until="commit")
        page.wait_for_selector(".card")
        print(f"  grid          {time.monotonic() - began:6.2f} s")
        page.wait_for_selector("body[data-ready=facts]")
        print(f"  all           {time.monotonic() - began:6.2f} s")
        needed, count = page.evaluate(FILTER)
        print(f"  filter        {needed / 1000:6.3f} s ({count})")
        waits = page.evaluate(SCROLL)
        print(f"  scroll        {median(waits):6.1f} ms between pictures, at most {max(waits):.0f} ms")
        browser.close()


def main() -> None:
    """Measure both ways."""
    samples = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
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
            drive(next(iter(server.stdout or ())).strip())
            server.terminate()


if __name__ == "__main__":
    main()
