"""The gateway as an MCP server: `POST /mcp`, streamable HTTP, without sessions. The same tokens, scopes and policies.

A request is answered with JSON; one that takes its time, where the client takes an event stream, with one that says so
every few seconds. There is no stream of the server's own (`GET`) and nothing to end (`DELETE`): both are 405.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from openclaw_rpc import __version__
from openclaw_rpc.dialects import mcp
from openclaw_rpc.dialects.mcp import McpMessage, McpRefusal
from openclaw_rpc.dialects.runs import UNFINISHED
from openclaw_rpc.protocol import chat, tool
from openclaw_rpc.protocol.base import JsonObject, Params, Scope, SessionKey
from openclaw_rpc.protocol.chat import ChatAbortParams, ChatRunParams, ChatWaitParams, RunOptions, RunState, TimeoutMs
from openclaw_rpc.protocol.errors import GatewayError
from openclaw_rpc.protocol.tool import ToolInvokeParams, ToolListParams
from openclaw_rpc.protocol.validation import checked
from openclaw_rpc.rpc.call import Call
from openclaw_rpc.rpc.dispatcher import Dispatcher
from openclaw_rpc.transports.http import web
from openclaw_rpc.transports.http.replies import JSON
from openclaw_rpc.transports.http.request import HttpRequest
from openclaw_rpc.transports.http.rest import PIN_HEADER, UnsupportedType
from openclaw_rpc.transports.http.routing import Route
from openclaw_rpc.transports.http.sse import HEADERS, KEEP_ALIVE

PATH: Final = "/mcp"
SERVER: Final[JsonObject] = {"name": "openclaw-rpc", "title": "OpenClaw gateway", "version": __version__}
INSTRUCTIONS: Final = (
    "The tools of an agent gateway: files of its workspace, commands, memory, skills and more, and "
    f"{mcp.CHAT_RUN}, which asks the gateway's own agent."
)
QUIET_SECONDS: Final = 5.0
"""After so long an answer becomes an event stream, where the client takes one."""
NEWS_SECONDS: Final = 10.0
LAST_SECONDS: Final = 1.0
"""How long what is ended has to end, processes included."""


class ChatRunArguments(Params, frozen=True, kw_only=True):
    """What the tool `chat_run` takes; `dialects.mcp.CHAT_TOOL` describes it."""

    message: Annotated[str, Meta(min_length=1)]
    session_key: SessionKey | None = None
    agent_id: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    timeout_ms: TimeoutMs | None = None


class McpDoor:
    """Answers MCP by the rows of the table: `tool.list`, `tool.invoke`, and `chat.run` as a tool."""

    def __init__(
        self, dispatcher: Dispatcher, *, quiet_seconds: float = QUIET_SECONDS, news_seconds: float = NEWS_SECONDS
    ) -> None:
        self._dispatcher = dispatcher
        self._quiet_seconds = quiet_seconds
        self._news_seconds = news_seconds
        self._under_way: dict[tuple[str, str | int], list[asyncio.Task[JsonObject]]] = {}

    def routes(self) -> tuple[Route, ...]:
        """The one, also with a slash at its end; its requests bound their time themselves."""
        return tuple(Route("POST", path, self._post, timeout=None) for path in (PATH, f"{PATH}/"))

    async def settle(self, seconds: float) -> None:
        """Let what goes on without its client end for so long; what is left is ended."""
        tasks = [task for same in self._under_way.values() for task in same]
        left = (await asyncio.wait(tasks, timeout=seconds))[1] if tasks else ()
        for task in left:
            if not task.cancelling():  # twice, it could not end what it began
                task.cancel()
        if left:
            await asyncio.wait(left, timeout=LAST_SECONDS)

    async def _post(self, request: HttpRequest) -> web.StreamResponse:
        if "Content-Type" in request.headers and request.content_type != "application/json":
            raise UnsupportedType("the body must be application/json", field="Content-Type", reason="unsupported")
        body = await request.body()
        message: McpMessage | None = None
        try:
            message = mcp.read(body, {name.lower(): value for name, value in request.headers.items()})
            if message.id is None:
                if message.method == "notifications/cancelled":
                    self._cancel(message, request)
                return web.Response(status=202)
            if message.method == "tools/call":
                return await self._take_time(message, request, self._use(message, request))
            return _whole(200, mcp.answer(message, await self._result(message, request), SERVER))
        except McpRefusal as refused:
            known = message is not None and message.modern
            return _whole(*mcp.refusal(message.id if message else refused.call_id, refused, modern=known))

    def _cancel(self, message: McpMessage, request: HttpRequest) -> None:
        """End a request of the same token. Without sessions two clients may use one id: then neither is ended."""
        call_id: Any = message.params.get("requestId")
        if isinstance(call_id, str | int):
            tasks = self._under_way.get((request.principal.limit_key, call_id), [])
            if len(tasks) == 1:
                tasks[0].cancel()

    async def _result(self, message: McpMessage, request: HttpRequest) -> JsonObject:
        match message.method:
            case "initialize" if not message.modern:
                return mcp.begin(message.params, SERVER, INSTRUCTIONS)
            case "ping" if not message.modern:
                return {}
            case "server/discover" if message.modern:
                return mcp.discovered(INSTRUCTIONS)
            case "tools/list":
                return {"tools": await self._tools(request)}
            case _:
                raise McpRefusal(mcp.METHOD_NOT_FOUND, f"there is no method {message.method[:200]!r}")

    async def _tools(self, request: HttpRequest) -> list[JsonObject]:
        """What the caller may use."""
        scopes = request.principal.scopes
        found: list[JsonObject] = []
        try:
            if Scope.TOOLS in scopes:
                # Whoever may use tools may know of them, also without `read`.
                trusted = Scope.READ not in scopes
                tools = await self._ask(request, tool.list_.name, ToolListParams(), trusted=trusted)
                found = mcp.listed(tools.tools)
        except GatewayError as error:
            raise mcp.refused(error) from None
        return [*found, mcp.CHAT_TOOL] if Scope.CHAT in scopes else found

    async def _use(self, message: McpMessage, request: HttpRequest) -> JsonObject:
        """Use a tool. What goes wrong in it is a result, for the model to read."""
        name: Any = message.params.get("name")
        arguments: Any = message.params.get("arguments") or {}
        if not isinstance(name, str) or not isinstance(arguments, dict):
            raise McpRefusal(mcp.INVALID_PARAMS, "name must be a text, and arguments an object")
        try:
            if name == mcp.CHAT_RUN:
                return await self._chat(checked(arguments, ChatRunArguments, name), message, request)
            params = checked({"name": name, "params": arguments}, ToolInvokeParams, message.method)
            invoked = await self._ask(request, tool.invoke.name, params)
            return mcp.done(invoked.result)
        except GatewayError as error:
            return mcp.failed(error)

    async def _chat(self, arguments: ChatRunArguments, message: McpMessage, request: HttpRequest) -> JsonObject:
        """Ask an agent. Where the request is cancelled, that ends the run."""
        params = ChatRunParams(
            message=arguments.message,
            session_key=arguments.session_key,
            agent_id=arguments.agent_id,
            channel="mcp",
            options=RunOptions(timeout_ms=arguments.timeout_ms),
        )
        accepted = await self._ask(request, chat.run.name, params)
        waiting = ChatWaitParams(run_id=accepted.run_id)
        try:
            state: RunState = await self._ask(request, chat.wait.name, waiting, trusted=True)
            while state.status in UNFINISHED:
                state = await self._ask(request, chat.wait.name, waiting, trusted=True)
        except asyncio.CancelledError:
            ending = self._ask(request, chat.abort.name, ChatAbortParams(run_id=accepted.run_id), trusted=True)
            await asyncio.shield(asyncio.ensure_future(ending))
            raise
        return mcp.answered(state)

    async def _ask(self, request: HttpRequest, name: str, params: msgspec.Struct, *, trusted: bool = False) -> Any:
        call = Call(request.principal, request_id=request.id, pin=request.headers.get(PIN_HEADER))
        try:
            return await self._dispatcher.ask(name, params, call, count=not trusted, trusted=trusted)
        finally:
            call.answered()

    async def _take_time(
        self, message: McpMessage, request: HttpRequest, work: Coroutine[Any, Any, JsonObject]
    ) -> web.StreamResponse:
        """Answer with JSON where it is quick, else with an event stream that says that it is still at work."""
        began = time.monotonic()
        task = self._begun(message, request, work)
        try:
            quiet = self._quiet_seconds if _takes_events(request) else None
            await asyncio.wait((task,), timeout=quiet)
            if task.done():
                return _whole(200, _outcome(message, task))
            response = web.StreamResponse(headers=HEADERS)
            await response.prepare(request)
            while not task.done():
                token = message.progress_token
                news = KEEP_ALIVE if token is None else _event(mcp.progress(token, time.monotonic() - began))
                await response.write(news)
                await asyncio.wait((task,), timeout=self._news_seconds)
            await response.write(_event(_outcome(message, task)))
            await response.write_eof()
            return response
        finally:
            # Up to 2025-11-25 a client that goes away has cancelled nothing; from 2026-07-28 on it has.
            gone = request.transport is None or request.transport.is_closing()
            if message.modern or not gone or request.revoked:
                task.cancel()

    def _begun(
        self, message: McpMessage, request: HttpRequest, work: Coroutine[Any, Any, JsonObject]
    ) -> asyncio.Task[JsonObject]:
        """The work as a task, which can be cancelled by its request's id."""
        key = request.principal.limit_key, message.id or 0
        task = asyncio.ensure_future(work)
        self._under_way.setdefault(key, []).append(task)

        def ended(done: asyncio.Task[JsonObject]) -> None:
            self._under_way[key].remove(done)
            if not self._under_way[key]:
                del self._under_way[key]
            if not done.cancelled():
                done.exception()  # whoever waited for it may be gone

        task.add_done_callback(ended)
        return task


def _outcome(message: McpMessage, task: asyncio.Future[JsonObject]) -> JsonObject:
    """The answer; in a stream its last event, whose head said 200 already."""
    if task.cancelled():
        return mcp.refusal(message.id, McpRefusal(mcp.CANCELLED, "the request was cancelled"), modern=message.modern)[1]
    try:
        return mcp.answer(message, task.result(), SERVER)
    except McpRefusal as refused:
        return mcp.refusal(message.id, refused, modern=message.modern)[1]


def _whole(status: int, body: JsonObject) -> web.Response:
    return web.Response(status=status, body=msgspec.json.encode(body), headers={"Content-Type": JSON})


def _event(message: JsonObject) -> bytes:
    return b"event: message\ndata: " + msgspec.json.encode(message) + b"\n\n"


def _takes_events(request: HttpRequest) -> bool:
    accepted = [item.partition(";")[0].strip().lower() for item in request.headers.get("Accept", "").split(",")]
    return "text/event-stream" in accepted or "text/*" in accepted
