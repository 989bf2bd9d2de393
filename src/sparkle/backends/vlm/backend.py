"""What all backends of this family have: an endpoint's client, a card, and no weights of their own."""

from __future__ import annotations

from typing import Any, ClassVar

from sparkle.backends.vlm.client import Client
from sparkle.backends.vlm.endpoint import EndpointSettings
from sparkle.backends.vlm.server import EndpointState
from sparkle.backends.vlm.usage import UsageLog
from sparkle.backends.weights import Weights, known_models
from sparkle.config.settings import parse_settings
from sparkle.core.errors import SetupError
from sparkle.roles import EndpointReport, ModelCard


class VisionLanguageBackend:
    """Asks a model that a server holds. Safe to call from several threads at once."""

    Options: ClassVar[type[EndpointSettings]] = EndpointSettings

    weights: tuple[Weights, ...] = ()
    gpu_memory_gb: float = 0.0

    def __init__(self, **options: Any) -> None:
        """`options`: the fields of the class's `Options`. Raises SettingsError that names unknown ones."""
        self.client = Client(parse_settings(self.Options, options, type(self).__name__))

    @property
    def card(self) -> ModelCard:
        """The model as the server calls it; licence by its repository, where that is a known one."""
        settings = self.client.settings
        licence = known_models().get(settings.model, {}).get("licence", "unknown: see the model's own card")
        return ModelCard(settings.model, settings.revision, str(licence))

    @property
    def endpoints(self) -> tuple[str, ...]:
        """The URLs that are asked."""
        return self.client.settings.urls

    @property
    def usage(self) -> UsageLog:
        """What the questions cost so far."""
        return self.client.usage

    def probe(self) -> list[EndpointState]:
        """Return for every endpoint whether it answers within two seconds, and whether it serves the model.

        Raises SetupError when something is missing here: the SDK, or the key's variable.
        """
        return self.client.probe()

    def endpoint_report(self) -> EndpointReport:
        """Look at every endpoint, for two seconds at most.

        One that does not answer is a fault only if no other one is well: they share the questions. One that refuses
        the key or serves another model is a fault, since a run would stop at it.
        """
        try:
            states = self.probe()
        except SetupError as error:
            return EndpointReport(faults=(str(error),))
        some_well = any(state.is_well for state in states)
        bad = [state for state in states if not state.is_well and (state.answers or not some_well)]
        return EndpointReport(
            *(tuple(f"{each.url} {each.detail}" for each in group) for group in (states, bad))
        )

    def release(self) -> None:
        """Close idle connections; no memory of a GPU is held here."""
        self.client.close()
