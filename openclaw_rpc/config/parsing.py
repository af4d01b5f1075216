"""YAML text → plain values and the line of every key. YAML 1.2's core schema: `yes` and `on` are text."""

import re
from pathlib import Path
from typing import Any, ClassVar, Final, cast

import msgspec
import yaml

from openclaw_rpc.config.errors import ConfigError, Keys, Problem, dotted

MAX_BYTES: Final = 1024 * 1024
MAX_DEPTH: Final = 32
MAX_NODES: Final = 50_000

_TAG: Final = "tag:yaml.org,2002:"
_WHOLE: Final = re.compile(r"[-+]?[0-9]{1,300}|0o[0-7]{1,300}|0x[0-9a-fA-F]{1,300}")
_REAL: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,3})?")

# The C parser where PyYAML has it: a tenth of the time.
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PLAIN: Final = "plain"
_SCALARS: Final = frozenset(f"{_TAG}{name}" for name in ("null", "bool", "int", "float"))


class _Loader(_Base):
    """Leaves it to us what a plain scalar means, in place of YAML 1.1's rules (`no` → false, `1:30` → 90)."""

    yaml_implicit_resolvers: ClassVar[dict[Any, Any]] = {None: [(_PLAIN, re.compile(""))]}


class ParsedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file as it stands, before anything is expanded or checked. ``lines``, from 1, by path."""

    file: str
    value: dict[str, Any]
    lines: dict[Keys, int]

    def line(self, keys: Keys) -> int | None:
        """The line of a path, or of the nearest one above it that stands in the file."""
        while keys and keys not in self.lines:
            keys = keys[:-1]
        return self.lines.get(keys)

    def problem(self, keys: Keys, reason: str) -> Problem:
        """Something that is wrong at a path."""
        return Problem(file=self.file, line=self.line(keys), path=dotted(keys), reason=reason)


def read(path: Path) -> str:
    """The text of `gateway.yaml`; empty where there is none.

    Raises:
        ConfigError: it can't be read, is too large, or is not UTF-8.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ConfigError.of(path, f"the file is larger than {MAX_BYTES} bytes")
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as error:
        raise ConfigError.of(path, f"the file is not UTF-8 (byte {error.start})") from None
    except OSError as error:
        raise ConfigError.of(path, f"the file can't be read: {error.strerror}") from None


def parse(text: str, file: str) -> ParsedFile:
    """Read YAML.

    Raises:
        ConfigError: it is no YAML, holds a key twice, a tag, more than fits the bounds, or no keys at its top.
    """
    if len(text) > MAX_BYTES:
        raise ConfigError.of(file, f"the file is larger than {MAX_BYTES} bytes")
    try:
        _check_depth(text, file)
        loader = _Loader(text)
        try:
            root = loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        raise _explained(error, text, file) from None
    return _TreeReader(file).document(root)


def _check_depth(text: str, file: str) -> None:
    """Look for nesting before anything recurses into it."""
    depth = 0
    untyped: Any = yaml
    for event in untyped.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                line = event.start_mark.line + 1
                raise ConfigError.of(file, f"nested deeper than {MAX_DEPTH} levels", line=line)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _explained(error: yaml.YAMLError, text: str, file: str) -> ConfigError:
    mark: Any = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    said = str(getattr(error, "problem", None) or "this is not YAML")
    if mark is None:
        return ConfigError.of(file, f"this is not YAML: {str(error).splitlines()[0]}")
    lines = text.splitlines()
    number = int(mark.line)
    line = lines[number] if number < len(lines) else ""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        reason = "a tab indents this line: YAML wants spaces"
    elif "end of stream" in said:
        reason = f"{said}: a quote or a bracket is not closed"
    elif "alias" in said:
        reason = "an alias (*name) without an anchor: text that begins with * must be in quotes"
    elif "mapping values" in said or "expected key" in said or "expected <block end>" in said:
        reason = f"{said}: check this line's indentation and the line's before it, and that quotes are closed"
    elif "expected ':'" in said:
        reason = "a key without a value: a colon and a space are missing"
    else:
        reason = said
    return ConfigError.of(file, reason, line=number + 1)


