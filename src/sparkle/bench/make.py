"""Makes a benchmark of a run's own rejects, as Sparkle-Bench was made.

What passed every stage but the last check is hard but possible: its subject is found and tracked, its background was
painted and moves, and the last generation alone was not good enough. Those clips, and no training pair, are the tasks.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sparkle.bench.dimensions import SPARKLE
from sparkle.bench.layout import metadata_path, reference_path, source_path, table_path
from sparkle.bench.tasks import COLUMNS
from sparkle.core.errors import SetupError
from sparkle.core.layout import artifact_path
from sparkle.core.records import FirstFrameRecord
from sparkle.core.sample import Sample
from sparkle.core.scene import Scene
from sparkle.core.seeds import derive_seed
from sparkle.recipes import STAGES
from sparkle.runs import RunState, read_run, refuse_run_folder
from sparkle.runs.plan import read_plan
from sparkle.store import copy_file, prepare_folder, read_plain, refuse_links, write_text
from sparkle.taxonomy import load_taxonomy

RECORD_FILE = "bench.json"


@dataclass(frozen=True, slots=True)
class MadeBenchmark:
    """What became of a run's rejects.

    `rejects` failed the last check and none before; `without_scene` of them have no scene, and so no place in the
    published layout; `used` are in the benchmark. `scenes` counts the used ones by "theme: subtheme: scene", and
    `empty_scenes` are the taxonomy's scenes, of the run's themes, that no reject shows.
    """

    run: str
    seed: int
    per_scene: int
    rejects: int
    without_scene: int
    used: int
    scenes: dict[str, int]
    empty_scenes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values, as they are kept in BENCH/bench.json."""
        return {"sparkle": version("sparkle-video"), **asdict(self), "empty_scenes": list(self.empty_scenes)}


def make_benchmark(run: Path, out: Path, per_scene: int = 5, seed: int = 7) -> MadeBenchmark:
    """Write a benchmark folder of up to `per_scene` rejects of each scene, chosen by `seed` alone.

    Media are copied first and the tables last, each file whole or not at all, so that a folder with tables is a
    benchmark; the same command continues an interrupted one. Raises SetupError when the run has no such reject, when
    its files are gone, or when `out` holds another benchmark.
    """
    rejects = last_check_rejects(run)
    refuse_run_folder(out, run)
    usable = [sample for sample in rejects if sample.scene is not None and sample.theme in SPARKLE.themes]
    chosen = choose(usable, per_scene, seed)
    if not chosen:
        raise SetupError(
            f"{run}: {len(rejects)} samples failed the last check and none before, {len(usable)} of them with a scene; "
            "a benchmark needs at least one. Build more samples, or raise the last threshold for this run"
        )
    made = MadeBenchmark(
        run=run.resolve().name,
        seed=seed,
        per_scene=per_scene,
        rejects=len(rejects),
        without_scene=len(rejects) - len(usable),
        used=len(chosen),
        scenes=_count(scene_name(sample) for sample in chosen),
        empty_scenes=_empty_scenes(run, usable),
    )
    tables = _tables(chosen)
    _refuse_other_benchmark(out, tables)
    prepare_folder(out)
    refuse_links(
        out,
        [
            out / place(sample.theme, sample.id)
            for sample in chosen
            for place in (source_path, reference_path)
        ],
    )
    for sample in chosen:
        _copy(run, "source_video", sample, out / source_path(sample.theme, sample.id))
        _copy(run, "edited_frame0_foreground_removed", sample, out / reference_path(sample.theme, sample.id))
    write_text(out / RECORD_FILE, json.dumps(made.to_json(), indent=2, ensure_ascii=False) + "\n")
    for name, content in tables.items():
        write_text(out / name, content)
    return made


def last_check_rejects(run: Path) -> list[Sample]:
    """Return the samples that passed every stage but failed the last one's check, in the order of the plan.

    Raises SetupError for a folder without a run.
    """
    if read_run(run) is None:
        raise SetupError(f"{run}: no run in this folder; name what `sparkle build` was given as --out")
    state = RunState(run, list(read_plan(run)), STAGES)
    rejected = map(state.progress, state.ended("rejected"))
    return [progress.sample for progress in rejected if progress.events[-1].stage == STAGES[-1]]


