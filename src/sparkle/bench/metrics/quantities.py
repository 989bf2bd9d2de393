"""Every number of the metrics judge: its name, unit and meaning, the dimension it counts for, and its scale.

The scales were set so that published edits of real clips score 4 to 5 where they are sound, and deliberately
damaged ones 1 to 2 (benchmarks/metrics_judge.py prints both). Between the ends a scale is a straight line: the
points say what is sound and what is broken, nothing finer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sparkle.bench.metrics.scale import Scale, scale


@dataclass(frozen=True, slots=True)
class Quantity:
    """One measured quantity. `scales` maps it to 1..5 for each dimension that it counts for, by key; a quantity without
    scales is only reported."""

    name: str
    unit: str
    meaning: str
    scales: Mapping[str, Scale] = field(default_factory=dict)


MEASUREMENTS: tuple[Quantity, ...] = (
    Quantity(
        "background_changed",
        "share, 0..1",
        "how much of the background's structure is another than the source's; where both are flat, its colour",
        {"instruction": scale((0.15, 1), (0.4, 2.5), (0.75, 4.6), (0.95, 5))},
    ),
    Quantity(
        "subject_found",
        "correlation, -1..1",
        "likeness of the subject's structure at the best moment or place: low when it was replaced or removed",
        {"instruction": scale((0.1, 1), (0.3, 5)), "fg_motion": scale((0.1, 1), (0.25, 5))},
    ),
    Quantity(
        "words_fit",
        "share, 0..1",
        "how far the background has the brightness or colours that words such as night, snow, autumn let one expect; "
        "absent when the instruction has no such word",
        {"instruction": scale((0, 2), (0.5, 4), (0.8, 5))},
    ),
    Quantity(
        "old_background_rim",
        "share, 0..1",
        "share of the subject's rim that shows the old background; absent where old and new are too alike to tell",
        {"visual": scale((0, 5), (0.2, 4.5), (0.45, 1))},
    ),
    Quantity(
        "contour_hardness",
        "ratio",
        "steepness of the contour over that of its blurred self; pasted cutouts exceed 4.5",
        {"visual": scale((2.5, 5), (4.2, 4.5), (6, 1))},
    ),
    Quantity(
        "light_followed",
        "ratio",
        "change of the subject's light and colour over that of the background's (CIE Lab, source to edit): 0 for a "
        "subject still lit as before; absent where the background's light is as before",
        {"visual": scale((0, 2), (0.05, 3), (0.15, 4.5), (0.5, 5))},
    ),
    Quantity(
        "subject_likeness",
        "correlation, -1..1",
        "likeness of the subject's structure in place, at the moment of the source at which it is most alike",
        {"fg_integrity": scale((0.1, 1), (0.3, 3), (0.5, 4.4), (0.85, 5))},
    ),
    Quantity(
        "subject_lost",
        "share, 0..1",
        "share of the subject whose structure is gone",
        {"fg_integrity": scale((0, 5), (0.15, 4.5), (0.35, 3.5), (0.7, 1))},
    ),
    Quantity(
        "subject_detail",
        "ratio",
        "the subject's fine detail relative to its coarse detail, over the source's; 1 is as sharp as the source",
        {"fg_integrity": scale((0.2, 1), (0.45, 2.5), (0.7, 4.4), (0.95, 5), (1.6, 5), (4, 2))},
    ),
    Quantity(
        "subject_hue_turn",
        "degrees",
        "by how much the subject's colours are turned around the hue circle, whatever the light; absent for a subject "
        "without colours",
        {"fg_integrity": scale((0, 5), (20, 4.5), (50, 1.5), (65, 1))},
    ),
    Quantity(
        "subject_colour_pattern",
        "correlation, -1..1",
        "agreement of the subject's colour pattern (chroma around its mean); absent for a subject without colours",
        {"fg_integrity": scale((0.05, 1), (0.5, 4.2), (0.85, 5))},
    ),
    Quantity(
        "subject_colour_cast",
        "Lab units",
        "distance of the subject's mean chroma from the source's: warm light gives up to 30",
        {"fg_integrity": scale((10, 5), (35, 4.3), (70, 1))},
    ),
    Quantity(
        "subject_motion_agreement",
        "correlation, -1..1",
        "agreement of the optical flow inside the subject with the source's: 1 the same motion, 0 none or another",
        {"fg_motion": scale((0.15, 1), (0.4, 2.5), (0.75, 4.4), (0.95, 5))},
    ),
    Quantity(
        "subject_displacement",
        "% of the width",
        "how far from its place in the source the subject is (median over time)",
        {"fg_motion": scale((0.6, 5), (2, 2), (4, 1))},
    ),
    Quantity(
        "time_covered",
        "share, 0..1",
        "share of the source's time that the edit has",
        {"fg_motion": scale((0.2, 1), (0.8, 5))},
    ),
    Quantity(
        "subject_motion_source",
        "% of the width per 1/8 s",
        "how fast the subject moves in the source (root mean square)",
    ),
    Quantity(
        "subject_motion_edited",
        "% of the width per 1/8 s",
        "how fast it moves in the edit",
    ),
    Quantity(
        "background_alive",
        "share, 0..1",
        "mean over the clip's moments of how alive the background is: 0 where less than 0.2 % of it changes visibly "
        "within half a second, 0.5 at 4 %, 1 from 30 % on; camera movement and flicker are taken out first, and what a "
        "picture that was moved back shows beside its place",
        {"bg_dynamics": scale((0, 1), (1, 5))},
    ),
    Quantity(
        "background_coherence",
        "correlation, -1..1",
        "share of the background's change that goes on from frame to frame; noise, flicker and trembling have none",
        {"bg_dynamics": scale((0.1, 1), (0.4, 5))},
    ),
    Quantity(
        "background_moving_share",
        "share, 0..1",
        "share of the background that changes visibly within half a second (median over time)",
    ),
    Quantity(
        "background_moving_strength",
        "grey levels",
        "root mean square over time and area of the change that goes on from frame to frame",
    ),
    Quantity(
        "background_contrast",
        "Lab units",
        "how far the background's colours lie from their mean, in the clip's emptier moments: 0 for a black or white "
        "one, 3 for a plain wall, more than 10 for most places",
        {"bg_visual": scale((1, 1), (3, 3), (6, 5))},
    ),
    Quantity(
        "background_sharpness",
        "ratio",
        "steepness of the background's strongest edges over that of their blurred selves: 1.3 blurred, 2.5 sharp",
        {"bg_visual": scale((1.25, 1), (1.6, 2.5), (2.1, 4.4), (2.7, 5))},
    ),
    Quantity(
        "background_noise",
        "grey levels",
        "noise on the background's smoothest parts",
        {"bg_visual": scale((0.5, 5), (2.5, 4.5), (8, 1.5), (12, 1))},
    ),
    Quantity(
        "background_blocks",
        "correlation, -1..1",
        "how much of the background's edges lies on a regular grid",
        {"bg_visual": scale((0.3, 5), (0.7, 1))},
    ),
    Quantity(
        "background_flicker",
        "share",
        "jumps of the whole background's brightness from frame to frame, relative to it",
        {"bg_visual": scale((0.005, 5), (0.02, 4.5), (0.1, 1))},
    ),
    Quantity(
        "background_wobble",
        "% of the width",
        "change of the optical flow from one frame to the next where there is structure: rubber-like trembling",
        {"bg_visual": scale((0.05, 5), (0.25, 4.5), (1.2, 1))},
    ),
    Quantity(
        "background_shake",
        "% of the width",
        "trembling of the whole background, as if the camera shook (beyond the source's)",
        {"bg_visual": scale((0.05, 5), (0.1, 4.5), (0.5, 1.5), (0.8, 1))},
    ),
    Quantity(
        "background_travel",
        "% of the width",
        "how far the background slides, as if the camera moved (beyond the source's)",
        {"bg_visual": scale((0.3, 5), (0.5, 4.5), (3, 2))},
    ),
)
