"""A model's answer, from bytes to chunks: a stream of events, or one JSON document.

The events are those of the HTML standard (9.2.6, Interpreting an event stream), the documents those of OpenAI's Chat
Completions, read as widely as servers spell them. This is the one reader of all doors: agents, plain completions and
responses see what it says. Nothing here waits: bytes go in, chunks come out.
"""

from typing import Any, cast

import msgspec

from openclaw_rpc.adapters.providers.frames import (
    FINISHES,
    REASONING,
    UNREADABLE,
    BadAnswerError,
    CompletionChoice,
    CompletionFrame,
    Delta,
    ToolCallPiece,
    as_text,
    error_of,
    finish_of,
    loads,
    loosened,
    objects,
    several,
    whole_number,
)
from openclaw_rpc.adapters.providers.think_tags import ThinkTags
from openclaw_rpc.adapters.providers.tool_calls import ToolCalls
from openclaw_rpc.domain.chunks import Chunk, ToolCallPart
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.chat import Usage
from openclaw_rpc.protocol.surrogates import Halves, replaced_in

MAX_LINE = 16 * 1024 * 1024
MARK = b"\xef\xbb\xbf"
NOTHING = "answered with nothing"
NO_ERROR = (None, False, "")

_decode = msgspec.json.Decoder(CompletionFrame).decode
_NOTHING = Chunk()


