"""Backgrounds of a library: one chosen for an edit, all dealt out over a build; looked at before any work."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sparkle.backends import create_backend
from sparkle.core.errors import MediaError, SetupError
from sparkle.core.own_background import LibraryEntry
from sparkle.core.seeds import generator
from sparkle.core.threads import in_order
from sparkle.library import Match, Uses, best_matches, nearest_entries, read_library
from sparkle.painter.words import decided
from sparkle.recipes import Recipe
from sparkle.runs import Wish
from sparkle.stages.source import measure_camera
from sparkle.video import is_media_name, read_image
from sparkle.words.phrases import with_article

LOOKED_AT_S = 12.0  # of a video: longer than what is shown of it
# {scene} is what an entry shows, with its article. Nothing is said of what moves: the picture itself shows it.
PATTERNS = (
    "Replace the background with {scene}.",
    "Put the subject in front of {scene}.",
    "Change the background to {scene}.",
    "Swap the background for {scene}.",
    "Show the subject before {scene}.",
    "Keep the subject as it is and turn the background into {scene}.",
)
# Of an entry without a theme: what its words decide beside the place.
_THEMES = (("manner", "style"), ("season", "season"), ("hour", "time"))


@dataclass(frozen=True, slots=True)
class Chosen:
    """The entry of a library that an instruction means, the file that it is, and the words that say so."""

    entry: LibraryEntry
    path: Path
    because: tuple[str, ...]


def chosen_background(folder: Path, instruction: str, seed: int) -> Chosen:
    """Return the entry that an instruction means; among equals the seed decides.

    Raises SetupError where the folder cannot be read, and where nothing in it matches, with what is nearest.
    """
    entries = read_library(folder)
    matches = _matches(folder, entries, instruction)
    entry = Uses(seed).next([match.entry for match in matches])
    because = next(match.because for match in matches if match.entry == entry)
    return Chosen(entry, folder / entry.file, because)


def with_backgrounds(
    wishes: Sequence[Wish], folder: Path, themes: Sequence[str], pairs_per_source: int, seed: int
) -> list[Wish]:
    """Return one wish a pair, each with an entry of the library: every entry equally often, in any prefix.

    A wish with an instruction or a scene gets one of those that its words mean, and the least used of them. Any other
    gets the least used of all, the entry's theme, and an instruction that asks for what it shows. A wish that has a
    background already keeps it. Raises SetupError as `chosen_background`, and for themes of which no entry is.
    """
    entries = read_library(folder)
    of_themes = {entry: theme for entry in entries if (theme := _theme_of(entry)) in themes}
    uses, found = Uses(seed), list[Wish]()
    for number, wish in enumerate(each for each in wishes for _ in range(pairs_per_source)):
        if wish.inputs.background is not None:
            found.append(wish)
            continue
        asked = wish.instruction or (f"{wish.scene.name}. {wish.scene.motion}" if wish.scene else None)
        if asked is not None:
            entry = uses.next([match.entry for match in _matches(folder, entries, asked)])
        elif of_themes:
            entry = uses.next(list(of_themes))
            pattern = PATTERNS[int(generator(seed, "library instruction", number).integers(len(PATTERNS)))]
            asked = pattern.format(scene=with_article(entry.caption.rstrip(". ")))
            wish = replace(wish, instruction=asked, theme=wish.theme or of_themes[entry])
        else:
            raise SetupError(f"{folder}: no background in it is of the themes {', '.join(themes)}")
        inputs = replace(wish.inputs, background=str(folder / entry.file))
        found.append(replace(wish, inputs=inputs, background=entry))
    return found


def refuse_unsound(paths: Iterable[Path], recipe: Recipe) -> None:
    """Raise SetupError that names every background that cannot be decoded or whose camera moves, with the figure.

    The check is that of `animate.camera`, by the flow that needs no model, so that no GPU is taken for it.
    """
    flow, settings = create_backend("cpu.flow", {}), recipe.animate.camera

    def fault(path: Path) -> str | None:
        try:
            if not is_media_name(path):
                read_image(path)
                return None
            limit = recipe.video.time_limit_s
            movement = measure_camera(path, flow, settings, span_s=LOOKED_AT_S, time_limit_s=limit)
        except MediaError as error:
            return str(error)
        if not movement.decidable or movement.movement <= settings.threshold:
            return None
        return (
            f"{path}: its camera moves by {movement.movement:.2f} % of the width, at most {settings.threshold:g} % "
            f"counts as fixed ({movement.reason})"
        )

    looked_at = list(dict.fromkeys(paths))
    faults = [each for each in in_order(fault, looked_at) if each is not None]
    if faults:
        raise SetupError(
            f"{len(faults)} of {len(looked_at)} backgrounds cannot be used; take them out of the folder, or mend them",
            faults,
        )


def _matches(folder: Path, entries: Sequence[LibraryEntry], instruction: str) -> list[Match]:
    matches = best_matches(entries, instruction)
    if not matches:
        near = "; ".join(f"{entry.caption} ({entry.file})" for entry in nearest_entries(entries, instruction))
        said = instruction if len(instruction) <= 80 else f"{instruction[:80]}..."
        raise SetupError(f"{said!r}: nothing in {folder} shows it; nearest are {near}")
    return matches


def _theme_of(entry: LibraryEntry) -> str:
    said = decided(entry.caption)
    return entry.theme or next((theme for name, theme in _THEMES if name in said), "location")
