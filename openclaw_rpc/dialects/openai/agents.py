"""OpenAI's requests to agents of the gateway: `model: "openclaw"` or `"openclaw/<agent>"` is a run.

A client that says which session it means (by header or field) sends nothing new but its last message; one that does
not sends the whole conversation each time, which becomes a session of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, cast

from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.chat import Attachment, ChatRunParams, EarlierMessage, RunOptions, Thinking
from openclaw_rpc.protocol.errors import InvalidRequest
from openclaw_rpc.protocol.validation import checked

PREFIX = "openclaw"
KEY_LENGTH = 200
URL_LENGTH = 8192
SESSION_HEADERS = ("x-openclaw-session-key", "x-session-id", "session-id", "x-openwebui-chat-id")
SAID = ("user", "assistant", "tool")
SESSION_FIELDS = ("conversation", "user")
MODEL_FIELDS = {
    "stop": "stop",
    "seed": "seed",
    "top_p": "topP",
    "frequency_penalty": "frequencyPenalty",
    "presence_penalty": "presencePenalty",
    "response_format": "responseFormat",
    "tool_choice": "toolChoice",
    "parallel_tool_calls": "parallelToolCalls",
}
"""What a request says of how its model is to answer, and the option of a run that says so."""
REFUSED_FIELDS = ("logprobs", "top_logprobs", "functions", "function_call", "audio", "logit_bias")
"""What an agent's answer has no place for."""
_EFFORTS: Mapping[str, Thinking] = {
    "minimal": "low",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "high",
    "max": "high",
}


def agent_of(model: str | None) -> str | None:
    """The agent that a model's name means, "" the default one; None where it means a model."""
    if model is None or not model.startswith(PREFIX):
        return None
    rest = model[len(PREFIX) :]
    return rest[1:] if rest[:1] in ("/", ":") else None if rest else ""


def session_of(headers: Mapping[str, str], body: JsonObject) -> str | None:
    """The session that a request belongs to: the first that it names, None where it names none."""
    metadata: Any = body.get("metadata")
    named: list[Any] = [headers.get(name) for name in SESSION_HEADERS]
    named.append(cast("JsonObject", metadata).get("session_id") if isinstance(metadata, dict) else None)
    for name in SESSION_FIELDS:
        value: Any = body.get(name)
        named.append(cast("JsonObject", value).get("id") if isinstance(value, dict) else value)
    return next((_key(name) for name in named if isinstance(name, str) and name), None)


def _key(name: str) -> str:
    """A session's key: the name as it is where it can be one."""
    if len(name) <= KEY_LENGTH and name.isprintable():
        return name
    return f"openai-{hashlib.sha256(name.encode(errors='replace')).hexdigest()[:32]}"


def run_params(
    headers: Mapping[str, str], body: JsonObject, messages: Sequence[JsonObject], *, agent: str, channel: str = "openai"
) -> ChatRunParams:
    """The run that a request asks for.

    Raises:
        InvalidRequest: it has no message of a user, or a field is not what it should be.
    """
    last = max((at for at, message in enumerate(messages) if message.get("role") == "user"), default=None)
    if last is None:
        raise InvalidRequest("there is no user message", field="messages", reason="missing")
    system = [text_of(message.get("content")) for message in messages if message.get("role") in ("system", "developer")]
    text, attachments = contents(messages[last].get("content"))
    effort: Any = body.get("reasoning_effort")
    limit: Any = body.get("max_completion_tokens")
    refused = next((name for name in REFUSED_FIELDS if body.get(name)), None)
    if refused is not None:
        raise InvalidRequest(f"agents do not support {refused}", field=refused, reason="unsupported_value")
    options: JsonObject = {
        **{option: body.get(name) for name, option in MODEL_FIELDS.items()},
        "temperature": body.get("temperature"),
        "maxTokens": body.get("max_tokens") if limit is None else limit,
        "thinking": _EFFORTS.get(effort) if isinstance(effort, str) else None,
        "instructions": "\n\n".join(filter(None, system)) or None,
    }
    return ChatRunParams(
        message=text or "(see what is attached)",
        session_key=session_of(headers, body),
        agent_id=agent or None,
        options=checked({name: value for name, value in options.items() if value is not None}, RunOptions, "a run"),
        attachments=attachments,
        channel=channel,
        history=[
            earlier(message) for message in messages[:last] if message.get("role") in ("user", "assistant", "tool")
        ],
    )


def earlier(message: JsonObject) -> EarlierMessage:
    """A message of a chat as one that was said before."""
    text, attachments = contents(message.get("content"))
    calls: Any = message.get("tool_calls") or []
    call_id: Any = message.get("tool_call_id")
    return EarlierMessage(
        role=message["role"],
        content=text,
        tool_calls=[cast("JsonObject", call) for call in calls if _is_call(call)],
        tool_call_id=call_id if isinstance(call_id, str) else None,
        attachments=attachments,
    )


def _is_call(call: Any) -> bool:
    if not isinstance(call, dict):
        return False
    found = cast("JsonObject", call)
    function: Any = found.get("function")
    return isinstance(found.get("id"), str) and isinstance(function, dict) and {"name", "arguments"} <= function.keys()


def text_of(content: Any) -> str:
    """The text of a content, whatever its form: a string, a list of parts, or nothing."""
    return contents(content)[0]


def contents(content: Any) -> tuple[str, list[Attachment]]:
    """A content's text and its pictures."""
    if isinstance(content, str):
        return content, []
    texts: list[str] = []
    pictures: list[Attachment] = []
    for part in cast("list[Any]", content) if isinstance(content, list) else []:
        if isinstance(part, str):
            texts.append(part)
        elif isinstance(part, dict):
            _take(cast("JsonObject", part), texts, pictures)
    return "\n".join(texts), pictures


def _take(part: JsonObject, texts: list[str], pictures: list[Attachment]) -> None:
    kind: Any = part.get("type")
    text: Any = part.get("text", part.get("refusal"))
    url: Any = part.get("image_url")
    if isinstance(url, dict):
        url = cast("JsonObject", url).get("url")
    if isinstance(text, str):
        texts.append(text)
    elif isinstance(url, str):
        pictures.append(_picture(url))
    elif isinstance(kind, str):
        texts.append(f"[{kind}: agents take text and pictures]")


def _picture(url: str) -> Attachment:
    head, comma, data = url.partition(",")
    if url.startswith("data:") and comma and head.endswith(";base64"):
        return Attachment(type="image", mime_type=head[5:-7][:200] or None, data=data)
    if len(url) > URL_LENGTH:
        raise InvalidRequest("the address of a picture is too long", field="messages", reason="too_long")
    return Attachment(type="image", url=url)
