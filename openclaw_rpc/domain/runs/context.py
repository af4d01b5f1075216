"""What the model is given to read: the agent's prompt, the conversation, and not more than it can hold.

The rule: the prompt and the last question are always whole. Of the rest, the oldest turns go first, each from its
question on, until the estimate fits. Where what the run's own tools answered is too much by itself, the oldest of it is
shortened first, each to its beginning and end.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from openclaw_rpc.domain.pictures import FIELD as PICTURES
from openclaw_rpc.domain.tools.results import shortened
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.chat import (
    Attachment,
    CalledFunction,
    ChatMessage,
    EarlierMessage,
    MessageAttachment,
    MessageToolCall,
)
from openclaw_rpc.protocol.errors import TooLarge
from openclaw_rpc.protocol.validation import checked

MESSAGE_TOKENS = 4
"""What a message costs beside its text."""
PICTURE_TOKENS = 1000
DETAILS: Final = "provider_details"
"""The field of a message that is the provider's own: `adapters/providers/request_body.py` puts it where it belongs."""
ANSWER_SHARE = 4
ANSWER_TOKENS = 4096
NAME_CHARACTERS: Final = 64
RESULT_ENDS: Final = 1000
LEAST_ENDS: Final = 200
"""How many characters of a result stay where there is too little room, and where there is less than that."""
CONTEXT: Final = "<context>\n{}\n</context>"
"""What stands around that which goes with a question: a message of its own before it, which is taken note of."""
NOTED: Final = "Noted."
SUMMARISED: Final = "<summary>\nWhat was said before, in short:\n{}\n</summary>"
SUMMARY_FORMS: Final = 2
"""How many messages a summary is told in."""
UNANSWERED: Final = "(no answer was given)"
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_-]")


def estimate(text: str) -> int:
    """About how many tokens a text has: four ASCII characters each, one of a script like Chinese or Thai."""
    if text.isascii():
        return len(text) // 4 + 1
    # A wide character has three bytes or more, others that are not ASCII have two.
    ascii_, bytes_ = len(text.encode("ascii", "ignore")), len(text.encode("utf-8", "surrogatepass"))
    wide = bytes_ - 2 * len(text) + ascii_
    return wide + max(0, len(text) - wide) // 3 + 1


def tokens_of(message: JsonObject) -> int:
    """About how many tokens a message has, its tool calls included."""
    content: Any = message.get("content")
    total = MESSAGE_TOKENS
    if isinstance(content, str):
        total += estimate(content)
    elif isinstance(content, list):
        parts: list[Any] = content  # pyright: ignore[reportUnknownVariableType]
        for part in parts:
            total += estimate(part["text"]) if part.get("type") == "text" else PICTURE_TOKENS
    total += PICTURE_TOKENS * len(message.get(PICTURES, ()))
    for call in message.get("tool_calls") or ():
        total += estimate(call["function"]["name"]) + estimate(call["function"]["arguments"])
    return total


def as_prompt(message: ChatMessage) -> JsonObject:
    """A kept message in the form of Chat Completions."""
    form: JsonObject = {"role": message.role, "content": message.content}
    if message.tool_calls:
        form["tool_calls"] = [_call(call) for call in message.tool_calls]
        form["content"] = message.content or None
    if message.provider_details:
        form[DETAILS] = message.provider_details
    if message.tool_call_id is not None:
        form["tool_call_id"] = message.tool_call_id
    if message.attachments and message.role == "tool":
        texts = [_text_of(item) for item in message.attachments if item.type == "text"]
        form["content"] = "\n\n".join((message.content, *texts))
        urls = [item.url for item in message.attachments if item.type == "image"]
        if urls:
            form[PICTURES] = [{"tool": "the client's tool", "url": url} for url in urls]
    elif message.attachments:
        form["content"] = [{"type": "text", "text": message.content}, *map(_part, message.attachments)]
    return form


