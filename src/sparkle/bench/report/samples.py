"""The best and worst samples of a model as the HTML report shows them: frames, instruction, scores, judge's words."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass

from sparkle.bench.report.detail_tables import sample_scores
from sparkle.bench.report.frames import frame_strip
from sparkle.bench.report.model import ModelReport, Report
from sparkle.bench.report.table import SHORT_NAMES
from sparkle.bench.score_table import OVERALL
from sparkle.core.errors import MediaError

MAX_PICTURE_BYTES = 8 * 2**20
_LONGEST_WORDS = 4000


@dataclass(frozen=True, slots=True)
class ShownSample:
    """One sample. `scores` are (short name, score), overall first; `picture` is a data URI, or "" with the `fault`."""

    place: str
    id: str
    keyword: str
    instruction: str
    scores: tuple[tuple[str, str], ...]
    words: str
    picture: str
    fault: str


def shown_samples(report: Report) -> Iterator[tuple[ModelReport, list[ShownSample]]]:
    """Yield each model with its best and worst samples. Videos that cannot be read are named, and stop nothing.

    All pictures together stay below 8 MB, so that the file opens everywhere; the samples after that have none.
    """
    left = MAX_PICTURE_BYTES
    for model in report.models:
        shown = []
        for place, ids in (("best", model.best), ("worst", model.worst)):
            for id in ids:
                sample = _shown_sample(model, place, id, left)
                left -= len(sample.picture)
                shown.append(sample)
        yield model, shown


def _shown_sample(model: ModelReport, place: str, id: str, left: int) -> ShownSample:
    results = model.results
    task = next(sample for sample in results.samples if sample.id == id)
    record = results.records[id]
    picture, fault = "", ""
    try:
        strip = frame_strip(task.source, results.save / task.result)
        picture = "data:image/jpeg;base64," + base64.b64encode(strip).decode()
    except MediaError as error:
        fault = f"cannot be shown: {error}"
    if len(picture) > left:
        picture, fault = "", "not shown: the pictures of this report already take 8 MB"
    names = (SHORT_NAMES[key] for key in (OVERALL, *results.benchmark.keys))
    return ShownSample(
        place=place,
        id=id,
        keyword=f"{task.subtheme}: {task.scene}" if task.subtheme else task.theme,
        instruction=task.instruction,
        scores=tuple(zip(names, sample_scores(record), strict=True)),
        words=record.result[:_LONGEST_WORDS],
        picture=picture,
        fault=fault,
    )
