"""The judge that needs no model: measured quantities, mapped to the six dimensions of Sparkle-Bench.

`measure_edit` takes frames and returns the six values with everything that was measured; `MEASUREMENTS` explains
every number. Nothing here knows what a picture shows: docs/bench.md says what that means for the scores.
"""

from sparkle.bench.metrics.inputs import work_size
from sparkle.bench.metrics.measure import Measurement, measure_edit
from sparkle.bench.metrics.quantities import MEASUREMENTS, Quantity

__all__ = ["MEASUREMENTS", "Measurement", "Quantity", "measure_edit", "work_size"]
