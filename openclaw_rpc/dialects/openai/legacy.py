"""`POST /v1/completions`: the older completions of a prompt, asked for as a chat of one message."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, cast

import msgspec
from msgspec import Meta, Raw

from openclaw_rpc.dialects import runs
from openclaw_rpc.dialects.openai.agents import agent_of, run_params
from openclaw_rpc.dialects.openai.chat import (
    DONE_EVENT,
    ChatChunks,
    StreamOptions,
    chat_position,
    completion_of,
    whole_run,
)
from openclaw_rpc.dialects.openai.conversations import end_user
from openclaw_rpc.dialects.openai.errors import STYLE, event_of
from openclaw_rpc.dialects.rest import Ask, Endpoint, Follow, Inputs, Plan, Relay, Reply, SpelledEvent
from openclaw_rpc.protocol import chat, model
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.errors import GatewayError, InvalidRequest, ProviderError
from openclaw_rpc.protocol.model import ModelCompleteParams
from openclaw_rpc.protocol.validation import plain

OWN = ("prompt", "suffix", "echo", "best_of", "logprobs")
"""Fields that a chat does not have, or means otherwise."""


class PromptBody(msgspec.Struct, frozen=True, kw_only=True):
    """A request of OpenAI's older Completions."""

    prompt: Annotated[str | list[str], Meta(description="A text, or a list of one.")]
    model: str | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    suffix: str | None = None
    echo: bool | None = None
    best_of: int | None = None
    logprobs: int | None = None
    user: str | None = None

    def check(self) -> None:
        """Refuse what a chat has no place for.

        Raises:
            InvalidRequest: there is such a field.
        """
        usual = {"suffix": (None, ""), "echo": (None, False), "best_of": (None, 1), "logprobs": (None, 0)}
        for name, values in usual.items():
            if getattr(self, name) not in values:
                raise InvalidRequest(f"{name} is not supported", field=name, reason="unsupported_value")

    @property
    def text(self) -> str:
        """The prompt.

        Raises:
            InvalidRequest: there are several.
        """
        if isinstance(self.prompt, str):
            return self.prompt
        if len(self.prompt) != 1:
            raise InvalidRequest("only one prompt is supported", field="prompt", reason="unsupported_value")
        return self.prompt[0]


def as_text(answer: JsonObject) -> JsonObject:
    """A chat's answer, or a chunk of it, as a `text_completion`."""
    choices: list[JsonObject] = [
        {
            "index": choice.get("index", 0),
            "text": _text(choice),
            "logprobs": None,
            "finish_reason": choice.get("finish_reason"),
        }
        for choice in _objects(answer.get("choices"))
    ]
    told = {name: answer[name] for name in ("created", "model", "usage", "system_fingerprint") if name in answer}
    name = str(answer.get("id", "")).replace("chatcmpl-", "cmpl-", 1)
    return {"id": name, "object": "text_completion", **told, "choices": choices}


def _text(choice: JsonObject) -> str:
    for message in _objects([choice.get("message"), choice.get("delta")]):
        content: Any = message.get("content")
        return content if isinstance(content, str) else ""
    return ""


def _objects(found: Any) -> list[JsonObject]:
    """The objects in what should be a list of them."""
    items = cast("list[Any]", found) if isinstance(found, list) else []
    return [cast("JsonObject", item) for item in items if isinstance(item, dict)]


def _answered(body: bytes | Raw) -> JsonObject:
    """A provider's answer.

    Raises:
        ProviderError: a number in it is larger than any that is read.
    """
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise ProviderError("the model's server answered with something that can't be read", fault="garbage") from None


class TextChunks:
    """A provider's chunks as those of a text."""

    def feed(self, events: bytes) -> bytes:
        """Each chunk in the other shape."""
        return b"".join(self._chunk(event[6:]) for event in events.split(b"\n\n") if event)

    def _chunk(self, data: bytes) -> bytes:
        try:
            chunk = msgspec.json.decode(data, type=dict[str, Any])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return b"data: " + data + b"\n\n"
        return b"data: " + msgspec.json.encode(as_text(chunk) if "choices" in chunk else chunk) + b"\n\n"

    def end(self) -> bytes:
        """The mark of the end."""
        return DONE_EVENT

    def fault(self, error: GatewayError) -> bytes:
        """An error, as OpenAI's clients know it."""
        return event_of(error)


class RunText(ChatChunks):
    """A run as the chunks of a text."""

    def open(self) -> Iterable[SpelledEvent]:
        """There are no roles."""
        return ()

    def tell(self, name: str, data: Any) -> Iterable[SpelledEvent]:
        """What the agent says, and its end."""
        if name != chat.chat_thinking.name:
            for item in super().tell(name, data):
                chunk: Any = item.data
                yield SpelledEvent(as_text(chunk)) if "choices" in chunk else item


def completions(inputs: Inputs) -> Plan:
    """A prompt is asked as the only message of a chat."""
    body: PromptBody = inputs.body
    body.check()
    message = {"role": "user", "content": body.text}
    agent = agent_of(body.model)
    wants_usage = body.stream_options is not None and bool(body.stream_options.include_usage)
    fields: dict[str, Any] = msgspec.json.decode(inputs.raw, type=dict[str, Raw])
    if agent is None:
        asked = {name: value for name, value in fields.items() if name not in OWN}
        ask = Ask(model.complete, ModelCompleteParams(body=Raw(msgspec.json.encode({**asked, "messages": [message]}))))
        if body.stream:
            return Relay(ask=ask, translation=TextChunks())
        completed = yield ask
        return Reply(as_text(_answered(completed.body)))
    params = run_params(inputs.headers, plain(inputs.raw), [message], agent=agent)
    name = body.model or ""
    if not body.stream:
        return Reply(as_text(completion_of((yield from whole_run(inputs, params)), name)))
    accepted = yield from runs.begin(inputs, params)
    spelling = RunText(accepted.run_id, name, wants_usage)
    return Follow(spelling=spelling, run_id=accepted.run_id, after=chat_position(accepted), bound=True)


ENDPOINTS = (
    Endpoint(
        verb="POST",
        path="/v1/completions",
        plan=completions,
        doc="Go on with a prompt.",
        calls=(model.complete, chat.run, chat.wait),
        body=PromptBody,
        streams=True,
        style=STYLE,
        end_user=end_user,
    ),
)
