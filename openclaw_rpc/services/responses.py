"""Responses: begun, followed, gone on with, cancelled, kept and found again."""

from __future__ import annotations

import zlib
from collections import OrderedDict
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager, suppress
from datetime import timedelta
from typing import Any, Protocol

import anyio
import msgspec
from anyio.abc import TaskGroup

from openclaw_rpc.dialects.openai.conversations import placed
from openclaw_rpc.dialects.openai.response_events import Building, new_response, response_of_item
from openclaw_rpc.dialects.openai.response_requests import ResponseRequest, items_of, read_request, run_of
from openclaw_rpc.domain.clock import Clock, iso, new_id
from openclaw_rpc.domain.events.bus import Bus
from openclaw_rpc.domain.ports import Log
from openclaw_rpc.domain.principals import Principal
from openclaw_rpc.domain.refusals import told_to
from openclaw_rpc.domain.responses.ports import ResponseRecord, ResponseStore
from openclaw_rpc.domain.runs.service import Runs
from openclaw_rpc.domain.sessions import Sessions
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.chat import ChatRunParams
from openclaw_rpc.protocol.errors import GatewayError, InternalError, NotFound, Unavailable, interrupted
from openclaw_rpc.protocol.response import ResponseCreateParams
from openclaw_rpc.rpc.call import Attempt
from openclaw_rpc.services.completions import Completions
from openclaw_rpc.services.conversations import Conversations, page
from openclaw_rpc.services.live_response import LiveResponse, ask_agent, ask_model, events_after
from openclaw_rpc.services.placing import Placing

KEPT = timedelta(days=30)
BEGUN_KEPT = 1000
STOPPED = "the gateway was stopped while the response was under way"


class ResponsesElsewhere(Protocol):
    """Responses that are under way in other processes of the gateway."""

    async def holder(self, response_id: str) -> int | None:
        """The node that has one; None where none has, or this one."""
        ...

    def events(self, response_id: str, after: int) -> AsyncGenerator[bytes]:
        """A response's events after a number, as long as it is under way there; nothing where it is not."""
        ...


