"""The results of a benchmark, as the viewer shows them: source and edited clip of each task, and what judges said."""

from __future__ import annotations

from pathlib import Path

from sparkle.bench.layout import judges_of
from sparkle.bench.results import Results, load_results
from sparkle.bench.tasks import read_tasks, which_benchmark
from sparkle.store import Extent, Folder
from sparkle.view.collection import STATUSES, CheckColumn, Facts, Index, Story


class BenchCollection:
    """The tasks of `bench` and the clips of `save`. Raises SetupError for what is none, and for damaged score files."""

    kind = "bench results"

    def __init__(self, bench: Path, save: Path) -> None:
        self.folder = Folder.at(save)
        self._bench, self._save = bench, save
        benchmark = which_benchmark(bench)
        samples = read_tasks(bench, benchmark)
        self._samples = {sample.id: sample for sample in samples}
        self._judged: list[Results] = [
            load_results(samples, benchmark, save, judge) for judge in judges_of(save, benchmark)
        ]
        self._opened = self.index()

    def reopened(self) -> BenchCollection:
        """Return them as they are now."""
        now = BenchCollection(self._bench, self._save)
        same = (now.index(), now._judged) == (self._opened, self._judged)
        return self if same else now

    def index(self) -> Index:
        """Return ids and themes; a task without a clip is unfinished."""
        samples = self._samples.values()
        codes = [
            STATUSES.index("made" if (self._save / sample.result).is_file() else "unfinished")
            for sample in samples
        ]
        return Index(list(self._samples), [sample.theme for sample in samples], codes)

    def facts(self) -> Facts:
        """Return instructions, scenes, and a column for each score of each judge."""
        samples, nothing = list(self._samples.values()), [""] * len(self._samples)
        columns = [
            CheckColumn(
                f"{each.judge}: {dimension.name}",
                0.0,
                "minimum",
                [each.records[s.id].scores[place] if s.id in each.records else None for s in samples],
            )
            for each in self._judged
            for place, dimension in enumerate(each.benchmark.dimensions)
        ]
        return Facts(
            [sample.instruction for sample in samples],
            [sample.subtheme for sample in samples],
            [sample.scene for sample in samples],
            nothing,
            [0.0] * len(samples),
            columns,
        )

    def story(self, id: str) -> Story:
        """Return what is known of a task."""
        sample = self._samples[id]
        notes: list[tuple[str, str]] = []
        for each in self._judged:
            if id in each.records:
                record = each.records[id]
                scores = zip(each.benchmark.dimensions, record.scores, strict=True)
                told = ", ".join(f"{dimension.name} {score:g}" for dimension, score in scores)
                notes += [(f"Scores by {each.judge}", told), (f"{each.judge} said", record.result)]
            else:
                notes.append((f"No score by {each.judge}", each.failures[id].reason))
        status = "made" if (self._save / sample.result).is_file() else "unfinished"
        scene = ": ".join(part for part in (sample.subtheme, sample.scene) if part)
        return Story(id, sample.theme, status, sample.source.name, sample.instruction, scene, notes=notes)

    def artifact(self, id: str, name: str) -> Extent | None:
        """Return where source and edited clip lie."""
        sample = self._samples[id]
        path = {"source_video": sample.source, "edited_video": self._save / sample.result}.get(name)
        if path is None or not path.is_file():
            return None
        return Folder.at(path.parent).extent(path.name)
