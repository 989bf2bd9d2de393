"""Everything that Sparkle raises on purpose.

A message names the file, sample or key, says what was wrong, and says what to do.
`SampleError` fails one sample and the run goes on; `SetupError` stops the command before work is spent.
"""

from __future__ import annotations

from collections.abc import Sequence

from sparkle.core.install import install_command


class SparkleError(Exception):
    """Base of all errors that a user may see without a traceback.

    `message` is one line, `details` are further ones: names and texts of others within a line never end it.
    """

    def __init__(self, message: str, details: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.details = tuple(details)

    def __str__(self) -> str:
        return "\n  ".join((self.message, *self.details))


class SampleError(SparkleError):
    """One sample cannot be processed; others are unaffected."""


class MediaError(SampleError):
    """A media file cannot be read, or is not what a stage needs."""


class BackendError(SampleError):
    """A backend gave an answer that cannot be used for this sample (wrong shape, unparseable, empty)."""


class SetupError(SparkleError):
    """The command cannot run at all: usage, settings, environment, or a folder in another state. Exit code 2."""


class SettingsError(SetupError):
    """A recipe or an override is invalid."""


class MissingExtraError(SetupError):
    """An optional dependency is not installed."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs the package '{package}', which is not installed. "
            f"Install it with: {install_command(extra)}"
        )


class OutputError(SetupError):
    """What is to be written cannot be: the disk is full, a quota is used up, the place may not be written to."""


class StoreAwayError(OutputError):
    """Object storage that holds sources or results does not answer, and was asked for as long as patience lasts."""


class OutOfMemoryError(SetupError):
    """The accelerator's memory does not suffice for a model, or for a clip of this size."""
