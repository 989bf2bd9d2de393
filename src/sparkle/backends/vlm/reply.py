"""Replies of models: untrusted text, read leniently in its form and strictly in its meaning."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from sparkle.core.errors import BackendError
from sparkle.core.extras import require

LONGEST_REPLY = 100_000  # characters; longer ones are no answers to any question of ours
# Repairing nonsense takes more than quadratic time; what is worth it stays far below these.
LONGEST_REPAIR = 20_000
MOST_BRACKETS = 200
_FENCE = re.compile(r"```[\w-]*[ \t]*\n?(.*?)```", re.DOTALL)
_OBJECTS = re.compile(r"\{\s*[\"'}\w]|\[\s*[\[{\]\"']")
_NUMBERS = re.compile(r"\[\s*-?\d")
# An open string counts to the end: otherwise the search begins anew at each of its quotes, which takes minutes.
_STRING = re.compile(r'"(?:[^"\\]|\\.)*\\?(?:"|\Z)', re.DOTALL)
_ENDINGS = frozenset("}]\"'")
_THINKING = re.compile(r"\A.*</think>", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class UnusableReplyError(BackendError):
    """A reply that is no answer to the question: the client asks again, with another seed.

    The message says what is wrong, and quotes the value; the client adds the reply.
    """


def read_json(text: str) -> Any:
    """Return the JSON value in a reply: bare, in code fences, after thinking, amid prose, or slightly malformed.

    Raises UnusableReplyError when there is none, or when it ends within a value: a repair would have to guess the rest.
    """
    if len(text) > LONGEST_REPLY:
        raise UnusableReplyError(f"a reply of {len(text)} characters is no answer")
    text = _THINKING.sub("", text)
    fenced = [block for block in _FENCE.findall(text) if _start(block) is not None]
    body = (fenced[-1] if fenced else text).strip()
    start = _start(body)
    if start is None:
        raise UnusableReplyError("no JSON in the reply")
    body = body[start:]
    whole = body[: body.rfind("}" if body[0] == "{" else "]") + 1]
    try:
        return json.loads(whole)
    except (ValueError, RecursionError):
        return _repaired(whole if _is_balanced(whole) else body)


def read_object(text: str, *keys: str) -> Mapping[str, Any]:
    """Return the JSON object of a reply that has all `keys`; a list of one object counts as the object."""
    value = read_json(text)
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, dict) or not all(key in value for key in keys):
        raise UnusableReplyError(f"expected a JSON object with {', '.join(keys)}, got {quote(value)}")
    return value


def read_sentences(value: Any, name: str, *, most_characters: int, most_sentences: int) -> str:
    """Return prose on one line, without the quotes around it.

    Raises UnusableReplyError for anything but text, and for empty, long, or marked-up text.
    """
    if not isinstance(value, str):
        raise UnusableReplyError(f"{name} must be text, got {quote(value)}")
    prose = " ".join(value.split()).strip("\"'“”` ")
    if not any(character.isalpha() for character in prose):
        raise UnusableReplyError(f"{name} has no words: {quote(value)}")
    if len(prose) > most_characters:
        raise UnusableReplyError(
            f"{name} has {len(prose)} characters, more than {most_characters}: {quote(prose)}"
        )
    if _CONTROL.search(prose) or re.search(r"[<>]", prose):
        raise UnusableReplyError(f"{name} contains control characters or markup: {quote(value)}")
    sentences = 1 + len(re.findall(r"[.!?][\"'”)]?\s+(?=[A-Z])", prose))
    if sentences > most_sentences:
        raise UnusableReplyError(
            f"{name} has {sentences} sentences, more than {most_sentences}: {quote(prose)}"
        )
    return prose


def read_number(value: Any, name: str, lowest: float, highest: float) -> float:
    """Return a finite number in [lowest, highest]. Raises UnusableReplyError for all else, text and booleans too."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    # The comparison is false for NaN, and integers too large for a float never reach the conversion.
    if not is_number or not lowest <= value <= highest or not math.isfinite(value):
        raise UnusableReplyError(
            f"{name} must be a number from {lowest:g} to {highest:g}, got {quote(value)}"
        )
    return float(value)


def quote(value: Any, most_characters: int = 200) -> str:
    """Return a value as one short printable line, for messages."""
    text = repr(value)
    return text if len(text) <= most_characters else f"{text[:most_characters]}..."


def _start(text: str) -> int | None:
    """Return where the JSON begins, or None; a number in brackets may be prose ("as in [1]"), and comes last."""
    found = _OBJECTS.search(text) or _NUMBERS.search(text)
    return None if found is None else found.start()


def _is_balanced(text: str) -> bool:
    outside = _STRING.sub("", text)
    return all(outside.count(opening) == outside.count(closing) for opening, closing in ("{}", "[]"))


def _repaired(text: str) -> Any:
    """Return malformed JSON (missing brackets, single quotes, trailing commas) as json_repair understands it."""
    if text.rstrip(" \t\r\n`")[-1:] not in _ENDINGS:
        raise UnusableReplyError(f"the reply ends within a value: {quote(text[-120:])}")
    if len(text) > LONGEST_REPAIR or text.count("{") + text.count("[") > MOST_BRACKETS:
        raise UnusableReplyError("JSON that is malformed and long")
    json_repair = require("json_repair", "vlm", "reading a model's reply")
    try:
        return json_repair.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnusableReplyError("no JSON in the reply") from error