def choose(rejects: Sequence[Sample], per_scene: int, seed: int) -> list[Sample]:
    """Return up to `per_scene` samples of each scene, sorted by id.

    Within a scene, clips of sources that it does not have yet come first; equal ones in an order drawn from `seed`.
    """
    drawn = sorted(rejects, key=lambda sample: derive_seed(seed, "bench", sample.id))
    chosen: dict[str, list[Sample]] = {}
    seen: dict[tuple[str, str], int] = {}
    ranked = []
    for sample in drawn:
        key = (scene_name(sample), sample.inputs.video)
        ranked.append((seen.get(key, 0), sample))
        seen[key] = seen.get(key, 0) + 1
    for _, sample in sorted(ranked, key=lambda entry: entry[0]):
        of_scene = chosen.setdefault(scene_name(sample), [])
        if len(of_scene) < per_scene:
            of_scene.append(sample)
    return sorted((sample for group in chosen.values() for sample in group), key=lambda sample: sample.id)


def scene_name(sample: Sample) -> str:
    """Return "theme: subtheme: scene" of a sample that has a scene."""
    return _full_name(sample.scene) if sample.scene is not None else f"{sample.theme}: (none)"


def _full_name(scene: Scene) -> str:
    return f"{scene.theme}: {scene.keyword}"


def _count(names: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name in sorted(names):
        counts[name] = counts.get(name, 0) + 1
    return counts


def _empty_scenes(run: Path, usable: Sequence[Sample]) -> tuple[str, ...]:
    themes = {sample.theme for sample in read_plan(run)}
    shown = {scene_name(sample) for sample in usable}
    scenes = [
        scene
        for theme, subthemes in load_taxonomy().items()
        if theme in themes
        for group in subthemes.values()
        for scene in group
    ]
    return tuple(_full_name(scene) for scene in scenes if _full_name(scene) not in shown)


def _tables(chosen: Sequence[Sample]) -> dict[str, str]:
    """Return the content of the tables and metadata files by their names."""
    contents = {}
    for theme in SPARKLE.themes:
        samples = [sample for sample in chosen if sample.theme == theme]
        if samples:
            contents[str(metadata_path(theme))] = "".join(map(_metadata_line, samples))
            contents[str(table_path(theme))] = _table(theme, samples)
    return contents


def _table(theme: str, samples: Sequence[Sample]) -> str:
    rows = [(theme, sample.instruction or "", str(source_path(theme, sample.id))) for sample in samples]
    return "".join(map(_csv_line, [COLUMNS, *rows]))


def _csv_line(fields: Sequence[str]) -> str:
    # With "\r\n" as the writer's line end, a "\r" inside a field is quoted too.
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerow(fields)
    return buffer.getvalue().removesuffix("\r\n") + "\n"


def _metadata_line(sample: Sample) -> str:
    """Return a line of the metadata. In the published benchmark the edit type is the theme's bare name."""
    metadata = {
        "edit_type": sample.theme,
        "chosen_keyword": sample.scene.keyword if sample.scene is not None else "",
        "original_scene": sample.record(FirstFrameRecord).original_scene,
    }
    value = {"id": sample.id, "prompt": sample.instruction, "metadata": metadata}
    return json.dumps(value, ensure_ascii=False) + "\n"


def _refuse_other_benchmark(out: Path, tables: dict[str, str]) -> None:
    names = [str(name(theme)) for theme in SPARKLE.themes for name in (table_path, metadata_path)]
    for name in names:
        path = out / name
        if path.exists() and _content(path) != tables.get(name, "").encode():
            raise SetupError(
                f"{path}: another benchmark is in this folder, made of other samples; use another --out, so that "
                "scores stay comparable"
            )


def _content(path: Path) -> bytes:
    try:
        return read_plain(path)
    except OSError as error:
        raise SetupError(f"{path}: cannot be read ({error.strerror}); use another --out") from error


def _copy(run: Path, artifact: str, sample: Sample, target: Path) -> None:
    """Copy an artifact of a rejected sample, whole or not at all; one that is there already is kept."""
    origin = run / "rejected" / artifact_path(artifact, sample.theme, sample.id)
    try:
        if target.exists() and target.stat().st_size == origin.stat().st_size:
            return
        copy_file(origin, target)
    except FileNotFoundError as error:
        raise SetupError(
            f"{origin}: this rejected sample's file is gone; run the same `sparkle build` again, which restores it"
        ) from error
