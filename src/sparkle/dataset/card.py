"""The dataset card: the README.md that stands in the root of a dataset."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from sparkle.core.sample import Sample
from sparkle.dataset.made_of import cards_of
from sparkle.store import Folder, Place

CARD_FILE = "README.md"

_CARD = """\
---
task_categories:
- video-to-video
tags:
- video-editing
- background-replacement
- sparkle
size_categories:
- {size}
{configs}---

# Video background replacement pairs

{count} pairs of a source video and its edited version, in which the subject, its motion and its timing are kept and
the background is a new, moving scene. Made with Sparkle, recipe `{recipe}`.

| theme | pairs |
|---|---|
{themes}

## Layout

- `prompts/{{theme}}_train.csv`, one row a pair:
  - `prompt`: the instruction
  - `src_video`, `tgt_video`: the source and the edited video, paths relative to this folder
  - `task`: the pair's id, `Sparkle_{{theme}}_NNNNNN`, by which all other files name it
- `prompts/{{theme}}_train_metadata.jsonl`: `id`, `prompt`, and `metadata` with `edit_type` (the theme),
  `chosen_keyword` (`subtheme: scene`, for scenes of the taxonomy) and `original_scene` (what the source shows)
- `{{theme}}/source_video`, `{{theme}}/edited_video`: H.264
- `intermediate_data/{{theme}}`: first frames, clean backgrounds and their videos, masks, edges, scores, boxes
- `provenance.jsonl`: per pair its checks with scores, thresholds and scorers, and the models that made it

## How it was made

Scores by the scorer `heuristic` are measured quantities and not comparable with a model's.

| role | backend | revision | licence | pairs |
|---|---|---|---|---|
{backends}

The source videos keep their own licences; check them before publishing.

## Loading

```python
from pathlib import Path
from sparkle.dataset import read_pairs

for pair in read_pairs(Path(".")):
    print(pair.id, pair.instruction, pair.source, pair.edited)
```

With `datasets`, a configuration a theme; its rows have the four columns above, the videos as paths within this folder:

```python
from datasets import load_dataset

rows = load_dataset("FOLDER_OR_REPOSITORY", "{first_theme}", split="train")
print(rows[0]["prompt"], rows[0]["src_video"], rows[0]["tgt_video"])
```
"""

# Without it, `load_dataset` guesses among all tables, and finds ids and prompts alone.
_CONFIG = """\
- config_name: {theme}
  data_files:
  - split: train
    path: prompts/{theme}_train.csv
"""


def write_card(root: Place, accepted: Iterable[Sample], recipe: str) -> None:
    """Write the dataset card; the same samples and recipe name give the same bytes."""
    of_theme: Counter[str] = Counter()
    of_backend: Counter[tuple[str, str, str, str]] = Counter()
    for sample in accepted:
        of_theme[sample.theme] += 1
        of_backend.update(_backends(sample))
    themes, backends, count = sorted(of_theme.items()), sorted(of_backend.items()), of_theme.total()
    text = _CARD.format(
        count=count,
        size=size_category(count),
        configs="configs:\n" + "".join(_CONFIG.format(theme=theme) for theme, _ in themes) if themes else "",
        first_theme=themes[0][0] if themes else "time",
        recipe=cell(recipe),
        themes=table(themes),
        backends=table((*card, count) for card, count in backends),
    )
    folder = Folder.at(root)
    folder.write_text(CARD_FILE, text)


def _backends(sample: Sample) -> Iterable[tuple[str, str, str, str]]:
    for role, card in cards_of(sample).items():
        yield role, card.name, card.revision, card.licence


def config_of(theme: str) -> str:
    """Return the lines of the header from which `load_dataset` knows a theme."""
    return _CONFIG.format(theme=theme)


def table(rows: Iterable[tuple[object, ...]]) -> str:
    """Return the rows of a Markdown table."""
    return "\n".join("| " + " | ".join(cell(str(value)) for value in row) + " |" for row in rows)


def cell(text: str) -> str:
    """Return text that cannot break out of a table cell or of its line."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def size_category(count: int) -> str:
    """Return the Hub's name for a number of rows."""
    limits = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
    return next((name for limit, name in limits if count < limit), "1M<n<10M")
