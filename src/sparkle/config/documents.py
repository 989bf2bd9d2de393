"""YAML documents as plain values: small, finite, with keys that are text and stand once.

PyYAML's safe loader keeps the last of two equal keys in silence, turns `on:` and `2024-01-01` into a truth value and a
date, and hands out aliases of aliases that grow to gigabytes once somebody walks them. Here each of them is refused, or
is the text that was written.
"""

from __future__ import annotations

from typing import Any

import yaml

from sparkle.core.errors import SettingsError

if yaml.__with_libyaml__:  # as in its wheels: five times as fast
    from yaml import CSafeLoader as SafeLoader
else:
    from yaml import SafeLoader  # type: ignore[assignment]

LONGEST_DOCUMENT = 1_000_000  # characters; the longest that is shipped, the taxonomy, has 40,000
MOST_VALUES = 100_000  # with every alias written out
DEEPEST = 50


# What a document may hold. Sets, bytes, dates and objects of a language are none of it.
_TAGS = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float", "str", "seq", "map")
)
_KEY_TAGS = frozenset({"tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"})


class _Loader(SafeLoader):
    """Dates are the text that they are written as: a revision may look like one."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - declared so by PyYAML
        letter: [(tag, pattern) for tag, pattern in known if not tag.endswith(":timestamp")]
        for letter, known in SafeLoader.yaml_implicit_resolvers.items()
    }


def read_document(text: str, where: str) -> Any:
    """Return the value of a YAML text: None, texts, truth values, finite or infinite numbers, lists, mappings by text.

    Raises SettingsError, in one line that starts with `where`, for what is no YAML, is too long or nested too deeply,
    holds itself, grows beyond measure by its aliases, or has a key that is no text or stands twice.
    """
    if len(text) > LONGEST_DOCUMENT:
        raise SettingsError(f"{where}: {len(text):,} characters; settings have at most {LONGEST_DOCUMENT:,}")
    try:
        return _value(_Loader(text))
    except SettingsError as error:
        raise SettingsError(f"{where}: {error}") from None
    except RecursionError:
        raise SettingsError(f"{where}: not YAML (it is nested too deeply)") from None
    except (yaml.YAMLError, ValueError) as error:  # a number of too many digits is a ValueError
        raise SettingsError(f"{where}: not YAML ({' '.join(str(error).split())})") from error


def _value(loader: _Loader) -> Any:
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _measure(node, {}, ())
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _measure(node: yaml.Node, known: dict[int, int], above: tuple[int, ...]) -> int:
    """Return how many values a node is with its aliases written out; every node is looked at once."""
    line = node.start_mark.line + 1
    if id(node) in above:
        raise SettingsError(f"line {line}: a value that holds itself")
    if len(above) > DEEPEST:
        raise SettingsError(f"line {line}: nested too deeply, the most is {DEEPEST} levels")
    if id(node) in known:
        return known[id(node)]
    inner: list[yaml.Node] = []
    if isinstance(node, yaml.MappingNode):
        _check_keys(node)
        inner = [value for _, value in node.value]
    elif isinstance(node, yaml.SequenceNode):
        inner = node.value
    if node.tag not in _TAGS:
        raise SettingsError(f"line {line}: {node.tag} is no kind of value that settings have")
    known[id(node)] = count = 1 + sum(_measure(part, known, (*above, id(node))) for part in inner)
    if count > MOST_VALUES:
        raise SettingsError(
            f"line {line}: it has more than {MOST_VALUES:,} values, with its aliases written out"
        )
    return count


def _check_keys(node: yaml.MappingNode) -> None:
    seen: set[str] = set()
    for key, _ in node.value:
        line = key.start_mark.line + 1
        if key.tag not in _KEY_TAGS:
            told = repr(key.value)[:40] if isinstance(key.value, str) else "of several values"
            raise SettingsError(f"line {line}: the key {told} is no text; put it in quotes")
        if key.value in seen:
            raise SettingsError(f"line {line}: '{key.value}' stands twice in one mapping; merge or rename")
        seen.add(key.value)
