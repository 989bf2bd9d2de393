"""The Croissant description (MLCommons, 1.0) of a dataset: its tables and shards with their sums, its records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sparkle.dataset.collection import Collection
from sparkle.dataset.index import CSV_COLUMNS
from sparkle.dataset.shards import ShardName, find_shards, shard_name, suffix_of
from sparkle.store import Folder, sha256_of

CROISSANT_FILE = "croissant.json"
_MEDIA = {".mp4": "video/mp4", ".png": "image/png", ".npz": "application/octet-stream"}
# As the format gives it; what is not used here stands there so that readers know the context for the standard one.
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


def describe(folder: Folder, samples: Collection, name: str, sums: Mapping[str, str]) -> dict[str, Any]:
    """Return the description. `sums`: SHA-256 by key; a file that has none there is read for it. Raises OSError."""
    themes = [theme for theme in samples.themes() if folder.exists(_table(theme))]
    shards = [(key, shard) for key in find_shards(folder) if (shard := shard_name(key)) is not None]
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": name,
        "description": f"{len(samples)} pairs of video background replacement",
        "distribution": [
            *(_file(folder, _table(theme), "text/csv", sums) for theme in themes),
            *(_file(folder, key, "application/x-tar", sums) for key, _ in shards),
            *_members(shards),
        ],
        "recordSet": [_records(theme) for theme in themes],
    }


def _table(theme: str) -> str:
    return f"prompts/{theme}_train.csv"


def _file(folder: Folder, key: str, media: str, sums: Mapping[str, str]) -> dict[str, Any]:
    digest = sums.get(key)
    if digest is None:
        with folder.local(key) as path:
            digest = sha256_of(path)
    return {
        "@type": "cr:FileObject",
        "@id": key,
        "name": key,
        "contentUrl": key,
        "encodingFormat": media,
        "sha256": digest,
    }


def _members(shards: Sequence[tuple[str, ShardName]]) -> list[dict[str, Any]]:
    """Return a set of files for each kind: the members of all its shards."""
    kinds = dict.fromkeys(shard.kind for _, shard in shards)
    return [
        {
            "@type": "cr:FileSet",
            "@id": kind,
            "name": kind,
            "containedIn": [{"@id": key} for key, shard in shards if shard.kind == kind],
            "encodingFormat": _MEDIA[suffix_of(kind)],
            "includes": f"*/{kind}/*{suffix_of(kind)}",
        }
        for kind in kinds
    ]


def _records(theme: str) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": theme,
        "name": theme,
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{theme}/{column}",
                "name": column,
                "dataType": "sc:Text",
                "source": {"fileObject": {"@id": _table(theme)}, "extract": {"column": column}},
            }
            for column in CSV_COLUMNS
        ],
    }
