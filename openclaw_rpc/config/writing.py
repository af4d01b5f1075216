"""Changing `gateway.yaml` without losing what people wrote in it: comments, order, quotes, `${NAME}`."""

import contextlib
import importlib
import io
import os
import re
import stat
from collections.abc import Callable, MutableMapping, Sequence
from pathlib import Path
from typing import Any, Final, cast

import msgspec
import yaml

from openclaw_rpc.config.errors import Keys
from openclaw_rpc.config.settings import ALIASES
from openclaw_rpc.durable import Rename, replacing


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One change: the key at ``keys`` gets ``value``, or goes where ``remove`` is true."""

    keys: Keys
    value: Any = None
    remove: bool = False


def applied(tree: dict[str, Any], steps: Sequence[Step]) -> dict[str, Any]:
    """A plain tree with the steps taken; the tree itself stays as it is."""
    changed = _copied(tree)
    for step in steps:
        _take(changed, step, dict, lambda value, before: value)
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


def rewritten(text: str, steps: Sequence[Step], *, lines: bool = True) -> str:
    """The text of a YAML file with the steps taken, everything else as it was. Takes ms: call it in a thread.

    Args:
        text: What the file holds.
        steps: What is to change, each path once.
        lines: Whether whole lines may be put in and taken out first: comments stay where they are that way, the
            editor moves or takes those that follow. It understands plain files only, so check what comes out.
    """
    ruamel: Any = importlib.import_module("ruamel.yaml")  # heavy, and seldom needed
    newline = "\r\n" if "\r\n" in text else "\n"
    text = text.replace("\r\n", "\n")
    editor = _editor(ruamel, text)
    whole = [step for step in steps if lines and _line_by_line(text, step, editor, ruamel) is not None]
    left = [step for step in steps if step not in whole]
    if left:
        text = _edited(text, left, editor, ruamel)
    for step in whole:
        fresh = _line_by_line(text, step, editor, ruamel)
        text = _edited(text, [step], editor, ruamel) if fresh is None else fresh
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


def _take(
    tree: MutableMapping[Any, Any], step: Step, section: Callable[[], Any], styled: Callable[[Any, Any], Any]
) -> None:
    """Take one step, making the sections it needs. ``styled`` makes a value one of the tree's kind."""
    node: MutableMapping[Any, Any] = tree
    for index, key in enumerate(step.keys[:-1]):
        spelled = _spelled(node, step.keys[:index], key)
        child = node.get(spelled)
        if not isinstance(child, MutableMapping):
            if step.remove:
                return
            child = section()
            node[spelled] = child
        node = cast("MutableMapping[Any, Any]", child)
    last = _spelled(node, step.keys[:-1], step.keys[-1])
    if step.remove:
        node.pop(last, None)
    else:
        node[last] = styled(step.value, node.get(last))


def _spelled(node: MutableMapping[Any, Any], above: Keys, key: str) -> Any:
    """The key as the file spells it: numbers are numbers there, and some keys have a second name."""
    for known in node:
        if str(known) == key or ALIASES.get((*above, str(known))) == key:
            return known
    return key


# What the editor leaves bare and the reader, who keeps to YAML 1.1, does not take so: its line breaks, and a `?` in
# a mapping of one line.
_BREAKS: Final = re.compile(r"[\x85\u2028\u2029\ufeff?]")
_LIST_ITEM: Final = re.compile(r"^( *)[^\s#-][^\n]*:[^\S\n]*(?:#[^\n]*)?\n(?:\s*#[^\n]*\n)*( *)- ", re.MULTILINE)
_SUB_KEY: Final = re.compile(r"^[^\s#-][^\n]*:[^\S\n]*(?:#[^\n]*)?\n(?:\s*#[^\n]*\n|\s*\n)*( +)[^\s#-]", re.MULTILINE)


def _indent_like(editor: Any, text: str) -> None:
    """Tell the editor how the file indents."""
    sub = _SUB_KEY.search(text)
    mapping = len(sub[1]) if sub else 2
    item = _LIST_ITEM.search(text)
    offset = len(item[2]) - len(item[1]) if item and len(item[2]) >= len(item[1]) else 0
    editor.indent(mapping=mapping, sequence=offset + 2, offset=offset)


def _only_comments(text: str) -> bool:
    return all(not line.strip() or line.lstrip().startswith("#") or line.strip() == "---" for line in text.splitlines())


def _styled(ruamel: Any) -> Callable[[Any, Any], Any]:
    """Makes plain values the editor's: a list stays in one line where it was."""

    def styled(value: Any, before: Any) -> Any:
        if isinstance(value, dict):
            section = ruamel.CommentedMap()
            for key, item in cast("dict[str, Any]", value).items():
                section[key] = styled(item, None)
            if not section:
                section.fa.set_flow_style()
            return section
        if isinstance(value, list):
            items = ruamel.CommentedSeq([styled(item, None) for item in cast("list[Any]", value)])
            if not value or (isinstance(before, ruamel.CommentedSeq) and before.fa.flow_style()):
                items.fa.set_flow_style()
            return items
        if isinstance(value, str) and _BREAKS.search(value):
            return ruamel.scalarstring.DoubleQuotedScalarString(value)
        return _Null() if value is None else value

    return styled


