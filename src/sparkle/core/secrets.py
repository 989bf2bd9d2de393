"""Secrets come from the environment alone: what looks like one in settings is told apart, and masked where it is met.

Both tests are heuristics, by the name of a setting and by the form of a value; neither shows what it found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

MASK = "***"
SHORTEST = 8  # letters of a secret that are worth hiding; shorter pieces stand in any text

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SECRET_WORDS = frozenset(
    {
        "apikey",
        "secret",
        "password",
        "passwd",
        "passphrase",
        "authorization",
        "auth",
        "bearer",
        "cookie",
        "jwt",
    }
    | {"credential", "credentials"}
)
# A "key" or "token" is one in such company; prompt_cache_key, eos_token and stop_token_ids are none.
_COMPANY = frozenset(
    {
        "api",
        "access",
        "private",
        "subscription",
        "account",
        "service",
        "signing",
        "encryption",
        "master",
        "app",
    }
    | {"license", "consumer", "ssh", "refresh", "session", "id", "hf", "hub", "security", "personal", "user"}
)
_NOT_SECRET = frozenset({"env", "ids", "name", "type", "path", "file"})  # api_key_env
_FORMS = re.compile(
    r"\b(?:sk|rk|pk)[-_][\w-]{16,}|\bhf_\w{16,}|\bAIza[\w-]{20,}|\bAKIA\w{12,}|\bgh[pousr]_\w{16,}|\bgithub_pat_\w{16,}"
    r"|\bglpat-[\w-]{16,}|\bxox[abprs]-[\w-]{10,}|\bnvapi-[\w-]{16,}|\bgsk_\w{16,}|\beyJ[\w-]{10,}\.[\w-]{10,}(?:\.[\w-]*)?"
    r"|(?<=[Bb]earer )\S{8,}|(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"
)
_ASSIGNED = re.compile(r"(?P<name>[\w.\-]+)(?P<sign>[\"']?\s*[=:]\s*[\"']?)(?:[Bb]earer\s+)?[^\s,{}\"']+")

_OPTION = re.compile(r"(?P<name>--[\w\-]+)(?P<sign>\s+)[^\s\"']+")


def secret_places(value: Any, name: str = "") -> Iterator[str]:
    """Yield the dotted names of the texts in settings that look like secrets, whatever they are nested in."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from secret_places(item, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list | tuple):
        for place, item in enumerate(value):
            yield from secret_places(item, f"{name}.{place}")
    elif (
        isinstance(value, str)
        and value
        and (any(map(_names_secret, name.split("."))) or _FORMS.search(value))
    ):
        yield name


def without_secrets(value: Any, name: str = "") -> Any:
    """Return plain settings, or the words of a command, with everything masked that looks like a secret."""
    if isinstance(value, Mapping):
        return {key: without_secrets(item, f"{name}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(without_secrets(item, name) for item in value)
    if not isinstance(value, str) or not value:
        return value
    if any(map(_names_secret, name.split("."))):
        return MASK
    return _FORMS.sub(MASK, _OPTION.sub(_masked_value, _ASSIGNED.sub(_masked_value, value)))


def mask(text: str, secret: str) -> str:
    """Return the text without the secret, and without any piece of it of SHORTEST letters or more.

    Pieces too, since a server may have cut the secret before it repeated it.
    """
    if len(secret) < SHORTEST:
        return text
    pieces = {secret[start : start + SHORTEST] for start in range(len(secret) - SHORTEST + 1)}
    if not any(piece in text for piece in pieces):
        return text
    hidden = bytearray(len(text))
    for start in range(len(text) - SHORTEST + 1):
        if text[start : start + SHORTEST] in pieces:
            hidden[start : start + SHORTEST] = b"\1" * SHORTEST
    runs = groupby(zip(text, hidden, strict=True), key=lambda letter: letter[1])
    return "".join(MASK if is_hidden else "".join(letter for letter, _ in run) for is_hidden, run in runs)


def _names_secret(name: str) -> bool:
    words = [word.lower() for word in _WORDS.findall(name)]
    if not words or words[-1] in _NOT_SECRET:
        return False
    in_company = words[-1] in {"key", "token"} and bool(_COMPANY & set(words))
    return words == ["token"] or in_company or bool(_SECRET_WORDS & set(words))


def _masked_value(match: re.Match[str]) -> str:
    if any(map(_names_secret, match["name"].split("."))):
        return f"{match['name']}{match['sign']}{MASK}"
    return match[0]
