"""Publishes a dataset on the Hugging Face Hub, with a card and a Croissant file that are made from the data itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sparkle.core.errors import OutputError, SetupError
from sparkle.core.extras import require
from sparkle.dataset.card import CARD_FILE, cell, config_of, size_category, table
from sparkle.dataset.collection import Collection
from sparkle.dataset.packing import read_sums
from sparkle.dataset.shards import find_shards
from sparkle.dataset.statistics import Statistics
from sparkle.store import Folder, write_text

CROISSANT_FILE = "croissant.json"
_MARK = "<!-- made from the data by sparkle dataset push; a card of your own is kept -->"
_LIBRARIES = {"huggingface_hub", "httpx", "httpx2", "httpcore", "requests"}  # whose errors speak of the Hub
_OF_A_BUILD = "Made with Sparkle, recipe"  # what a run's own card says
# Licences under which what a model made may not, or not freely, be given on. Names as model cards have them.
_RESTRICTED = (
    "non-commercial",
    "noncommercial",
    "-nc",
    "research",
    "proprietary",
    "unknown",
    "no licence",
    "other",
)
IGNORED = (
    "run.json",
    "plan.jsonl",
    "ledger*",
    "rejected/*",
    "failed/*",
    "sheets/*",
    "*.lock",
    ".nv-meta/pack.*",
    ".cache/*",
)


@dataclass(frozen=True, slots=True)
class Concern:
    """A model whose licence may forbid giving its results on."""

    role: str
    model: str
    licence: str

    def __str__(self) -> str:
        return f"{self.role}: {self.model} is under {self.licence or 'no stated licence'!r}"


def concerns(statistics: Statistics) -> list[Concern]:
    """Return the models whose licence somebody must read before results are given on."""
    found = {
        Concern(role, name, licence)
        for role, name, _, licence in statistics.models
        if not licence.strip() or any(word in licence.lower() for word in _RESTRICTED)
    }
    return sorted(found, key=str)


def write_release_card(root: Path, samples: Collection, statistics: Statistics, name: str) -> None:
    """Write README.md and croissant.json into a dataset's folder; the same data give the same bytes.

    A README.md that nobody here made is kept.
    """
    folder = Folder.at(root)
    seeds = sorted({row["seed"] for row in _provenance(samples) if isinstance(row.get("seed"), int)})[:3]
    run = _run(folder)
    if not folder.exists(CARD_FILE) or any(
        mark in folder.read_text(CARD_FILE) for mark in (_MARK, _OF_A_BUILD)
    ):
        write_text(root / CARD_FILE, _card(samples, statistics, name, run, seeds, folder))
    write_text(
        root / CROISSANT_FILE,
        json.dumps(_croissant(folder, samples, name), indent=1, ensure_ascii=False) + "\n",
    )


def files_to_push(root: Path) -> Iterator[tuple[str, int]]:
    """Yield (key, bytes) of the files that a push uploads, sorted."""
    from fnmatch import fnmatch

    for entry in Folder.at(root).files():
        if not any(fnmatch(entry.key, pattern) for pattern in IGNORED):
            yield entry.key, entry.size


def push(root: Path, repository: str, private: bool) -> str:
    """Upload a dataset's folder, resumed where an earlier push ended; return the repository's address.

    Raises MissingExtraError without huggingface_hub, OutputError where the Hub does not take it.
    """
    api = require("huggingface_hub", "hub", "pushing a dataset").HfApi()
    try:
        address = api.create_repo(repository, repo_type="dataset", private=private, exist_ok=True)
        # From version 2 on, upload_folder does what upload_large_folder did.
        upload = getattr(api, "upload_large_folder", api.upload_folder)
        upload(repo_id=repository, repo_type="dataset", folder_path=str(root), ignore_patterns=list(IGNORED))
    except Exception as error:
        known = isinstance(error, OSError | ValueError | RuntimeError)  # hf_xet raises the last
        if not known and type(error).__module__.partition(".")[0] not in _LIBRARIES:
            raise
        reason = " ".join(str(error).split())[:300]
        raise OutputError(
            f"{repository}: the Hub does not take it ({reason}); what is uploaded is kept, the same command goes on"
        ) from error
    return str(address)


def _provenance(samples: Collection) -> Iterator[dict[str, Any]]:
    return (sample.row("provenance") or {} for sample in samples)


def _run(folder: Folder) -> dict[str, Any]:
    """Return what `run.json` says, where the dataset is a run."""
    if not folder.exists("run.json"):
        return {}
    try:
        value = json.loads(folder.read("run.json"))
    except ValueError as error:
        raise SetupError(f"{folder.name('run.json')}: is not JSON ({error})") from error
    return value if isinstance(value, dict) else {}


def _card(
    samples: Collection,
    statistics: Statistics,
    name: str,
    run: dict[str, Any],
    seeds: list[int],
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
            _rate(run, row.name),
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
    first = f" (the first: {seeds[0]})" if seeds else ""
    parts = (
        f"---\ntask_categories:\n- video-to-video\ntags:\n- video-editing\n- background-replacement\n- sparkle\n"
        f"size_categories:\n- {size_category(len(samples))}\n{configs}---\n",
        f"{_MARK}\n\n# {cell(name)}\n\n{len(samples)} pairs of a source video and its edited version: the subject, its "
        "motion and its timing are kept, the background is a new, moving scene.\n",
        _section("Themes", ("theme", "pairs"), themes),
        _section("Scenes", ("theme", "subtheme", "scene", "pairs"), scenes),
        _section("First words of the instructions", ("word", "pairs"), statistics.verbs.most_common(20)),
        _section(
            "Scores and lengths", ("value", "pairs", "5 %", "median", "95 %", "from least to most"), values
        ),
        _section("Checks", ("check", "passes", "scorer", "pairs", "rejected of those that came in"), checks),
        _section(
            "Files",
            ("kind", "files", "GB"),
            [(k, n, f"{statistics.bytes[k] / 1e9:.3f}") for k, n in statistics.files.items()],
        ),
        _section(
            "Models",
            ("role", "model", "revision", "licence", "pairs"),
            [(*model, count) for model, count in sorted(statistics.models.items())],
        ),
        f"Licences that need a look:\n\n{flagged}" if flagged else "",
        "The source videos keep their own licences.\n",
        f"## How to reproduce\n\nRecipe `{_recipe(run)}`; each pair's own seed stands in `provenance.jsonl`{first}.\n",
        '## Reading it\n\n```python\nimport sparkle\n\npairs = sparkle.open_dataset("FOLDER_OR_hf://datasets/NAME")\n'
        "pairs[0].prompt, pairs[0].source.read().frames, pairs[0].mask()\n```\n",
    )
    return "\n".join(part for part in parts if part)


def _recipe(run: dict[str, Any]) -> str:
    recipe = run.get("recipe")
    name = recipe.get("name") if isinstance(recipe, dict) else None
    return cell(name).replace("`", "'") if isinstance(name, str) else "not recorded here"


def bars(counts: list[int]) -> str:
    """Return a histogram as a word of block letters."""
    most = max(counts) or 1
    return "".join("▁▂▃▄▅▆▇█"[round(7 * count / most)] for count in counts)


def _section(title: str, header: tuple[str, ...], rows: list[Any]) -> str:
    if not rows:
        return ""
    lines = [f"| {' | '.join(header)} |", f"|{'---|' * len(header)}"]
    return f"## {title}\n\n" + "\n".join(lines) + "\n" + table(rows) + "\n"


def _rate(run: dict[str, Any], check: str) -> str:
    """Return how many of the samples that reached a check it rejected, as the run's summary says."""
    summary = run.get("summary")
    rows = summary.get("checks", []) if isinstance(summary, dict) else []
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, dict) and row.get("check") == check and row.get("came_in"):
            return f"{row['failed']} of {row['came_in']} ({row['failed'] / row['came_in']:.0%})"
    return "not recorded here"


