"""A model's answer, from bytes to chunks: a stream of events, or one JSON document.

The events are those of the HTML standard (9.2.6, Interpreting an event stream), the documents those of OpenAI's Chat
Completions, read as widely as servers spell them. Nothing here waits: bytes go in, chunks come out.
"""

from typing import Any, cast

import msgspec

from openclaw_rpc.domain.ports import Chunk, ToolCallPart
from openclaw_rpc.protocol.chat import Usage

MAX_LINE = 16 * 1024 * 1024


class BadAnswerError(Exception):
    """The server's answer can't be read; the message says what was wrong with it."""


class UpstreamError(Exception):
    """The server put an error into its answer. ``code`` and ``type`` as it gave them, in lower case."""

    def __init__(self, message: str, *, code: str = "", kind: str = "", status: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.kind = kind
        self.status = status


class _Function(msgspec.Struct, gc=False):
    name: str | None = None
    arguments: str | dict[str, Any] | None = None


class _ToolCall(msgspec.Struct, gc=False):
    index: int | None = None
    id: str | None = None
    function: _Function | None = None


class _Delta(msgspec.Struct, gc=False):
    content: str | list[Any] | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    refusal: str | None = None
    tool_calls: list[_ToolCall] | None = None


class _Choice(msgspec.Struct, gc=False):
    index: int | None = 0
    delta: _Delta | None = None
    message: _Delta | None = None
    text: str | None = None
    finish_reason: str | None = None


class _Usage(msgspec.Struct, gc=False):
    prompt_tokens: int | float | None = None
    completion_tokens: int | float | None = None
    total_tokens: int | float | None = None


class _Frame(msgspec.Struct, gc=False):
    choices: list[_Choice] | None = None
    usage: _Usage | None = None
    error: Any = None


_decode = msgspec.json.Decoder(_Frame).decode
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_NOTHING = Chunk()


class AnswerReader:
    """Turns what one upstream read brought into a chunk. ``finished`` once nothing more is to be expected."""

    def __init__(self, max_line: int = MAX_LINE) -> None:
        self.finished = False
        self.finish_reason: str | None = None
        self.spoke = False
        self._max_line = max_line
        self._chunk = Chunk()
        self._rest: list[bytes] = []
        self._rest_size = 0
        self._after_cr = False
        self._pending = b""
        self._event = b""
        self._usage: Usage | None = None
        self._calls = 0
        self._any = False

    def taken(self) -> Chunk | None:
        """What was read since the last time, also where a fault came after it; None where that is nothing."""
        if self._chunk == _NOTHING:
            return None
        chunk, self._chunk = self._chunk, Chunk()
        return chunk

    def feed(self, data: bytes) -> None:
        """Read what ``data`` completed.

        Raises:
            BadAnswerError: a line is too long, is no JSON, or has the wrong shape.
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
            BadAnswerError: it ended with a line that is no JSON.
            UpstreamError: the server reports an error in what was left.
        """
        rest = b"".join(self._rest)
        if not self.finished and rest.startswith(b"data:"):
            self._data(rest[5:].strip())
        if not self.finished and self.finish_reason is not None:
            self._finish()
        elif self._pending and not rest:
            raise BadAnswerError("sent a line that is no JSON")

    def document(self, body: bytes) -> None:
        """Read a whole answer that came as one JSON document.

        Raises:
            BadAnswerError: it is none, or of the wrong shape.
            UpstreamError: it is an error.
        """
        try:
            frame = _decode(body)
        except _UNREADABLE as error:
            raise BadAnswerError(_wrong(error)) from None
        if not frame.choices and frame.error is None:
            raise BadAnswerError("sent JSON that is no completion: it has no choices")
        self._take(frame)
        self._finish()

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
        if self._pending:  # an event may spread its JSON over several data lines
            payload = self._pending + b"\n" + payload
        try:
            frame = _decode(payload)
        except msgspec.ValidationError as error:
            raise BadAnswerError(_wrong(error)) from None
        except _UNREADABLE:
            self._pending = payload
            if len(payload) > self._max_line:
                raise BadAnswerError(f"sent an event of more than {self._max_line >> 20} MB") from None
            return
        self._pending = b""
        self._take(frame)

    def _end_of_event(self) -> None:
        if self._pending:
            raise BadAnswerError("sent a line that is no JSON")
        self._event = b""

    def _other(self, line: bytes) -> None:
        if line[:6] == b"event:":
            self._event = line[6:].strip()
        elif not self._any and line.lstrip()[:1] in (b"{", b"<"):
            raise BadAnswerError("sent no event stream, though its content type says so")
        # Comments, and fields of other names, are to be ignored, says the standard.

    def _take(self, frame: _Frame) -> None:
        self._any = True
        if frame.error is not None or self._event == b"error":
            raise _error({} if frame.error is None else frame.error)
        if frame.usage is not None:
            self._usage = _usage(frame.usage)
        for choice in frame.choices or ():
            if choice.index:
                continue  # another answer to the same question
            text, thinking = choice.text or "", ""
            delta = choice.delta or choice.message
            if delta is not None:
                content = delta.content
                if isinstance(content, str):
                    text = content
                elif content:
                    text, thinking = _parts(content)
                thinking = delta.reasoning_content or delta.reasoning or thinking
                if delta.refusal:
                    text += delta.refusal
                if delta.tool_calls:
                    self._tool_calls(delta.tool_calls, whole=choice.message is not None)
            if text or thinking:
                self.spoke = True
                self._chunk.text += text
                self._chunk.thinking += thinking
            if choice.finish_reason and self.finish_reason is None:
                self._chunk.finish_reason = self.finish_reason = choice.finish_reason
                self.spoke = True

    def _tool_calls(self, calls: list[_ToolCall], *, whole: bool) -> None:
        parts = self._chunk.tool_calls
        for position, call in enumerate(calls):
            function = call.function or _Function()
            arguments = function.arguments
            if isinstance(arguments, dict):
                arguments = msgspec.json.encode(arguments).decode()
            index = call.index
            if index is None:  # some servers send each call in one piece, without an index
                index = position if whole else self._calls - (0 if function.name else 1)
            self._calls = max(self._calls, index + 1)
            parts.append(ToolCallPart(index=index, id=call.id, name=function.name, arguments=arguments or ""))
        self.spoke = True

    def _finish(self) -> None:
        if self.finish_reason is None:
            self._chunk.finish_reason = self.finish_reason = "tool_calls" if self._calls else "stop"
        self._chunk.usage = self._usage  # once, however often the server repeated it
        self.spoke = True
        self.finished = True


def _parts(content: Any) -> tuple[str, str]:
    """Text and thinking of a content that is a list of parts, as some servers stream it."""
    text, thinking = "", ""
    for part in content:
        if not isinstance(part, dict):
            continue
        found = cast("dict[str, Any]", part)
        if isinstance(found.get("text"), str):
            text += found["text"]
        elif isinstance(found.get("thinking"), str):
            thinking += found["thinking"]
        elif isinstance(found.get("thinking"), list):
            thinking += _parts(found["thinking"])[0]
    return text, thinking


def _usage(usage: _Usage) -> Usage | None:
    if usage.prompt_tokens is None and usage.completion_tokens is None and usage.total_tokens is None:
        return None
    prompt = int(usage.prompt_tokens or 0)
    completion = int(usage.completion_tokens or 0)
    return Usage(
        prompt_tokens=prompt, completion_tokens=completion, total_tokens=int(usage.total_tokens or prompt + completion)
    )


def _error(error: Any) -> UpstreamError:
    if not isinstance(error, dict):
        return UpstreamError(str(error)[:2000] or "an error that it did not describe")
    found = cast("dict[str, Any]", error)
    message = found.get("message")
    code = found.get("code")
    status = code if isinstance(code, int) and 400 <= code <= 599 else None
    return UpstreamError(
        message if isinstance(message, str) and message else "an error that it did not describe",
        code=str(code or "").lower(),
        kind=str(found.get("type") or "").lower(),
        status=status,
    )


def error_in(body: bytes) -> UpstreamError | None:
    """The error that the JSON of a refusal describes, in any of the shapes in use; None where it describes none."""
    try:
        document: Any = msgspec.json.decode(body)
    except _UNREADABLE:
        return None
    if isinstance(document, list) and document:  # Google's compatible endpoint wraps it in a list
        document = cast("list[Any]", document)[0]
    if not isinstance(document, dict):
        return None
    found = cast("dict[str, Any]", document)
    error = found.get("error")
    if error is None:
        error = {**found, "message": found.get("message") or found.get("detail")}
        if not isinstance(error["message"], str):
            return None
    elif isinstance(error, str) and isinstance(found.get("message"), str):
        error = {**found, "code": error}
    return _error(error)


def _wrong(error: Exception) -> str:
    if isinstance(error, msgspec.ValidationError):
        return f"sent a piece of the wrong shape ({error})"
    return "sent a line that is no JSON"
