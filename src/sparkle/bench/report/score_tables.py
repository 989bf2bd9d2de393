"""The tables of one or several models' scores. Overall comes first, then the dimensions, as the paper prints them."""

from __future__ import annotations

from collections.abc import Iterator

from sparkle.bench.aggregate import MACRO
from sparkle.bench.report.model import KINDS, Estimates, Report
from sparkle.bench.report.table import NONE, SHORT_NAMES, Cell, Row, Table, row_kind
from sparkle.bench.score_table import OVERALL

# Where the published script does not cap, both ways are shown, and named.
_CAPS = {True: "capped by Instruction Compliance", False: "as published, not capped"}


def score_tables(report: Report) -> Iterator[Table]:
    """Yield the tables, those that have nothing to say left out."""
    yield summary_table(report)
    yield theme_table(report)
    if any(model.subthemes for model in report.models):
        yield subtheme_table(report)
    if any(model.spread.samples for model in report.models):
        yield spread_table(report)
    yield counts_table(report)


def summary_table(report: Report) -> Table:
    """One row a model with its MACRO means; the published rows below, marked with their judge."""
    rows = [
        Row(
            (f"{model.label}, {_CAPS[model.results.capped]}" if model.other_cap else model.label,),
            (f"{model.scored}/{model.expected}", *_cells(model.themes.get(MACRO), report)),
        )
        for model in report.models
    ]
    rows += [
        Row(
            (f"{model.label}, {_CAPS[not model.results.capped]}",),
            (f"{model.scored}/{model.expected}", *(f"{value:.2f}" for value in model.other_cap)),
        )
        for model in report.models
        if model.other_cap
    ]
    published = report.published
    mark = f"published, {published.judge}" + ("" if report.published_comparable else "; not comparable")
    rows += [
        Row(
            (f"{row.model} ({mark})",),
            (NONE, *(f"{value:.2f}" for value in (row.overall, *row.scores))),
            "reference",
        )
        for row in published.rows
    ]
    note = (
        f"Scores from {report.benchmark.lowest} (worst) to {report.benchmark.highest} (best); MACRO: the mean of the "
        f"themes' means, which weighs themes alike. Intervals: {report.settings.describe()}."
    )
    if published.rows:
        note += f" Published rows: {published.source}; without intervals."
    return Table("MACRO means", ("model", "n", *_short_names(report)), tuple(rows), report.survivors, note)


def theme_table(report: Report) -> Table:
    """One row a theme and model, and MACRO last."""
    rows = []
    for theme in (*report.benchmark.themes, MACRO):
        expected = [sample for sample in report.models[0].results.samples if theme in (sample.theme, MACRO)]
        for model in report.models if expected else ():
            scored = sum(sample.id in model.results.records for sample in expected)
            cells = _cells(model.themes.get(theme), report)
            rows.append(Row((theme, model.label), (f"{scored}/{len(expected)}", *cells), row_kind(theme)))
    columns = ("theme", "model", "n", *_short_names(report))
    return Table("By theme", columns, tuple(rows), report.survivors)


def subtheme_table(report: Report) -> Table:
    """One row a subtheme and model."""
    places: dict[tuple[str, str], int] = {}
    for sample in report.models[0].results.samples:
        places[sample.theme, sample.subtheme] = places.get((sample.theme, sample.subtheme), 0) + 1
    rows = []
    for theme, subtheme in sorted(
        places, key=lambda place: (report.benchmark.themes.index(place[0]), place[1])
    ):
        for model in report.models:
            estimates = model.subthemes.get((theme, subtheme))
            scored = estimates[0].n if estimates else 0
            n = f"{scored}/{places[theme, subtheme]}"
            rows.append(Row((theme, subtheme, model.label), (n, *_cells(estimates, report))))
    columns = ("theme", "subtheme", "model", "n", *_short_names(report))
    note = "Intervals over fewer than ten samples are too narrow."
    return Table("By subtheme", columns, tuple(rows), report.survivors, note)


def spread_table(report: Report) -> Table:
    """How much repeated judge runs of one sample differ."""
    rows = [
        Row(
            (model.label,),
            (str(model.spread.samples), *(f"{value:.2f}" for value in model.spread.within_sample)),
        )
        for model in report.models
        if model.spread.samples
    ]
    note = (
        "Standard deviation between the judge's runs of one sample, over samples with two runs or more. The scores in "
        "all tables are means over runs, formed before anything is resampled."
    )
    return Table(
        "Spread between judge runs", ("model", "samples", *_short_names(report)[1:]), tuple(rows), note=note
    )


def counts_table(report: Report) -> Table:
    """How many samples have a score, and why the others have none."""
    rows = [
        Row(
            (model.label,),
            (
                str(model.expected),
                str(model.results.rows),
                str(model.scored),
                *(str(len(model.failures[kind])) for kind in KINDS),
            ),
        )
        for model in report.models
    ]
    columns = (
        "model",
        "samples",
        "rows",
        "scored",
        "missing",
        "unreadable",
        "failed",
        "not judged",
        "changed",
        "type",
    )
    note = (
        "Missing: the model made no clip; unreadable: the clip or its source cannot be decoded; failed: the judge gave "
        "no usable answer or refused; not judged: the judge has not been asked; changed: the clip is not the one that "
        "was judged; type: the row says another edit_type than its file and counts nowhere, as published. Rows: of the "
        "score files."
    )
    return Table("What was scored", columns, tuple(rows), note=note)


def _short_names(report: Report) -> tuple[str, ...]:
    return tuple(SHORT_NAMES[key] for key in (OVERALL, *report.benchmark.keys))


def _cells(estimates: Estimates | None, report: Report) -> tuple[Cell, ...]:
    if estimates is None:
        return (NONE,) * (len(report.benchmark.keys) + 1)
    return (estimates[-1], *estimates[:-1])