class AnswerReader:
    """Turns what one upstream read brought into a chunk. ``finished`` once nothing more is to be expected.

    Args:
        carry: chunks bring ``payloads`` as well, the JSON of what came in OpenAI's own spelling: the very bytes
            where they have it already.
        think_tags: whether `<think>` at the beginning of a text is reasoning.
    """

    def __init__(self, max_line: int = MAX_LINE, *, carry: bool = False, think_tags: bool = True) -> None:
        self.finished = False
        self.finish_reason: str | None = None
        self.spoke = False
        self.whole: bytes = b""
        """The document in OpenAI's own spelling, once `document` was read with ``carry``."""
        self._max_line = max_line
        self._carry = carry
        self._chunk = Chunk()
        self._rest: list[bytes] = []
        self._rest_size = 0
        self._first = True
        self._after_cr = False
        self._pending: list[bytes] = []
        self._pending_size = 0
        self._event = b""
        self._usage: Usage | None = None
        self._calls = ToolCalls()
        self._think = ThinkTags(watching=think_tags)
        self._halves = Halves(), Halves()
        self._argument_halves: dict[int, Halves] = {}
        self._any = False
        self._last = b""

    def taken(self) -> Chunk | None:
        """What was read since the last time, also where a fault came after it; None where that is nothing yet."""
        if not self.spoke or self._chunk == _NOTHING:
            return None
        chunk, self._chunk = self._chunk, Chunk()
        return chunk

    def feed(self, data: bytes) -> None:
        """Read what ``data`` completed.

        Raises:
            BadAnswerError: a line is too long, is not JSON, or has the wrong shape.
            UpstreamError: the server reports an error in the stream.
        """
        if b"\r" in data or self._after_cr:
            data = self._only_lf(data)
        lines = data.split(b"\n")
        rest = lines.pop()
        if lines and self._rest:
            lines[0] = b"".join((*self._rest, lines[0]))
            self._rest.clear()
            self._rest_size = 0
        if rest:
            self._rest.append(rest)
            self._rest_size += len(rest)
            if self._rest_size > self._max_line:
                raise BadAnswerError(f"sent a line of more than {self._max_line >> 20} MB")
        if lines and self._first:
            self._first = False
            lines[0] = lines[0].removeprefix(MARK)
        for line in lines:
            if line[:5] == b"data:":
                self._data(line[5:].strip())
                if self.finished:
                    break
            elif line:
                self._other(line)
            elif self._pending or self._event:
                self._end_of_event()

    def close(self) -> None:
        """The stream ended: read what was left of it, and the end that it did not spell out.

        ``finished`` is False afterwards where it was cut short.

        Raises:
            BadAnswerError: it ended with a line that is not JSON.
            UpstreamError: the server reports an error in what was left.
        """
        rest = b"".join(self._rest)
        if self._first:
            rest = rest.removeprefix(MARK)
        if not self.finished and rest.startswith(b"data:"):
            self._data(rest[5:].strip())
        if not self.finished and self.finish_reason is not None:
            self._finish()
        elif not self.finished:
            self._end_of_event(complete=not rest)

    def document(self, body: bytes) -> None:
        """Read a whole answer that came as one JSON document.

        Raises:
            BadAnswerError: it is something else, or of the wrong shape.
            UpstreamError: it is an error.
        """
        body = body.removeprefix(MARK)
        found: Any = None
        try:
            frame = _decode(body)
        except UNREADABLE:
            found = loads(body)
            frame = loosened(found)
        if frame.error not in NO_ERROR:
            raise error_of(frame.error)
        choice = next((choice for choice in frame.choices if not choice.index), None)
        if choice is None:
            raise BadAnswerError("sent JSON that is not a completion: it has no choices")
        self._count(frame)
        said, plain = self._said(choice, choice.message or choice.delta or Delta(), body, odd=found is not None)
        plain = plain and found is None and len(frame.choices) == 1
        plain = plain and choice.message is not None and choice.finish_reason is not None
        said.finish_with(self._ending(), self.finish_reason or ("tool_calls" if self._calls.count else "stop"))
        if self._carry:
            self.whole = as_text(body) if plain else _canonical(loads(body), said, whole=True)
            self._chunk.payloads = _as_payloads(self.whole)
        self._chunk.text, self._chunk.thinking = said.text, said.thinking
        self._chunk.finish_reason = self.finish_reason = said.finish
        self._finish()

    # ---- lines ----

    def _only_lf(self, data: bytes) -> bytes:
        if self._after_cr and data[:1] == b"\n":
            data = data[1:]
        self._after_cr = data[-1:] == b"\r"
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _data(self, payload: bytes) -> None:
        if payload == b"[DONE]":
            self._end_of_event()
            self._finish()
            return
        if not payload:
            return
        try:
            frame = _decode(payload)
        except UNREADABLE:
            self._odd(payload)
        else:
            if self._pending:
                self._pending.clear()
            self._frame(frame, payload, None)

    def _odd(self, payload: bytes) -> None:
        """A line that is spelled in another way, or only a part of an event."""
        try:
            found = loads(payload) if not self._pending else None
        except BadAnswerError:
            found = None
        if isinstance(found, dict):
            self._frame(loosened(found), payload, found)
            return
        # An event may spread its JSON over several data lines.
        self._pending.append(payload)
        self._pending_size += len(payload)
        if self._pending_size > self._max_line:
            raise BadAnswerError(f"sent an event of more than {self._max_line >> 20} MB")

    def _end_of_event(self, *, complete: bool = True) -> None:
        pending, self._pending, self._pending_size = self._pending, [], 0
        if pending:
            payload = b"\n".join(pending)
            if self._event == b"error" and payload[:1] not in (b"{", b"["):
                raise error_of(payload.decode(errors="replace"))
            if not complete:
                return  # cut in the middle of an event
            for found in several(payload):
                if found is None:
                    self._finish()
                else:
                    self._frame(loosened(found), payload, found)
        self._event = b""

    def _other(self, line: bytes) -> None:
        if line[:6] == b"event:":
            self._event = line[6:].strip()
        elif not self._any and line.lstrip()[:1] in (b"{", b"<"):
            raise BadAnswerError("sent no event stream, though its content type says so")
        # Comments, and fields of other names, are to be ignored, says the standard.

    # ---- chunks ----

    def _frame(self, frame: CompletionFrame, payload: bytes, found: Any) -> None:
        self._any = True
        if frame.error not in NO_ERROR or self._event == b"error":
            raise error_of(frame.error or {})
        self._count(frame)
        self._last = payload
        self._take(frame, payload, found)

    def _count(self, frame: CompletionFrame) -> None:
        if frame.usage is not None:
            self._usage = frame.usage.usage() or self._usage

    def _take(self, frame: CompletionFrame, payload: bytes, found: Any) -> None:
        """Add what a chunk says. ``found`` is its JSON where it was spelled in another way than OpenAI's."""
        plain, told = found is None, None
        for choice in frame.choices:
            if choice.index:
                plain = False  # another answer to the same question
                continue
            delta = choice.delta or choice.message or Delta()
            told, as_it_was = self._said(choice, delta, payload, odd=found is not None)
            plain = plain and as_it_was and choice.delta is not None
        if self._carry:
            written = (
                as_text(payload) if plain else _canonical(loads(payload) if found is None else found, told, whole=False)
            )
            self._chunk.payloads.append(written)

    def _said(self, choice: CompletionChoice, delta: Delta, payload: bytes, *, odd: bool) -> tuple["_Said", bool]:
        """What a choice adds, in order, and whether its own spelling says just that."""
        text, thinking, plain = delta.content or "", delta.thought(), True
        if delta.refusal and not self._carry:
            text += delta.refusal
        if odd or self._halves[0].held or self._halves[1].held:
            held = bool(self._halves[0].held or self._halves[1].held)
            joined = self._halves[0].join(text), self._halves[1].join(thinking)
            plain = plain and not held and joined == (text, thinking)
            text, thinking = joined
        if self._think.watching and text:
            said, thought = self._think.feed(text)
            plain = plain and said == text and not thought
            text, thinking = said, thinking + thought
        parts: list[ToolCallPart] = []
        if delta.tool_calls or delta.function_call:
            whole = choice.message is not None and choice.delta is None
            parts, as_it_was = self._parts(delta, whole=whole, odd=odd)
            plain = plain and as_it_was
        finish = choice.finish_reason
        if finish == "error":
            raise error_of(
                next((item["error"] for item in objects(loads(payload)["choices"]) if item.get("error")), "")
            )
        if finish and self.finish_reason is None:
            more, thought = self._ending()
            reason = finish_of(finish)
            if self._calls.count and reason == "stop":
                reason = "tool_calls"
            plain = plain and reason == finish and not more and not thought
            text, thinking, finish = text + more, thinking + thought, reason
            self._chunk.finish_reason = self.finish_reason = reason
        elif finish and finish not in FINISHES:
            plain, finish = False, finish_of(finish)
        if text or thinking or parts or finish or delta.refusal:
            self.spoke = True
            self._chunk.text += text
            self._chunk.thinking += thinking
            if parts:
                self._chunk.tool_calls += parts
        if delta.reasoning_details or delta.extra_content is not None:
            self._keep(delta)
        return _Said(text, thinking, parts, finish), plain

    def _parts(self, delta: Delta, *, whole: bool, odd: bool) -> tuple[list[ToolCallPart], bool]:
        parts: list[ToolCallPart] = []
        plain = True
        for call in delta.tool_calls or ():
            part, as_it_was = self._calls.take(call, whole=whole)
            plain = plain and (as_it_was or (whole and bool(call.id)))
            halves = self._argument_halves.get(part.index)
            if odd or halves is not None:
                halves = self._argument_halves.setdefault(part.index, halves or Halves())
                part.arguments = halves.join(part.arguments)
            parts.append(part)
        if delta.function_call is not None:  # the older spelling, of one call
            part, _ = self._calls.take(ToolCallPiece(index=0, function=delta.function_call), whole=False)
            parts.append(part)
        return parts, plain

    def _keep(self, delta: Delta) -> None:
        """What the provider adds to a message, to be sent back with it."""
        details = self._chunk.details
        if delta.extra_content is not None:
            details["extra_content"] = delta.extra_content
        for item in delta.reasoning_details or ():
            if isinstance(item, dict):
                details.setdefault("reasoning_details", []).append(item)

    def _ending(self) -> tuple[str, str]:
        """What text and reasoning are still owed."""
        text, thinking = self._think.end() if self._think.holding else ("", "")
        return text + self._halves[0].end(), thinking + self._halves[1].end()

    def _finish(self) -> None:
        text, thinking = self._ending()
        if text or thinking:
            self.spoke = True
            self._chunk.text += text
            self._chunk.thinking += thinking
            self._say({"content": text} | ({"reasoning_content": thinking} if thinking else {}), None)
        if self.finish_reason is None:
            if not self.spoke:
                raise BadAnswerError(NOTHING)
            self._say_finish("tool_calls" if self._calls.count else "stop")
        self._chunk.usage = self._usage  # once, however often the server repeated it
        self.spoke = True
        self.finished = True

    def _say_finish(self, reason: str) -> None:
        """The end, where the server did not say why it ended."""
        self._chunk.finish_reason = self.finish_reason = reason
        self.spoke = True
        self._say({}, reason)

    # ---- OpenAI's own spelling ----

    def _say(self, delta: JsonObject, finish: str | None) -> None:
        if self._carry and self._last:
            head = {name: value for name, value in loads(self._last).items() if name != "usage"}
            choices = [{"index": 0, "delta": delta, "finish_reason": finish}]
            self._chunk.payloads.append(msgspec.json.encode(replaced_in({**head, "choices": choices})))


