"""Changing `gateway.yaml` without losing what people wrote in it: comments, order, quotes, `${NAME}`."""

import contextlib
import os
import re
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final, NamedTuple, cast

import msgspec
import yaml

from openclaw_rpc.config.decoding import ALIASES
from openclaw_rpc.config.errors import Keys
from openclaw_rpc.config.parsing import plain_value
from openclaw_rpc.durable import Rename, replacing

NEWLINE: Final = "\n"


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One change: the key at ``keys`` gets ``value``, or goes where ``remove`` is true."""

    keys: Keys
    value: Any = None
    remove: bool = False


def applied(tree: dict[str, Any], steps: Sequence[Step]) -> dict[str, Any]:
    """A plain tree with the steps taken; the tree itself stays as it is."""
    changed = _copied(tree)
    for step in steps:
        _take(changed, step)
    return changed


def stands(tree: Any, keys: Keys) -> bool:
    """Whether a plain tree has something at a path."""
    for index, key in enumerate(keys):
        if not isinstance(tree, dict):
            return False
        node = cast("dict[str, Any]", tree)
        spelled = _spelled(node, keys[:index], key)
        if spelled not in node:
            return False
        tree = node[spelled]
    return True


def rewritten(text: str, steps: Sequence[Step]) -> str:
    """The text of a YAML file with the steps taken, everything else as it was. Takes ms: call it in a thread.

    It understands plain files: where anchors stand for what is changed, others change with it. Check what comes out.

    Args:
        text: What the file holds.
        steps: What is to change, each path once.
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    text = text.replace("\r\n", "\n")
    for step in steps:
        text = _stepped(text, step)
    return text.replace("\n", newline)


def write_atomically(path: Path, text: str, *, private: bool, rename: Rename | None = None) -> None:
    """Put ``text`` in place of a file: wholly or not at all, also through a crash. A link is followed.

    Args:
        path: The file.
        text: What it is to hold.
        private: Whether its mode becomes 0600; else an existing file's mode is kept. A new one gets 0600.
        rename: What puts the finished file in place.

    Raises:
        OSError: it could not be written; the old file is as it was.
    """
    target = Path(os.path.realpath(path))
    with contextlib.suppress(OSError):
        private = private or not target.exists()
    mode = 0o600 if private else stat.S_IMODE(target.stat().st_mode)
    with replacing(target, mode=mode, exact=True, rename=rename) as file:
        file.write(text.encode())


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in cast("dict[str, Any]", value).items()}
    return value


def _take(tree: dict[str, Any], step: Step) -> None:
    """Take one step, making the sections it needs."""
    for index, key in enumerate(step.keys[:-1]):
        spelled = _spelled(tree, step.keys[:index], key)
        if not isinstance(tree.get(spelled), dict):
            if step.remove:
                return
            tree[spelled] = {}
        tree = tree[spelled]
    last = _spelled(tree, step.keys[:-1], step.keys[-1])
    if step.remove:
        tree.pop(last, None)
    else:
        tree[last] = step.value


def _spelled(names: Iterable[str], above: Keys, key: str) -> str:
    """The key as the file spells it: some have a second name."""
    return next((known for known in names if known == key or ALIASES.get((*above, known)) == key), key)


_LIST_ITEM: Final = re.compile(r"^( *)[^\s#-][^\n]*:[^\S\n]*(?:#[^\n]*)?\n(?:\s*#[^\n]*\n)*( *)- ", re.MULTILINE)
_SUB_KEY: Final = re.compile(r"^[^\s#-][^\n]*:[^\S\n]*(?:#[^\n]*)?\n(?:\s*#[^\n]*\n|\s*\n)*( +)[^\s#-]", re.MULTILINE)
_ALIAS: Final = re.compile(r"[ \t]*(\*[^\s,\]}]+)")
_COMMENT: Final = re.compile(r"( +)(#.*)")
_yaml: Any = yaml


class _Place(NamedTuple):
    """A key of a file and its value, by the marks of PyYAML's nodes. ``flow``: they stand between braces."""

    key: Any
    value: Any
    flow: bool

    def span(self, text: str) -> tuple[int, int, int]:
        """Where the key's colon ends, and where its value begins and ends."""
        colon = text.index(":", self.key.end_mark.index) + 1
        alias = _ALIAS.match(text, colon)
        if alias is not None:
            return colon, alias.start(1), alias.end(1)
        start, end = max(colon, self.value.start_mark.index), max(colon, self.value.end_mark.index)
        return colon, start, max(start, len(text[:end].rstrip()))


def _stepped(text: str, step: Step) -> str:
    node: Any = _yaml.compose(text, Loader=yaml.SafeLoader)
    if not isinstance(node, yaml.MappingNode) or not node.value:
        if step.remove:
            return text
        comments = text if all(not line or line[0] in "#-" for line in map(str.strip, text.splitlines())) else ""
        return f"{comments}{'' if comments[-1:] in ('', NEWLINE) else NEWLINE}{_dumped(_nested(step, 0), text)}"
    place: _Place | None = None
    mapping: Any = None
    for index, key in enumerate(step.keys):
        if not isinstance(node, yaml.MappingNode) or (place is not None and not node.value):
            return text if step.remove or place is None else _put(text, place, _nested(step, index))
        mapping, pairs = node, {str(pair[0].value): pair for pair in cast("list[Any]", node.value)}
        found = pairs.get(_spelled(pairs, step.keys[:index], key))
        if found is None:
            return text if step.remove else _added(text, mapping, _nested(step, index))
        place, node = _Place(found[0], found[1], bool(mapping.flow_style)), found[1]
    if place is None:
        return text
    return _removed(text, mapping, place) if step.remove else _put(text, place, step.value)


