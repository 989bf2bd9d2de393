"""What an instruction may be, whoever gives it."""

from __future__ import annotations

# The longest published instruction has some 600 letters; text encoders read 512 tokens, about 2,500 letters.
LONGEST_INSTRUCTION = 4000


def instruction_fault(text: str) -> str | None:
    """Return what is wrong with an instruction, or None: it must be short enough to be read, and text."""
    if len(text) > LONGEST_INSTRUCTION:
        return (
            f"the instruction has {len(text):,} letters, the most is {LONGEST_INSTRUCTION:,}; "
            f"it starts with {text[:40]!r}"
        )
    if "\0" in text:
        return f"the instruction has a NUL byte after {text[: text.index(chr(0))][-40:]!r}"
    return None
