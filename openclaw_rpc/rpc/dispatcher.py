"""Every call of every door comes through here: guard, decode once into the typed struct, handle."""

import asyncio
from collections.abc import Awaitable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, Protocol

import msgspec

from openclaw_rpc.domain.principals import Principal
from openclaw_rpc.domain.refusals import told_to
from openclaw_rpc.protocol.base import Rate, Scope
from openclaw_rpc.protocol.errors import Forbidden, GatewayError, InternalError, InvalidRequest, MethodNotFound
from openclaw_rpc.protocol.validation import checked, invalid_params, is_whole_number_wanted, plain
from openclaw_rpc.rpc.bind import AnyBound
from openclaw_rpc.rpc.call import Call
from openclaw_rpc.rpc.paging import going_on

NO_PARAMS = b"{}"


class Limiter(Protocol):
    """Counts calls; `domain.limits.RateLimiter` is one."""

    def take(self, principal: Principal, rate: Rate) -> None:
        """Draw one call.

        Raises:
            RateLimited: there is none left.
        """
        ...


class ToolGuard(Protocol):
    """Stands around methods that do what a tool does; `domain.tools.guard.DirectGuard` is one."""

    def around(
        self, principal: Principal, tool: str, params: msgspec.Struct, pin: str | None, *, dangerous: bool
    ) -> AbstractAsyncContextManager[None]:
        """Let the call pass, or not.

        Raises:
            Forbidden: a policy or the PIN is against it.
        """
        ...


class Observer(Protocol):
    """Hears of every call that ended: for metrics and the log."""

    def call_done(self, method: str, outcome: str) -> None:
        """A call ended; ``outcome`` is ``ok`` or the error's code."""
        ...

    def call_failed(self, method: str, error: Exception, call: Call) -> None:
        """A handler raised what is no row of the error table: a fault of ours."""
        ...


NOT_ELSEWHERE: Final = object()
"""A call is to be carried out here."""


class Forwarder(Protocol):
    """Knows of calls that another process of the gateway has to carry out; `forwarding.Forwarding` is one."""

    async def answer(self, bound: AnyBound, params: Any, call: Call) -> Any:
        """What another one answers; `NOT_ELSEWHERE` where the call is for this one.

        Raises:
            GatewayError: it failed there.
        """
        ...


