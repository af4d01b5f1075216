"""`POST /v1/chat/completions`: a plain completion, carried as bytes, or a run of an agent."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Raw

from openclaw_rpc.dialects import runs
from openclaw_rpc.dialects.openai import legacy_functions
from openclaw_rpc.dialects.openai.agents import agent_of, run_params
from openclaw_rpc.dialects.openai.conversations import end_user, is_passing, own_key, placed, program_key
from openclaw_rpc.dialects.openai.errors import STYLE, event_of, spelled
from openclaw_rpc.dialects.rest import Ask, Endpoint, Follow, Inputs, Plan, Relay, Reply, SpelledEvent
from openclaw_rpc.protocol import chat, model, session
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.chat import ChatDoneEvent, ChatRunParams, RunState, Usage
from openclaw_rpc.protocol.errors import GatewayError, InvalidRequest, Timeout, error_of, interrupted
from openclaw_rpc.protocol.model import ModelCompleteParams
from openclaw_rpc.protocol.validation import checked
from openclaw_rpc.protocol.validation import plain as plain_values

DONE = "[DONE]"
DONE_EVENT = b"data: [DONE]\n\n"


class StreamOptions(msgspec.Struct, frozen=True):
    """How a stream is to be."""

    include_usage: bool | None = None


class ChatBody(msgspec.Struct, frozen=True, kw_only=True):
    """A request of OpenAI's Chat Completions, as far as it is looked at; a model gets all of it."""

    messages: Annotated[list[Raw], Meta(min_length=1, description="What was said.")]
    model: Annotated[str, Meta(description="A model, `openclaw`, or `openclaw/<agent>`.")] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: Annotated[int, Meta(description="1: more are refused.")] | None = None
    tools: list[Raw] | None = None
    user: Annotated[str, Meta(description="Your name of the person who asks: a user below the token's.")] | None = None

    @property
    def wants_usage(self) -> bool:
        """Whether a stream is to end with what was used."""
        return self.stream_options is not None and bool(self.stream_options.include_usage)


class AsItCame:
    """A stream whose chunks are the provider's."""

    def feed(self, events: bytes) -> bytes:
        """Returns the events unchanged."""
        return events

    def end(self) -> bytes:
        """The mark of the end."""
        return DONE_EVENT

    def fault(self, error: GatewayError) -> bytes:
        """An error, as OpenAI's clients know it."""
        return event_of(error)


class ChatChunks:
    """A run as a stream of `chat.completion.chunk`. What its tools do is not told: clients would do it again."""

    numbered = False

    def __init__(self, run_id: str, name: str, wants_usage: bool, functions: bool = False) -> None:
        self._head = {"id": id_of(run_id), "object": "chat.completion.chunk", "created": int(time.time())}
        self._head["model"] = name
        self._wants_usage = wants_usage
        self._calls = 0
        self._said = self._over = False
        self._functions = functions

    def open(self) -> Iterable[SpelledEvent]:
        """The role comes first."""
        yield self.piece({"role": "assistant", "content": ""})

    def piece(self, delta: JsonObject, finish: str | None = None) -> SpelledEvent:
        """A chunk."""
        choice: JsonObject = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        choice = legacy_functions.answered(choice, "delta") if self._functions else choice
        return SpelledEvent({**self._head, "choices": [choice]})

    def tell(self, name: str, data: Any) -> Iterable[SpelledEvent]:
        """What the agent says and thinks, and its end; a run that begins again has no place here for a second text."""
        if self._over:
            return
        self._said = self._said or name in (chat.chat_delta.name, chat.chat_thinking.name)
        if name == chat.chat_started.name and self._said:
            self._over = True
            yield SpelledEvent(spelled(interrupted()))
        elif name == chat.chat_delta.name:
            yield self.piece({"content": data.delta})
        elif name == chat.chat_thinking.name:
            yield self.piece({"reasoning_content": data.delta})
        elif name == chat.tool_call.name and data.client:
            call = {"index": self._calls, **call_of(data.call_id, data.tool, data.params)}
            self._calls += 1
            yield self.piece({"tool_calls": [call]})
        elif name == chat.chat_done.name:
            if data.finish_reason in ("error", "interrupted"):
                yield SpelledEvent(spelled(failure(data)))
                return
            yield self.piece({}, finish_of(data.finish_reason))
            if self._wants_usage:
                yield SpelledEvent({**self._head, "choices": [], "usage": usage_of(data.usage)})
            yield SpelledEvent(DONE)


def failure(data: ChatDoneEvent) -> GatewayError:
    """Why a run failed, as the error it would have been."""
    error = data.error
    if data.finish_reason == "interrupted":
        return interrupted()
    if error is None:
        return error_of("internal_error", "the run failed")
    return error_of(error.code, error.message, **error.details)


def id_of(run_id: str) -> str:
    """A completion's id: the run's, so that it can be found again."""
    return f"chatcmpl-{run_id}"


def finish_of(reason: str | None) -> str:
    """A run's finish reason in OpenAI's words."""
    return reason if reason in ("length", "content_filter", "tool_calls") else "stop"