class Responses:
    """All responses that are under way, and the way to those that are kept."""

    def __init__(
        self,
        store: ResponseStore,
        conversations: Conversations,
        completions: Completions,
        sessions: Sessions,
        runs: Runs,
        bus: Bus,
        clock: Clock,
        log: Log,
    ) -> None:
        self._store = store
        self._conversations = conversations
        self._placing = Placing(sessions, runs)
        self._completions = completions
        self._runs = runs
        self._bus = bus
        self._clock = clock
        self._log = log
        self._live: dict[str, LiveResponse] = {}
        self._begun: OrderedDict[tuple[str, bytes], str | LiveResponse] = OrderedDict()
        """What requests to agents began lately, by who asked and what: its id, where it is kept."""
        self.elsewhere: ResponsesElsewhere | None = None
        self._group: TaskGroup | None = None
        self._closing = False

    @asynccontextmanager
    async def serving(self) -> AsyncGenerator[None]:
        """Give responses a place to live in; first those that the last process left behind are ended."""
        await self._store.prune(iso(self._clock.now() - KEPT.total_seconds()))
        await self.recover()
        async with anyio.create_task_group() as group:
            self._group = group
            try:
                yield
            finally:
                self._group = None
                group.cancel_scope.cancel()

    async def recover(self) -> None:
        """End those that were under way in a process that is gone."""
        for record in await self._store.unfinished():
            await self._store.put(_interrupted(record))

    async def close(self, seconds: float) -> None:
        """Take no more responses, let those under way end for so long, then interrupt them."""
        self._closing = True
        with anyio.move_on_after(seconds):
            for live in list(self._live.values()):
                await live.ended.wait()
        for live in list(self._live.values()):
            live.fault = interrupted()
            live.scope.cancel()
            await live.ended.wait()

    async def create(
        self,
        principal: Principal,
        params: ResponseCreateParams,
        pin: str | None = None,
        attempt: Attempt | None = None,
    ) -> LiveResponse:
        """Begin a response; answers it once its answer has begun, or at once where it goes on in the background.

        A caller that is cancelled ends a response that is not kept. One whose client says that it asked before gets
        the agent's response that is there.

        Raises:
            InvalidRequest, NotFound: as they say. GatewayError: it failed before it began.
        """
        request, run = read_request(params.body), params.run
        if self._group is None or self._closing:
            raise Unavailable("the gateway is stopping", reason="stopping", retryAfter=5)
        key = None if attempt is None or run is None else (f"{principal.limit_key}/{principal.user}", attempt.digest)
        if key is not None and attempt is not None and attempt.again:
            found = await self._repeated(principal, key, request)
            if found is not None:
                return await self._opened(found)
        before = await self._before(principal, request.previous_response_id)
        context = await self._context(principal, before, request.conversation_id)
        items = await self._resolved(principal, items_of(request))
        name = request.model or (self._completions.default_model if run is None else "openclaw")
        if run is not None:
            run = await self._placed(principal, run_of(run, [*context, *items]), params, request, before)
            if run is None:
                request = msgspec.structs.replace(request, store=False)
        if run is None:
            self._completions.check(request.model)
        live = LiveResponse(principal, request, new_response(request, new_id("resp"), name), items)
        live.context = context
        self._live[live.id] = live
        if key is not None and run is not None:
            self._remember(key, live)
        created_at = iso(self._clock.now())
        if request.background:
            await self._store.put(live.record(created_at))
        self._group.start_soon(self._drive, live, run, pin, created_at)
        return await self._opened(live)

    async def _opened(self, live: LiveResponse) -> LiveResponse:
        """The response once its answer has begun.

        Raises:
            GatewayError: it failed before.
        """
        if not live.request.background:
            await self._until(live, live.opened)
            if live.fault is not None and not live.events:
                raise live.fault
        return live

    def _remember(self, key: tuple[str, bytes], live: LiveResponse) -> None:
        self._begun[key] = live
        while len(self._begun) > BEGUN_KEPT:
            self._begun.popitem(last=False)
        live.began_as = key

    async def _repeated(
        self, principal: Principal, key: tuple[str, bytes], request: ResponseRequest
    ) -> LiveResponse | None:
        """What the same request began before; None where that was stopped with its client, or is not kept."""
        found = self._begun.get(key)
        if isinstance(found, str):
            record = await self._store.find(found)
            return None if record is None else LiveResponse.of_record(principal, request, record)
        return None if found is None or found.scope.cancel_called else found

    async def _placed(
        self,
        principal: Principal,
        run: ChatRunParams,
        params: ResponseCreateParams,
        request: ResponseRequest,
        before: ResponseRecord | None,
    ) -> ChatRunParams | None:
        """The run in the session that it belongs to; None where the request is a program's own, such as for a title."""
        named = params.conversation_key if before is None else before.session_key
        if principal.sessions is not None:  # may enter sessions by their names alone, and bring no past along
            return msgspec.structs.replace(run, session_key=run.session_key or named, history=[])
        if run.session_key is not None:
            return run
        goes_on = before is not None or request.conversation_id is not None
        alone = not (goes_on or request.stream or request.background or request.tools)
        return await self._placing.drive(principal, placed(run, named, alone=alone, tail=before is not None))

    async def _resolved(self, principal: Principal, items: list[JsonObject]) -> list[JsonObject]:
        """Items with those in the place of references that they mean.

        Raises:
            NotFound: there is no such item.
        """
        if all(item["type"] != "item_reference" for item in items):
            return items
        return [await self._item(principal, item["id"]) if item["type"] == "item_reference" else item for item in items]

    async def _item(self, principal: Principal, item_id: str) -> JsonObject:
        """An item of an earlier answer."""
        try:
            body = await self.get(principal, response_of_item(item_id))
        except NotFound:
            output = []
        else:
            output: list[JsonObject] = msgspec.json.decode(body)["output"]
        for item in output:
            if item["id"] == item_id:
                return item
        raise NotFound(f"there is no item {item_id!r}", field="input", reason="unknown_item")

    async def whole(self, live: LiveResponse) -> bytes:
        """A response once it has ended.

        Raises:
            GatewayError: it ended in that error.
        """
        await self._until(live, live.ended)
        if live.fault is not None:
            raise live.fault
        return live.body

    async def events(self, live: LiveResponse) -> AsyncGenerator[bytes]:
        """A response's events, for the client that asked for it."""
        try:
            async for written in live.follow():
                yield written
        finally:
            self._left(live)

    async def _until(self, live: LiveResponse, event: anyio.Event) -> None:
        try:
            await event.wait()
        except BaseException:
            self._left(live)
            raise

    def _left(self, live: LiveResponse) -> None:
        """The client is gone: what is not kept is of no use to anybody."""
        if not live.request.kept:
            live.scope.cancel()

    async def _before(self, principal: Principal, previous: str | None) -> ResponseRecord | None:
        """The response that this one goes on with."""
        if previous is None:
            return None
        if previous in self._live:
            await self._live[previous].ended.wait()
        elif self.elsewhere is not None:
            async for _ in self.elsewhere.events(previous, -1):
                pass
        return await self._find(principal, previous, "previous_response_id")

    async def _context(
        self, principal: Principal, before: ResponseRecord | None, conversation: str | None
    ) -> list[JsonObject]:
        """What was said before, in the response that this one goes on with or in its conversation."""
        if before is None and conversation is not None:
            with suppress(NotFound):
                return await self._conversations.items(principal, conversation)
            # Version 0.1.0 kept conversations in their responses alone.
            before = await self._store.last(principal.user, conversation)
        return [] if before is None else msgspec.json.decode(before.context)

    async def _drive(self, live: LiveResponse, run: ChatRunParams | None, pin: str | None, created_at: str) -> None:
        """A response from its first event to its last."""
        building = live.building
        try:
            with live.scope:
                if live.request.background:
                    live.opened.set()
                if run is None:
                    await ask_model(live, self._completions)
                else:
                    await ask_agent(live, run, pin, self._runs, self._bus)
        except GatewayError as error:
            told_to(error, end_user=live.principal.is_end_user)
            live.fault = error
        except Exception as error:
            self._log.error("a response failed", response_id=live.id, error=repr(error), exc_info=True)
            live.fault = InternalError("the gateway failed; its log says why")
        finally:
            with anyio.CancelScope(shield=True):
                await self._end(live, building, created_at)

    async def _end(self, live: LiveResponse, building: Building, created_at: str) -> None:
        begun = bool(live.events) or live.request.background
        if not building.ended and begun:
            if not live.events:
                building.begin()
            if live.fault is not None:
                building.fail("server_error", live.fault.message)
            elif live.scope.cancel_called:
                building.cancel()
            else:
                building.fail("server_error", STOPPED)
        try:
            if live.request.kept and begun:
                await self._keep_conversation(live)
                await self._store.put(live.record(created_at))
                if live.began_as is not None and self._begun.get(live.began_as) is live and live.fault is None:
                    self._begun[live.began_as] = live.id
        except GatewayError as error:
            self._log.error("a response could not be kept", response_id=live.id, error=error.message)
        finally:
            self._live.pop(live.id, None)
            live.close()

    async def _keep_conversation(self, live: LiveResponse) -> None:
        """What was asked and answered belongs to the conversation that the request named."""
        name, response = live.request.conversation_id, live.building.response
        if name is not None and response["status"] in ("completed", "incomplete"):
            await self._conversations.keep(live.principal, name, [*live.items, *response["output"]], live.context)

    def live(self, response_id: str) -> LiveResponse | None:
        """A response that is under way in this process, whoever's it is."""
        return self._live.get(response_id)

    async def holder(self, response_id: str) -> int | None:
        """The other node that has a response which is under way."""
        return None if self.elsewhere is None or response_id in self._live else await self.elsewhere.holder(response_id)

    def find_live(self, principal: Principal, response_id: str) -> LiveResponse | None:
        """A response that is under way."""
        live = self._live.get(response_id)
        return live if live is not None and principal.reaches(live.principal.user) else None

    async def _find(self, principal: Principal, response_id: str, field: str = "response_id") -> ResponseRecord:
        record = await self._store.find(response_id)
        if record is None or not principal.reaches(record.user):
            raise _unknown(response_id, field)
        return record

    async def get(self, principal: Principal, response_id: str) -> bytes:
        """A response in its present state.

        Raises:
            NotFound: there is none, it was not kept, or it is another user's.
        """
        live = self.find_live(principal, response_id)
        return live.body if live is not None else (await self._find(principal, response_id)).body

    async def follow(self, principal: Principal, response_id: str, after: int) -> AsyncGenerator[bytes]:
        """A response's events after a number, to its end.

        Raises:
            NotFound: as `get`.
        """
        live = self.find_live(principal, response_id)
        if live is not None:
            async for written in live.follow(after):
                yield written
            return
        record = await self._find(principal, response_id)
        if self.elsewhere is not None and not record.finished:
            async with aclosing(self.elsewhere.events(response_id, after)) as events:
                async for written in events:
                    after += written.count(b"\n\n")
                    yield written
            record = await self._find(principal, response_id)
        if written := events_after(record, after):
            yield written

    async def cancel(self, principal: Principal, response_id: str) -> bytes:
        """Stop a response and wait for its end.

        Raises:
            NotFound: as `get`.
        """
        live = self.find_live(principal, response_id)
        if live is None:
            return (await self._find(principal, response_id)).body
        live.scope.cancel()
        await live.ended.wait()
        return live.body

    async def delete(self, principal: Principal, response_id: str) -> None:
        """Remove a response, stopped where it is under way.

        Raises:
            NotFound: as `get`.
        """
        live = self.find_live(principal, response_id)
        if live is not None:
            live.scope.cancel()
            await live.ended.wait()
        else:
            await self._find(principal, response_id)
        if not await self._store.delete(response_id) and live is None:
            raise _unknown(response_id)

    async def items(
        self, principal: Principal, response_id: str, *, limit: int, descending: bool, after: str | None
    ) -> tuple[list[JsonObject], bool]:
        """A page of what a response was an answer to, and whether there is more.

        Raises:
            NotFound: as `get`. InvalidRequest: there is no item ``after``.
        """
        live = self.find_live(principal, response_id)
        found: list[JsonObject] = (
            list(live.items) if live else msgspec.json.decode((await self._find(principal, response_id)).input)
        )
        return page(found, limit=limit, descending=descending, after=after)


def _unknown(response_id: str, field: str = "response_id") -> NotFound:
    return NotFound(f"there is no response {response_id!r}", field=field, reason="unknown_response")


def _interrupted(record: ResponseRecord) -> ResponseRecord:
    """A response that the last process left behind, as failed."""
    response: dict[str, Any] = msgspec.json.decode(record.body)
    written: list[bytes] = []
    building = Building(
        response, lambda kind, data: written.append(b"event: " + kind.encode() + b"\ndata: " + data + b"\n\n")
    )
    building.begin()
    building.fail("server_error", STOPPED)
    return msgspec.structs.replace(
        record, finished=True, body=msgspec.json.encode(response), events=zlib.compress(b"".join(written))
    )
