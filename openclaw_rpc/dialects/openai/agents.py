"""OpenAI's requests to agents of the gateway: `model: "openclaw"` or `"openclaw/<agent>"` is a run.

`conversations.py` says which session a request belongs to. The functions that a client brings are offered to the agent
beside its own tools: a call to one ends the answer, and the request that brings its output goes on behind it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from openclaw_rpc.dialects.openai.conversations import ATTACHED, session_of
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.chat import Attachment, ChatRunParams, EarlierMessage, RunOptions, Thinking, ToolOutput
from openclaw_rpc.protocol.errors import InvalidRequest
from openclaw_rpc.protocol.validation import checked

PREFIX = "openclaw"
URL_LENGTH = 8192
PICTURE = "[a picture]"
"""What stands for one in the text of a tool's output."""
SAID = ("user", "assistant", "tool")
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
REFUSED_FIELDS = ("logprobs", "top_logprobs", "audio", "logit_bias")
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
    outputs = outputs_of(messages)
    said = messages[: len(messages) - len(outputs)] if outputs else messages[:last]
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
        message=text or ATTACHED,
        session_key=session_of(headers, body),
        agent_id=agent or None,
        options=checked({name: value for name, value in options.items() if value is not None}, RunOptions, "a run"),
        attachments=[] if outputs else attachments,
        channel=channel,
        history=[earlier(message) for message in said if message.get("role") in SAID],
        tools=client_tools(body.get("tools")),
        tool_outputs=outputs,
    )


def outputs_of(messages: Sequence[JsonObject]) -> list[ToolOutput]:
    """What a client's tools answered, where a request ends with that: the run that asked for it goes on."""
    outputs: list[ToolOutput] = []
    for message in reversed(messages):
        if message.get("role") != "tool":
            break
        call_id: Any = message.get("tool_call_id")
        if not isinstance(call_id, str):
            raise InvalidRequest("a tool's message needs its tool_call_id", field="messages", reason="missing")
        text, pictures = contents(message.get("content"))
        output = "\n".join(filter(None, (text, *[PICTURE] * len(pictures))))
        outputs.append(ToolOutput(call_id=call_id, output=output, attachments=pictures))
    return outputs[::-1]


def client_tools(tools: Any) -> list[JsonObject]:
    """The functions that a client runs itself.

    Raises:
        InvalidRequest: a tool is of another kind.
    """
    given = checked(tools or [], list[JsonObject], "tools")
    for at, tool in enumerate(given):
        function: Any = tool.get("function")
        name: Any = cast("JsonObject", function).get("name") if isinstance(function, dict) else None
        if tool.get("type", "function") != "function" or not isinstance(name, str) or not name:
            raise InvalidRequest("agents support only function tools", field=f"tools[{at}]", reason="unsupported_value")
    return given


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
        texts.append(f"[{kind}: agents take only text and pictures]")


def _picture(url: str) -> Attachment:
    head, comma, data = url.partition(",")
    if url.startswith("data:") and comma and head.endswith(";base64"):
        return Attachment(type="image", mime_type=head[5:-7][:200] or None, data=data)
    if len(url) > URL_LENGTH:
        raise InvalidRequest("the address of a picture is too long", field="messages", reason="too_long")
    return Attachment(type="image", url=url)
