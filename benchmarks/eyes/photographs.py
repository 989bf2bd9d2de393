"""Photographs that Python packages ship: found on disk by package, without importing the package."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from benchmarks.eyes.scene import Picture
from PIL import Image

from sparkle.core.errors import SetupError

# name: (package, path inside it). scikit-image's and Matplotlib's pictures are in the public domain or under CC0, or
# given to the package by their photographers; scikit-learn's are CC BY.
PHOTOGRAPHS = {
    "cat": ("skimage", "data/chelsea.png"),
    "motorcycle": ("skimage", "data/motorcycle_left.png"),
    "motorcycle disparity": ("skimage", "data/motorcycle_disp.npz"),
    "horse": ("skimage", "data/horse.png"),
    "grass": ("skimage", "data/grass.png"),
    "gravel": ("skimage", "data/gravel.png"),
    "flower": ("sklearn", "datasets/images/flower.jpg"),
    "temple": ("sklearn", "datasets/images/china.jpg"),
    "astronaut": ("skimage", "data/astronaut.png"),
    "cup": ("skimage", "data/coffee.png"),
    "cameraman": ("skimage", "data/camera.png"),
    "brick": ("skimage", "data/brick.png"),
    "launch pad": ("skimage", "data/rocket.jpg"),
    "stars": ("skimage", "data/hubble_deep_field.jpg"),
    "officer": ("matplotlib", "mpl-data/sample_data/grace_hopper.jpg"),
}


def path_of(name: str) -> Path:
    """Return where a photograph lies. Raises SetupError that says what to install when its package is not there."""
    package, inside = PHOTOGRAPHS[name]
    spec = find_spec(package)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        if (path := Path(folder) / inside).is_file():
            return path
    raise SetupError(
        f"the photograph {name!r} comes with the package {package}; install it: pip install 'sparkle-video[eyes]'"
    )


@cache
def photograph(name: str) -> Picture:
    """Return a photograph, float32 (h, w, 3) in [0, 255]."""
    with Image.open(path_of(name)) as image:
        return np.asarray(image.convert("RGB"), np.float32)
