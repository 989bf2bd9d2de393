"""The run folder: plan, ledger, resume, whole artifacts, funnel statistics."""

from sparkle.runs.artifacts import place_artifacts, take_up
from sparkle.runs.costs import CheckCost, check_costs
from sparkle.runs.events import Provenance, StageEvent
from sparkle.runs.folder import (
    is_written,
    keep_plan,
    locked,
    open_state,
    read_run,
    refuse_artifact_place,
    refuse_links_out,
    refuse_other_content,
    refuse_run_folder,
    write_run,
)
from sparkle.runs.funnel import FunnelRow, add_up
from sparkle.runs.kept_plan import KeptPlan
from sparkle.runs.ledger import Ledger, ledger_end
from sparkle.runs.manifest import read_wishes
from sparkle.runs.plan import Wish, make_plan, read_plan
from sparkle.runs.progress import Progress
from sparkle.runs.sources import refuse_sources_inside
from sparkle.runs.state import RunState

__all__ = [
    "CheckCost",
    "FunnelRow",
    "KeptPlan",
    "Ledger",
    "Progress",
    "Provenance",
    "RunState",
    "StageEvent",
    "Wish",
    "add_up",
    "check_costs",
    "is_written",
    "keep_plan",
    "ledger_end",
    "locked",
    "make_plan",
    "open_state",
    "place_artifacts",
    "read_plan",
    "read_run",
    "read_wishes",
    "refuse_artifact_place",
    "refuse_links_out",
    "refuse_other_content",
    "refuse_run_folder",
    "refuse_sources_inside",
    "take_up",
    "write_run",
]
