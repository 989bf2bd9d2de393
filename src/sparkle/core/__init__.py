"""The words of the project as small values: sample, check, settings, errors, seeds. No I/O, no heavy import."""
