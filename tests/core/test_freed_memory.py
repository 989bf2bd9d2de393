"""Memory that arrays have left behind is the system's again, though one behind them lives on."""

import subprocess
import sys

import pytest

SCRIPT = """
import numpy as np
from sparkle.core.freed_memory import give_back_freed_memory

def resident_mb():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 2**20

del (first := [np.ones(2**20, np.uint8)])[:]  # from now on glibc takes arrays of this size from its heap
arrays = [np.ones(2**20, np.uint8) for _ in range(100)]
del arrays[:-1]
before = resident_mb()
given = give_back_freed_memory()
print(int(given), before - resident_mb())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc can be asked")
def test_what_was_freed_is_given_back() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    given, megabytes = map(float, done.stdout.split())
    assert given == 0 or megabytes > 50  # a C library that gives nothing back says so