class _Said:
    """What one chunk said."""

    __slots__ = ("finish", "parts", "text", "thinking")

    def __init__(self, text: str, thinking: str, parts: list[ToolCallPart], finish: str | None) -> None:
        self.text = text
        self.thinking = thinking
        self.parts = parts
        self.finish = finish

    def finish_with(self, owed: tuple[str, str], finish: str) -> None:
        """Nothing more comes."""
        self.text += owed[0]
        self.thinking += owed[1]
        self.finish = finish

    def form(self, *, whole: bool) -> JsonObject:
        """The same as the fields of a delta or, ``whole``, of a message."""
        form: JsonObject = {"content": self.text or None} if whole or self.text else {}
        if self.thinking:
            form["reasoning_content"] = self.thinking
        if self.parts:
            form["tool_calls"] = [_call(part, whole=whole) for part in self.parts]
        return form


def _call(part: ToolCallPart, *, whole: bool) -> JsonObject:
    function: JsonObject = {"arguments": part.arguments or ("{}" if whole else "")}
    call: JsonObject = {} if whole else {"index": part.index}
    if part.name is not None or whole:
        function = {"name": part.name or "", **function}
    if part.id is not None:
        call |= {"id": part.id, "type": "function"}
    call["function"] = function
    if part.extra is not None:
        call["extra_content"] = part.extra
    return call


