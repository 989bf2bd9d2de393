"""Pictures that show what a run did."""

from sparkle.view.contact_sheet import Column, contact_sheet, evenly_spaced
from sparkle.view.overview_sheet import OverviewRow, overview_sheet

__all__ = ["Column", "OverviewRow", "contact_sheet", "evenly_spaced", "overview_sheet"]
