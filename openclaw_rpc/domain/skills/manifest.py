"""What a skill says of itself: `skill.json`, `SKILL.md` with its front matter, or one JSON file.

The forms are reference 001's (one JSON file: slug, name, description, prompt, tools) and ClawHub's (a folder with
`SKILL.md`; its `docs/skill-format.md`). Fields that are unknown here are left alone: other programs read them, too.
"""

from __future__ import annotations

import json
import re
import shlex
import unicodedata
from collections.abc import Collection, Mapping
from typing import Any, Final, cast

import msgspec

from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.skill import SkillPermissions

MAX_MANIFEST: Final = 1024 * 1024
"""Bytes of a `skill.json` or `SKILL.md`."""
MAX_FRONT: Final = 64 * 1024
MAX_DEPTH: Final = 24
MAX_TOOLS: Final = 100
UNKNOWN_VERSION: Final = "0.0.0"
RESERVED: Final = frozenset(
    {
        *("file_read", "file_write", "file_list", "file_search", "file_delete", "file_move", "shell", "web_fetch"),
        *("browser_navigate", "browser_snapshot", "browser_screenshot", "browser_click", "browser_type"),
        *("browser_execute", "memory_search", "memory_store", "memory_delete", "chat_run"),
    }
)
"""Names of built-in tools: a skill that brought one of these would be used in its stead."""

_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_TOOL: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_VERSION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+_-]{0,63}")
_FRONT: Final = re.compile(r"\A\ufeff?---[ \t]*\r?\n(.*?)^---[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_SHELLS: Final = frozenset(
    {"sh", "bash", "dash", "zsh", "ksh", "mksh", "fish", "ash", "csh", "tcsh", "busybox", "pwsh", "powershell"}
)
_VENDORS: Final = ("openclaw", "clawdbot", "clawdis")


class BrokenSkill(ValueError):
    """A skill that can't be used; the text says why, for whoever wrote it."""


class SkillTool(msgspec.Struct, frozen=True, kw_only=True):
    """A tool of a skill. ``command`` is what is run for it; without one it is there for its description only."""

    name: str
    description: str
    parameters: JsonObject
    command: tuple[str, ...] = ()


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a skill is."""

    slug: str
    name: str
    version: str
    description: str
    prompt: str
    permissions: SkillPermissions
    tools: tuple[SkillTool, ...] = ()


class _WrittenTool(msgspec.Struct, frozen=True):
    """A tool as its author wrote it."""

    name: str
    description: str = ""
    parameters: JsonObject = {}
    command: list[str] | str | None = None


class _Written(msgspec.Struct, frozen=True):
    """A manifest as its author wrote it."""

    slug: str | None = None
    name: str | None = None
    version: str | int | float | None = None
    description: str = ""
    prompt: str = ""
    permissions: SkillPermissions = SkillPermissions()
    tools: list[_WrittenTool] = []


def read_json(text: str, fallback: str, *, prompt: str = "", reserved: Collection[str] = RESERVED) -> Manifest:
    """A manifest from JSON.

    Args:
        text: The file's text.
        fallback: What the file or folder is called: the slug where the manifest names none.
        prompt: The prompt where the manifest has none.
        reserved: Names that no tool may have.

    Raises:
        BrokenSkill: it is none.
    """
    try:
        written = msgspec.json.decode(text, type=_Written)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise BrokenSkill(f"its JSON can't be used: {error}") from None
    if not written.prompt:
        written = msgspec.structs.replace(written, prompt=prompt)
    return _checked(written, fallback, reserved)


def read_markdown(text: str, fallback: str, *, reserved: Collection[str] = RESERVED) -> Manifest:
    """A manifest from `SKILL.md`: its front matter, and as its prompt what follows.

    ``tools`` and ``permissions`` may stand at the top of the front matter or under ``metadata.openclaw``.

    Raises:
        BrokenSkill: it is none.
    """
    front, body = split(text)
    fields = _front_matter(front)
    vendor = _vendor(fields.get("metadata"))
    for key in ("tools", "permissions"):
        if key in vendor and key not in fields:
            fields[key] = vendor[key]
    tools = fields.get("tools")
    # Other programs write names of their own tools here.
    listed = cast("list[Any]", tools) if isinstance(tools, list) else []
    fields["tools"] = [tool for tool in listed if isinstance(tool, dict)]
    fields["prompt"] = body
    try:
        written = msgspec.convert({key: value for key, value in fields.items() if value is not None}, _Written)
    except msgspec.ValidationError as error:
        raise BrokenSkill(f"its front matter can't be used: {error}") from None
    return _checked(written, fallback, reserved)


def split(text: str) -> tuple[str, str]:
    """The front matter of a `SKILL.md`, empty where it has none, and what follows."""
    found = _FRONT.match(text)
    return (found[1], text[found.end() :].strip()) if found else ("", text.strip())


def slug_of(text: str) -> str:
    """A slug made of a name; empty where nothing of it can be part of one."""
    plain = unicodedata.normalize("NFKD", text).lower()
    plain = re.sub(r"[^a-z0-9_-]+", "-", "".join(c for c in plain if not unicodedata.combining(c)))
    return plain.strip("-_")[:64].rstrip("-_")


def is_slug(text: str) -> bool:
    """Whether a text is a slug."""
    return _SLUG.fullmatch(text) is not None


def _front_matter(text: str) -> dict[str, Any]:
    """YAML's values; no aliases, which would stand for more than was read, and no deep nesting."""
    if len(text) > MAX_FRONT:
        raise BrokenSkill(f"its front matter is longer than {MAX_FRONT} characters")
    import yaml  # only where there is such a skill

    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    plain: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    untyped: Any = yaml
    depth = 0
    try:
        for event in untyped.parse(text, Loader=base):
            if isinstance(event, yaml.AliasEvent):
                raise BrokenSkill("its front matter uses aliases, which are not taken")
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH:
                raise BrokenSkill("its front matter is nested too deep")
        fields = untyped.load(text, Loader=base)
        texts = untyped.load(text, Loader=plain)
    except yaml.YAMLError as error:
        where = getattr(error, "problem_mark", None)
        said = getattr(error, "problem", None) or "it is no YAML"
        line = f", line {where.line + 1}" if where is not None else ""
        raise BrokenSkill(f"its front matter is no YAML{line}: {said}") from None
    except ValueError as error:  # a date that is none
        raise BrokenSkill(f"its front matter can't be read: {error}") from None
    if fields is None:
        return {}
    if not isinstance(fields, dict):
        raise BrokenSkill("its front matter must be keys and values")
    named = {str(key): value for key, value in cast("dict[Any, Any]", fields).items()}
    # 1.10 is a version, not a number; a date in a text is one.
    named |= {key: texts[key] for key in ("slug", "name", "version", "description") if isinstance(texts.get(key), str)}
    return named


