"""Pictures that show what a run did."""

from sparkle.view.contact_sheet import contact_sheet, evenly_spaced
from sparkle.view.overview_sheet import OverviewRow, overview_sheet

__all__ = ["OverviewRow", "contact_sheet", "evenly_spaced", "overview_sheet"]
