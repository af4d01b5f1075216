"""`/v1/responses`: answers that outlive their request. The events are the table's; here they only get their paths."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Raw

from openclaw_rpc.dialects.openai.agents import agent_of, run_params
from openclaw_rpc.dialects.openai.conversation_endpoints import ItemsQuery, listed
from openclaw_rpc.dialects.openai.conversations import end_user, is_passing, own_key, program_key
from openclaw_rpc.dialects.openai.errors import STYLE, spelled
from openclaw_rpc.dialects.openai.response_requests import agents_tools, format_of
from openclaw_rpc.dialects.openai.response_tools import chosen
from openclaw_rpc.dialects.rest import AnyMethod, Ask, Endpoint, Inputs, Plan, Relay, Reply
from openclaw_rpc.protocol import response
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.chat import ChatRunParams
from openclaw_rpc.protocol.errors import GatewayError, InvalidRequest
from openclaw_rpc.protocol.response import (
    ResponseCreateParams,
    ResponseFollowParams,
    ResponseIdParams,
    ResponseItemsParams,
)
from openclaw_rpc.protocol.validation import plain


class ResponsesBody(msgspec.Struct, frozen=True, kw_only=True):
    """A request of OpenAI's Responses, as far as it is looked at here."""

    input: Annotated[str | list[JsonObject], Meta(description="A text, or items.")]
    model: Annotated[str, Meta(description="A model, `openclaw`, or `openclaw/<agent>`.")] | None = None
    stream: bool | None = None
    instructions: str | None = None
    tools: list[JsonObject] | None = None
    reasoning: JsonObject | None = None
    max_output_tokens: int | None = None
    background: bool | None = None
    user: Annotated[str, Meta(description="Your name of the person who asks: a user below the token's.")] | None = None


class FollowQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Whether to follow a response, and from which event on."""

    stream: bool = False
    starting_after: int = -1


class Steps:
    """The events of a response, as they are."""

    def feed(self, events: bytes) -> bytes:
        """Returns the events unchanged."""
        return events

    def end(self) -> bytes:
        """A response's own last event is the end."""
        return b""

    def fault(self, error: GatewayError) -> bytes:
        """An error outside of the response."""
        body: JsonObject = spelled(error)["error"]
        event = {"type": "error", "code": body.get("code"), "message": body.get("message"), "param": body.get("param")}
        return b"event: error\ndata: " + msgspec.json.encode({**event, "sequence_number": -1}) + b"\n\n"


OUTPUTS = "(what the tools answered)"
"""The question of a run that goes on with that, where the request does not repeat it."""


def create(inputs: Inputs) -> Plan:
    """Answer an input: by a model or, where the model's name means one, by an agent."""
    body: ResponsesBody = inputs.body
    ask = Ask(response.create, _asked(inputs, body))
    if body.stream:
        return Relay(ask=ask, translation=Steps())
    found = yield ask
    return Reply(bytes(found.body))


def _asked(inputs: Inputs, body: ResponsesBody) -> ResponseCreateParams:
    """A request as the table's; one that is to leave nothing asks the agent's model alone."""
    agent = agent_of(body.model)
    if agent is None:
        return ResponseCreateParams(body=Raw(inputs.raw))
    fields: JsonObject = plain(inputs.raw)
    if not body.background and is_passing(inputs.headers, fields):
        return ResponseCreateParams(body=Raw(msgspec.json.encode({**fields, "store": False})))
    return ResponseCreateParams(
        body=Raw(inputs.raw),
        run=_run(inputs, body, fields, agent),
        conversation_key=program_key(inputs.headers, fields),
    )


def _run(inputs: Inputs, body: ResponsesBody, fields: JsonObject, agent: str) -> ChatRunParams:
    """The run of an agent that a request asks for."""
    fields["max_tokens"] = body.max_output_tokens
    fields["reasoning_effort"] = (body.reasoning or {}).get("effort")
    fields |= format_of(fields.get("text"))
    fields["tools"] = agents_tools(inputs.raw)
    fields["tool_choice"] = chosen(fields.get("tool_choice"))
    given = body.input if isinstance(body.input, list) else [{"role": "user", "content": body.input}]
    messages = [item for item in given if isinstance(item.get("role"), str)]
    if body.instructions:
        messages.insert(0, {"role": "system", "content": body.instructions})
    if given and str(given[-1].get("type")).endswith("_call_output"):
        messages.insert(0, {"role": "user", "content": OUTPUTS})
    if not any(message["role"] == "user" for message in messages):
        raise InvalidRequest("the input has no user message", field="input", reason="missing")
    params = run_params(inputs.headers, fields, messages, agent=agent)
    return msgspec.structs.replace(params, session_key=own_key(inputs.headers))


def retrieve(inputs: Inputs) -> Plan:
    """A response, or its events."""
    query: FollowQuery = inputs.query
    response_id = inputs.path["id"]
    if query.stream:
        params = ResponseFollowParams(response_id=response_id, starting_after=max(-1, query.starting_after))
        return Relay(ask=Ask(response.follow, params), translation=Steps())
    found = yield Ask(response.get, ResponseIdParams(response_id=response_id))
    return Reply(bytes(found.body))


def cancel(inputs: Inputs) -> Plan:
    """Stop a response."""
    found = yield Ask(response.cancel, ResponseIdParams(response_id=inputs.path["id"]))
    return Reply(bytes(found.body))


def delete(inputs: Inputs) -> Plan:
    """Remove a response."""
    found = yield Ask(response.delete, ResponseIdParams(response_id=inputs.path["id"]))
    return Reply({"id": found.response_id, "object": "response.deleted", "deleted": found.deleted})


def input_items(inputs: Inputs) -> Plan:
    """A page of a response's input."""
    query: ItemsQuery = inputs.query
    found = yield Ask(
        response.items,
        ResponseItemsParams(
            response_id=inputs.path["id"], limit=query.limit, order=query.order, after=query.after or None
        ),
    )
    return Reply(listed(found.items, more=found.has_more))


def _at(verb: str, path: str, plan: Any, method: AnyMethod, **more: Any) -> Endpoint:
    return Endpoint(
        verb=verb, path=path, plan=plan, doc=method.doc, calls=(method,), style=STYLE, end_user=end_user, **more
    )


ENDPOINTS = (
    _at("POST", "/v1/responses", create, response.create, body=ResponsesBody, streams=True),
    _at("GET", "/v1/responses/{id}", retrieve, response.get, query=FollowQuery, streams=True),
    _at("DELETE", "/v1/responses/{id}", delete, response.delete),
    _at("POST", "/v1/responses/{id}/cancel", cancel, response.cancel),
    _at("GET", "/v1/responses/{id}/input_items", input_items, response.items, query=ItemsQuery),
)