def _nested(step: Step, index: int) -> Any:
    """What is to stand below the first ``index`` keys of a step's path."""
    value = step.value
    for key in reversed(step.keys[index:]):
        value = {key: value}
    return value


def _put(text: str, place: _Place, value: Any) -> str:
    """The text with another value of a key. The comment behind it stays, and so do braces."""
    colon, start, end = place.span(text)
    if place.flow or getattr(place.value, "flow_style", None) or not (isinstance(value, dict | list) and value):
        fresh = _dumped([value], text, flow=True)[1:-2]
        if place.flow:
            return f"{text[:start]}{'' if start > colon else ' '}{fresh}{text[end:]}"
        below: list[str] = []
    else:
        fresh = ""
        indent = " " * place.key.start_mark.column
        below = [indent + line for line in _dumped({"key": value}, text).splitlines(keepends=True)[1:]]
    if _is_block(place.value):
        tail = text[colon : _line_end(text, colon)]
        old = 0
    else:
        tail = text[end : _line_end(text, end)]
        old = end - colon
    comment = _COMMENT.match(tail)
    if comment is not None:
        tail = " " * max(1, len(comment[1]) + old - len(fresh) - 1) + comment[2]
    after = "".join(text.splitlines(keepends=True)[_last_line(place.value, place.key) + 1 :])
    return f"{text[:colon]}{' ' if fresh else ''}{fresh}{tail}{NEWLINE}{''.join(below)}{after}"


def _added(text: str, mapping: Any, value: dict[str, Any]) -> str:
    """The text with a new key as the last one of a mapping, before the comments that follow it."""
    if mapping.flow_style:
        end = mapping.value[-1][1].end_mark.index
        return f"{text[:end]}, {_dumped(value, text, flow=True)[1:-2]}{text[end:]}"
    lines = text.splitlines(keepends=True)
    after = _last_line(mapping, mapping) + 1
    if not lines[after - 1].endswith(NEWLINE):
        lines[after - 1] += NEWLINE
    indent = " " * mapping.value[0][0].start_mark.column
    fresh = [indent + line for line in _dumped(value, text).splitlines(keepends=True)]
    return "".join([*lines[:after], *fresh, *lines[after:]])


def _removed(text: str, mapping: Any, place: _Place) -> str:
    """The text without a key: without its lines, or what stands of it between braces."""
    if not place.flow:
        lines = text.splitlines(keepends=True)
        return "".join(lines[: place.key.start_mark.line] + lines[_last_line(place.value, place.key) + 1 :])
    _, _, end = place.span(text)
    start = place.key.start_mark.index
    if text[end:].lstrip().startswith(","):
        end = len(text) - len(text[end:].lstrip()[1:].lstrip())
    else:
        start = len(text[:start].rstrip().removesuffix(","))
    return text[:start] + text[end:]


def _is_block(node: Any) -> bool:
    """Whether it is a list or a mapping in lines of its own."""
    return isinstance(node, yaml.CollectionNode) and not node.flow_style


def _line_end(text: str, place: int) -> int:
    end = text.find(NEWLINE, place)
    return len(text) if end < 0 else end


def _last_line(node: Any, key: Any) -> int:
    """The last line that belongs to a key's value; what follows it, comments and blank lines, does not."""
    if _is_block(node) and node.value:
        last = node.value[-1]
        return _last_line(last[1], last[0]) if isinstance(last, tuple) else _last_line(last, last)
    if node.start_mark.index < key.start_mark.index:  # it is an alias
        return key.end_mark.line
    end = node.end_mark
    return end.line - 1 if end.column == 0 and end.line > node.start_mark.line else end.line


class _Dumper(yaml.SafeDumper):
    """Writes values so that our reader, who keeps to YAML 1.2, takes them as they are."""

    indents_lists: ClassVar[bool] = False

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, indentless and not self.indents_lists)


class _ListDumper(_Dumper):
    """Lists stand further to the right than their key."""

    indents_lists = True


def _text(dumper: Any, value: str) -> Any:
    odd = not value.isprintable() or plain_value(value) != value
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style='"' if odd else None)


_Dumper.add_representer(str, _text)
_ListDumper.add_representer(str, _text)


def _dumped(value: Any, text: str, *, flow: bool = False) -> str:
    """A value as YAML, indented as the file is that it goes to; with ``flow`` in one line."""
    sub, item = _SUB_KEY.search(text), _LIST_ITEM.search(text)
    dumper = _ListDumper if item and len(item[2]) > len(item[1]) else _Dumper
    written: str = _yaml.dump(
        value,
        Dumper=dumper,
        indent=len(sub[1]) if sub else 2,
        width=10**9,
        allow_unicode=True,
        sort_keys=False,
        default_flow_style=flow,
    )
    return written.removesuffix("...\n")