class _Null:
    """A null that is written out: the editor leaves nulls empty, and then misreads its own lists of them."""


def _written_out(representer: Any, _: _Null) -> Any:
    return representer.represent_scalar("tag:yaml.org,2002:null", "null")


def _editor(ruamel: Any, text: str) -> Any:
    representer: Any = type("Representer", (ruamel.RoundTripRepresenter,), {})
    representer.add_representer(_Null, _written_out)
    editor: Any = ruamel.YAML()
    editor.Representer = representer
    editor.preserve_quotes = True
    editor.width = 100_000
    _indent_like(editor, text)
    return editor


def _edited(text: str, steps: Sequence[Step], editor: Any, ruamel: Any) -> str:
    document: Any = editor.load(text)
    head = ""
    if not isinstance(document, ruamel.CommentedMap):
        head = text if _only_comments(text) else ""
        document = ruamel.CommentedMap()
    for step in steps:
        _take(document, step, ruamel.CommentedMap, _styled(ruamel))
    if head and not head.endswith("\n"):
        head += "\n"
    return head + (_dumped(document, editor) if document or not head else "")


def _dumped(document: Any, editor: Any) -> str:
    written = io.StringIO()
    editor.dump(document, written)
    return written.getvalue()


def _line_by_line(text: str, step: Step, editor: Any, ruamel: Any) -> str | None:
    """The text without the lines of a key, or with those of a new one; None where that is not so simple."""
    untyped: Any = yaml
    node: Any = untyped.compose(text, Loader=yaml.SafeLoader)
    key_node: Any = None
    for index, key in enumerate(step.keys):
        if not isinstance(node, yaml.MappingNode) or node.flow_style or not node.value:
            return None
        pairs = cast("list[tuple[Any, Any]]", node.value)
        names = [
            key,
            *(alias[-1] for alias, name in ALIASES.items() if name == key and alias[:-1] == step.keys[:index]),
        ]
        found = next((pair for pair in pairs if pair[0].value in names), None)
        if found is None:
            return None if step.remove else _inserted(text, node, step, index, _dumper(editor, ruamel))
        key_node, node = found
    lines = text.splitlines(keepends=True)
    first, last = int(key_node.start_mark.line), _last_line(node)
    if lines[first][: int(key_node.start_mark.column)].strip():
        return None
    fresh: list[str] = []
    if not step.remove:
        flow = getattr(node, "flow_style", None)
        if flow is False and last > first:
            tail = lines[first][int(key_node.end_mark.column) :]
        elif flow is None and last == first == int(node.start_mark.line) and type(step.value) in (dict, list):
            tail = lines[first][int(node.end_mark.column) :]
        else:
            return None
        dumped = _dumper(editor, ruamel)({str(key_node.value): step.value})
        fresh = _replacing(tail, dumped, " " * int(key_node.start_mark.column))
    return "".join(lines[:first] + fresh + lines[last + 1 :])


def _replacing(tail: str, dumped: str, indent: str) -> list[str]:
    """The lines of a key with its new value; ``tail``: the rest of the key's old line, where its comment stands."""
    lines = [indent + line for line in dumped.splitlines(keepends=True)]
    comment = tail.partition("#")[2].rstrip("\n")
    if comment:
        lines[0] = lines[0].rstrip("\n") + f"   #{comment}\n"
    return lines


def _dumper(editor: Any, ruamel: Any) -> Callable[[Any], str]:
    return lambda value: _dumped(_styled(ruamel)(value, None), editor)


def _inserted(text: str, node: Any, step: Step, index: int, dump: Callable[[Any], str]) -> str:
    """The text with a new key as the last one of the mapping ``node``, before the comments that follow it."""
    value = step.value
    for key in reversed(step.keys[index:]):
        value = {key: value}
    lines = text.splitlines(keepends=True)
    after = _last_line(node) + 1
    if not lines[after - 1].endswith("\n"):
        lines[after - 1] += "\n"
    indent = " " * int(node.value[0][0].start_mark.column)
    return "".join([*lines[:after], *(indent + line for line in dump(value).splitlines(keepends=True)), *lines[after:]])


def _last_line(node: Any) -> int:
    """The last line that belongs to a node; what follows it, comments and blank lines, does not."""
    block = getattr(node, "flow_style", True) is False
    if block and node.value:
        last = node.value[-1]
        return _last_line(last[1] if isinstance(last, tuple) else last)
    end = node.end_mark
    return end.line - 1 if end.column == 0 and end.line > node.start_mark.line else end.line
