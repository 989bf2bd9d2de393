"""The cpu tracker with a network: what U2-Netp sees in the boxes weighs with the other evidence of the whole clip."""

from __future__ import annotations

from collections.abc import Sequence

from sparkle.backends.cpu.tracker import JointSession, JointTracker
from sparkle.backends.onnx.u2netp import U2Netp
from sparkle.backends.weights import joined_card
from sparkle.roles import Anchor, Frames, ModelCard


class NetworkTracker:
    """Role Tracker: the cpu tracker, which asks U2-Netp about every box of the frames that it learns from."""

    def __init__(self, salient: str = "u2netp", threads: int = 2) -> None:
        """`salient`: U2-Netp's model; `threads`: at most so many of the CPU's cores."""
        self._salient = U2Netp(salient, threads)
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
