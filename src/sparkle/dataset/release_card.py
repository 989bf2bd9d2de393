"""The card of a dataset that is given on: README.md with a header for the Hub, figures and tables from the data."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from sparkle.core.byte_sizes import byte_size
from sparkle.dataset.build_facts import BuildFacts, build_facts
from sparkle.dataset.card import CARD_FILE, cell, config_of, size_category, table
from sparkle.dataset.collection import Collection
from sparkle.dataset.croissant import CROISSANT_FILE, describe
from sparkle.dataset.licences import concerns
from sparkle.dataset.statistics import Statistics
from sparkle.dataset.sums import complete_sha256
from sparkle.dataset.sunburst import draw_sunburst
from sparkle.store import Folder, write_text

FIGURE_FILE = "scenes.png"
_MARK = "<!-- made from the data by sparkle dataset push; a card of your own is kept -->"
_OF_A_BUILD = "Made with Sparkle, recipe"  # what a run's own card says


def write_release_card(root: Path, samples: Collection, statistics: Statistics, name: str) -> None:
    """Write README.md, its figure, croissant.json and SHA256SUMS into a folder; the same data give the same bytes.

    A README.md that nobody here made is kept. Raises SetupError for what is garbled, OSError, OutputError.
    """
    folder = Folder.at(root)
    if not folder.exists(CARD_FILE) or any(
        mark in folder.read_text(CARD_FILE) for mark in (_MARK, _OF_A_BUILD)
    ):
        draw_sunburst(root / FIGURE_FILE, statistics)
        write_text(root / CARD_FILE, _card(samples, statistics, name, build_facts(folder), folder))
    found = describe(folder, samples, name, complete_sha256(root))
    write_text(root / CROISSANT_FILE, json.dumps(found, indent=1, ensure_ascii=False) + "\n")


def _card(
    samples: Collection,
    statistics: Statistics,
    name: str,
    build: BuildFacts,
    folder: Folder,
) -> str:
    themes = sorted(statistics.themes.items())
    configs = "configs:\n" + "".join(
        config_of(theme) for theme, _ in themes if folder.exists(f"prompts/{theme}_train.csv")
    )
    checks = [
        (
            row.name,
            f"{'≥' if row.passes == 'minimum' else '≤'} {row.threshold:g}",
            row.scorer,
            row.samples,
            _rate(build, row.name),
        )
        for row in statistics.checks
    ]
    scenes = [
        (theme, subtheme or "-", scene or "-", count)
        for theme, parts in sorted(statistics.scenes.items())
        for subtheme, counts in sorted(parts.items())
        for scene, count in sorted(counts.items())
    ]
    values = [
        (
            key,
            value.count,
            *(f"{value.quantiles[q]:.3g}" for q in ("0.05", "0.5", "0.95")),
            bars(value.counts),
        )
        for key, value in statistics.values.items()
    ]
    flagged = "".join(
        f"- {cell(str(concern))}: read it before results are given on\n" for concern in concerns(statistics)
    )
    parts = (
        f"---\ntask_categories:\n- video-to-video\ntags:\n- video-editing\n- background-replacement\n- sparkle\n"
        f"size_categories:\n- {size_category(len(samples))}\n{configs}---\n",
        f"{_MARK}\n\n# {cell(name)}\n\n{len(samples)} pairs of a source video and its edited version: the subject, its "
        "motion and its timing are kept, the background is a new, moving scene.\n",
        _section("Themes", ("theme", "pairs"), themes),
        f"![Themes and subthemes by pairs]({FIGURE_FILE})\n",
        _section("Scenes", ("theme", "subtheme", "scene", "pairs"), scenes),
        _section("First words of the instructions", ("word", "pairs"), statistics.verbs.most_common(20)),
        _section(
            "Scores and lengths", ("value", "pairs", "5 %", "median", "95 %", "from least to most"), values
        ),
        _section(
            f"Clips: {statistics.probed} sources, evenly chosen",
            ("what", "value", "sources"),
            _clips(statistics),
        ),
        _section("Checks", ("check", "passes", "scorer", "pairs", "rejected of those that came in"), checks),
        _section(
            "Files",
            ("kind", "files", "size"),
            [(k, n, byte_size(statistics.bytes[k])) for k, n in statistics.files.items()],
        ),
        _section(
            "Models",
            ("role", "model", "revision", "licence", "pairs"),
            [(*model, count) for model, count in sorted(statistics.models.items())],
        ),
        f"Licences that need a look:\n\n{flagged}" if flagged else "",
        "The source videos keep their own licences.\n",
        f"## How to reproduce\n\n{_reproduced(build)}",
        '## Reading it\n\n```python\nimport sparkle\n\npairs = sparkle.open_dataset("FOLDER_OR_hf://datasets/NAME")\n'
        "pairs[0].prompt, pairs[0].source.read().frames, pairs[0].mask()\n```\n",
    )
    return "\n".join(part for part in parts if part)


def bars(counts: list[int]) -> str:
    """Return a histogram as a word of block letters."""
    most = max(counts) or 1
    return "".join("▁▂▃▄▅▆▇█"[round(7 * count / most)] for count in counts)


def _section(title: str, header: tuple[str, ...], rows: list[Any]) -> str:
    if not rows:
        return ""
    lines = [f"| {' | '.join(header)} |", f"|{'---|' * len(header)}"]
    return f"## {title}\n\n" + "\n".join(lines) + "\n" + table(rows) + "\n"


def _rate(build: BuildFacts, check: str) -> str:
    """Say how many of the samples that reached a check it rejected."""
    found = build.rejected(check)
    return "not recorded here" if found is None else f"{found[0]} of {found[1]} ({found[0] / found[1]:.0%})"


def _clips(statistics: Statistics) -> list[tuple[str, str, int]]:
    """Return rows of sizes and lengths of the sources that were looked into, the most frequent first."""
    counted: list[tuple[str, Counter[Any]]] = [("size", statistics.sizes), ("frames", statistics.frames)]
    return [(what, str(value), count) for what, found in counted for value, count in found.most_common(8)]


def _reproduced(build: BuildFacts) -> str:
    if build.recipe is None:
        return (
            "Which recipe made these pairs is not recorded here; each pair's own seed stands in "
            "`provenance.jsonl`, with the models and their revisions.\n"
        )
    options = [f"--recipe {cell(build.recipe).replace('`', chr(39))}"]
    options += [f"--seed {build.seed}"] if build.seed is not None else []
    version = f" of version {cell(build.sparkle)}" if build.sparkle is not None else ""
    return (
        f"```bash\nsparkle build SOURCES --out run {' '.join(options)}\n```\n\nwith Sparkle{version} and the models of "
        "the table above; each pair's own seed and source stand in `provenance.jsonl`.\n"
    )
