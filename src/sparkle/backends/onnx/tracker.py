"""The cpu tracker with a network: what U2-Netp sees in the boxes weighs with the other evidence of the whole clip."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from pydantic import Field

from sparkle.backends.cpu.tracker import JointSession, JointTracker
from sparkle.backends.onnx.u2netp import U2Netp
from sparkle.backends.weights import joined_card
from sparkle.config import Settings, parse_settings
from sparkle.roles import Anchor, Frames, ModelCard


class NetworkTrackerSettings(Settings):
    """`salient`: U2-Netp's model; `threads`: at most so many of the CPU's cores."""

    salient: str = Field(default="u2netp", min_length=1)
    threads: int = Field(default=2, ge=1, le=64)


class NetworkTracker:
    """Role Tracker: the cpu tracker, which asks U2-Netp about every box of the frames that it learns from."""

    Options: ClassVar[type[Settings]] = NetworkTrackerSettings

    def __init__(self, **options: Any) -> None:
        """`options`: the fields of NetworkTrackerSettings."""
        settings = parse_settings(NetworkTrackerSettings, options, type(self).__name__)
        self._salient = U2Netp(model=settings.salient, threads=settings.threads)
        self.weights = self._salient.weights
        own, network = JointTracker.card, joined_card(self.weights)
        self.card = ModelCard(
            f"{own.name} + {network.name}", f"{own.revision} + {network.revision}", network.licence
        )

    def open(self, frames: Frames, anchors: Sequence[Anchor]) -> JointSession:
        """See the clip once. Raises SetupError, when the session is asked, if the network is not here."""
        return JointSession(frames, anchors, self._salient)

    def release(self) -> None:
        """Give the network's memory back."""
        self._salient.release()
