"""Finding, cutting out and tracking subjects, measured on clips whose truth owes nothing to a tracker.

`python -m benchmarks.eyes [CLIPS_FOLDER]` makes the clips, tracks them from faulty boxes and prints the tables. The
clips come in two halves that share no subject and no background: settings are chosen on `choose`; `report` is only
ever reported. A clip is a `Scene`, a short record in `choose.py`, `report.py` or `footage.py`: a background, actors and
a camera. The alpha of an actor is drawn, keyed, measured by a depth sensor, or set by hand as a polygon.
"""
