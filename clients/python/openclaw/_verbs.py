"""What the references' verbs answer, made of runs and their events."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Literal, cast

import msgspec

from openclaw._connection import Connection
from openclaw._errors import RunError
from openclaw._fences import Fences
from openclaw._frames import Event
from openclaw._streams import plain

if TYPE_CHECKING:
    from openclaw.types import Usage

FAILED = ("error", "aborted", "interrupted")


class Tokens(msgspec.Struct, frozen=True):
    """What a message used."""

    input: int = 0
    output: int = 0
    total: int = 0


class Message(msgspec.Struct, frozen=True):
    """An agent's answer, in reference 000's words. ``latency_ms`` is how long it took."""

    id: str
    conversation_id: str
    content: str
    skills_used: list[str]
    tokens: Tokens
    latency_ms: int
    model: str
    role: Literal["assistant"] = "assistant"


class Chunk(msgspec.Struct, frozen=True):
    """A piece of a streamed answer, in reference 000's words; ``content`` is a `token`'s text, else empty.

    `resync`: the tokens before it do not count, the answer comes from its beginning (its run began again, or some of
    what was missed can't be had any more).
    """

    type: Literal["start", "token", "resync", "skill_call", "skill_result", "tool_call", "tool_result", "end"]
    content: str = ""
    conversation_id: str | None = None
    skill: str | None = None
    tool: str | None = None
    status: str | None = None
    tokens: Tokens | None = None


class AgentAnswer(msgspec.Struct, frozen=True):
    """An agent's answer, in reference 003's words."""

    response: str
    run_id: str
    session_key: str
    usage: Usage
    model: str | None = None
    message_id: str | None = None


class Sent(msgspec.Struct, frozen=True):
    """An agent's answer, in reference 002's words; ``actions`` are what its tools changed."""

    content: str
    message_id: str
    session_id: str
    run_id: str
    actions: list[dict[str, Any]]


class Part(msgspec.Struct, frozen=True):
    """A piece of a streamed answer, in reference 002's words: text, or code in a language ("" where it is unknown).

    `resync`: the pieces before it do not count, the answer comes from its beginning.
    """

    type: Literal["text", "code", "resync"]
    content: str
    language: str = ""


def new_key(prefix: str = "") -> str:
    """Something that nothing else is called."""
    return prefix + os.urandom(12).hex()


def prepared(params: Any, own: str) -> dict[str, Any]:
    """The params of a run: in the client's own conversation where none is named, and safe to be sent again."""
    given = plain(params)
    if given.get("sessionKey") is None:
        given["sessionKey"] = own
    if given.get("idempotencyKey") is None:
        given["idempotencyKey"] = new_key()
    return given


async def ended(connection: Connection, params: dict[str, Any], timeout: float | None) -> dict[str, Any]:
    """Begin a run and wait for its end: how it stands then.

    Raises:
        RunError: it did not come to an answer.
    """
    accepted = await connection.call("chat.run", params, safe=True, timeout=timeout)
    run_id = accepted["runId"]
    wait = {"runId": run_id}
    state = await connection.call("chat.wait", wait, timeout=timeout, retries=float("inf"))
    if state["status"] in FAILED:
        raise RunError(run_id, state.get("finishReason") or state["status"], state.get("error"))
    return state


def message(state: dict[str, Any]) -> Message:
    """A run that came to an answer, in reference 000's words."""
    return Message(
        id=state["runId"],
        conversation_id=state["sessionKey"],
        content=state.get("response") or "",
        skills_used=state.get("skillsUsed", []),
        tokens=_tokens(state.get("usage")),
        latency_ms=state.get("durationMs") or 0,
        model=state.get("model") or "",
    )


def agent_answer(state: dict[str, Any]) -> AgentAnswer:
    """The same in reference 003's."""
    from openclaw.types import Usage

    return AgentAnswer(
        response=state.get("response") or "",
        run_id=state["runId"],
        session_key=state["sessionKey"],
        usage=msgspec.convert(state.get("usage") or _NO_USAGE, Usage),
        model=state.get("model"),
        message_id=state.get("messageId"),
    )


def sent(state: dict[str, Any]) -> Sent:
    """The same in reference 002's."""
    actions = [_ACTIONS[call["tool"]](call) for call in state.get("toolCalls", ()) if _acted(call)]
    return Sent(
        content=state.get("response") or "",
        message_id=state.get("messageId") or state["runId"],
        session_id=state["sessionKey"],
        run_id=state["runId"],
        actions=actions,
    )


def chunks() -> Any:
    """What an event of a run is in reference 000's words: a function that answers the chunks of each."""
    begun, again = False, begins_again()

    def tell(event: Event) -> Iterator[Chunk]:
        nonlocal begun
        data = event.data
        if not begun:
            begun = True
            yield Chunk("start", conversation_id=data["sessionKey"])
        if (said := again(event)) is not None:
            yield Chunk("resync")
            if said:
                yield Chunk("token", said)
        elif event.type == "chat.delta":
            yield Chunk("token", data["delta"])
        elif event.type in ("tool.call", "tool.result"):
            what: Any = f"{'skill' if data.get('skill') else 'tool'}_{event.type[5:]}"
            status = "invoking" if event.type == "tool.call" else "failed" if data.get("error") else "completed"
            yield Chunk(what, skill=data.get("skill"), tool=data["tool"], status=status)
        elif event.type == "chat.done":
            answered(data)
            yield Chunk("end", conversation_id=data["sessionKey"], tokens=_tokens(data.get("usage")))

    return tell


def parts() -> Any:
    """The same in reference 002's: text and code."""
    fences, again = Fences(), begins_again()

    def tell(event: Event) -> Iterator[Part]:
        nonlocal fences
        if (said := again(event)) is not None:
            fences = Fences()
            yield Part("resync", "")
            yield from (Part(*part) for part in fences.feed(said))
        elif event.type == "chat.delta":
            yield from (Part(*part) for part in fences.feed(event.data["delta"]))
        elif event.type == "chat.done":
            yield from (Part(*part) for part in fences.end())
            answered(event.data)

    return tell


def begins_again() -> Callable[[Event], str | None]:
    """A function that answers, of an event behind which all that came before does not count, what is said so far."""
    said = False

    def look(event: Event) -> str | None:
        nonlocal said
        if event.type == "resync":
            said = True
            return str(event.data.get("response") or "")
        if event.type == "chat.started" and said:
            said = False
            return ""
        said = said or event.type == "chat.delta"
        return None

    return look


def answered(done: dict[str, Any]) -> None:
    """Refuse a run's final event that tells of no answer.

    Raises:
        RunError: it says so.
    """
    if done["finishReason"] in FAILED:
        raise RunError(done["runId"], done["finishReason"], done.get("error"))


def _tokens(usage: dict[str, int] | None) -> Tokens:
    used = usage or _NO_USAGE
    return Tokens(used["promptTokens"], used["completionTokens"], used["totalTokens"])


_NO_USAGE = {"promptTokens": 0, "completionTokens": 0, "totalTokens": 0}


def _acted(call: dict[str, Any]) -> bool:
    return call.get("tool") in _ACTIONS and not call.get("error")


def _member(call: dict[str, Any], part: str, name: str) -> Any:
    value = call.get(part)
    return cast("dict[str, Any]", value).get(name) if isinstance(value, dict) else None


_ACTIONS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "file_write": lambda call: {
        "type": "file_created" if _member(call, "result", "created") else "file_updated",
        "path": _member(call, "params", "path"),
    },
    "shell": lambda call: {
        "type": "command_executed",
        "command": _member(call, "params", "command"),
        "exitCode": _member(call, "result", "exitCode"),
    },
    "memory_store": lambda call: {"type": "memory_stored", "key": _member(call, "params", "key")},
    "browser_navigate": lambda call: {"type": "page_opened", "url": _member(call, "params", "url")},
}
"""What a tool's use is called where it changed something; looking at something is no action."""
