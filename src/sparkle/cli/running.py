"""Which runner a build takes, by its options."""

from __future__ import annotations

import importlib.util
from functools import partial
from typing import TYPE_CHECKING

from sparkle.cli.screen import remarks, told
from sparkle.core.errors import MissingExtraError, SetupError

if TYPE_CHECKING:
    from sparkle.runners.build import Runner
    from sparkle.runners.stream import Notice, Notify


def told_notice(notice: Notice) -> None:
    """Tell on the terminal which worker was lost, or what a run that is to stop waits for."""
    whose = f"{notice.id}  {notice.stage}: " if notice.id else ""
    remarks.print(told((f"{notice.kind:<8}", "yellow"), f"  {whose}{notice.text}"), soft_wrap=True)


RUNNERS = ("local", "ray")


def runner_of(name: str, workers: int | None, ray_address: str | None, notify: Notify) -> Runner:
    """Return the runner of the options. Raises SetupError where they do not go together."""
    if name not in RUNNERS:
        raise SetupError(f"--runner {name}: no such runner; there are {', '.join(RUNNERS)}")
    if name == "local":
        if ray_address is not None:
            raise SetupError("--ray-address goes with --runner ray")
        from sparkle.runners.local import run_local
        from sparkle.runners.processes import cores

        return partial(run_local, workers=workers or cores(), notify=notify)
    if workers is not None:
        raise SetupError("--workers goes with --runner local; with ray, the cluster's own resources decide")
    if importlib.util.find_spec("ray") is None:
        raise MissingExtraError("ray", "ray", "--runner ray")
    from sparkle.runners.ray import run_ray

    return partial(run_ray, address=ray_address, notify=notify)
