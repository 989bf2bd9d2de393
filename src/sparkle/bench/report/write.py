"""Writing a report to a file, in the format that its name asks for."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from sparkle.bench.report.html_writer import to_html
from sparkle.bench.report.json_writer import report_json
from sparkle.bench.report.latex_writer import to_latex
from sparkle.bench.report.markdown_writer import to_markdown
from sparkle.bench.report.model import Report
from sparkle.core.errors import SetupError
from sparkle.store import prepare_output, write_text


def _to_json(report: Report) -> str:
    return json.dumps(report_json(report), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


_WRITERS: dict[str, Callable[[Report], str]] = {
    ".html": to_html,
    ".md": to_markdown,
    ".json": _to_json,
    ".tex": to_latex,
}


def check_report_path(out: Path) -> None:
    """Raise SetupError for a name of unknown format or that cannot be written; ask before anything is computed."""
    if out.suffix.lower() not in _WRITERS:
        raise SetupError(f"--out {out}: the name must end in {', '.join(_WRITERS)}")
    prepare_output(out, (), out.suffix.lower())


def write_report(report: Report, out: Path) -> None:
    """Write the report, whole or not at all. Raises SetupError for a name with an unknown ending.

    Only HTML reads videos: a few frames of the best and worst samples; one that cannot be read is named in the page.
    """
    check_report_path(out)
    write_text(out, _WRITERS[out.suffix.lower()](report))
