"""One sample of a dataset, read where it lies: nothing is read or decoded before it is asked for."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from sparkle.core.errors import MediaError, SampleError, SetupError
from sparkle.core.layout import ARTIFACTS, METADATA_FILES, artifact_path
from sparkle.core.model_card import ModelCard
from sparkle.core.parsing import checked, parse_object
from sparkle.core.sample import Check
from sparkle.core.scene import Scene
from sparkle.dataset.lookup import Lookup
from sparkle.dataset.offsets import METADATA, PROVENANCE, lines_file
from sparkle.dataset.tables import MAXIMUM_LINE_BYTES
from sparkle.roles import Image
from sparkle.store import Extent, Folder
from sparkle.video import Decode, StoredClip, decode_with_pyav, read_confidence, read_image, read_masks

IMAGE_KINDS = ("source_frame0", "edited_frame0", "edited_frame0_foreground_removed")
LINE_KINDS = (METADATA, *METADATA_FILES, PROVENANCE)

_CHECK, _CARD = TypeAdapter(Check), TypeAdapter(ModelCard)
Content = TypeVar("Content")


@dataclass(frozen=True, slots=True)
class StoredSample:
    """A sample by id. `prompt` is the instruction, None where the tables were not downloaded.

    What reads raises MediaError for a file that is not there or is broken, SampleError for a line that is.
    """

    folder: Folder
    lookup: Lookup
    id: str
    theme: str
    prompt: str | None
    decode: Decode = decode_with_pyav

    @property
    def source(self) -> StoredClip:
        """The source video; `.read()` decodes it."""
        return StoredClip(self.extent("source_video"), self.decode)

    @property
    def edited(self) -> StoredClip:
        """The edited video."""
        return StoredClip(self.extent("edited_video"), self.decode)

    @property
    def background(self) -> StoredClip:
        """The background video of stage 4."""
        return StoredClip(self.extent("edited_background_video"), self.decode)

    @property
    def edges(self) -> StoredClip:
        """The control video: fused edges."""
        return StoredClip(self.extent("edited_video_canny"), self.decode)

    def mask(self) -> NDArray[np.bool_]:
        """Return the subject's mask, bool (T, H, W)."""
        return self._read("source_video_mask", read_masks)

    def confidence(self) -> NDArray[np.float16]:
        """Return how far the passes say foreground, float16 (T, H, W) in [0, 1]."""
        return self._read("source_video_mask_confidence", read_confidence)

    def image(self, kind: str) -> Image:
        """Return one of IMAGE_KINDS, uint8 RGB (H, W, 3)."""
        return self._read(kind, read_image)

    def has(self, kind: str) -> bool:
        """Tell whether an artifact is there, in a shard or as a file."""
        return self._in_shard(kind) is not None or self.folder.exists(self._key(kind))

    def kinds(self) -> list[str]:
        """Return the artifacts that are there, in the order of ARTIFACTS."""
        return [kind for kind in ARTIFACTS if self.has(kind)]

    def extent(self, kind: str) -> Extent:
        """Return where an artifact's bytes lie: in a shard, or else where the layout has the file, there or not."""
        return self._in_shard(kind) or self.folder.extent(self._key(kind))

    def own_extent(self, kind: str) -> Extent:
        """Return where an artifact lies, to be given on to others. Raises SetupError for a link out of the dataset."""
        return self.owned(self.extent(kind))

    def owned(self, extent: Extent) -> Extent:
        """Return an extent of this dataset. Raises SetupError where it is a link out of it.

        A dataset of somebody else may hold a link to a file of this machine, which would then be published. A snapshot
        of the Hub's cache is made of links into the cache, which are its own.
        """
        root = self.folder.path
        if root is not None:
            homes = [root, *([root.parent.parent / "blobs"] if root.parent.name == "snapshots" else [])]
            place = os.path.realpath(f"{root}/{extent.key}")
            if not any(os.path.commonpath([home, place]) == home for home in map(os.path.realpath, homes)):
                raise SetupError(f"{extent}: is a link out of the dataset; put the file in its place")
        return extent

    def size(self, kind: str) -> int | None:
        """Return how many bytes an artifact has, or None where it is not there."""
        extent = self.extent(kind)
        if extent.size is not None:
            return extent.size
        stat = self.folder.stat(extent.key)
        return None if stat is None else stat.size

    def line(self, kind: str) -> bytes | None:
        """Return the sample's line of one of LINE_KINDS as it stands in its file, or None where there is none."""
        place = self.lookup.line(self.id, kind)
        if place is None:
            return None
        key = str(lines_file(self.theme, kind))
        try:
            return self.folder.read_range(key, place[0], min(place[1], MAXIMUM_LINE_BYTES))
        except OSError as error:
            raise SampleError(f"{self.id}: its line in {key} cannot be read ({error})") from error

    def row(self, kind: str) -> dict[str, Any] | None:
        """Return the sample's object of one of LINE_KINDS, or None where there is none."""
        line = self.line(kind)
        if line is None:
            return None
        where = f"{self.id}: its line in {lines_file(self.theme, kind)}"
        try:
            value = parse_object(line)
        except ValueError as error:
            raise SampleError(f"{where} is not JSON ({error})") from error
        if value.get("id") != self.id:
            raise SampleError(f"{where} is another sample's; delete the index, it is made again")
        return value

    @property
    def metadata(self) -> Mapping[str, Any]:
        """What the published metadata says: edit_type, original_scene and, for known scenes, chosen_keyword."""
        found = (self.row(METADATA) or {}).get("metadata", {})
        return found if isinstance(found, dict) else {}

    @property
    def scene(self) -> Scene | None:
        """The scene of the taxonomy; what moves there is known only where the provenance says it."""
        given = (self.row(PROVENANCE) or {}).get("scene")
        if isinstance(given, dict) and set(given) == {"theme", "subtheme", "name", "motion"}:
            return Scene(**{name: str(value) for name, value in given.items()})
        subtheme, mark, name = str(self.metadata.get("chosen_keyword", "")).partition(": ")
        return Scene(self.theme, subtheme, name, "") if mark else None

    @property
    def checks(self) -> tuple[Check, ...]:
        """The checks that the run made, with scores and thresholds; none where no provenance came with the dataset."""
        given = (self.row(PROVENANCE) or {}).get("checks", [])
        return tuple(self._checked(_CHECK, each) for each in given)

    @property
    def provenance(self) -> Mapping[str, ModelCard]:
        """What filled each role, by its name ("track.tracker")."""
        given = (self.row(PROVENANCE) or {}).get("provenance", {})
        return {str(role): self._checked(_CARD, card) for role, card in given.items()}

    @property
    def source_name(self) -> str | None:
        """What the run called the source video, or None where no provenance came with the dataset."""
        name = (self.row(PROVENANCE) or {}).get("source")
        return name if isinstance(name, str) else None

    def _checked(self, kind: TypeAdapter[Content], value: Any) -> Content:
        try:
            return checked(kind, value)
        except ValueError as error:
            raise SampleError(f"{self.id}: its line in provenance.jsonl cannot be used ({error})") from error

    def _key(self, kind: str) -> str:
        return str(artifact_path(kind, self.theme, self.id))

    def _in_shard(self, kind: str) -> Extent | None:
        found = self.lookup.member(f"{self.theme}/{kind}/{self.id}")
        if found is None:
            return None
        shard, start, size = found
        return Extent(self.folder.address, shard, start, size, str(self._key(kind)).rpartition("/")[2])

    def _read(self, kind: str, read: Callable[[Path], Content]) -> Content:
        extent = self.extent(kind)
        try:
            with extent.local() as path:
                try:
                    return read(path)
                except MediaError as error:  # a copy's own name tells nobody anything
                    raise MediaError(str(error).replace(str(path), str(extent))) from error
        except OSError as error:
            raise MediaError(f"{extent}: cannot be read ({error.strerror or error})") from error
