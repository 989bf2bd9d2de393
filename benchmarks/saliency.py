"""What a saliency map says of faulty boxes: python benchmarks/saliency.py [choose|report] [CACHE_FOLDER]

On every second anchor of the evaluation set's clips (benchmarks/eyes), with the faulty boxes of trial 0: the log-odds
of `measure.saliency_trust` by U2-Netp against the true mask, inside the boxes. Fetch the network first:
sparkle models fetch --recipe desk
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.eyes import choose, report
from benchmarks.eyes.boxes import faulty_anchors
from benchmarks.eyes.store import stored_clip

from sparkle.backends.onnx.u2netp import U2Netp
from sparkle.measure.saliency_trust import saliency_odds
from sparkle.roles import Mask

FIRST, STEP = 1, 2
SAYS = 1.0  # log-odds from which a verdict counts as one


def scores(odds: NDArray[np.float32], inside: Mask, truth: Mask) -> tuple[float, float, float]:
    """Return the gain in bits a pixel over knowing nothing, and how often "subject" and "background" are right."""
    said, true = odds[inside].astype(float), truth[inside]
    gain = 1 - np.logaddexp(0, np.where(true, -said, said)) / np.log(2)
    subject, background = true[said > SAYS], ~true[said < -SAYS]
    shares = [float(right.mean()) if right.size else float("nan") for right in (subject, background)]
    return float(gain.mean()), shares[0], shares[1]


def main() -> None:
    half = sys.argv[1] if len(sys.argv) > 1 else "report"
    cache = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    network = U2Netp()
    rows = []
    print(
        f"half: {half}\n\n| clip | bits a pixel | trust | subject right | background right |\n|---|---:|---:|---:|---:|"
    )
    for scene in (choose if half == "choose" else report).SCENES:
        clip = stored_clip(scene, cache)
        of_clip = []
        for anchor in faulty_anchors(clip, 0)[FIRST::STEP]:
            if not anchor.boxes:
                continue
            seen = saliency_odds(clip.frames[anchor.frame], [box.xyxy for box in anchor.boxes], network)
            inside = np.zeros(clip.mask.shape[1:], bool)
            for box in anchor.boxes:
                x1, y1, x2, y2 = (round(value) for value in box.xyxy)
                inside[y1:y2, x1:x2] = True
            gain, subject, background = scores(seen.odds, inside, clip.mask[anchor.frame])
            of_clip.append((gain, float(np.mean(seen.trust)), subject, background))
        rows.append(mean(of_clip))
        print(f"| {clip.name} | {shown(rows[-1])} |", flush=True)
    print(f"| **mean** | {shown(mean(rows))} |")


def mean(rows: list[tuple[float, ...]]) -> tuple[float, ...]:
    """Return the means of the columns, over the rows that have a value."""
    columns = ([value for value in column if not np.isnan(value)] for column in zip(*rows, strict=True))
    return tuple(float(np.mean(column)) if column else float("nan") for column in columns)


def shown(row: tuple[float, ...]) -> str:
    """Return the row's cells."""
    return " | ".join("" if np.isnan(value) else f"{value:.2f}" for value in row)


if __name__ == "__main__":
    main()