def _croissant(folder: Folder, samples: Collection, name: str) -> dict[str, Any]:
    """Return the Croissant (MLCommons, 1.0) description: shards and tables, and a record set a theme."""
    sums = read_sums(folder)
    themes = [theme for theme in samples.themes() if folder.exists(f"prompts/{theme}_train.csv")]
    files: list[dict[str, Any]] = []
    for key in (*(f"prompts/{theme}_train.csv" for theme in themes), *find_shards(folder)):
        media = "application/x-tar" if key.endswith(".tar") else "text/csv"
        entry = {
            "@type": "cr:FileObject",
            "@id": key,
            "name": key,
            "contentUrl": key,
            "encodingFormat": media,
        }
        files.append(entry | ({"sha256": sums[key]} if key in sums else {}))
    records = [
        {
            "@type": "cr:RecordSet",
            "@id": theme,
            "name": theme,
            "field": [
                {
                    "@type": "cr:Field",
                    "@id": f"{theme}/{column}",
                    "name": column,
                    "dataType": "sc:Text",
                    "source": {
                        "fileObject": {"@id": f"prompts/{theme}_train.csv"},
                        "extract": {"column": column},
                    },
                }
                for column in ("prompt", "src_video", "tgt_video", "task")
            ],
        }
        for theme in themes
    ]
    return {
        "@context": {
            "@language": "en",
            "@vocab": "https://schema.org/",
            "sc": "https://schema.org/",
            "cr": "http://mlcommons.org/croissant/",
            "conformsTo": "http://purl.org/dc/terms/conformsTo",
            "column": "cr:column",
            "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
            "extract": "cr:extract",
            "field": "cr:field",
            "fileObject": "cr:fileObject",
            "recordSet": "cr:recordSet",
            "source": "cr:source",
        },
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": name,
        "description": f"{len(samples)} pairs of video background replacement",
        "distribution": files,
        "recordSet": records,
    }
