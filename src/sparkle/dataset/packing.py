"""Packs a dataset into the tar shards of the published release.

Which samples a shard holds follows from their order and sizes, and its bytes from theirs: the same dataset gives the
same shards. A shard is written whole, and noted in a log with what it was made of; a second start goes on behind.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from sparkle.core.byte_sizes import byte_size
from sparkle.core.errors import SetupError
from sparkle.core.layout import ARTIFACTS, artifact_path
from sparkle.core.parsing import parse_object
from sparkle.dataset.build_facts import FUNNEL_FILE, build_facts
from sparkle.dataset.collection import Collection
from sparkle.dataset.opening import open_dataset
from sparkle.dataset.shards import INTERMEDIATE, PAIR_KINDS, ShardName, find_shards, shard_name
from sparkle.dataset.sums import BLAKE3_FILE, SHA256_FILE, write_sums
from sparkle.store import Extent, Folder, Stat, free_bytes, remove_leftovers, write_tar, write_text

SHARD_BYTES = 5 * 10**9
PACK_LOG = ".nv-meta/pack.jsonl"
_BLOCK = 512

Report = Callable[[str, int], None]  # the shard that is ready, and its bytes
_Member = tuple[str, Extent, Stat]


@dataclass(frozen=True, slots=True)
class Packed:
    """A shard of a finished dataset: its key, size in bytes, BLAKE3, and how many files it holds."""

    key: str
    size: int
    blake3: str
    files: int


@dataclass(frozen=True, slots=True)
class _Plan:
    shard: ShardName
    members: tuple[tuple[str, Extent], ...]
    size: int
    made_of: str  # tells whether a shard that is there was made of the same files


def pack(
    samples: Collection,
    out: Path,
    shard_bytes: int = SHARD_BYTES,
    jobs: int = 2,
    report: Report = lambda key, size: None,
) -> list[Packed]:
    """Write shards of about `shard_bytes` below `out`, with tables, checksums and index; return the shards, sorted.

    Raises SetupError for a dataset in which some samples lack a clip that others have, for an `out` that is the dataset
    itself or has other files, and where the disk has no room.
    """
    source = samples.folder.path
    if source is not None and out.resolve().is_relative_to(source.resolve()):
        raise SetupError(f"{out}: lies in the dataset that is to be packed; name a folder outside")
    plans = [
        plan
        for theme in samples.themes()
        for kind in _kinds(samples.folder, theme)
        for plan in _plan(samples, theme, kind, shard_bytes)
    ]
    done = _noted(out)
    left = [plan for plan in plans if not _is_done(out, plan, done)]
    if (room := free_bytes(out)) < (wanted := sum(plan.size for plan in left)):
        raise SetupError(
            f"{out}: its disk has room for {byte_size(room)}, the shards take {byte_size(wanted)}"
        )
    _refuse_strangers(out, {plan.shard.key for plan in plans})
    target = Folder.at(out)
    with target.only_writer(".nv-meta/pack.lock", "shards into this folder"), target.log(PACK_LOG) as log:
        if left:
            target.remove(SHA256_FILE)  # of an earlier push, of other shards
        remove_leftovers(_folders(out))  # of one that was killed: a shard that nobody else would look for

        def write(plan: _Plan) -> None:
            with target.writing(plan.shard.key) as path:
                digest = write_tar(path, plan.members)
            line = {"shard": plan.shard.key, "made_of": plan.made_of, "blake3": digest}
            log.append(json.dumps(line))
            report(plan.shard.key, plan.size)

        with ThreadPoolExecutor(jobs) as threads:
            for finished in [threads.submit(write, plan) for plan in left]:
                finished.result()
        _copy_tables(samples.folder, target)
        build = build_facts(samples.folder)
        if build.checks or build.recipe is not None:
            write_text(out / FUNNEL_FILE, build.to_json())
        notes = _noted(out)
        packed = [
            Packed(plan.shard.key, plan.size, notes[plan.shard.key]["blake3"], len(plan.members))
            for plan in plans
        ]
        packed.sort(key=lambda each: each.key)
        write_sums(out, BLAKE3_FILE, {each.key: each.blake3 for each in packed})
    open_dataset(out)  # makes the index
    return packed


def _kinds(folder: Folder, theme: str) -> list[str]:
    """Return the kinds of which a theme may have files; each sample need not be asked for the others."""
    packed = {
        (shard.theme, shard.kind) for key in find_shards(folder) if (shard := shard_name(key)) is not None
    }
    return [
        kind
        for kind in ARTIFACTS
        if (theme, kind) in packed
        or folder.children(str(artifact_path(kind, theme, f"Sparkle_{theme}_000000").parent))
    ]


def _plan(samples: Collection, theme: str, kind: str, most: int) -> Iterator[_Plan]:
    """Yield the shards of a kind, each with as many samples as fit."""
    members: list[_Member] = []
    size, shard = 2 * _BLOCK, ShardName(theme, kind, 0)
    for id, extent, stat in _with_file(samples, theme, kind):
        room = _BLOCK + -(-stat.size // _BLOCK) * _BLOCK
        if members and size + room > most:
            yield _planned(shard, members, size)
            members, size, shard = [], 2 * _BLOCK, ShardName(theme, kind, shard.part + 1)
        members.append((shard.member(id), extent, stat))
        size += room
    if members:
        yield _planned(shard, members, size)


def _with_file(samples: Collection, theme: str, kind: str) -> Iterator[tuple[str, Extent, Stat]]:
    """Yield id, place, and size and version of what there is of a kind."""
    missing = None
    found = False
    shards: dict[str, Stat | None] = {}  # one stat for all members
    for sample in samples.of_themes([theme]):
        extent = sample.extent(kind)
        if extent.size is None:
            stat = samples.folder.stat(extent.key)
        else:
            if extent.key not in shards:
                shards[extent.key] = samples.folder.stat(extent.key)
            whole = shards[extent.key]
            stat = None if whole is None else Stat(extent.size, whole.version)
        if stat is None:
            missing = missing or extent
        else:
            found = True
            yield sample.id, sample.owned(extent), stat
    if found and missing is not None and kind in PAIR_KINDS:
        raise SetupError(
            f"{missing}: is missing, but other samples have theirs; `sparkle dataset verify` lists "
            "all that is missing, `sparkle dataset filter --with source_video,edited_video` leaves them out"
        )


def _planned(shard: ShardName, members: Sequence[_Member], size: int) -> _Plan:
    digest = hashlib.blake2b(digest_size=16)
    for name, extent, stat in members:
        digest.update(f"{name}\0{extent.address}\0{extent.key}\0{extent.start}\0{stat}\n".encode())
    size += -size % (20 * _BLOCK)
    return _Plan(shard, tuple((name, extent) for name, extent, _ in members), size, digest.hexdigest())


def _noted(out: Path) -> dict[str, dict[str, str]]:
    folder = Folder.at(out)
    if not folder.exists(PACK_LOG):
        return {}
    try:
        lines = [parse_object(line) for _, line in folder.lines(PACK_LOG)]
        return {line["shard"]: line for line in lines}
    except (ValueError, KeyError) as error:
        raise SetupError(
            f"{folder.name(PACK_LOG)}: is garbled ({error}); delete {out} and pack again"
        ) from error


def _is_done(out: Path, plan: _Plan, done: dict[str, dict[str, str]]) -> bool:
    note, stat = done.get(plan.shard.key), Folder.at(out).stat(plan.shard.key)
    return (
        note is not None
        and note["made_of"] == plan.made_of
        and "blake3" in note  # an older version noted SHA-256
        and stat is not None
        and stat.size == plan.size
    )


def _refuse_strangers(out: Path, ours: set[str]) -> None:
    """Raise SetupError where `out` holds a shard that is not of this dataset: it would be taken for one of it."""
    for above in ("", f"{INTERMEDIATE}/"):
        for name in Folder.at(out).children(above.rstrip("/")):
            if name.endswith(".tar") and above + name not in ours:
                raise SetupError(f"{out / above / name}: is no shard of this dataset; name an empty folder")


def _folders(out: Path) -> list[Path]:
    above = [out, out / ".nv-meta", out / "prompts", out / INTERMEDIATE]
    return above + [path for path in above[-1].glob("*") if path.is_dir() and not path.is_symlink()]


def _copy_tables(source: Folder, target: Folder) -> None:
    keys = [f"prompts/{name}" for name in source.children("prompts")]
    for theme in source.children(INTERMEDIATE):
        if theme.endswith("/"):
            keys += [
                f"{INTERMEDIATE}/{theme}{name}" for name in source.children(f"{INTERMEDIATE}/{theme[:-1]}")
            ]
    keys += [
        name for name in source.children() if name.startswith(("README.md", "LICENSE", "provenance.jsonl"))
    ]
    for key in keys:
        if not key.endswith("/"):
            with target.writing(key) as path:
                source.extent(key).copy_to(path)
