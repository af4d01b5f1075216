"""JSON-RPC 2.0 over a socket (jsonrpc.org/specification), and reference 003's shorter frames.

Both are read alike: a call may leave out ``"jsonrpc"``. They differ in how events are written: as ``{"type", "data"}``,
or as notifications for a client that asked for the subprotocol ``jsonrpc``.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any

import msgspec
from msgspec import UNSET, Raw

from openclaw_rpc.dialects.sockets.base import Bounds, Choose, OpeningRequest, Proof, Welcome
from openclaw_rpc.protocol.base import Scope
from openclaw_rpc.protocol.errors import GatewayError, InvalidFrame, ParseError, Unauthorized
from openclaw_rpc.protocol.event import auth_success, connected
from openclaw_rpc.protocol.frames import (
    MAX_DEPTH,
    ErrorBody,
    ErrorFrame,
    EventFrame,
    NotificationFrame,
    RequestFrame,
    ResultFrame,
)
from openclaw_rpc.rpc.frames import Frame, Id, Planned, Refused, Request, SpelledEvent

VERSION = "2.0"
SUBPROTOCOL = "jsonrpc"
PATHS = ("/", "/ws")
MAX_BATCH = 50
NO_PARAMS = Raw(b"{}")

# Possessive, and content with the end of the text as its end: never looks at a byte twice, whatever comes.
_STRINGS = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.S)
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_STEPS = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")
_PIECE = 1 << 16


class AuthFrame(msgspec.Struct):
    """The first message on `/ws` of a client that could not set headers (references 000 and 001)."""

    type: str
    token: str | None = None
    password: str | None = None


class _IdOnly(msgspec.Struct):
    id: str | int | float | None = None


def too_deep(data: bytes) -> bool:
    """Whether JSON is nested deeper than `MAX_DEPTH`, told without parsing it."""
    if data.count(b"[") + data.count(b"{") <= MAX_DEPTH:
        return False
    steps = memoryview(_STRINGS.sub(b"", data).translate(_STEPS, _NO_BRACKETS)).cast("b")
    depth = 0
    for at in range(0, len(steps), _PIECE):
        depths = list(accumulate(steps[at : at + _PIECE], initial=depth))
        if max(depths) > MAX_DEPTH:
            return True
        depth = depths[-1]
    return False


class JsonRpc:
    """Reads and writes frames. It remembers nothing: one serves all sockets of its kind."""

    first_frame = False
    bounded = True
    guards = False
    bounds = Bounds()
    close_codes: Mapping[int, int] = {}

    def __init__(self, *, notifications: bool = False, late: bool = False) -> None:
        self.kind = "jsonrpc" if notifications else "frames"
        self.subprotocol = SUBPROTOCOL if notifications else None
        self.late = late
        self._notifications = notifications
        self._auth = msgspec.json.Decoder(AuthFrame)
        self._request = msgspec.json.Decoder(RequestFrame)
        self._batch = msgspec.json.Decoder(list[Raw])
        self._id = msgspec.json.Decoder(_IdOnly)
        self._encode = msgspec.json.Encoder().encode

    def open(self) -> Sequence[bytes]:
        """The client speaks first."""
        return ()

    def proof(self, data: bytes) -> Proof:
        """Read ``{"type": "auth", …}``, the first frame of a client that could not set headers (000 and 001).

        Raises:
            Unauthorized: it is something else.
        """
        try:
            frame = self._auth.decode(data)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            frame = None
        if frame is None or frame.type != "auth":
            raise Unauthorized('the first message must be {"type": "auth", "token": "…"}')
        return Proof(frame.token, frame.password)

    def turn_away(self, error: GatewayError) -> Sequence[bytes]:
        """An error, then the end."""
        return (self._encode({"type": "error", "code": error.code, "message": error.message}),)

    def grant(self, scopes: frozenset[Scope]) -> frozenset[Scope]:
        """All that the token has."""
        return scopes

    def greet(self, welcome: Welcome) -> Sequence[bytes]:
        """`connected`, or `auth_success` where the client may say late who it is."""
        return self.frames(self.tell((auth_success if self.late else connected).name, welcome.greeting))

    def read(self, data: bytes) -> Frame:
        """What a frame asks for; what is wrong with it is part of the answer, never raised."""
        if too_deep(data):
            return refused(ParseError(f"the frame is nested deeper than {MAX_DEPTH}", reason="depth", limit=MAX_DEPTH))
        if data.lstrip()[:1] != b"[":
            return Frame((self._read_one(data, ParseError),))
        try:
            pieces = self._batch.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return refused(ParseError(f"the frame is not JSON: {error}"))
        if not pieces:
            return refused(InvalidFrame("a batch needs at least one call", reason="empty"))
        if len(pieces) > MAX_BATCH:
            return refused(InvalidFrame(f"a batch holds at most {MAX_BATCH} calls", reason="batch", limit=MAX_BATCH))
        return Frame([self._read_one(piece, InvalidFrame) for piece in pieces], True)

    def _read_one(self, data: bytes | Raw, no_json: type[GatewayError]) -> Request | Refused:
        try:
            frame = self._request.decode(data)
        except msgspec.ValidationError as error:
            return Refused(InvalidFrame(f"the frame is not a call: {error}", reason=str(error)), self._id_of(data))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return Refused(no_json(f"the frame is not JSON: {error}", reason=str(error)), None)
        if frame.jsonrpc is not UNSET and frame.jsonrpc != VERSION:
            error = InvalidFrame('"jsonrpc" must be "2.0"', field="jsonrpc", reason="version")
            return Refused(error, None if frame.id is UNSET else frame.id)
        params = frame.params
        if params is UNSET or bytes(params) == b"null":
            params = NO_PARAMS
        if frame.id is UNSET:
            return Request(frame.method, params, None, True)
        return Request(frame.method, params, frame.id, False)

    def _id_of(self, data: bytes | Raw) -> Id:
        try:
            return self._id.decode(data).id
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return None

    def answer(self, call: Request | Planned, value: Any) -> bytes:
        """The answer to a call."""
        return self._encode(ResultFrame(VERSION, value, call.id))

    def refuse(self, call_id: Id, error: GatewayError) -> bytes:
        """The answer to a call that failed."""
        return self._encode(ErrorFrame(VERSION, error_body(error), call_id))

    def batch(self, answers: Sequence[bytes]) -> bytes:
        """The answers to a batch."""
        return b"[" + b",".join(answers) + b"]"

    def tell(self, name: str, data: Any) -> Iterable[SpelledEvent]:
        """Every event, under its own name."""
        return (SpelledEvent(data, name),)

    def frames(self, told: Iterable[SpelledEvent], epoch: str = "", seq: int = 0) -> Sequence[bytes]:
        """An event, with its place in its session's stream where it has one."""
        if self._notifications:
            return [self._notification(item, epoch, seq) for item in told]
        return [self._encode(EventFrame(item.event or "", item.data, epoch, seq)) for item in told]

    def _notification(self, item: SpelledEvent, epoch: str, seq: int) -> bytes:
        params = msgspec.to_builtins(item.data, str_keys=True)
        if epoch:
            params = {**params, "epoch": epoch, "seq": seq}
        return self._encode(NotificationFrame(VERSION, item.event or "", params))


def json_rpc() -> Choose:
    """The dialect of `/` and of `/ws`, where a client may say who it is in its first frame."""
    known = {
        (notifications, late): JsonRpc(notifications=notifications, late=late)
        for notifications in (False, True)
        for late in (False, True)
    }

    def claim(head: OpeningRequest) -> JsonRpc | None:
        if head.path not in PATHS:
            return None
        return known[SUBPROTOCOL in head.subprotocols, head.path == "/ws"]

    return claim


def refused(error: GatewayError) -> Frame:
    """A frame that is answered by one error."""
    return Frame((Refused(error, None),))


def error_body(error: GatewayError) -> ErrorBody:
    """An error in the shape of JSON-RPC: ``data.code`` is the code that HTTP uses."""
    data: dict[str, Any] = {"code": error.code, "retryable": error.retryable}
    if error.field is not None:
        data["field"] = error.field
    if error.reason is not None:
        data["reason"] = error.reason
    return ErrorBody(error.rpc, error.message, data | error.details)
