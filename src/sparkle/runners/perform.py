"""One call of a stage, where it runs: timed, its models' work counted, a fault of its own turned into an outcome."""

from __future__ import annotations

import time
import traceback
from dataclasses import replace
from pathlib import Path

from sparkle.core.errors import OutOfMemoryError, SampleError, SetupError
from sparkle.core.freed_memory import give_back_freed_memory
from sparkle.core.outcome import Costs, Outcome
from sparkle.core.sample import Sample
from sparkle.core.usage import collect_usage
from sparkle.stages.stage import Stage
from sparkle.store import Folder


def perform(stage: Stage, sample: Sample, folder: Folder) -> Outcome:
    """Call a stage and return what it came to, with its costs; what it says of artifacts is true on disk.

    A fault of the sample is an outcome with an error. Raises SetupError for one of the environment, which would meet
    every other sample, too.
    """
    give_back_freed_memory()
    started = time.monotonic()
    with collect_usage() as log:
        outcome = _attempt(stage, sample, folder)
    return replace(outcome, costs=Costs(time.monotonic() - started, log.totals()))


def _attempt(stage: Stage, sample: Sample, folder: Folder) -> Outcome:
    try:
        return stage(sample, folder)
    except OutOfMemoryError as error:
        raise OutOfMemoryError(f"stage {stage.name}, sample {sample.id}: {error}") from error
    except SetupError:
        raise
    except SampleError as error:
        return Outcome(error=str(error))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the one boundary: a fault in a backend fails its sample, not the run
        where = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(where.filename).name}:{where.lineno}, in {where.name}"
        return Outcome(error=f"{type(error).__name__}: {error} ({place})")