class Dispatcher:
    """The table at work."""

    forwarding: Forwarder | None = None
    """Where the gateway has several processes."""

    def __init__(
        self, rows: Mapping[str, AnyBound], limiter: Limiter, observer: Observer, tool_guard: ToolGuard
    ) -> None:
        self.rows = rows
        self._tool_guard = tool_guard
        self._limiter = limiter
        self._observer = observer
        self.carried: set[asyncio.Future[Any]] = set()
        """Work of rows that are ``shielded``, held until it is done: a loop holds its tasks weakly."""

    def row(self, name: str) -> AnyBound:
        """The row of that name.

        Raises:
            MethodNotFound: there is none.
        """
        bound = self.rows.get(name)
        if bound is None:
            raise MethodNotFound(f"there is no method {name!r}; system.methods lists them all", method=name)
        return bound

    def call(
        self, bound: AnyBound, params: bytes | msgspec.Raw, call: Call, *, shield: bool = True
    ) -> Any | Awaitable[Any]:
        """Guard and decode a call and begin it: the result, or what to await for it where the row is async.

        ``shield`` is false for a caller that awaits what is ``shielded`` to its end: nothing then has to shield it.

        Raises:
            GatewayError: it was refused or failed; nothing else is ever raised.
        """
        try:
            self.guard(bound, call.principal)
            return self.handle(bound, decode(bound, params), call, shield=shield)
        except GatewayError as error:
            self._observer.call_done(bound.method.name, error.code)
            raise

    async def ask(
        self, name: str, params: msgspec.Struct, call: Call, *, count: bool = True, trusted: bool = False
    ) -> Any:
        """As `call`, for a caller in this process that has the params as a struct: its result.

        ``count`` is false for the further calls of one request, which is counted once; ``trusted`` for those that
        belong to what the principal was allowed already, such as following the run that it began.
        """
        bound = self.row(name)
        try:
            if not trusted:
                self.guard(bound, call.principal, count=count)
            outcome = self.handle(bound, params, call)
        except GatewayError as error:
            self._observer.call_done(bound.method.name, error.code)
            raise
        return await outcome if bound.is_async else outcome

    def guard(self, bound: AnyBound, principal: Principal, *, count: bool = True) -> None:
        """Scope, then limit: whoever may not call a method uses up nothing.

        Raises:
            Forbidden, RateLimited: as they say.
        """
        scope = bound.method.scope
        if scope not in principal.scopes:
            raise missing_scope(scope)
        if principal.sessions is not None and not bound.method.in_session:
            raise Forbidden("this token may speak in its sessions, and nothing more", reason="sessions")
        if count:
            self._limiter.take(principal, bound.method.rate)

    def handle(self, bound: AnyBound, params: Any, call: Call, *, shield: bool = True) -> Any | Awaitable[Any]:
        """Run the handler of a guarded call."""
        if bound.is_async:
            return self._await(bound, params, call, shield and bound.shielded)
        try:
            result = going_on(bound.method, params, bound.handler(params, call))
        except GatewayError:
            raise
        except Exception as error:
            raise self.fault(bound.method.name, error, call) from None
        self._observer.call_done(bound.method.name, "ok")
        return result

    async def _await(self, bound: AnyBound, params: Any, call: Call, shield: bool) -> Any:
        try:
            if self.forwarding is not None:
                answer = await self.forwarding.answer(bound, params, call)
                if answer is not NOT_ELSEWHERE:
                    self._observer.call_done(bound.method.name, "ok")
                    return answer
            work = bound.handler(params, call) if bound.method.tool is None else self._guarded(bound, params, call)
            result = going_on(bound.method, params, await (self._shielded(bound, work, call) if shield else work))
        except GatewayError as error:
            told_to(error, end_user=call.principal.is_end_user)
            self._observer.call_done(bound.method.name, error.code)
            raise
        except Exception as error:
            fault = self.fault(bound.method.name, error, call)
            self._observer.call_done(bound.method.name, fault.code)
            raise fault from None
        self._observer.call_done(bound.method.name, "ok")
        return result

    async def _guarded(self, bound: AnyBound, params: Any, call: Call) -> Any:
        """Run the handler of a row that does what a tool does, under the tool's policies and PIN."""
        method = bound.method
        tool: str = method.tool or method.name
        pin = params.pin if params.pin is not None else call.pin
        async with self._tool_guard.around(call.principal, tool, params, pin, dangerous=method.dangerous):
            return await bound.handler(params, call)

    async def _shielded(self, bound: AnyBound, work: Awaitable[Any], call: Call) -> Any:
        """Await work that goes on to its end even if whoever awaits it is cancelled."""
        task: asyncio.Future[Any] = asyncio.ensure_future(work)
        self.carried.add(task)
        task.add_done_callback(self.carried.discard)

        def ended_alone(task: asyncio.Future[Any]) -> None:
            error = None if task.cancelled() else task.exception()
            if isinstance(error, Exception) and not isinstance(error, GatewayError):
                self.fault(bound.method.name, error, call)

        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(ended_alone)
            raise

    def fault(self, method: str, error: Exception, call: Call) -> InternalError:
        """Report what no row of the error table stands for: what the caller is told of it."""
        self._observer.call_failed(method, error, call)
        return InternalError("the gateway failed to answer; its log says why", requestId=call.request_id)


def missing_scope(scope: Scope) -> Forbidden:
    """The error for a token that lacks a scope."""
    return Forbidden(f"this token lacks the scope {scope.value!r}", reason="missing_scope", scope=scope.value)


def decode(bound: AnyBound, params: bytes | msgspec.Raw) -> Any:
    """The typed params of a call.

    Raises:
        InvalidRequest: they don't fit the row; ``field`` and ``reason`` say where and why.
    """
    try:
        return bound.decoder.decode(params)
    except msgspec.ValidationError as error:
        if not is_whole_number_wanted(error):
            raise invalid_params(error, bound.method.name) from None
        return checked(plain(params), bound.method.params, bound.method.name)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"the params of {bound.method.name} are not JSON: {error}", reason=str(error)) from None
