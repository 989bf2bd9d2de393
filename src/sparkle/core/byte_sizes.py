"""How many bytes, for people: the same three digits whether a file has hundreds of them or a disk has terabytes."""

from __future__ import annotations

_STEP = 1000
_UNITS = ("B", "kB", "MB", "GB", "TB")


def byte_size(count: int) -> str:
    """Return a number of bytes with a unit of thousands: "57.3 kB". Whole bytes and from 999.5 TB on whole units."""
    value = float(count)
    for unit in _UNITS[:-1]:
        if float(f"{value:.3g}") < _STEP:
            return f"{value:.3g} {unit}"
        value /= _STEP
    return f"{value:,.0f} {_UNITS[-1]}" if value >= _STEP else f"{value:.3g} {_UNITS[-1]}"