class _TreeReader:
    """Walks YAML nodes once; aliases are followed, so what they multiply counts."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._lines: dict[Keys, int] = {}
        self._problems: list[Problem] = []
        self._nodes = 0

    def document(self, root: yaml.Node | None) -> ParsedFile:
        if root is None or (isinstance(root, yaml.ScalarNode) and self._scalar(root, ()) is None):
            return ParsedFile(file=self._file, value={}, lines={})
        if not isinstance(root, yaml.MappingNode):
            line = root.start_mark.line + 1
            raise ConfigError.of(self._file, "the file must hold keys and their values, such as `gateway:`", line=line)
        value = self._mapping(root, ())
        if self._problems:
            raise ConfigError(self._problems)
        return ParsedFile(file=self._file, value=value, lines=self._lines)

    def _value(self, node: yaml.Node, keys: Keys) -> Any:
        self._nodes += 1
        if self._nodes > MAX_NODES or len(keys) > MAX_DEPTH:
            reason = f"more than {MAX_NODES} values, or nested deeper than {MAX_DEPTH} levels; aliases count"
            raise ConfigError.of(self._file, reason, line=node.start_mark.line + 1, keys=keys[:4])
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, keys)
        if isinstance(node, yaml.SequenceNode):
            if node.tag != f"{_TAG}seq":
                self._refuse(node, keys, f"the tag {node.tag} is not supported here")
            items = cast("list[yaml.Node]", node.value)
            return [self._item(item, (*keys, str(index))) for index, item in enumerate(items)]
        return self._scalar(cast("yaml.ScalarNode", node), keys)

    def _item(self, node: yaml.Node, keys: Keys) -> Any:
        self._lines[keys] = node.start_mark.line + 1
        return self._value(node, keys)

    def _mapping(self, node: yaml.MappingNode, keys: Keys) -> dict[str, Any]:
        if node.tag != f"{_TAG}map":
            self._refuse(node, keys, f"the tag {node.tag} is not supported here")
        found: dict[str, Any] = {}
        merged: list[yaml.Node] = []
        for key_node, value_node in cast("list[tuple[yaml.Node, yaml.Node]]", node.value):
            if not isinstance(key_node, yaml.ScalarNode):
                self._refuse(key_node, keys, "a key must be text")
                continue
            key = str(key_node.value)
            if key == "<<" and key_node.tag == _PLAIN:
                merged += cast("list[yaml.Node]", value_node.value if _is_list(value_node) else [value_node])
                continue
            here = (*keys, key)
            if key in found:
                self._refuse(key_node, here, f"this key stands here twice, first in line {self._lines[here]}")
                continue
            self._lines[here] = key_node.start_mark.line + 1
            found[key] = self._value(value_node, here)
        for source in merged:
            self._merge(source, keys, found)
        return found

    def _merge(self, source: yaml.Node, keys: Keys, found: dict[str, Any]) -> None:
        """YAML's `<<`: what the mapping has itself goes before what it takes over."""
        if not isinstance(source, yaml.MappingNode):
            self._refuse(source, keys, "`<<` takes mappings only")
            return
        own = {here: line for here, line in self._lines.items() if here[: len(keys)] == keys}
        for key, value in cast("dict[str, Any]", self._value(source, keys)).items():
            found.setdefault(key, value)
        self._lines.update(own)

    def _scalar(self, node: yaml.ScalarNode, keys: Keys) -> Any:
        text, tag = str(node.value), str(node.tag)
        if tag == f"{_TAG}str":
            return text
        if tag != _PLAIN and tag not in _SCALARS:
            self._refuse(node, keys, f"the tag {tag} is not supported here")
        return plain_value(text)

    def _refuse(self, node: yaml.Node, keys: Keys, reason: str) -> None:
        line = node.start_mark.line + 1
        self._problems.append(Problem(file=self._file, line=line, path=dotted(keys), reason=reason))


def _is_list(node: yaml.Node) -> bool:
    return isinstance(node, yaml.SequenceNode)


def plain_value(text: str) -> Any:
    """A plain scalar's value by the core schema (YAML 1.2.2, 10.3.2), without .inf and .nan."""
    match text:
        case "" | "~" | "null" | "Null" | "NULL":
            return None
        case "true" | "True" | "TRUE":
            return True
        case "false" | "False" | "FALSE":
            return False
        case _:
            pass
    if _WHOLE.fullmatch(text):
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    if _REAL.fullmatch(text):
        number = float(text)
        return number if abs(number) != float("inf") else text
    return text
