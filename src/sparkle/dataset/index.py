"""Writes the index files of the published layout from the samples that a run accepted.

    prompts/{theme}_train.csv                      prompt, src_video, tgt_video, task
    prompts/{theme}_train_metadata.jsonl           edit type, keyword, original scene
    intermediate_data/{theme}/*.jsonl              scores and boxes, see sparkle.core.layout.METADATA_FILES
    provenance.jsonl                               what the published files have no place for

Rows are sorted by id and every file is replaced whole, so equal samples give equal bytes. The published
files hold published keys only; which model or heuristic gave a score, and under which licence, stands in
provenance.jsonl.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from itertools import groupby
from pathlib import PurePosixPath
from typing import Any

from sparkle.core.edit_score import EditScore
from sparkle.core.errors import SampleError
from sparkle.core.layout import (
    METADATA_FILES,
    artifact_path,
    intermediate_metadata_path,
    metadata_path,
    prompts_path,
)
from sparkle.core.names import telling_names
from sparkle.core.records import (
    FirstFrameRecord,
    IsolateRecord,
    PublishedBox,
    SynthesizeRecord,
    TrackRecord,
)
from sparkle.core.sample import Sample
from sparkle.dataset.made_of import background_of, cards_of, correction_of
from sparkle.store import Folder, Place

CSV_COLUMNS = ("prompt", "src_video", "tgt_video", "task")
FRAME_SCORE_KEYS = (
    "prompt_following",
    "consistency",
    "perceptual_quality",
    "overall",
    "SC_reasoning",
    "PQ_reasoning",
)
VIDEO_SCORE_KEYS = (
    "SC_score",
    "PQ_score",
    "O_score",
    "SC_score_reasoning",
    "PQ_score_reasoning",
    "SC_raw_output",
    "PQ_raw_output",
)
PROVENANCE_FILE = "provenance.jsonl"

# Line separators that JSON leaves alone and that many line readers split at.
_LINE_BREAKS = {0x85: "\\u0085", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def write_index(
    root: Place, accepted: Sequence[Sample], read: Callable[[Sample], Sample] = lambda sample: sample
) -> None:
    """Write all index files of a dataset. `accepted` are all of its samples, in any order.

    `read` gives a sample with what its stages found out; it is asked once for each, in order of the files, and nothing
    of a sample is kept. Files of themes that have no sample left are removed. Raises SampleError for a sample without
    instruction or without one of the records that the published files hold; then no file is changed.
    """
    # By theme and number: those from a million on have more digits.
    ordered = sorted(accepted, key=lambda sample: (sample.theme, len(sample.id), sample.id))
    names = telling_names(path for sample in ordered for path in asdict(sample.inputs).values() if path)
    folder = Folder.at(root)
    written = {PurePosixPath(PROVENANCE_FILE)}
    with ExitStack() as files:
        add_provenance = files.enter_context(folder.writing_text(PROVENANCE_FILE))
        for theme, samples in groupby(ordered, key=lambda sample: sample.theme):
            rows = _theme_rows(theme)
            written |= set(rows)
            add = {path: files.enter_context(folder.writing_text(str(path))) for path in rows}
            add[prompts_path(theme)](csv_line(CSV_COLUMNS))
            for sample in map(read, samples):
                for path, line in rows.items():
                    add[path](line(sample))
                add_provenance(json_line(_provenance_row(sample, names)))
    for path in _index_files(folder):
        if path not in written:
            folder.remove(str(path))


def edit_type(theme: str) -> str:
    """Return the published `edit_type` of a theme: its name, and `openve3m_background_change` for openve3m."""
    return "openve3m_background_change" if theme == "openve3m" else theme


def _theme_rows(theme: str) -> dict[PurePosixPath, Callable[[Sample], str]]:
    """Return for each index file of a theme what gives a sample's line."""
    rows = {
        metadata_path(theme): _metadata_row,
        intermediate_metadata_path(theme, "edited_frame0_score"): _first_frame_row,
        intermediate_metadata_path(theme, "edited_frame0_foreground_removed_score"): _removal_row,
        intermediate_metadata_path(theme, "foreground_grounding_r1"): _first_round_row,
        intermediate_metadata_path(theme, "foreground_grounding_r2"): _second_round_row,
        intermediate_metadata_path(theme, "edited_video_score"): _video_row,
    }
    lines = {path: _line_of(row) for path, row in rows.items()}
    # The table last, since the others name a sample whose text is no UTF-8.
    return {**lines, prompts_path(theme): lambda sample: csv_line(_prompt_row(sample))}


def _line_of(row: Callable[[Sample], Mapping[str, Any]]) -> Callable[[Sample], str]:
    return lambda sample: json_line(row(sample))


