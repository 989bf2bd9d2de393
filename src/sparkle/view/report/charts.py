"""The charts of the report: inline SVG that follows the page's colours, light or dark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from sparkle.view.report.model import CheckReport, RunReport, SceneCount
from sparkle.view.svg import drawing, shape, text, titled

_WIDTH = 960


def funnel_chart(report: RunReport) -> Markup:
    """Return a bar for each check: of all samples of the run, those that came to it, and in red those that failed."""
    row, left, right = 34.0, 216.0, 150.0
    scale = (_WIDTH - left - right) / max(report.samples, 1)
    shapes: list[Markup] = []
    for place, check in enumerate(report.checks):
        y = 6 + place * row
        passed, failed = (check.came_in - check.failed) * scale, check.failed * scale
        bar = shape("rect", x=left, y=y, width=report.samples * scale, height=20, rx=4, class_="track")
        bar += shape("rect", x=left, y=y, width=passed, height=20, rx=4, class_="kept")
        if check.failed:
            bar += shape("rect", x=left + passed, y=y, width=max(failed, 2), height=20, rx=2, class_="lost")
        title = f"{check.name} {check.needs}: {check.came_in} came, {check.failed} failed"
        shapes.append(titled(bar, title))
        shapes.append(text(left - 12, y + 15, check.name, text_anchor="end"))
        lost = f"{check.failed} of {check.came_in}" if check.failed else f"{check.came_in} pass"
        shapes.append(text(_WIDTH - right + 12, y + 15, check.needs, class_="muted"))
        shapes.append(
            text(_WIDTH, y + 15, lost, text_anchor="end", class_="bad" if check.failed else "muted")
        )
    return drawing(_WIDTH, 6 + len(report.checks) * row, "Samples at each check", shapes)


def histogram(check: CheckReport) -> Markup:
    """Return the scores of a check, those that failed in red, its threshold as a line."""
    width, height, base = 300.0, 118.0, 92.0
    most = max(check.bins)
    step = width / len(check.bins)
    shapes: list[Markup] = []
    for place, (count, failed) in enumerate(zip(check.bins, check.failed_bins, strict=True)):
        if not count:
            continue
        middle = check.low + (place + 0.5) / len(check.bins) * (check.high - check.low)
        tall = max(72 * count / most, 2)
        lost = tall * failed / count  # of a bin that the threshold divides, the lower part
        bar = Markup("")
        for top, part, kind in ((tall, tall - lost, "kept"), (lost, lost, "lost")):
            if part:
                box = {"x": place * step + 0.5, "y": base - top, "width": step - 1, "height": part}
                bar += shape("rect", **box, rx=1, class_=kind)
        shapes.append(titled(bar, f"about {middle:.3g}: {count}, {failed} of them failed"))
    at = width * (check.threshold - check.low) / (check.high - check.low)
    shapes.append(shape("line", x1=0, x2=width, y1=base, y2=base, class_="axis"))
    shapes.append(shape("line", x1=at, x2=at, y1=8, y2=base + 5, class_="limit"))
    anchor = "start" if at < 40 else "end" if at > width - 40 else "middle"
    shapes.append(text(at, base + 19, check.needs, text_anchor=anchor, class_="strong"))
    if at > 74:
        shapes.append(text(0, base + 19, f"{check.least:.3g}", class_="muted"))
    if at < width - 74:
        shapes.append(text(width, base + 19, f"{check.most:.3g}", text_anchor="end", class_="muted"))
    return drawing(width, height, f"Scores of {check.name}", shapes)


def scene_chart(scenes: Sequence[SceneCount]) -> Markup:
    """Return a bar for each subtheme, by themes: how many were tried, and of them accepted (the paper's figure 4)."""
    row, left = 26.0, 250.0
    most = max((each.tried for each in scenes), default=1)
    shapes: list[Markup] = []
    y, theme = 0.0, ""
    for each in scenes:
        if each.theme != theme:
            y += 16 if theme else 4
            theme = each.theme
            shapes.append(text(0, y + 14, theme, class_="strong"))
        wide = (_WIDTH - left - 110) / most
        bar = shape("rect", x=left, y=y, width=each.tried * wide, height=18, rx=4, class_="track")
        if each.accepted:
            bar += shape("rect", x=left, y=y, width=each.accepted * wide, height=18, rx=4, class_="kept")
        shapes.append(titled(bar, f"{each.theme}, {each.subtheme}: {each.accepted} of {each.tried} accepted"))
        shapes.append(text(left - 12, y + 14, _short(each.subtheme or "no scene"), text_anchor="end"))
        label = f"{each.accepted} of {each.tried}"
        shapes.append(text(left + each.tried * wide + 10, y + 14, label, class_="muted"))
        y += row
    return drawing(_WIDTH, y + 4, "Themes and subthemes", shapes)


def time_chart(report: RunReport) -> Markup:
    """Return one bar of the whole time, a part for each stage, and what each part is below it."""
    total = report.seconds or 1.0
    shapes: list[Markup] = []
    x = 0.0
    for place, stage in enumerate(report.stages):
        wide = _WIDTH * stage.seconds / total
        if wide <= 0:
            continue
        part = shape("rect", x=x, y=4, width=max(wide - 2, 0.5), height=26, rx=3, class_=f"part{place % 6}")
        shapes.append(titled(part, f"{stage.stage}: {stage.seconds:.1f} s"))
        if wide > 78:
            shapes.append(text(x + 2, 50, stage.stage))
            shapes.append(text(x + 2, 67, f"{100 * stage.seconds / total:.0f} %", class_="muted"))
        x += wide
    return drawing(_WIDTH, 74, "Seconds of each stage", shapes)


def _short(name: str) -> str:
    return name if len(name) <= 26 else f"{name[:25]}…"


def charts_of(report: RunReport) -> Iterator[tuple[CheckReport, Markup]]:
    """Yield each check with its histogram."""
    for check in report.checks:
        yield check, histogram(check)
