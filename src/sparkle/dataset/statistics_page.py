"""A page of figures over a dataset: one HTML file that needs no other and runs no script."""

from __future__ import annotations

import math
from html import escape
from pathlib import Path

from sparkle.core.byte_sizes import byte_size
from sparkle.dataset.statistics import Distribution, Statistics
from sparkle.store import write_text

_COLOURS = ("#4c78a8", "#f58518", "#54a24b", "#b279a2", "#e45756", "#72b7b2", "#9d755d", "#bab0ac")
_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #222; max-width: 70rem; margin: 2rem auto; padding: 0 1rem }
h2 { margin: 2rem 0 .6rem; font-size: 1.15rem } table { border-collapse: collapse }
td, th { padding: .15rem .7rem .15rem 0;
text-align: left; vertical-align: middle } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums }
th { font-weight: 600; border-bottom: 1px solid #ccc } .wide { display: flex; flex-wrap: wrap; gap: 2.5rem }
"""


def write_page(path: Path, title: str, statistics: Statistics) -> None:
    """Write the page. What datasets say stands there as text. Raises OutputError."""
    themes = sorted(statistics.themes.items())
    bars = "".join(
        _bar(name, count, max(count for _, count in themes), place)
        for place, (name, count) in enumerate(themes)
    )
    verbs = statistics.verbs.most_common(12)
    said = "".join(_bar(name, count, verbs[0][1], 0) for name, count in verbs)
    values = "".join(_value(name, value) for name, value in statistics.values.items())
    body = (
        f"<h1>{escape(title)}</h1><p>{statistics.samples} pairs; {statistics.repeated_sources} share their source's "
        f"name with another, {statistics.same_clips} its file, {statistics.repeated_prompts} their instruction.</p>"
        f"<div class=wide><div><h2>Themes and subthemes</h2>{_sunburst(statistics)}</div><div><h2>Pairs by theme</h2>"
        f"<table>{bars}</table><h2>First words of the instructions</h2><table>{said}</table></div></div>"
        f"<h2>Scores and lengths</h2><table><tr><th>value<th class=n>pairs<th class=n>least<th class=n>median"
        f"<th class=n>most<th>distribution</tr>{values}</table>"
        f"<h2>Clips: {statistics.probed} sources, evenly chosen</h2><table>{_clips(statistics)}</table>"
        f"<h2>Scenes</h2><table>{_scenes(statistics)}</table>"
        f"<h2>Files</h2><table>{''.join(_file(statistics, kind) for kind in statistics.files)}</table>"
    )
    write_text(
        path,
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style>{body}</html>\n",
    )


def _bar(name: str, count: int, most: int, place: int) -> str:
    width = round(220 * count / max(most, 1))
    colour = _COLOURS[place % len(_COLOURS)]
    return (
        f"<tr><td>{escape(name[:40])}<td><svg width=220 height=14>"
        f"<rect width={max(width, 1)} height=14 rx=2 fill='{colour}'/></svg><td class=n>{count}</tr>"
    )


def _value(name: str, value: Distribution) -> str:
    most = max(value.counts) or 1
    heights = [round(30 * count / most) for count in value.counts]
    columns = "".join(
        f"<rect x={12 * place} y={30 - height} width=11 height={height} fill='#4c78a8'/>"
        for place, height in enumerate(heights)
    )
    numbers = "".join(f"<td class=n>{value.quantiles[q]:.3g}" for q in ("0", "0.5", "1"))
    return (
        f"<tr><td>{escape(name)}<td class=n>{value.count}{numbers}"
        f"<td><svg width={12 * len(value.counts)} height=31>{columns}</svg></tr>"
    )


def _file(statistics: Statistics, kind: str) -> str:
    size = byte_size(statistics.bytes[kind])
    return f"<tr><td>{escape(kind)}<td class=n>{statistics.files[kind]}<td class=n>{size}</tr>"


def _clips(statistics: Statistics) -> str:
    sizes = statistics.sizes.most_common(12)
    lengths = ((f"{frames} frames", count) for frames, count in statistics.frames.most_common(12))
    broken = [("cannot be read", statistics.unreadable)] if statistics.unreadable else []
    return "".join(
        f"<tr><td>{escape(what)}<td class=n>{count}</tr>" for what, count in (*sizes, *lengths, *broken)
    )


def _scenes(statistics: Statistics) -> str:
    return "".join(
        f"<tr><td>{escape(theme)}<td>{escape(subtheme or '-')}<td>{escape(scene or '-')}<td class=n>{count}</tr>"
        for theme, parts in sorted(statistics.scenes.items())
        for subtheme, counts in sorted(parts.items())
        for scene, count in sorted(counts.items())
    )


def _sunburst(statistics: Statistics) -> str:
    """Return rings: themes inside, their subthemes outside, by samples."""
    total = max(statistics.samples, 1)
    pieces, angle = [], 0.0
    for place, (theme, parts) in enumerate(sorted(statistics.scenes.items())):
        colour = _COLOURS[place % len(_COLOURS)]
        inner = sum(counts.total() for counts in parts.values()) / total
        pieces.append(_piece(angle, inner, 60, 120, colour, 1.0, f"{theme}: {round(inner * total)}", theme))
        at = angle
        for number, (subtheme, counts) in enumerate(sorted(parts.items())):
            share = counts.total() / total
            label = subtheme or "-"
            shade = 0.75 if number % 2 else 0.55
            pieces.append(_piece(at, share, 122, 185, colour, shade, f"{label}: {counts.total()}", label))
            at += share
        angle += inner
    return f"<svg width=400 height=400 viewBox='-200 -200 400 400' font-size=11>{''.join(pieces)}</svg>"


def _piece(
    begin: float, share: float, inner: int, outer: int, colour: str, opacity: float, title: str, label: str
) -> str:
    share = min(share, 0.9999)  # an arc that ends where it begins is none
    (a, b), (c, d) = (
        [
            (radius * math.sin(2 * math.pi * at), -radius * math.cos(2 * math.pi * at))
            for radius in (inner, outer)
        ]
        for at in (begin, begin + share)
    )
    large = int(share > 0.5)
    path = (
        f"M{a[0]:.1f} {a[1]:.1f}L{b[0]:.1f} {b[1]:.1f}A{outer} {outer} 0 {large} 1 {d[0]:.1f} {d[1]:.1f}"
        f"L{c[0]:.1f} {c[1]:.1f}A{inner} {inner} 0 {large} 0 {a[0]:.1f} {a[1]:.1f}Z"
    )
    middle, radius = 2 * math.pi * (begin + share / 2), (inner + outer) / 2
    words = (
        f"<text x={radius * math.sin(middle):.1f} y={-radius * math.cos(middle):.1f} text-anchor=middle "
        f"dominant-baseline=middle fill='#111'>{escape(label[:10])}</text>"
        if share * outer > 8
        else ""
    )
    shape = f"<path d='{path}' fill='{colour}' fill-opacity={opacity} stroke='#fff'>"
    return f"{shape}<title>{escape(title)}</title></path>{words}"
