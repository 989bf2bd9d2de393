"""Any backend as doctor, `models fetch`, readiness and the runner ask it: what it does not say, it does not need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sparkle.roles import EndpointReport, ModelBackend, ModelCard, ModelFiles


def as_model(backend: Any) -> ModelBackend:
    """Return a backend, of the house or of one's own, with everything that a ModelBackend says."""
    return _Asked(backend, backend.card)


@dataclass(slots=True, eq=False)
class _Asked:
    """See ModelBackend. The one place that knows which attributes a backend may leave out, and what that means."""

    backend: Any
    card: ModelCard

    @property
    def weights(self) -> Sequence[ModelFiles]:
        return tuple(getattr(self.backend, "weights", ()))

    @property
    def packages(self) -> Mapping[str, str]:
        return dict(getattr(self.backend, "packages", {}))

    @property
    def gpu_memory_gb(self) -> float:
        return float(getattr(self.backend, "gpu_memory_gb", 0.0))

    @property
    def endpoints(self) -> Sequence[str]:
        return tuple(getattr(self.backend, "endpoints", ()))

    @property
    def held(self) -> object:
        return getattr(self.backend, "held", self.backend)

    def endpoint_report(self) -> EndpointReport:
        if not hasattr(self.backend, "endpoint_report"):
            return EndpointReport()
        report: EndpointReport = self.backend.endpoint_report()
        return report

    def release(self) -> None:
        if hasattr(self.backend, "release"):
            self.backend.release()
