"""`accelerate launch -m sparkle.kiwi.train CONFIG.yaml`: training on as many GPUs and machines as accelerate starts.

One process needs no launcher: `sparkle train CONFIG.yaml` does the same.
"""

from __future__ import annotations

import argparse
import os
import sys

from sparkle.core.errors import SparkleError
from sparkle.core.visible import visible
from sparkle.kiwi.training.files import load_settings
from sparkle.kiwi.training.loss_log import Update
from sparkle.kiwi.training.run import Reports, train

EXIT_FAILED = 1
EXIT_STOPPED = 130


def main() -> int:
    """Run; return the exit code: 0 when the last update is done, 130 when stopped by a signal, 1 for an error."""
    parser = argparse.ArgumentParser(prog="sparkle.kiwi.train", description=__doc__)
    parser.add_argument("config", help="a shipped configuration by name, or a YAML file")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="change one setting")
    parser.add_argument("--cache-only", action="store_true", help="encode the data, and stop")
    arguments = parser.parse_args()
    try:
        outcome = train(
            load_settings(arguments.config, arguments.set),
            cache_only=arguments.cache_only,
            reports=Reports(_show_caching, _show_update),
        )
    except SparkleError as error:
        lines = [f"sparkle: {visible(error.message)}", *(f"  {visible(line)}" for line in error.details)]
        print(*lines, sep="\n", file=sys.stderr)
        return EXIT_FAILED
    if outcome.is_main:
        ending = "stopped after" if outcome.stopped else "finished:"
        print(f"{ending} update {outcome.step}; {outcome.samples} pairs, {outcome.unreadable} unreadable")
    return EXIT_STOPPED if outcome.stopped else 0


def _show_caching(done: int, of: int, label: str) -> None:
    if _is_main():
        print(f"encoding {done + 1}/{of}  {visible(label)}", file=sys.stderr, flush=True)


def _show_update(update: Update) -> None:
    skipped = f"  left out: {visible(update.skipped)}" if update.skipped else ""
    print(
        f"update {update.step}  loss {update.loss:.4f}  rate {update.rate:.3g}  {update.seconds:.1f} s{skipped}",
        file=sys.stderr,
        flush=True,
    )


def _is_main() -> bool:
    return os.environ.get("RANK", "0") == "0"
