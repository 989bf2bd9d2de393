"""The name by which launchers start training is part of what is promised: `-m sparkle.kiwi.train`."""

import subprocess
import sys

import pytest


def test_a_launcher_is_told_in_one_line_what_is_wrong() -> None:
    pytest.importorskip("torch")
    done = subprocess.run(
        [sys.executable, "-m", "sparkle.kiwi.train", "no\x1bthere"], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("sparkle: no configuration 'no\\x1bthere'; known: kiwi_sparkle,")


def test_a_launcher_that_gives_no_configuration_is_shown_the_usage() -> None:
    pytest.importorskip("torch")
    done = subprocess.run([sys.executable, "-m", "sparkle.kiwi.train"], capture_output=True, text=True)
    assert done.returncode == 2
    assert "usage: sparkle.kiwi.train [-h] [--set KEY=VALUE] [--cache-only] config" in done.stderr
