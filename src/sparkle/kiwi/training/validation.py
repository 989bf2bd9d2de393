"""Validation: pairs that are edited with the weights of the moment, kept as videos, and measured."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from sparkle.bench.dimensions import SPARKLE
from sparkle.bench.metrics import measure_edit
from sparkle.core.errors import SampleError
from sparkle.kiwi.pipeline import KiwiEditPipeline
from sparkle.kiwi.preprocessing import crop_and_resize
from sparkle.kiwi.schedule import make_scheduler
from sparkle.kiwi.settings import EditSettings
from sparkle.kiwi.training.models import Models
from sparkle.kiwi.training.samples import TrainingPair, find_pairs
from sparkle.kiwi.training.settings import DatasetSettings, DataSettings, ValidationSettings
from sparkle.roles import Frames
from sparkle.store import write_text
from sparkle.video import write_video


@dataclass(frozen=True, slots=True)
class Validation:
    """A fixed set of pairs. The same weights give the same videos."""

    settings: ValidationSettings
    data: DataSettings
    pairs: tuple[TrainingPair, ...]

    @classmethod
    def make(cls, settings: ValidationSettings, data: DataSettings, kept: Path) -> Validation:
        """Take the first pairs of the folder; `kept` is for indexes of shards. Raises SetupError where it has none."""
        dataset = DatasetSettings(folder=settings.folder, themes=settings.themes, frames=settings.frames)
        return cls(settings, data, tuple(find_pairs([dataset], kept)[: settings.count]))

    def run(self, models: Models, folder: Path, first: int, step: int) -> list[dict[str, Any]]:
        """Edit every `step`-th pair from `first` on, and keep the videos in `folder`.

        Models must be on their device. Returns one row a pair: label, PSNR against the pair's own edit, and the six
        values and the measurements of the metrics judge, or why it could not measure.
        """
        pipeline = KiwiEditPipeline(
            transformer=models.transformer,
            encoder=models.encoder,
            vae=models.vae,
            scheduler=make_scheduler(),
            tokenizer=models.tokenizer,
        )
        pipeline.set_progress_bar_config(disable=True)
        return [self._edit(pipeline, pair, folder) for pair in self.pairs[first::step]]

    def write_scores(self, rows: Sequence[dict[str, Any]], folder: Path) -> dict[str, float]:
        """Write `scores.jsonl` in the order of the pairs; return what a tracker shows of it, means over the pairs."""
        places = {pair.label: place for place, pair in enumerate(self.pairs)}
        rows = sorted(rows, key=lambda row: places[row["label"]])
        write_text(folder / "scores.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
        scores = {"psnr": [row["psnr"] for row in rows if "psnr" in row]}
        for key in SPARKLE.keys:
            scores[key] = [row["values"][key] for row in rows if "values" in row]
        return {f"validation/{name}": fmean(values) for name, values in scores.items() if values}

    def _edit(self, pipeline: KiwiEditPipeline, pair: TrainingPair, folder: Path) -> dict[str, Any]:
        try:
            source, wanted = pair.source.read(pair.frames), pair.edited.read(pair.frames)
            edited = pipeline(
                pair.instruction, source.frames, seed=self.settings.seed, settings=self._edit_settings()
            )
        except SampleError as error:
            return {"label": pair.label, "error": str(error)}
        name = pair.label.rpartition("/")[2]
        write_video(folder / f"{name}.mp4", edited, source.fps)
        row: dict[str, Any] = {"label": pair.label, "psnr": psnr(edited, wanted.frames[: len(edited)])}
        try:
            measured = measure_edit(source.frames[: len(edited)], edited, source.fps, pair.instruction)
        except SampleError as error:
            return {**row, "unmeasured": str(error)}
        values = dict(zip(SPARKLE.keys, measured.values, strict=True))
        return {**row, "values": values, "measurements": dict(measured.measurements)}

    def _edit_settings(self) -> EditSettings:
        return EditSettings(
            steps=self.settings.steps,
            max_pixels=self.data.max_pixels,
            encoder_max_pixels=self.data.encoder_max_pixels,
            tiled_vae=self.data.tiled_vae,
        )


def psnr(edited: Frames, wanted: Frames) -> float:
    """Return the PSNR in dB of (T, H, W, 3) against frames that are cut to its size; 99 for equal ones."""
    if wanted.shape != edited.shape:
        wanted = crop_and_resize(wanted, edited.shape[1], edited.shape[2])
    error = float(np.mean((edited.astype(np.float32) - wanted.astype(np.float32)) ** 2))
    return 99.0 if error == 0 else float(10 * np.log10(255**2 / error))
