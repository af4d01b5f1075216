"""The offline agent's decisions: a prompt in, a text or a tool call out. No network, no model."""

import difflib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, cast

import msgspec

from openclaw_rpc.domain.offline.arguments import BadArgumentsError, arguments_of
from openclaw_rpc.domain.offline.calc import CalcError, calculate
from openclaw_rpc.domain.offline.texts import Language, language_of, say, text_of
from openclaw_rpc.domain.providers import Prompt
from openclaw_rpc.domain.records import SessionRecord
from openclaw_rpc.protocol.base import JsonObject

COMMANDS = ("help", "status", "sessions", "time", "calc")
MAX_SHOWN = 20_000


class OfflineInfo(Protocol):
    """What the offline agent may say about the gateway."""

    async def status(self, user: str) -> Mapping[str, Any]:
        """How the gateway is doing, by name; nested objects and lists are shown indented."""
        ...

    async def sessions(self, user: str) -> Sequence[SessionRecord]:
        """The user's sessions, the last used first; not more than a page."""
        ...


class OfflineReply(msgspec.Struct, frozen=True, kw_only=True):
    """What it answers: a text, or a call of ``tool`` with ``arguments``."""

    text: str = ""
    tool: str | None = None
    arguments: JsonObject = {}


class OfflineAgent:
    """Answers prompts from the gateway's own state.

    Args:
        info: what it may say about the gateway.
        now: the time, with its zone.
    """

    def __init__(self, info: OfflineInfo, now: Callable[[], datetime]) -> None:
        self._info = info
        self._now = now

    async def reply(self, prompt: Prompt) -> OfflineReply:
        """The answer to the last message: a tool's result is printed, a command run, anything else explained."""
        language = language_of(prompt.messages, prompt.language)
        if prompt.messages and prompt.messages[-1].get("role") == "tool":
            return OfflineReply(text=_results(prompt.messages, language))
        users = [message for message in prompt.messages if message.get("role") == "user"]
        text = text_of(users[-1].get("content")).strip() if users else ""
        if not text.startswith("/"):
            return OfflineReply(text=say(language, "configure") + self._help(prompt, language))
        name, *rest = text[1:].split(None, 1)[:2] or [""]
        return await self._command(prompt, name, "".join(rest), language)

    async def _command(self, prompt: Prompt, name: str, rest: str, language: Language) -> OfflineReply:
        tools = {spec.name: spec.parameters for spec in prompt.tools}
        commands: Mapping[str, Callable[[], Awaitable[str]]] = {
            "status": lambda: self._status(prompt.user),
            "sessions": lambda: self._sessions(prompt.user, language),
        }
        lower = name.lower()
        if lower == "help":
            return OfflineReply(text=self._help(prompt, language))
        if lower == "time":
            return OfflineReply(text=self._now().strftime("%Y-%m-%d %H:%M:%S %z (%A)\n"))
        if lower == "calc":
            return OfflineReply(text=_calc(rest, language))
        if lower in commands:
            return OfflineReply(text=await commands[lower]())
        if name in tools:
            try:
                return OfflineReply(tool=name, arguments=arguments_of(name, tools[name], rest, language))
            except BadArgumentsError as error:
                return OfflineReply(text=str(error))
        return OfflineReply(text=_unknown(name, [*COMMANDS, *tools], language))

    def _help(self, prompt: Prompt, language: Language) -> str:
        text = say(language, "help")
        if not prompt.tools:
            return text
        lines: list[str] = []
        for spec in prompt.tools:
            about = " ".join(spec.description.split())
            names = " ".join(cast("dict[str, Any]", spec.parameters.get("properties") or {}))
            lines.append(f"/{spec.name} {names}".rstrip() + (f" — {about[:100]}" if about else "") + "\n")
        return text + "\n" + say(language, "tools") + "".join(lines)

    async def _status(self, user: str) -> str:
        return readable(await self._info.status(user)) + "\n"

    async def _sessions(self, user: str, language: Language) -> str:
        sessions = await self._info.sessions(user)
        if not sessions:
            return say(language, "no_sessions")
        lines = [
            say(
                language,
                "session",
                updated=session.updated_at,
                messages=session.message_count,
                title=f" ({session.title})" if session.title else "",
                name=session.key,
            )
            for session in sessions
        ]
        return say(language, "sessions", count=len(sessions)) + "".join(lines)


def _calc(expression: str, language: Language) -> str:
    if not expression.strip():
        return say(language, "calc_empty")
    try:
        return f"{expression.strip()} = {calculate(expression)}\n"
    except CalcError as error:
        return say(language, f"calc_{error.reason}", detail=error.detail)


def _unknown(name: str, known: Sequence[str], language: Language) -> str:
    near = difflib.get_close_matches(name.lower()[:60], known, n=1, cutoff=0.5)
    nearest = say(language, "nearest", nearest=near[0]) if near else ""
    return say(language, "unknown", name=name[:60]) + nearest + say(language, "see_help")


def _results(messages: Sequence[JsonObject], language: Language) -> str:
    """The results at the end of the messages, each under its tool's name."""
    names: dict[str, str] = {}
    for message in messages:
        for call in cast("Sequence[JsonObject]", message.get("tool_calls") or ()):
            function = cast("JsonObject", call.get("function") or {})
            names[str(call.get("id"))] = str(function.get("name", "?"))
    found: list[str] = []
    for message in reversed(messages):
        if message.get("role") != "tool":
            break
        name = names.get(str(message.get("tool_call_id")), str(message.get("name") or "?"))
        content = text_of(message.get("content"))
        try:
            value: Any = msgspec.json.decode(content)
        except (msgspec.DecodeError, RecursionError):
            value = content
        error = cast("JsonObject", value).get("error") if isinstance(value, dict) else None
        heading = say(language, "failed" if error else "result", name=name)
        found.append(heading + readable(error or value) + "\n")
    return "\n".join(reversed(found))


def readable(value: Any, indent: int = 0) -> str:
    """A JSON value as people read it: ``key: value`` lines, lists with dashes; cut where it is very long."""
    text = "\n".join(_lines(value, indent, 0))
    return text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "\n…"


def _lines(value: Any, indent: int, depth: int) -> list[str]:
    pad = "  " * indent
    if depth > 12:
        return [f"{pad}…"]
    lines: list[str] = []
    if isinstance(value, Mapping) and value:
        for key, item in cast("Mapping[str, Any]", value).items():
            lines += _item(f"{pad}{key}:", item, indent, depth)
    elif isinstance(value, (list, tuple)) and value:
        for item in cast("Sequence[Any]", value):
            lines += _item(f"{pad}-", item, indent, depth)
    else:
        lines += [pad + line for line in _plain(value).splitlines()] or [pad]
    return lines


def _item(lead: str, item: Any, indent: int, depth: int) -> list[str]:
    nested = isinstance(item, (Mapping, list, tuple)) and bool(cast("Any", item))
    if nested or (isinstance(item, str) and "\n" in item):
        return [lead, *_lines(item, indent + 1, depth + 1)]
    return [f"{lead} {_plain(item)}"]


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()
