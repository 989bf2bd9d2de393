"""Whether the backends that a recipe names are there, take their options, and can fill their roles; nothing is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import NoneType
from typing import Any, get_args, get_type_hints

from sparkle.backends import backend_class
from sparkle.backends.fulfilment import refuse_misfit
from sparkle.backends.options import parse_options
from sparkle.config import BackendChoice
from sparkle.core.errors import SettingsError
from sparkle.stages.animate import AnimateStage
from sparkle.stages.first_frame import FirstFrameStage
from sparkle.stages.isolate import IsolateStage
from sparkle.stages.source import SourceStage
from sparkle.stages.synthesize import SynthesizeStage
from sparkle.stages.track import TrackStage

STAGE_CLASSES: Mapping[str, type[Any]] = {
    stage.name: stage
    for stage in (SourceStage, FirstFrameStage, IsolateStage, TrackStage, AnimateStage, SynthesizeStage)
}


def role_of(stage: str, role: str) -> type[Any]:
    """Return the Protocol that a stage wants for one of its roles."""
    hint = get_type_hints(STAGE_CLASSES[stage])[role]
    found: type[Any] = next(
        (part for part in get_args(hint) if part is not NoneType), hint
    )  # a role may be empty
    return found


def check_fillings(
    choices: Mapping[tuple[str, str], BackendChoice], origin: Callable[[Sequence[str]], str]
) -> None:
    """Raise SettingsError for the first backend that is none, is of another role, or does not take its options.

    `origin` returns who said the setting at a path; the message begins with it and with the place.
    """
    for (stage, role), choice in choices.items():
        place = f"{stage}.{role}"
        try:
            kind = backend_class(choice.key)
            refuse_misfit(place, choice.key, kind, role_of(stage, role))
        except SettingsError as error:
            told = str(error) if str(error).startswith(place) else f"{place}: {error}"
            raise SettingsError(f"{origin([stage, role, 'key'])}: {told}") from error
        parse_options(choice.key, kind, choice.options, origin, (stage, role, "options"))
