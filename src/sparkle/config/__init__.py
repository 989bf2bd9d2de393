"""The one reader of settings: documents, `--set`, precedence, typed settings, and what changed between two of them.

A setting comes, from the strongest to the weakest: from a command's own option, from `--set`, from the file, from the
file that it extends, from the default. Keys are strict, values are of the type that they are declared as, and what is
wrong is told in one line with the place that said it.
"""

from sparkle.config.changes import Change, changes
from sparkle.config.documents import read_document
from sparkle.config.layers import Layers
from sparkle.config.overrides import Override, own_options, parse_override
from sparkle.config.settings import BackendChoice, Settings, VideoSettings, near_hint, parse_settings

__all__ = [
    "BackendChoice",
    "Change",
    "Layers",
    "Override",
    "Settings",
    "VideoSettings",
    "changes",
    "near_hint",
    "own_options",
    "parse_override",
    "parse_settings",
    "read_document",
]
