"""The front matter of a `SKILL.md`, as people write it.

It is read as YAML where it is YAML. Where it is not (`description: Use when: asked`, a tab, a tag of another program)
each key is read by itself, and what can't be is left out: a warning says so, the skill is there all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple, cast

MAX_FRONT: Final = 64 * 1024
MAX_DEPTH: Final = 24
TEXTS: Final = ("slug", "name", "version", "description")
"""Keys whose values are texts, whatever YAML takes them for: 1.10 is a version, not a number."""

_LEAD: Final = re.compile(r"(?:[ \t]*\n|[ \t]*<!--.*?-->[ \t]*\n|#[^\n]*\n)*", re.DOTALL)
_BEGIN: Final = re.compile(r"---[ \t]*\n")
_END: Final = re.compile(r"^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.MULTILINE)
_KEY: Final = re.compile(r"([A-Za-z_][\w.-]*)[ \t]*:(?=[ \t\n]|\Z)[ \t]*")


class UnreadableFront(ValueError):
    """Front matter that nothing can be made of; the text says why."""


class SkillDocument(NamedTuple):
    """A `SKILL.md`: the values of its front matter, what follows it, and what was odd about it."""

    fields: dict[str, Any]
    body: str
    warnings: tuple[str, ...]


def read(text: str) -> SkillDocument:
    """The parts of a `SKILL.md`. Without front matter all of it is the body.

    Raises:
        UnreadableFront: the front matter does not end, or is too long.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    warnings = ["its lines end with carriage returns"] if "\r" in text else []
    text = text.replace("\r", "\n")
    lead = _LEAD.match(text)
    start = lead.end() if lead is not None else 0
    begin = _BEGIN.match(text, start)
    if begin is None or (start and not _looks_like_keys(text[begin.end() :])):
        return SkillDocument({}, text.strip(), ())
    end = _END.search(text, begin.end())
    if end is None:
        raise UnreadableFront("its front matter does not end: a line --- is missing")
    front = text[begin.end() : end.start()]
    if len(front) > MAX_FRONT:
        raise UnreadableFront(f"its front matter is longer than {MAX_FRONT} characters")
    if start:
        warnings.append("something stands before its front matter")
    if end[0].startswith("..."):
        warnings.append("its front matter ends with ..., not with ---")
    try:
        fields = _yaml(front)
    except _NotYaml as error:
        warnings.append(f"its front matter is not valid YAML ({error}), it was read line by line")
        fields = _by_lines(front, warnings)
    return SkillDocument(fields, text[end.end() :].strip(), tuple(warnings))


def text_of(value: Any) -> str:
    """A value as the text that was meant: a list's items one after the other, a mapping's with their keys."""
    if isinstance(value, list):
        return "; ".join(filter(None, map(text_of, cast("list[Any]", value))))
    if isinstance(value, dict):
        return "; ".join(f"{key}: {text_of(item)}" for key, item in cast("dict[Any, Any]", value).items())
    return "" if value is None else str(value)


class _NotYaml(ValueError):
    """It is not YAML, or not such as is read here."""


def _looks_like_keys(text: str) -> bool:
    first = next((line for line in text.split("\n") if line.strip()), "")
    return _KEY.match(first) is not None


def _yaml(text: str) -> dict[str, Any]:
    """A mapping's values; no aliases, which would stand for more than was read, and no deep nesting.

    Raises:
        _NotYaml: it is something else.
    """
    import yaml  # only where there is such a skill

    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    plain: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    untyped: Any = yaml
    depth = 0
    try:
        for event in untyped.parse(text, Loader=base):
            if isinstance(event, yaml.AliasEvent):
                raise _NotYaml("it uses an alias")
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH:
                raise _NotYaml("it is nested too deeply")
        fields, texts = untyped.load(text, Loader=base), untyped.load(text, Loader=plain)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}: " if mark is not None else ""
        raise _NotYaml(line + str(getattr(error, "problem", None) or "it can't be read")) from None
    except (ValueError, RecursionError) as error:  # a date that no calendar has
        raise _NotYaml(str(error) or "it is nested too deeply") from None
    if fields is None:
        return {}
    if not isinstance(fields, dict):
        raise _NotYaml("it has no keys")
    named = {str(key): value for key, value in cast("dict[Any, Any]", fields).items()}
    return named | {key: texts[key] for key in TEXTS if isinstance(texts.get(key), str)}


def _by_lines(front: str, warnings: list[str]) -> dict[str, Any]:
    """Each key by itself: as YAML, with spaces for tabs, else as the text that stands there."""
    fields: dict[str, Any] = {}
    for key, value, part in _parts(front):
        for attempt in (part, part.replace("\t", "  ")):
            try:
                fields |= _yaml(attempt)
                break
            except _NotYaml:
                continue
        else:
            if "\n" in value and key not in TEXTS:
                warnings.append(f"its {key} can't be read and is left out")
            else:
                fields[key] = _unquoted(" ".join(value.split()))
    return fields


def _parts(front: str) -> Iterator[tuple[str, str, str]]:
    """Each key at the beginning of a line, its value's text, and both as they stand there."""
    begun: tuple[str, str] | None = None
    lines: list[str] = []
    for line in front.split("\n"):
        found = _KEY.match(line)
        if found is None:
            if begun is not None and not line.startswith("#"):
                lines.append(line)
            continue
        if begun is not None:
            yield begun[0], "\n".join((begun[1], *lines[1:])).strip(), "\n".join(lines)
        begun, lines = (found[1], line[found.end() :]), [line]
    if begun is not None:
        yield begun[0], "\n".join((begun[1], *lines[1:])).strip(), "\n".join(lines)


def _unquoted(text: str) -> str:
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" and text[0] not in text[1:-1]
    return text[1:-1] if quoted else text
