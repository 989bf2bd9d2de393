"""Parts of a dataset: a random sample, parts that share no source, one of each group of clips that look alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from typing import Literal

import numpy as np

from sparkle.core.errors import SetupError
from sparkle.core.seeds import generator
from sparkle.core.threads import in_order
from sparkle.dataset.collection import Collection
from sparkle.dataset.facts import facts_of
from sparkle.dataset.near_duplicates import Signatures, alike, groups
from sparkle.dataset.signatures import Signature
from sparkle.dataset.stored_sample import StoredSample
from sparkle.store import scratch_file

Of = Literal["source_video", "edited_video"]
Sign = Callable[[StoredSample], Signature]


def draw(samples: Collection, count: int, seed: int) -> Collection:
    """Return `count` samples drawn at random, in the order that they had. Raises SetupError for more than there are."""
    if not 0 < count <= len(samples):
        raise SetupError(f"{count} samples cannot be drawn from {len(samples)}")
    return samples.at(np.sort(generator(seed, "dataset sample").permutation(len(samples))[:count]))


def groups_alike(samples: Collection, sign: Sign, jobs: int) -> list[list[int]]:
    """Return which samples have clips that look alike, by their places; alone ones as groups of one.

    Raises MediaError for a clip that cannot be read.
    """
    if not len(samples):
        return []
    # The same clip under many ids is one: what very many share is passed over by `alike`.
    first: dict[bytes, int] = {}
    same: list[tuple[int, int]] = []

    def different() -> Iterator[Signature]:
        signatures = in_order(sign, samples, workers=jobs, ahead=2 * jobs)
        for place, each in enumerate(signatures):
            known = first.setdefault(blake2b(each.frames.tobytes(), digest_size=16).digest(), place)
            if known == place:
                yield each
            else:
                same.append((known, place))

    with scratch_file() as parts:
        signatures = Signatures.of(different(), parts)
        ones = np.fromiter(first.values(), np.int64)  # in the order of their places
        first.clear()
        links = [(int(ones[one]), int(ones[other])) for one, other in alike(signatures)]
    return groups(len(samples), [*links, *same])


def by_source(samples: Collection, looks: Sequence[Sequence[int]]) -> list[list[int]]:
    """Return the groups of samples that share a source: by its name in the provenance, or by how it looks."""
    links = [(group[0], other) for group in looks for other in group[1:]]
    first: dict[str, int] = {}
    for place, sample in enumerate(samples):
        name = sample.source_name
        if name is not None:
            links.append((first.setdefault(name, place), place))
    return groups(len(samples), links)


def split(
    samples: Collection, shares: dict[str, float], sources: Sequence[Sequence[int]], seed: int
) -> dict[str, Collection]:
    """Return parts of about these shares; a group of `sources` lies whole in one part.

    Groups are taken in an order that the seed decides, each by the part that lacks most of its share. Raises SetupError
    for shares that do not sum to 1.
    """
    if not all(share > 0 for share in shares.values()) or not abs(sum(shares.values()) - 1) <= 1e-6:
        raise SetupError(
            f"shares must be positive and sum to 1, got {', '.join(f'{n}={s:g}' for n, s in shares.items())}"
        )
    parts: dict[str, list[int]] = {name: [] for name in shares}
    for number in generator(seed, "dataset split").permutation(len(sources)):
        lacking = max(shares, key=lambda name: shares[name] * len(samples) - len(parts[name]))
        parts[lacking] += sources[number]
    return {name: samples.at(sorted(places)) for name, places in parts.items()}


def one_of_each(samples: Collection, alike_ones: Sequence[Sequence[int]], best: str | None) -> list[int]:
    """Return the places of the samples to keep: of each group the one with the highest value of `best`, or the first.

    Raises SetupError for a value that no sample of a group has as a number.
    """

    def value(place: int) -> float:
        found = facts_of(samples[place]).get(best or "")
        return found if isinstance(found, float | int) else -np.inf

    kept = []
    for group in alike_ones:
        chosen = group[0] if best is None or len(group) == 1 else max(group, key=value)
        if best is not None and len(group) > 1 and value(chosen) == -np.inf:
            raise SetupError(f"{samples[chosen].id}: has no number {best!r}; choose another value, or none")
        kept.append(chosen)
    return sorted(kept)
