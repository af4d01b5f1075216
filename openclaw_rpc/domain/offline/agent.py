"""The offline agent's decisions: a prompt in, a text or a tool call out. No network, no model."""

import contextlib
import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from textwrap import shorten
from typing import Any, Protocol, cast

import msgspec

from openclaw_rpc.domain.offline.arguments import arguments_of
from openclaw_rpc.domain.offline.calc import calculate
from openclaw_rpc.domain.offline.texts import Language, language_of, say, text_of
from openclaw_rpc.domain.providers import Prompt
from openclaw_rpc.domain.records import SessionRecord
from openclaw_rpc.domain.tools.ports import ToolSpec
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.errors import InvalidRequest

COMMANDS = ("help", "status", "sessions", "time", "calc")
MAX_INDENT = 24
WIDTH = 100


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
        program: how the command line is typed on this machine.
    """

    def __init__(self, info: OfflineInfo, now: Callable[[], datetime], program: str) -> None:
        self._info = info
        self._now = now
        self._program = program

    async def reply(self, prompt: Prompt) -> OfflineReply:
        """The answer to the last message: a tool's result is printed, a command run, anything else explained."""
        language = language_of(prompt.messages, prompt.language)
        if prompt.messages and prompt.messages[-1].get("role") == "tool":
            return OfflineReply(text=_results(prompt.messages, language))
        users = [message for message in prompt.messages if message.get("role") == "user"]
        text = text_of(users[-1].get("content")).strip() if users else ""
        if not text.startswith("/"):
            return OfflineReply(text=say(language, "configure", program=self._program))
        name, *rest = text[1:].split(None, 1) or [""]
        words = "".join(rest).strip()
        for spec in prompt.tools:
            if spec.name == name:
                try:
                    return OfflineReply(tool=name, arguments=arguments_of(spec, words))
                except InvalidRequest as error:
                    return OfflineReply(text=say(language, "usage", reason=error.message, usage=_usage(spec)))
        return OfflineReply(text=await self._command(prompt, name, words, language))

    async def _command(self, prompt: Prompt, name: str, words: str, language: Language) -> str:
        match name.lower():
            case "help":
                return say(language, "help") + "".join(f"- {_usage(spec)}\n" for spec in prompt.tools)
            case "time":
                return self._now().strftime("%Y-%m-%d %H:%M:%S %z (%A)\n")
            case "calc":
                value = calculate(words)
                return say(language, "calc") if value is None else f"{words} = {value}\n"
            case "status":
                return _block(readable(await self._info.status(prompt.user))) + "\n"
            case "sessions":
                sessions = await self._info.sessions(prompt.user)
                lines = [
                    f"- {one.key}{f' ({one.title})' if one.title else ''}: {one.message_count}, {one.updated_at}\n"
                    for one in sessions
                ]
                return say(language, "sessions", count=len(sessions)) + "".join(lines)
            case lower:
                known = [*COMMANDS, *(spec.name for spec in prompt.tools)]
                near = difflib.get_close_matches(lower[:60], known, n=1, cutoff=0.5)
                return say(language, "unknown", name=name[:60], nearest=near[0] if near else "help")


def _usage(spec: ToolSpec) -> str:
    """A tool's name, its parameters and what it does, in a line."""
    names = " ".join(cast("dict[str, Any]", spec.parameters.get("properties") or {}))
    first, _, more = " ".join(spec.description.split()).partition(". ")
    about = first.rstrip(".") + "." if more or len(first) <= WIDTH else first
    return f"`/{spec.name} {names}".rstrip() + "` " + shorten(about, WIDTH, placeholder=" …").replace("`", "")


def _results(messages: Sequence[JsonObject], language: Language) -> str:
    """The results at the end of the messages, each under its tool's name."""
    names: dict[str, str] = {}
    for message in messages:
        for call in cast("Sequence[JsonObject]", message.get("tool_calls") or ()):
            names[str(call.get("id"))] = cast("JsonObject", call.get("function") or {}).get("name", "?")
    found: list[str] = []
    for message in reversed(messages):
        if message.get("role") != "tool":
            break
        name = names.get(str(message.get("tool_call_id")), "?")
        value: Any = text_of(message.get("content"))
        with contextlib.suppress(msgspec.DecodeError, RecursionError):
            value = msgspec.json.decode(value)
        error = cast("JsonObject", value).get("error") if isinstance(value, dict) else None
        found.append(
            say(language, "failed" if error else "result", name=name) + _block(readable(error or value)) + "\n"
        )
    return "\n".join(reversed(found))


def _block(text: str) -> str:
    """A text as it is; where spaces at the beginning of a line matter, as a block that Markdown leaves alone."""
    if not any(line.startswith(" ") for line in text.split("\n")):
        return text
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}\n{text}\n{fence}"


def readable(value: Any, pad: str = "") -> str:
    """A JSON value as people read it: ``key: value`` lines, lists with dashes."""
    if isinstance(value, str):
        return "\n".join(pad + line for line in value.splitlines())
    if not isinstance(value, Mapping | list) or not value or len(pad) > MAX_INDENT:
        return pad + msgspec.json.encode(value).decode()
    named = isinstance(value, Mapping)
    items = cast("Mapping[str, Any]", value).items() if named else ((None, item) for item in cast("list[Any]", value))
    lines: list[str] = []
    for key, item in items:
        lead = f"{key}:" if named else "-"
        deep = "\n" in item if isinstance(item, str) else isinstance(item, Mapping | list) and bool(cast("Any", item))
        lines.append(f"{pad}{lead}" + ("\n" + readable(item, pad + "  ") if deep else f" {readable(item)}"))
    return "\n".join(lines)