def _index_files(root: Folder) -> list[PurePosixPath]:
    tables = ("_train.csv", "_train_metadata.jsonl")
    found = [f"prompts/{name}" for name in root.children("prompts") if name.endswith(tables)]
    for theme in root.children("intermediate_data"):
        names = set(root.children(f"intermediate_data/{theme.rstrip('/')}"))
        found += [
            f"intermediate_data/{theme}{name}.jsonl" for name in METADATA_FILES if f"{name}.jsonl" in names
        ]
    return sorted(map(PurePosixPath, found))


def _prompt_row(sample: Sample) -> tuple[str, str, str, str]:
    source = artifact_path("source_video", sample.theme, sample.id)
    edited = artifact_path("edited_video", sample.theme, sample.id)
    return _instruction(sample), str(source), str(edited), sample.id


def _metadata_row(sample: Sample) -> dict[str, Any]:
    metadata: dict[str, Any] = {"edit_type": edit_type(sample.theme)}
    if sample.scene is not None:
        metadata["chosen_keyword"] = sample.scene.keyword
    metadata["original_scene"] = sample.record(FirstFrameRecord).original_scene
    return {"id": sample.id, "prompt": _instruction(sample), "metadata": metadata}


def _first_frame_row(sample: Sample) -> dict[str, Any]:
    score = sample.record(FirstFrameRecord).score
    return {"id": sample.id, "prompt": _instruction(sample), "editscore": _frame_score(score)}


def _removal_row(sample: Sample) -> dict[str, Any]:
    removal = sample.record(IsolateRecord).needed_removal
    return {"id": sample.id, "prompt": removal.instruction, "editscore": _frame_score(removal.score)}


def _first_round_row(sample: Sample) -> dict[str, Any]:
    found = sample.record(IsolateRecord)
    return {
        "id": sample.id,
        "prompt": _instruction(sample),
        "edit_type": edit_type(sample.theme),
        "round1_labels": found.labels,
        "round1_objects": _boxes(found.objects),
    }


def _second_round_row(sample: Sample) -> dict[str, Any]:
    frames = sample.record(TrackRecord).frame_objects
    return {**_first_round_row(sample), "frame_objects": [_boxes(boxes) for boxes in frames]}


def _video_row(sample: Sample) -> dict[str, Any]:
    found = sample.record(SynthesizeRecord)
    return {
        "id": sample.id,
        "prompt": _instruction(sample),
        "frame_indices": found.frame_indices,
        "editscore": [_video_score(score) for score in found.scores],
    }


def _provenance_row(sample: Sample, names: Mapping[str, str]) -> dict[str, Any]:
    given = {name: names[path] for name, path in asdict(sample.inputs).items() if path and name != "video"}
    scene = asdict(sample.scene) if sample.scene is not None else None
    removal = sample.record(IsolateRecord).needed_removal
    return {
        "id": sample.id,
        "source": names[sample.inputs.video],
        **({"given": given} if given else {}),
        **background_of(sample),
        "seed": sample.seed,
        "scene": scene,
        "checks": [asdict(check) for check in sample.checks],
        "removal_instruction": removal.instruction,
        "background_caption": removal.background_caption,
        "consensus": sample.record(TrackRecord).consensus,
        **correction_of(sample),
        "audio": sample.record(SynthesizeRecord).audio,
        "provenance": {role: asdict(card) for role, card in cards_of(sample).items()},
    }


def _instruction(sample: Sample) -> str:
    if not sample.instruction:
        raise SampleError(
            f"{sample.id} has no instruction, so it cannot be in the dataset; run its stages again"
        )
    return sample.instruction


def _frame_score(score: EditScore) -> dict[str, Any]:
    return {key: getattr(score, key) for key in FRAME_SCORE_KEYS}


def _video_score(score: EditScore) -> dict[str, Any]:
    """Return a frame's score as published: the lower part of SC is its score."""
    values = (
        min(score.prompt_following, score.consistency),
        score.perceptual_quality,
        score.overall,
        score.SC_reasoning,
        score.PQ_reasoning,
        score.SC_raw_output,
        score.PQ_raw_output,
    )
    return dict(zip(VIDEO_SCORE_KEYS, values, strict=True))


def _boxes(boxes: Iterable[PublishedBox]) -> list[dict[str, Any]]:
    return [asdict(box) for box in boxes]


def json_line(row: Mapping[str, Any]) -> str:
    """Return a row as a line of JSON in UTF-8, which no reader splits. Raises SampleError for what cannot be one."""
    try:
        text = json.dumps(row, ensure_ascii=False, allow_nan=False).translate(_LINE_BREAKS) + "\n"
        text.encode("utf-8")
    except ValueError as error:
        raise SampleError(f"{row['id']}: a record cannot be written as UTF-8 JSON ({error})") from error
    return text


def csv_line(fields: Iterable[str]) -> str:
    """Return fields as a line of a CSV table."""
    # The row is made with "\r\n" as its end, because only then does the csv module quote a "\r" inside a
    # field.
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerow(fields)
    return buffer.getvalue().removesuffix("\r\n") + "\n"