def _call(call: MessageToolCall) -> JsonObject:
    """A kept call as servers take it back: one that was malformed would have them refuse all that follows it."""
    name = _UNSAFE.sub("_", call.function.name)[:NAME_CHARACTERS] or "_"
    arguments = call.function.arguments if is_object(call.function.arguments) else "{}"
    return {"id": call.id, "type": "function", "function": {"name": name, "arguments": arguments}}


class _Function(msgspec.Struct):
    name: str
    arguments: str


class _ToolCall(msgspec.Struct):
    id: str
    function: _Function


def calls_of(message: EarlierMessage) -> list[MessageToolCall]:
    """The tool calls of a message that a client has from elsewhere.

    Raises:
        InvalidRequest: they lack an id, a name, or their arguments as text.
    """
    calls = [checked(call, _ToolCall, "history.toolCalls") for call in message.tool_calls]
    return [
        MessageToolCall(id=call.id, function=CalledFunction(name=call.function.name, arguments=call.function.arguments))
        for call in calls
    ]


def is_object(text: str) -> bool:
    """Whether a text is a JSON object."""
    try:
        msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return False
    return True


def _part(attachment: MessageAttachment) -> JsonObject:
    if attachment.type == "image":
        return {"type": "image_url", "image_url": {"url": attachment.url}}
    return {"type": "text", "text": _text_of(attachment)}


def _text_of(attachment: MessageAttachment) -> str:
    return f"[{attachment.name or 'text'}]\n{attachment.text or ''}"


def attached(attachment: Attachment, text: str | None) -> MessageAttachment:
    """An attachment as it is kept with its message: text, or a picture's URL."""
    if attachment.type == "image":
        url = attachment.url or f"data:{attachment.mime_type or 'image/png'};base64,{attachment.data}"
        return MessageAttachment(type="image", name=attachment.name, url=url)
    return MessageAttachment(type="text", name=attachment.name or attachment.path or "text", text=text or "")


def conversation(messages: Sequence[ChatMessage]) -> list[JsonObject]:
    """Kept messages as a model takes them: tool calls and results that lack the other are left out.

    A call's result is looked for right behind it: there are servers that give the same ids again in each turn.
    """
    forms: list[JsonObject] = []
    waiting = deque(messages)
    while waiting:
        message = waiting.popleft()
        if message.stands_for is not None:
            forms += (
                {"role": "user", "content": SUMMARISED.format(message.content)},
                {"role": "assistant", "content": NOTED},
            )
            continue
        if message.role == "tool":
            continue
        form = as_prompt(message)
        missing = {call.id for call in message.tool_calls}
        results: list[JsonObject] = []
        while missing and waiting and waiting[0].role == "tool":
            result = waiting.popleft()
            if result.tool_call_id in missing:
                missing.remove(result.tool_call_id)
                results.append(as_prompt(result))
        if missing:
            form.pop("tool_calls")
            form["content"] = message.content
            results.clear()
        if form["content"] or results:
            forms += (form, *results)
    return alternating(forms)


def since_summary(told: Sequence[ChatMessage]) -> list[ChatMessage]:
    """The last summary, and behind it what it does not speak for; all where there is none."""
    summary = next((message for message in reversed(told) if message.stands_for is not None), None)
    if summary is None or summary.stands_for is None:
        return list(told)
    upto = summary.stands_for.upto
    first = next((at + 1 for at, message in enumerate(told) if message.message_id == upto), 0)
    return [summary, *(message for message in told[first:] if message.stands_for is None)]


def alternating(forms: list[JsonObject]) -> list[JsonObject]:
    """Messages of which no two neighbours are a user's, or a model's: servers refuse what does not alternate.

    A run that failed or was aborted leaves a question without an answer: the model is told that there was none, so
    that it does not answer the old question with the new one.
    """
    merged: list[JsonObject] = []
    for form in forms:
        last = merged[-1] if merged else None
        if last is None or form["role"] != last["role"] or form["role"] == "tool" or "tool_calls" in last:
            merged.append(form)
            continue
        if form["role"] == "user":
            merged += ({"role": "assistant", "content": UNANSWERED}, form)
            continue
        both = {**last, **form, "content": _together(last["content"], form["content"])}
        merged[-1] = both
    return merged


