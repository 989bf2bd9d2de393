"""How well the finder boxes the subject of real clips, without tracking: see `python -m benchmarks.finder --help`."""
