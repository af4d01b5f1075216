"""A patch of the configuration, as a client sends it → the steps that change the file, and what changed by them."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

import msgspec

from openclaw_rpc.config.decoding import ALIASES
from openclaw_rpc.config.errors import Keys, dotted
from openclaw_rpc.config.secrets import PLACEHOLDER, holds_placeholder, redact
from openclaw_rpc.config.settings import RESTART, Settings
from openclaw_rpc.config.writing import Step
from openclaw_rpc.protocol.errors import InvalidRequest

Tree = dict[str, Any]


def plain(settings: Settings) -> Tree:
    """Settings as a tree of plain values, defaults included."""
    return cast("Tree", msgspec.to_builtins(settings))


def steps_of(patch: Tree, now: Tree) -> list[Step]:
    """The steps that a patch asks for, without those that change nothing.

    A placeholder means the secret that is there: whoever sends back what `config.get` showed changes no secret.

    Args:
        patch: Nested as the file is; null takes a key away.
        now: The configuration in force, secrets and all.

    Raises:
        InvalidRequest: a placeholder stands where there is no secret.
    """
    return list(_steps(patch, now, redact(now), ()))


def _steps(patch: Tree, now: Any, shown: Any, above: Keys) -> Iterator[Step]:
    for key, value in patch.items():
        name = ALIASES.get((*above, key), key)
        keys = (*above, name)
        there = isinstance(now, dict) and name in now
        old = cast("Tree", now)[name] if there else None
        seen = cast("Tree", shown)[name] if there else None
        if isinstance(value, dict) and value and (old is None or isinstance(old, dict)):
            yield from _steps(cast("Tree", value), old, seen, keys)
        elif value is None:
            yield Step(keys=keys, remove=True)
        elif (there and _same(value, seen) and holds_placeholder(value)) or (there and _same(value, old)):
            continue
        elif holds_placeholder(value):
            reason = f"{PLACEHOLDER} stands for a secret that is set already, and no secret is set here"
            raise InvalidRequest(f"{dotted(keys)}: {reason}", field=dotted(keys), reason=reason)
        else:
            yield Step(keys=keys, value=value)


def differences(old: Any, new: Any, above: Keys = ()) -> Iterator[Keys]:
    """The paths at which two trees differ; lists count as one value."""
    if isinstance(old, dict) and isinstance(new, dict):
        before, after = cast("Tree", old), cast("Tree", new)
        for key in (*before, *(key for key in after if key not in before)):
            yield from differences(before.get(key), after.get(key), (*above, key))
    elif not _same(old, new):
        yield above


def leaves(tree: Mapping[str, Any], above: Keys = ()) -> Iterator[Keys]:
    """The paths of all that a tree says."""
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from leaves(cast("Mapping[str, Any]", value), (*above, key))
        else:
            yield (*above, key)


def waiting(started: Tree, new: Tree) -> list[Keys]:
    """The paths whose new values wait for a restart."""
    return [keys for keys in differences(started, new) if any(keys[: len(rule)] == rule for rule in RESTART)]


def _same(one: Any, other: Any) -> bool:
    """Equal, and of one kind: 1 is 1.0, but true is not 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        before, after = cast("Tree", one), cast("Tree", other)
        return before.keys() == after.keys() and all(_same(before[key], after[key]) for key in before)
    if isinstance(one, list) and isinstance(other, list):
        first, second = cast("list[Any]", one), cast("list[Any]", other)
        return len(first) == len(second) and all(map(_same, first, second))
    return isinstance(one, bool) == isinstance(other, bool) and one == other
