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

from openclaw_rpc.domain.skills import front
from openclaw_rpc.domain.skills.needs import Needs, needs_of, words
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.skill import SkillPermissions

MAX_MANIFEST: Final = 1024 * 1024
"""Bytes of a `skill.json` or `SKILL.md`."""
MAX_DESCRIPTION: Final = 1024
"""Characters of a description, as the Agent Skills specification has it; a longer one is cut."""
MAX_TOOLS: Final = 100
UNKNOWN_VERSION: Final = "0.0.0"
RESERVED: Final = frozenset(
    {
        *("file_read", "file_write", "file_list", "file_search", "file_delete", "file_move", "shell", "web_fetch"),
        *("browser_navigate", "browser_snapshot", "browser_screenshot", "browser_click", "browser_type"),
        *("browser_execute", "memory_search", "memory_store", "memory_delete", "chat_run"),
        *("skill_read", "skill_search", "tool_search", "file_edit", "command_start", "command_output", "command_stop"),
    }
)
"""Names of built-in tools: a skill that brought one of these would be used in its stead."""

_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_TOOL: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_VERSION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+_-]{0,63}")
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
    """What a skill is. ``warnings`` are what was odd about how it is written.

    ``model_invocable``: models are told of it. ``user_invocable``: a message may call it. ``allowed_tools`` are tools
    that its author means it to use, in the words of the host that it was written for.
    """

    slug: str
    name: str
    version: str
    description: str
    prompt: str
    permissions: SkillPermissions
    tools: tuple[SkillTool, ...] = ()
    needs: Needs = Needs()
    model_invocable: bool = True
    user_invocable: bool = True
    allowed_tools: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


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
    requires: Any = None
    os: Any = None
    metadata: Any = None
    model_hidden: Any = msgspec.field(default=False, name="disable-model-invocation")
    user_invocable: Any = msgspec.field(default=True, name="user-invocable")
    allowed_tools: Any = msgspec.field(default=None, name="allowed-tools")


def read_json(text: str, fallback: str, *, prompt: str = "", reserved: Collection[str] = RESERVED) -> Manifest:
    """A manifest from JSON.

    Args:
        text: The file's text.
        fallback: What the file or folder is called: the slug where nothing better says one.
        prompt: The prompt where the manifest has none.
        reserved: Names that no tool may have.

    Raises:
        BrokenSkill: it can't be used.
    """
    written = _json(text)
    if not written.prompt:
        written = msgspec.structs.replace(written, prompt=prompt)
    return _checked(written, fallback, reserved)


def read_markdown(
    text: str, fallback: str, *, beside: str | None = None, reserved: Collection[str] = RESERVED
) -> Manifest:
    """A manifest from `SKILL.md`: its front matter, and as its prompt what follows.

    ``tools`` and ``permissions`` may stand at the top of the front matter, under ``metadata.openclaw``, or in a
    `skill.json` beside it, whose text is ``beside``. What that has and the front matter has not counts, too; one of
    another program is passed over.

    Raises:
        BrokenSkill: it can't be used.
    """
    try:
        fields, body, noted = front.read(text)
    except front.UnreadableFront as error:
        raise BrokenSkill(str(error)) from None
    warnings = list(noted)
    description = front.text_of(fields.get("description")).strip()
    if beside is not None and not description:
        return read_json(beside, fallback, prompt=body, reserved=reserved)
    if not description:
        raise BrokenSkill("its SKILL.md has no description, by which a model could tell when it is of use")
    if not isinstance(fields["description"], str):
        warnings.append("its description is not a text")
    written = _from_fields({**fields, "description": description}, warnings)
    if beside is not None:
        try:
            written = _joined(written, _json(beside), fields)
        except BrokenSkill as error:
            warnings.append(f"its skill.json is not one of a skill's and is passed over: {error}")
    return _checked(msgspec.structs.replace(written, prompt=body), fallback, reserved, warnings)


def _json(text: str) -> _Written:
    try:
        return msgspec.json.decode(text, type=_Written)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise BrokenSkill(f"its JSON can't be used: {error}") from None


def _from_fields(fields: dict[str, Any], warnings: list[str]) -> _Written:
    """A front matter's values, each taken by itself: one that is odd costs that one."""
    vendor = _vendor(fields.get("metadata"))
    for key in ("tools", "permissions"):
        if key in vendor and key not in fields:
            fields[key] = vendor[key]
    tools = fields.get("tools")
    # Other programs write names of their own tools here.
    listed = cast("list[Any]", tools) if isinstance(tools, list) else []
    fields["tools"] = [tool for tool in listed if isinstance(tool, dict)]
    taken: dict[str, Any] = {}
    for field in msgspec.structs.fields(_Written):
        value = fields.get(field.encode_name)
        if value is None:
            continue
        try:
            taken[field.encode_name] = msgspec.convert(value, field.type)
        except msgspec.ValidationError as error:
            warnings.append(f"its {field.encode_name} is left out: {error}")
    written = msgspec.convert({key: fields[key] for key in taken}, _Written)
    if written.version is not None and _VERSION.fullmatch(str(written.version)) is None:
        warnings.append(f"its version {str(written.version)[:70]!r} is left out: it must be like 1.2.0")
        written = msgspec.structs.replace(written, version=None)
    return written


def _joined(written: _Written, other: _Written, fields: Mapping[str, Any]) -> _Written:
    """A front matter's values, and from a `skill.json` those it does not have."""
    missing = {
        field.name: getattr(other, field.name)
        for field in msgspec.structs.fields(_Written)
        if not fields.get(field.encode_name) and field.name != "slug"
    }
    if not fields.get("name"):
        missing["slug"] = written.slug or other.slug
    return msgspec.structs.replace(written, **missing)


def slug_of(text: str) -> str:
    """A slug made of a name; empty where nothing of it can be part of one."""
    plain = unicodedata.normalize("NFKD", text).lower()
    plain = re.sub(r"[^a-z0-9_-]+", "-", "".join(c for c in plain if not unicodedata.combining(c)))
    return plain.strip("-_")[:64].rstrip("-_")


def is_slug(text: str) -> bool:
    """Whether a text is a slug."""
    return _SLUG.fullmatch(text) is not None


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


def _checked(written: _Written, fallback: str, reserved: Collection[str], warnings: Collection[str] = ()) -> Manifest:
    slug = written.slug or slug_of(written.name or "") or (fallback if is_slug(fallback) else slug_of(fallback))
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
        description=written.description.strip()[:MAX_DESCRIPTION],
        prompt=written.prompt.strip(),
        permissions=written.permissions,
        tools=tools,
        needs=needs_of({"requires": written.requires, "os": written.os}, _vendor(written.metadata)),
        model_invocable=not _true(written.model_hidden),
        user_invocable=_true(written.user_invocable),
        allowed_tools=words(written.allowed_tools),
        warnings=tuple(warnings),
    )


def _true(value: Any) -> bool:
    return value is True or (isinstance(value, str) and value.strip().lower() in ("true", "yes", "on"))


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
