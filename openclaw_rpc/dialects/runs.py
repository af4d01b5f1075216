"""What all dialects of REST do alike: begin a run, wait for it, follow it, go on where a stream broke off."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import msgspec

from openclaw_rpc.dialects.rest import Ask, Follow, Inputs, StreamSpelling
from openclaw_rpc.protocol import chat
from openclaw_rpc.protocol.chat import ChatRunParams, ChatWaitParams, RunAccepted, RunState
from openclaw_rpc.protocol.errors import InternalError, Timeout, error_of
from openclaw_rpc.protocol.event import Position

UNFINISHED = ("queued", "running")


def begin(inputs: Inputs, params: ChatRunParams) -> Generator[Ask, Any, RunAccepted]:
    """Begin a run, or go on with the one that this very request began before.

    The header ``Idempotency-Key`` counts where the body has no key.
    """
    if inputs.begun is not None:
        return inputs.begun
    if params.idempotency_key is None and inputs.idempotency_key is not None:
        params = msgspec.structs.replace(params, idempotency_key=inputs.idempotency_key)
    accepted = yield Ask(chat.run, params)
    return accepted


def wait(accepted: RunAccepted, timeout_ms: int) -> Generator[Ask, Any, RunState]:
    """Wait for a run's end.

    Raises:
        Timeout: it goes on; ``details``: ``runId``, to ask again.
        GatewayError: it ended in that error.
    """
    state: RunState = yield Ask(chat.wait, ChatWaitParams(run_id=accepted.run_id, timeout_ms=timeout_ms))
    if state.status in UNFINISHED:
        raise Timeout("the run goes on, and its id leads to its answer", runId=accepted.run_id)
    return ended(state)


def ended(state: RunState) -> RunState:
    """A run that came to an answer, whole or cut short by an abort.

    Raises:
        GatewayError: it ended in that error.
    """
    if state.status == "error":
        failed = state.error
        if failed is None:
            raise InternalError("the run failed", runId=state.run_id)
        raise error_of(failed.code, failed.message, **{**failed.details, "runId": state.run_id})
    return state


def follow(
    inputs: Inputs, params: ChatRunParams, spelling: StreamSpelling, *, bound: bool = False
) -> Generator[Ask, Any, Follow]:
    """Begin a run and follow it; or, where the request says where a stream broke off, follow that run from there."""
    if inputs.resume is not None and inputs.resume.run_id:
        return Follow(spelling=spelling, run_id=inputs.resume.run_id, after=inputs.resume.after, resumed=True)
    accepted = yield from begin(inputs, params)
    after = Position(epoch=accepted.epoch, seq=accepted.seq)
    return Follow(spelling=spelling, run_id=accepted.run_id, after=after, bound=bound)
