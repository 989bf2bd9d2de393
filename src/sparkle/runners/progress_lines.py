"""Progress as lines of a pipe: what a command writes for a program that shows it, and how that reads it."""

from __future__ import annotations

import re

PROGRESS = "SPARKLE_PROGRESS"  # "lines" asks for them
_LINE = re.compile(r"progress (\d{1,9})/(\d{1,9}) (.+)")


def progress_line(step: str, done: int, of: int) -> str:
    """Return a line that says that `done` of `of` of a step are done."""
    return f"progress {done}/{of} {step}"


def parse_progress(line: str) -> tuple[str, int, int] | None:
    """Return (step, done, of) of such a line, None for any other."""
    found = _LINE.fullmatch(line.strip())
    return None if found is None else (found[3], int(found[1]), int(found[2]))