def _vendor(metadata: Any) -> Mapping[str, Any]:
    if isinstance(metadata, str):
        try:
            metadata = json.loads(metadata)
        except (ValueError, RecursionError):
            return {}
    if not isinstance(metadata, dict):
        return {}
    said = cast("dict[str, Any]", metadata)
    own: list[Any] = [said[name] for name in _VENDORS if isinstance(said.get(name), dict)]
    return cast("Mapping[str, Any]", own[0]) if own else {}


def _checked(written: _Written, fallback: str, reserved: Collection[str]) -> Manifest:
    slug = written.slug or (fallback if is_slug(fallback) else slug_of(fallback) or slug_of(written.name or ""))
    if not is_slug(slug):
        raise BrokenSkill(f"its slug {slug!r} must be small letters, digits, - and _")
    version = str(written.version) if written.version is not None else UNKNOWN_VERSION
    if _VERSION.fullmatch(version) is None:
        raise BrokenSkill(f"its version {version[:70]!r} must be like 1.2.0")
    if len(written.tools) > MAX_TOOLS:
        raise BrokenSkill(f"it has more than {MAX_TOOLS} tools")
    tools = tuple(_tool(tool, written.permissions, reserved) for tool in written.tools)
    names = [tool.name for tool in tools]
    if len(set(names)) < len(names):
        raise BrokenSkill("two of its tools have one name")
    if not written.prompt.strip() and not tools:
        raise BrokenSkill("it has neither a prompt nor a tool")
    return Manifest(
        slug=slug,
        name=" ".join((written.name or slug).split())[:200],
        version=version,
        description=written.description.strip(),
        prompt=written.prompt.strip(),
        permissions=written.permissions,
        tools=tools,
    )


def _tool(written: _WrittenTool, permissions: SkillPermissions, reserved: Collection[str]) -> SkillTool:
    name, parameters = written.name, written.parameters
    if _TOOL.fullmatch(name) is None:
        raise BrokenSkill(f"its tool's name {name[:70]!r} must be letters, digits, - and _")
    if name in reserved:
        raise BrokenSkill(f"its tool {name} has the name of a built-in one")
    if parameters.get("type", "object") != "object" or not isinstance(parameters.get("properties", {}), dict):
        raise BrokenSkill(f"the parameters of its tool {name} must be the JSON Schema of an object")
    schema: JsonObject = {"type": "object", "properties": {}}
    return SkillTool(
        name=name,
        description=written.description or name,
        parameters=schema | parameters,
        command=_command(written, permissions),
    )


def _command(written: _WrittenTool, permissions: SkillPermissions) -> tuple[str, ...]:
    """What to run. A line is one for the shell where the skill may use it, and words that are split where not."""
    command = written.command
    if command is None:
        return ()
    if isinstance(command, str):
        if permissions.shell:
            words = ["/bin/sh", "-c", command]
        else:
            try:
                words = shlex.split(command)
            except ValueError as error:
                raise BrokenSkill(f"the command of its tool {written.name} can't be split: {error}") from None
    else:
        words = command
    if not words or not words[0] or any("\0" in word for word in words):
        raise BrokenSkill(f"the command of its tool {written.name} is empty, or has a zero byte")
    if not permissions.shell and words[0].rpartition("/")[2] in _SHELLS:
        raise BrokenSkill(f"the command of its tool {written.name} is a shell, and permissions.shell is not true")
    return tuple(words)