def call_of(call_id: str, name: str, params: Any) -> JsonObject:
    """A call to a function of the client's."""
    arguments = params if isinstance(params, str) else msgspec.json.encode(params).decode()
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def usage_of(usage: Usage | None) -> JsonObject:
    """Tokens in OpenAI's words."""
    counted = usage or Usage(prompt_tokens=0, completion_tokens=0, total_tokens=0)
    return {
        "prompt_tokens": counted.prompt_tokens,
        "completion_tokens": counted.completion_tokens,
        "total_tokens": counted.total_tokens,
        "prompt_tokens_details": {"cached_tokens": counted.cached_tokens},
        "completion_tokens_details": {"reasoning_tokens": counted.reasoning_tokens},
    }


def completion_of(state: RunState, name: str) -> JsonObject:
    """A run that has ended, as a `chat.completion`."""
    message: JsonObject = {"role": "assistant", "content": state.response or "", "refusal": None, "annotations": []}
    if state.reasoning:
        message["reasoning_content"] = state.reasoning
    calls = [call_of(use.call_id, use.tool, use.params) for use in state.tool_calls if use.client]
    if calls:
        message |= {"content": state.response or None, "tool_calls": calls}
    choice: JsonObject = {
        "index": 0,
        "message": message,
        "logprobs": None,
        "finish_reason": finish_of(state.finish_reason),
    }
    return {
        "id": id_of(state.run_id),
        "object": "chat.completion",
        "created": int(time.time()),
        "model": name,
        "choices": [choice],
        "usage": usage_of(state.usage),
        "system_fingerprint": None,
        "service_tier": None,
    }


def whole_run(inputs: Inputs, params: ChatRunParams) -> Generator[Ask, Any, RunState]:
    """Run an agent to its end; the request is the run, and a client that leaves aborts it.

    Raises:
        GatewayError: it ended in that error.
    """
    accepted = yield from runs.begin(inputs, params)
    state: RunState = yield Ask(chat.wait, chat.ChatWaitParams(run_id=accepted.run_id), accepted.run_id)
    if state.status in runs.UNFINISHED:
        yield Ask(chat.abort, chat.ChatAbortParams(run_id=accepted.run_id))
        raise Timeout("the agent did not answer within the time that a request may take", runId=accepted.run_id)
    return runs.ended(state)


def completions(inputs: Inputs) -> Plan:
    """A completion of a model, or of an agent where the model's name means one."""
    body: ChatBody = inputs.body
    agent = agent_of(body.model)
    if agent is None:
        return (yield from plain(inputs, body))
    fields: JsonObject = plain_values(inputs.raw)
    if is_passing(inputs.headers, fields):
        return (yield from plain(inputs, body))
    messages = checked(fields["messages"], list[JsonObject], "messages")
    if body.n is not None and body.n != 1:
        raise InvalidRequest("only n = 1 is supported", field="n", reason="unsupported_value")
    alone = not body.stream and not body.tools
    functions = legacy_functions.uses_functions(fields)
    if functions:
        fields, messages = legacy_functions.with_tools(fields, messages)
        alone = False
    asked = run_params(inputs.headers, fields, messages, agent=agent)
    params: ChatRunParams | None = asked
    if inputs.begun is None and own_key(inputs.headers) is None:
        params = yield from placed(asked, program_key(inputs.headers, fields), alone=alone)
    if params is None:
        return (yield from plain(inputs, body))
    if functions:
        params = yield from legacy_functions.answering(params)
    name = body.model or ""
    if not body.stream:
        completion = completion_of((yield from whole_run(inputs, params)), name)
        if functions:
            completion["choices"] = [legacy_functions.answered(completion["choices"][0], "message")]
        return Reply(completion)
    accepted = yield from runs.begin(inputs, params)
    spelling = ChatChunks(accepted.run_id, name, body.wants_usage, functions)
    return Follow(spelling=spelling, run_id=accepted.run_id, after=chat_position(accepted), bound=True)


def chat_position(accepted: chat.RunAccepted) -> runs.Position:
    """Where a run's events begin."""
    return runs.Position(epoch=accepted.epoch, seq=accepted.seq)


def plain(inputs: Inputs, body: ChatBody) -> Plan:
    """The request goes to the model as it is, and the model's answer to the client."""
    ask = Ask(model.complete, ModelCompleteParams(body=Raw(inputs.raw)))
    if body.stream:
        return Relay(ask=ask, translation=AsItCame())
    completed = yield ask
    return Reply(bytes(completed.body))


ENDPOINTS = (
    Endpoint(
        verb="POST",
        path="/v1/chat/completions",
        plan=completions,
        doc="A model's answer or, with the model `openclaw` or `openclaw/<agent>`, an agent's.",
        calls=(model.complete, chat.run, chat.wait, session.get, session.list_, session.fork, session.reset),
        body=ChatBody,
        streams=True,
        style=STYLE,
        end_user=end_user,
    ),
)
