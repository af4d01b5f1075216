"""A run seen to its end: started, followed, and taken up again where it was when the connection breaks."""

from collections.abc import AsyncIterator
from typing import Any

from openclaw_rpc.cli.client import Client, Event
from openclaw_rpc.cli.errors import ConnectionLost
from openclaw_rpc.cli.link import Link
from openclaw_rpc.protocol import chat, event, session

FINAL = {"completed", "aborted", "error", "interrupted"}


class RunFollower:
    """One run over as many connections as it takes; every piece of its text comes exactly once.

    ``accepted`` is what the gateway answered, ``text`` what the run has said so far.
    """

    def __init__(self, link: Link, accepted: dict[str, Any], client: Client) -> None:
        self.accepted = accepted
        self.run_id = str(accepted["runId"])
        self.text = ""
        self._link = link
        self._client = client
        self._epoch = str(accepted["epoch"])
        self._seq = int(accepted["seq"])

    @classmethod
    async def start(cls, link: Link, params: dict[str, Any], method: str = chat.run.name) -> "RunFollower":
        """Start the run. With an `idempotencyKey` a call whose answer was lost is made again, else it fails.

        Raises:
            CliError: the gateway refused it, or can't be reached.
        """
        while True:
            client = await link.client()
            try:
                return cls(link, await client.call(method, params), client)
            except ConnectionLost:
                if not params.get("idempotencyKey"):
                    raise

    async def abort(self) -> None:
        """Stop the run; its final event comes as an event."""
        await (await self._link.client()).call(chat.abort.name, {"runId": self.run_id})

    async def events(self) -> AsyncIterator[Event]:
        """The run's events up to and including the final one."""
        waiting: list[Event] = []
        while True:
            for found in waiting:
                yield found
                if found.type == chat.chat_done.name:
                    return
            try:
                async for found in self._client.events():
                    if self._is_new(found):
                        yield found
                        if found.type == chat.chat_done.name:
                            return
            except ConnectionLost:
                waiting = await self._resume()

    def _is_new(self, found: Event) -> bool:
        """Whether an event is the run's, and not seen yet; remembers it."""
        if found.data.get("runId") != self.run_id:
            return False
        if found.seq is not None and found.epoch is not None:
            if found.epoch == self._epoch and found.seq <= self._seq:
                return False
            self._epoch, self._seq = found.epoch, found.seq
        if found.type == chat.chat_delta.name:
            self.text += str(found.data.get("delta", ""))
        return True

    async def _resume(self) -> list[Event]:
        """Connect again and subscribe behind what was seen; what has to be told at once where that can't be had."""
        while True:
            self._client = await self._link.client()
            after = {"epoch": self._epoch, "seq": self._seq}
            try:
                answer = await self._client.call(event.subscribe.name, {"runId": self.run_id, "after": after})
                return await self._snapshot() if answer.get("resync") else []
            except ConnectionLost:
                continue

    async def _snapshot(self) -> list[Event]:
        """What was missed, put together from how the run stands now."""
        state = await self._client.call(chat.wait.name, {"runId": self.run_id, "timeoutMs": 1})
        if state["status"] in FINAL:
            return [*self._rest(state.get("response") or ""), self._done(state)]
        detail = await self._client.call(session.get.name, {"sessionKey": self.accepted["sessionKey"], "limit": 1})
        self._epoch, self._seq = str(detail["epoch"]), int(detail["seq"])
        said = next((live["text"] for live in detail.get("live", []) if live["runId"] == self.run_id), "")
        return self._rest(said)

    def _rest(self, whole: str) -> list[Event]:
        """The part of the text that was not seen yet, as one delta."""
        if self.text.endswith(whole):
            return []
        rest = whole[len(self.text) :] if whole.startswith(self.text) else "\n" + whole
        self.text += rest
        return [self._event(chat.chat_delta.name, {"delta": rest})]

    def _done(self, state: dict[str, Any]) -> Event:
        reasons = {"completed": "stop"}
        found = {"finishReason": state.get("finishReason") or reasons.get(state["status"], state["status"])}
        found |= {name: state[name] for name in ("usage", "model", "messageId", "error") if name in state}
        return self._event(chat.chat_done.name, found)

    def _event(self, name: str, data: dict[str, Any]) -> Event:
        return Event(name, {"sessionKey": self.accepted["sessionKey"], "runId": self.run_id, **data})
