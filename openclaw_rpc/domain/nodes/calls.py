"""One node asks another to do something, once, and hears what came of it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any, Final

import anyio

from openclaw_rpc.domain.clock import new_id
from openclaw_rpc.domain.nodes.wire import CallAnswer, CallRequest, CallTaken, Wire
from openclaw_rpc.domain.ports import BackgroundTasks, Log
from openclaw_rpc.protocol import errors
from openclaw_rpc.protocol.errors import GatewayError, InternalError, Unavailable

AGAIN_SECONDS: Final = 0.5
"""After how long something is asked once more: messages get lost."""
SILENT_SECONDS: Final = 6.0
"""How long a node may be silent that is not known to be dead."""
MOST_REMEMBERED: Final = 4096
"""Of how many questions a node remembers that it was asked them."""

Work = Callable[[bytes], Awaitable[bytes]]


class NodeGone(Unavailable):
    """The node that was asked is dead, or can't be reached: what came of it, the store knows."""


class _Question:
    """What was asked and is not answered. ``sign``: when the other node last said that it is at it."""

    def __init__(self) -> None:
        self.answer: CallAnswer | None = None
        self.answered = anyio.Event()
        self.sign = anyio.current_time()


class NodeCalls:
    """What this node asks of others, and does for them. ``lives`` says whether a node is alive, as far as is known."""

    def __init__(self, wire: Wire, lives: Callable[[int], bool], tasks: BackgroundTasks, log: Log) -> None:
        self._wire = wire
        self._lives = lives
        self._tasks = tasks
        self._log = log
        self._does: dict[str, Work] = {}
        self._open: dict[str, _Question] = {}
        self._asked: OrderedDict[str, CallAnswer | None] = OrderedDict()
        """What others asked: None while it is being done."""
        wire.on(CallRequest, self._take)
        wire.on(CallTaken, self._taken)
        wire.on(CallAnswer, self._answered)

    def does(self, what: str, work: Work) -> None:
        """Have something done when other nodes ask for it."""
        self._does[what] = work

    async def ask(self, node: int, what: str, body: bytes) -> bytes:
        """What a node answers. Cancelled, it is done all the same.

        Raises:
            NodeGone: it died, or is silent. GatewayError: it failed there.
        """
        ask = CallRequest(self._wire.node, new_id("ask"), what, body)
        question = self._open[ask.id] = _Question()
        try:
            while question.answer is None:
                self._wire.deliver(str(node), ask)
                with anyio.move_on_after(AGAIN_SECONDS):
                    await question.answered.wait()
                silent = anyio.current_time() - question.sign
                if question.answer is None and (silent > SILENT_SECONDS or not self._lives(node)):
                    raise NodeGone("the node that has the session can't be reached", reason="node", retryAfter=2)
            return _result(question.answer)
        finally:
            del self._open[ask.id]

    def _taken(self, message: CallTaken) -> None:
        if message.id in self._open:
            self._open[message.id].sign = anyio.current_time()

    def _answered(self, message: CallAnswer) -> None:
        if message.id in self._open:
            self._open[message.id].answer = message
            self._open[message.id].answered.set()

    def _take(self, message: CallRequest) -> None:
        if message.id in self._asked:
            self._wire.deliver(message.node, self._asked[message.id] or CallTaken(message.id), letter=message.letter)
            return
        self._asked[message.id] = None
        while len(self._asked) > MOST_REMEMBERED:
            self._asked.popitem(last=False)
        self._tasks.start(self._do(message))

    async def _do(self, message: CallRequest) -> None:
        try:
            work = self._does.get(message.what)
            if work is None:
                raise InternalError(f"this node does not know {message.what!r}")
            answer = CallAnswer(message.id, await work(message.body))
        except GatewayError as error:
            details: dict[str, Any] = {"field": error.field, "reason": error.reason, **error.details}
            answer = CallAnswer(message.id, kind=type(error).__name__, message=error.message, details=details)
        except Exception:
            self._log.error("what another node asked for failed", what=message.what, exc_info=True)
            answer = CallAnswer(message.id, kind=InternalError.__name__, message="the gateway failed; its log says why")
        if message.id in self._asked:
            self._asked[message.id] = answer
        self._wire.deliver(message.node, answer, letter=message.letter)


def _result(answer: CallAnswer) -> bytes:
    if answer.kind is None:
        return answer.body
    kind: Any = getattr(errors, answer.kind, None)
    if not isinstance(kind, type) or not issubclass(kind, GatewayError):
        kind = Unavailable  # of a class that is none of the table's: what a node tells of itself
    raise kind(answer.message, **answer.details)