def _canonical(found: Any, told: _Said | None, *, whole: bool) -> bytes:
    """A chunk or, ``whole``, a document, in OpenAI's own spelling."""
    chunk = cast("dict[str, Any]", found)
    if told is None:
        return msgspec.json.encode(replaced_in({**chunk, "choices": []}))
    first = next(choice for choice in objects(chunk["choices"]) if not whole_number(choice.get("index")))
    said = [first[name] for name in ("delta", "message") if isinstance(first.get(name), dict)]
    given: JsonObject = said[0] if said else {}
    kept: JsonObject = {
        name: value
        for name, value in given.items()
        if name not in ("content", "tool_calls", *REASONING) and value is not None
    }
    if whole:
        kept = {"role": "assistant", **kept}
    more = {name: value for name, value in first.items() if name not in ("text", "delta", "message")}
    choice = {**more, "index": 0, "message" if whole else "delta": kept | told.form(whole=whole)}
    choice["finish_reason"] = told.finish
    return msgspec.json.encode(replaced_in({**chunk, "choices": [choice]}))


def _as_payloads(whole: bytes) -> list[bytes]:
    """A document as the chunks of a stream."""
    document = cast("dict[str, Any]", loads(whole))
    head = {name: value for name, value in document.items() if name not in ("usage", "choices")}
    head["object"] = "chat.completion.chunk"
    choice: dict[str, Any] = document["choices"][0]
    message = dict(choice.get("message") or {})
    if message.get("tool_calls"):
        message["tool_calls"] = [{**call, "index": at} for at, call in enumerate(message["tool_calls"])]
    told: list[JsonObject] = [
        {**head, "choices": [{"index": 0, "delta": message, "finish_reason": None}]},
        {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": choice.get("finish_reason")}]},
    ]
    if document.get("usage"):
        told.append({**head, "choices": [], "usage": document["usage"]})
    return [msgspec.json.encode(chunk) for chunk in told]
