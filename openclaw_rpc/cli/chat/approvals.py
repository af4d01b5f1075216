"""Approvals in a chat: each call that waits is asked about in place, or told where nobody can be asked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, cast

import msgspec

from openclaw import APIError
from openclaw_rpc.cli.chat.words import SHOWN, harmless, short, wanted_of

if TYPE_CHECKING:
    from openclaw import AsyncOpenClawClient

YES, NO, ALWAYS = "y", "n", "a"


class Asker(Protocol):
    """Whoever can ask a person."""

    async def choose(self, question: str, keys: Mapping[str, str]) -> str:
        """The key that was pressed, of ``keys`` with what each means."""
        ...

    async def line(self, label: str, *, secret: bool = False) -> str | None:
        """What was typed; None where it was not answered. ``secret``: nobody sees it."""
        ...

    def note(self, text: str) -> None:
        """Say something."""
        ...


class ApprovalPrompts:
    """The calls that wait, asked about one after the other.

    ``always`` names the tools that need no more questions in this chat. That never holds for calls that need the PIN,
    for questions, and for calls of a run that has read from outside: a page may have wanted them.
    """

    def __init__(self, client: AsyncOpenClawClient, asker: Asker) -> None:
        self.always: set[str] = set()
        self._client = client
        self._asker = asker
        self._waiting: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._known: set[str] = set()
        self._over: set[str] = set()
        self._asking: tuple[str, asyncio.Task[None]] | None = None

    def ask(self, info: dict[str, Any]) -> None:
        """A call waits."""
        if info["approvalId"] not in self._known:
            self._known.add(info["approvalId"])
            self._waiting.put_nowait(info)

    def decided(self, data: dict[str, Any]) -> None:
        """A call waits no more."""
        self._over.add(data["approvalId"])
        if self._asking is not None and self._asking[0] == data["approvalId"]:
            self._asking[1].cancel()
            self._asker.note(f"({data['tool']}: {data['outcome']})")

    def look_soon(self, session_key: str | None) -> None:
        """The same later: what began to wait while the connection was lost may have been missed."""
        if session_key is not None:
            self._client.connection.spawn(self.look(session_key))

    async def look(self, session_key: str | None) -> int:
        """Ask about all that waits now, of that session or of all; how many there are."""
        found: list[dict[str, Any]] = [
            info
            for info in (await self._client.call("tool.pending", {}))["approvals"]
            if session_key in (None, info["sessionKey"]) and info["approvalId"] not in self._over
        ]
        for info in found:
            self._known.discard(info["approvalId"])
            self.ask(info)
        return len(found)

    async def serve(self) -> None:
        """Ask, until cancelled."""
        while True:
            info = await self._waiting.get()
            if info["approvalId"] not in self._over:
                task = asyncio.ensure_future(self._decide(info))
                self._asking = info["approvalId"], task
                try:
                    await asyncio.wait([task])
                finally:
                    task.cancel()
                    self._asking = None
                if not task.cancelled() and (error := task.exception()) is not None:
                    self._asker.note(f"({info['tool']}: {error})")

    async def _decide(self, info: dict[str, Any]) -> None:
        tool = info["tool"]
        free = not (info["needsPin"] or info.get("asks") or info.get("read"))
        if free and tool in self.always:
            await self._approve(info)
            return
        keys = {YES: "yes", NO: "no", **({ALWAYS: "always"} if free else {})}
        while True:
            choice = await self._asker.choose(question_of(info), keys)
            try:
                if choice == NO:
                    await self._client.tool.deny(approval_id=info["approvalId"])
                    self._over.add(info["approvalId"])
                    return
                if await self._approve(info):
                    if choice == ALWAYS:
                        self.always.add(tool)
                        self._asker.note(f"({tool} is approved for the rest of this chat)")
                    return
            except APIError as error:
                self._asker.note(f"({tool}: {error.message})")
                if error.code == "not_found" or error.reason in ("pin_locked", "missing_scope"):
                    return

    async def _approve(self, info: dict[str, Any]) -> bool:
        """Whether it was approved; else it is asked again.

        Raises:
            OpenClawError: it could not be.
        """
        pin = content = None
        if info.get("asks"):
            content = await self._fields(info["asks"])
            if content is None:
                return False
        if info["needsPin"]:
            pin = await self._asker.line("PIN: ", secret=True)
            if not pin:
                return False
        await self._client.tool.approve(approval_id=info["approvalId"], pin=pin, content=content)
        self._over.add(info["approvalId"])
        return True

    async def _fields(self, wanted: Mapping[str, Any]) -> dict[str, Any] | None:
        """What an MCP server asks for, a line a field; None where it is not answered."""
        answer: dict[str, Any] = {}
        rules = cast("Mapping[str, Any]", wanted.get("properties") or {})
        for name, rule in rules.items():
            text = await self._asker.line(label_of(name, rule, name in (wanted.get("required") or ())))
            if text is None:
                return None
            if text:
                answer[name] = value_of(text, rule)
        return answer


def question_of(info: Mapping[str, Any]) -> str:
    """What is asked: the call, whole as far as that is readable, and what its run had read from outside."""
    params = members_of(info.get("params"))
    if info.get("asks"):
        lines = [f"{harmless(info['tool'])} asks: {short(params.get('question') or params, SHOWN)}"]
        if params.get("url"):
            lines.append(f"Address to open: {short(params['url'], SHOWN)}")
    else:
        lines = [f"{harmless(info['tool'])} wants: {wanted_of(params)}"]
    read: Sequence[str] = info.get("read") or ()
    if read:
        lines.append(f"It has read from outside: {short(', '.join(map(str, read)), SHOWN)}")
    return "\n".join(lines)


def members_of(rule: Any) -> Mapping[str, Any]:
    """A JSON Schema's members; it may be no object, too."""
    return cast("Mapping[str, Any]", rule) if isinstance(rule, Mapping) else {}


def label_of(name: str, rule: Any, needed: bool) -> str:
    """What a line is asked for by."""
    known = members_of(rule)
    about = str(known.get("description") or known.get("title") or name)
    choices = "/".join(map(str, known.get("enum") or ()))
    more = ", ".join(part for part in (choices, "" if needed else "may be empty") if part)
    return harmless(f"{about} ({more}): " if more else f"{about}: ")


def value_of(text: str, rule: Any) -> Any:
    """A typed text as the value that a JSON Schema wants; where it can't be, the text, which the gateway refuses."""
    kind = members_of(rule).get("type", "string")
    if kind == "boolean" and text.lower() in ("y", "yes", "n", "no"):
        return text.lower().startswith("y")
    if kind == "string":
        return text
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
