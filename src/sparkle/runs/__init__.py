"""The run folder: plan, ledger, resume, whole artifacts, funnel statistics."""

from sparkle.runs.folder import (
    LEDGER_FILE,
    artifact_sizes,
    keep_plan,
    load_progress,
    locked,
    place_artifacts,
    read_run,
    refuse_artifact_place,
    refuse_links_out,
    refuse_other_content,
    refuse_run_folder,
    write_run,
)
from sparkle.runs.funnel import FunnelRow, funnel
from sparkle.runs.ledger import Ledger, Progress, StageEvent
from sparkle.runs.manifest import read_wishes
from sparkle.runs.plan import Wish, make_plan
from sparkle.runs.sources import refuse_sources_inside

__all__ = [
    "LEDGER_FILE",
    "FunnelRow",
    "Ledger",
    "Progress",
    "StageEvent",
    "Wish",
    "artifact_sizes",
    "funnel",
    "keep_plan",
    "load_progress",
    "locked",
    "make_plan",
    "place_artifacts",
    "read_run",
    "read_wishes",
    "refuse_artifact_place",
    "refuse_links_out",
    "refuse_other_content",
    "refuse_run_folder",
    "refuse_sources_inside",
    "write_run",
]
