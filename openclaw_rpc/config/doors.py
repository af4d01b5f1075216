"""What settings may not be simply changed over a door: whoever has a token there is not yet at the machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, cast

import msgspec

from openclaw_rpc.config.errors import Keys
from openclaw_rpc.config.writing import Step

GUARDED: Final[tuple[Keys, ...]] = (
    ("mcp", "servers", "*", "command"),
    ("mcp", "servers", "*", "args"),
    ("mcp", "servers", "*", "env"),
    ("mcp", "servers", "*", "cwd"),
    ("browser", "executable"),
    ("storage",),
    ("retention",),
    ("logging", "file"),
    ("logging", "max_bytes"),
    ("logging", "backups"),
    ("security", "command_readable"),
    ("gateway", "tls"),
    ("gateway", "control_ui", "root"),
)
"""Settings that need the PIN: they start a program, name a file of the host, or forget what is kept.

`*` is any name.
"""


def guarded(steps: Sequence[Step]) -> list[Keys]:
    """The paths among some changes that need the PIN. Taking a whole section away starts nothing."""
    return [step.keys for step in steps if any(_touches(step, rule) for rule in GUARDED)]


def _touches(step: Step, rule: Keys) -> bool:
    keys = step.keys
    above = all(part in ("*", key) for part, key in zip(rule, keys, strict=False))
    return above and (len(keys) >= len(rule) or not step.remove)


def literal(steps: Sequence[Step], tree: Any) -> list[Step]:
    """The same changes with `${` written as `$${`: what comes from outside is a value and never a variable's name.

    A text that stands in the file as it was sent, at the same place, stays as it is there.
    """
    return [
        step if step.remove else msgspec.structs.replace(step, value=_literal(step.value, _at(tree, step.keys)))
        for step in steps
    ]


def _literal(value: Any, before: Any) -> Any:
    if isinstance(value, str):
        known = cast("list[Any]", before) if isinstance(before, list) else [before]
        return value if value in known else value.replace("${", "$${")
    if isinstance(value, list):
        return [_literal(item, before) for item in cast("list[Any]", value)]
    if isinstance(value, dict):
        old = cast("dict[str, Any]", before) if isinstance(before, dict) else {}
        return {key: _literal(item, old.get(key)) for key, item in cast("dict[str, Any]", value).items()}
    return value


def _at(tree: Any, keys: Keys) -> Any:
    for key in keys:
        if not isinstance(tree, dict):
            return None
        tree = cast("dict[str, Any]", tree).get(key)
    return tree
