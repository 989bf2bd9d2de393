"""The pairs of a dataset in the published layout, as the viewer shows them: a folder of files, or of tar shards."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from sparkle.core.errors import SetupError
from sparkle.core.layout import SAMPLE_ID, artifact_path, metadata_path, prompts_path
from sparkle.core.parsing import parse_object
from sparkle.dataset.shards import find_shards
from sparkle.runners.mend_command import mend_commands
from sparkle.store import Extent, Folder, Stat, index_tar
from sparkle.view.collection import STATUSES, Facts, Index, Story
from sparkle.view.find_artifact import find_artifact


class DatasetCollection:
    """A dataset. All of it counts as accepted: what was rejected is not published.

    Raises SetupError for a folder without tables, and for tables that cannot be read.
    """

    kind = "dataset"

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        names = [name for name in folder.children("prompts") if name.endswith("_train.csv")]
        if not names:
            raise SetupError(
                f"{folder}: holds no prompts/{{theme}}_train.csv and no run.json; name a run or a dataset"
            )
        self._tables = _tables(folder, names)
        self._rows: dict[str, tuple[str, str, Mapping[str, Any]]] = {}
        for name in names:
            self._read_theme(name.removesuffix("_train.csv"))

    def reopened(self) -> DatasetCollection:
        """Return it as its tables are now."""
        same = _tables(self.folder, self.folder.children("prompts")) == self._tables
        return self if same else DatasetCollection(self.folder)

    def index(self) -> Index:
        """Return ids and themes."""
        themes = [theme for theme, _, _ in self._rows.values()]
        return Index(list(self._rows), themes, [STATUSES.index("accepted")] * len(themes))

    def facts(self) -> Facts:
        """Return instructions and scenes, as the tables have them."""
        rows = self._rows.values()
        keywords = [str(metadata.get("chosen_keyword", "")).partition(": ") for _, _, metadata in rows]
        instructions, nothing = [instruction for _, instruction, _ in rows], [""] * len(keywords)
        scenes = [scene for _, _, scene in keywords]
        return Facts(
            instructions, [subtheme for subtheme, _, _ in keywords], scenes, nothing, [0.0] * len(scenes)
        )

    def story(self, id: str) -> Story:
        """Return what the tables say of a pair."""
        theme, instruction, metadata = self._rows[id]
        scene = str(metadata.get("chosen_keyword", ""))
        shows = str(metadata.get("original_scene", ""))
        notes = [("The source shows", shows)] if shows else []
        source = artifact_path("source_video", theme, id).as_posix()
        return Story(
            id, theme, "accepted", source, instruction, scene, notes=notes, again=self._again(id, instruction)
        )

    def _again(self, id: str, instruction: str) -> list[str]:
        """Return the commands that mend a pair of loose files by the recipe cpu; tables name no recipe."""
        clip = self.artifact(id, "source_video")
        if clip is None or clip.member or not instruction:
            return []
        return mend_commands(self.folder.name(clip.key), id, instruction, [])

    def artifact(self, id: str, name: str) -> Extent | None:
        """Return where an artifact of a pair lies: as a file, or in a shard."""
        theme, _, _ = self._rows[id]
        key = artifact_path(name, theme, id).as_posix()
        return find_artifact(self.folder, theme, id, name) or self._in_shards.get(key)

    @cached_property
    def _in_shards(self) -> dict[str, Extent]:
        """Where members of tar shards lie, by their keys in the dataset; their headers are read once."""
        found: dict[str, Extent] = {}
        for key in find_shards(self.folder):
            below = key.rpartition("/")[0]
            for member, extent in index_tar(self.folder, key).items():
                found[member] = extent
                found.setdefault(f"{below}/{member}" if below else member, extent)
        return found

    def _read_theme(self, theme: str) -> None:
        path, folder = prompts_path(theme).as_posix(), self.folder
        try:
            table = csv.DictReader(io.StringIO(folder.read_text(path)), strict=True)
            metadata = self._metadata(theme)
            for row in table:
                match = SAMPLE_ID.fullmatch(row.get("task") or "")
                if match is None or match["theme"] != theme:
                    raise ValueError(
                        f"line {table.line_num}: {str(row.get('task'))[:80]!r} is no id of {theme}"
                    )
                self._rows[match[0]] = (theme, row.get("prompt") or "", metadata.get(match[0], {}))
        except (OSError, ValueError, csv.Error) as error:
            raise SetupError(
                f"{self.folder.name(path)}: cannot be read ({error}); `sparkle dataset verify` lists all faults"
            ) from error

    def _metadata(self, theme: str) -> dict[str, Mapping[str, Any]]:
        path, folder = metadata_path(theme).as_posix(), self.folder
        if not folder.exists(path):
            return {}
        rows = [parse_object(line) for line in folder.read_text(path).splitlines() if line.strip()]
        return {str(row.get("id")): row["metadata"] for row in rows if isinstance(row.get("metadata"), dict)}


def _tables(folder: Folder, names: Iterable[str]) -> list[Stat | None]:
    """Return what tells whether the tables of a dataset are still those that were read."""
    themes = sorted(name.removesuffix("_train.csv") for name in names if name.endswith("_train.csv"))
    paths = (path(theme) for theme in themes for path in (prompts_path, metadata_path))
    return [folder.stat(path.as_posix()) for path in paths]
