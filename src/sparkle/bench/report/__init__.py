"""The report of a benchmark: HTML with pictures, Markdown, LaTeX, JSON; one file each, nothing else needed."""

from sparkle.bench.report.json_writer import comparison_json, report_json
from sparkle.bench.report.make import make_report
from sparkle.bench.report.model import Report
from sparkle.bench.report.write import check_report_path, write_report

__all__ = ["Report", "check_report_path", "comparison_json", "make_report", "report_json", "write_report"]
