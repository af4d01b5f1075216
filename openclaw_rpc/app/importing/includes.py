"""`$include` in `openclaw.json`: a file, or several, in place of an object; beside it what is put over them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, cast

from openclaw_rpc.protocol.errors import InvalidRequest

INCLUDE: Final = "$include"
MAX_DEPTH: Final = 10

Read = Callable[[Path], Any]


def included(value: Any, file: Path, read: Read, within: Path | None = None, depth: int = 0) -> Any:
    """A value with what it includes; ``file`` is where it stands, paths are beside that.

    Raises:
        InvalidRequest: a file is outside the folder of the first, can't be read, or includes go too deep.
    """
    within = within or file.parent.resolve()

    def below(inner: Any) -> Any:
        return included(inner, file, read, within, depth)

    if isinstance(value, list):
        return [below(one) for one in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    fields = cast("dict[str, Any]", value)
    named = fields.get(INCLUDE)
    rest = {name: below(inner) for name, inner in fields.items() if name != INCLUDE}
    if named is None:
        return rest
    found: Any = {}
    for name in cast("list[Any]", named) if isinstance(named, list) else [named]:
        found = _over(found, _file(name, file, read, within, depth))
    return _over(found, rest) if rest else found


def _file(name: Any, file: Path, read: Read, within: Path, depth: int) -> Any:
    if not isinstance(name, str):
        raise InvalidRequest(f"{INCLUDE} must name files", field="PATH", reason="invalid include")
    path = (file.parent / name).resolve()
    if not path.is_relative_to(within):
        raise InvalidRequest(f"{INCLUDE} {name!r} is outside {within}", field="PATH", reason="outside")
    if depth >= MAX_DEPTH:
        raise InvalidRequest(f"{INCLUDE} {name!r} is nested too deeply", field="PATH", reason="too deep")
    if not path.is_file():
        raise InvalidRequest(f"{INCLUDE} {name!r}: there is no such file", field="PATH", reason="not there")
    return included(read(path), path, read, within, depth + 1)


def _over(base: Any, more: Any) -> Any:
    """Objects are merged, lists joined, anything else replaced."""
    if isinstance(base, dict) and isinstance(more, dict):
        merged = dict(cast("dict[str, Any]", base))
        for name, value in cast("dict[str, Any]", more).items():
            merged[name] = _over(merged[name], value) if name in merged else value
        return merged
    if isinstance(base, list) and isinstance(more, list):
        return [*cast("list[Any]", base), *cast("list[Any]", more)]
    return more