def _together(first: Any, second: Any) -> Any:
    """Two contents as one."""
    if not first or not second:
        return first or second
    if isinstance(first, str) and isinstance(second, str):
        return f"{first}\n\n{second}"
    return [*_as_parts(first), *_as_parts(second)]


def _as_parts(content: Any) -> list[Any]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _surely_fit(messages: list[JsonObject], room: int) -> bool:
    """Whether messages have room, told without an estimate of each: a text has no more tokens than bytes."""
    if any(isinstance(message["content"], list) or PICTURES in message for message in messages):
        return False  # pictures: many tokens behind a short address
    return len(msgspec.json.encode(messages)) <= room


def fit(
    system: str,
    messages: list[JsonObject],
    limit: int,
    max_tokens: int | None,
    beside: Sequence[str] = (),
    *,
    pinned: int = 0,
) -> list[JsonObject]:
    """The prompt for a model that holds ``limit`` tokens, by the rule of this module.

    ``beside``: what goes with the last question, so that all before it is the same from turn to turn. ``pinned``: so
    many of the first messages stay, unless they take most of the room.

    Raises:
        TooLarge: the system prompt and the last question alone are too long.
    """
    room = limit - (max_tokens or min(ANSWER_TOKENS, limit // ANSWER_SHARE))
    system = "\n\n".join(filter(None, (system, *(m["content"] for m in messages if m["role"] == "system"))))
    messages = [message for message in messages if message["role"] != "system"]
    first_of_all, messages = messages[:pinned], messages[pinned:]
    last = max((at for at, message in enumerate(messages) if message["role"] == "user"), default=0)
    if beside and messages:
        context = CONTEXT.format("\n\n".join(beside))
        told: list[JsonObject] = [{"role": "user", "content": context}, {"role": "assistant", "content": NOTED}]
        messages = [*messages[:last], *told, *messages[last:]]
        last += len(told)
    kept = last - 2 if beside and messages else last
    head: list[JsonObject] = [{"role": "system", "content": system}] if system else []
    room -= sum(map(tokens_of, head))
    if (cost := sum(map(tokens_of, first_of_all))) <= room // 2:
        head += first_of_all
        room -= cost
    if _surely_fit(messages, room):
        return head + messages
    costs = [tokens_of(message) for message in messages]
    needed = sum(costs[kept:])
    if needed > room:
        messages, needed = _less_of_results(messages, last, costs, room)
    if needed > room:
        asked = costs[last] > room
        raise TooLarge(
            f"{'the message' if asked else 'what the tools of this run brought'} has about {needed} tokens, "
            f"the model has room for {max(room, 0)}",
            field="message" if asked else None,
            reason="too long for the model",
            limit=max(room, 0),
        )
    first = kept
    while first > 0 and needed + costs[first - 1] <= room:
        first -= 1
        needed += costs[first]
    # Some servers refuse a conversation that does not begin with a question.
    while first < kept and messages[first]["role"] != "user":
        first += 1
    return head + messages[first:]


def _less_of_results(
    messages: list[JsonObject], last: int, costs: list[int], room: int
) -> tuple[list[JsonObject], int]:
    """The messages with less of the last turn's results: pictures, then texts, the older first, down to a bit of each.

    Answers them and what the last turn costs then.
    """
    needed = sum(costs[last:])
    less = list(messages)
    for at in range(last, len(less)):
        if needed > room and PICTURES in less[at]:
            needed -= PICTURE_TOKENS * len(less[at][PICTURES])
            less[at] = {name: value for name, value in less[at].items() if name != PICTURES}
    for most in (RESULT_ENDS, LEAST_ENDS):
        for at in range(last, len(less)):
            content = less[at].get("content")
            if needed <= room:
                return less, needed
            if less[at]["role"] == "tool" and isinstance(content, str) and len(content) > most:
                cut = {**less[at], "content": shortened(content, most, "left out to make room: read it again")}
                needed += tokens_of(cut) - tokens_of(less[at])
                less[at] = cut
    return less, needed
