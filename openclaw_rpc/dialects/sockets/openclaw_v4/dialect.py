"""The connection: a challenge, `connect`, then requests and events that are numbered without a hole."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from openclaw_rpc.dialects.sockets.base import Bounds, Choose, Device, OpeningRequest, Proof, Welcome
from openclaw_rpc.dialects.sockets.jsonrpc import SUBPROTOCOL, too_deep
from openclaw_rpc.dialects.sockets.openclaw_v4 import chat, devices, reads, sessions
from openclaw_rpc.dialects.sockets.openclaw_v4.connect import ClientInfo, Connect, Req, connect_of, hello
from openclaw_rpc.dialects.sockets.openclaw_v4.events import Events
from openclaw_rpc.dialects.sockets.openclaw_v4.method import SENT, Row
from openclaw_rpc.dialects.sockets.openclaw_v4.names import (
    OpenClawError,
    covers,
    error_of,
    granted,
    implied,
    missing_scope,
    now_ms,
)
from openclaw_rpc.protocol.base import Scope
from openclaw_rpc.protocol.errors import GatewayError, InvalidRequest, Unauthorized
from openclaw_rpc.protocol.validation import decoded
from openclaw_rpc.rpc.frames import Frame, Planned, Refused, Request, SpelledEvent

FIRST_BYTES: Final = 64 * 1024
FIRST_SECONDS: Final = 15.0
METHODS: Final[Mapping[str, Row]] = {**reads.ROWS, **sessions.ROWS, **chat.ROWS, **devices.ROWS}
CLOSE_CODES: Final = {1001: 1012, 4001: 1008, 4002: 1008, 4003: 1000, 4008: 1008, 4029: 1008}
MISMATCH: Final = 1002

_encode = msgspec.json.Encoder().encode
_request = msgspec.json.Decoder(Req)


class _FrameId(msgspec.Struct):
    id: str


_id = msgspec.json.Decoder(_FrameId)


class NotJson(InvalidRequest):
    """The first frame is nothing that could be answered."""


class OpenClaw:
    """One connection of a client of OpenClaw."""

    kind = ""
    bounded = False
    subprotocol = None
    late = True
    first_frame = True
    guards = True
    bounds = Bounds(first_bytes=FIRST_BYTES, seconds=FIRST_SECONDS)

    def __init__(self) -> None:
        self.close_codes: Mapping[int, int] = CLOSE_CODES
        self.events = Events()
        self.keys: dict[str, str] = {}
        self.followed: set[str] = set()
        self.past: dict[str, str] = {}
        self.client: ClientInfo | None = None
        self.conn_id = str(uuid.uuid4())
        self.began = time.monotonic()
        self._nonce = str(uuid.uuid4())
        self._said: Connect | None = None
        self._connect_id = ""
        self._granted: list[str] = []
        self._seq = 0

    def open(self) -> Sequence[bytes]:
        """The challenge that a device signs."""
        payload = {"nonce": self._nonce, "ts": now_ms()}
        return (_encode({"type": "event", "event": "connect.challenge", "payload": payload}),)

    def proof(self, data: bytes) -> Proof:
        """The request `connect`.

        Raises:
            GatewayError: it is something else, or is wrong.
        """
        try:
            request = _request.decode(data)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            self._connect_id = _id_in(data)
            raise NotJson("the first frame must be the request connect") from None
        self._connect_id = request.id
        if request.type != "req" or request.method != "connect":
            raise InvalidRequest("the first request must be connect", field="method", reason="connect")
        said = self._said = connect_of(bytes(request.params), self._nonce, now_ms())
        self.client = said.client
        client = said.client
        shown = client.display_name or client.id
        device = Device(said.device.id, shown, client.platform, client.id) if said.device is not None else None
        return Proof(said.auth.token or said.auth.device_token, said.auth.password, either=True, device=device)

    def turn_away(self, error: GatewayError) -> Sequence[bytes]:
        """Why it is not let in, under the id of its request."""
        if isinstance(error, OpenClawError) and error.details["code"] == "PROTOCOL_MISMATCH":
            self.close_codes = {**CLOSE_CODES, 4001: MISMATCH}
        if isinstance(error, NotJson) and not self._connect_id:
            return ()
        if isinstance(error, Unauthorized):
            error = OpenClawError(
                "unauthorized: the token or password is not right",
                "AUTH_TOKEN_MISMATCH",
                authReason="token_mismatch",
                canRetryWithDeviceToken=False,
                recommendedNextStep="update_auth_credentials",
            )
        return (self.refuse(self._connect_id, error),)

    def grant(self, scopes: frozenset[Scope]) -> frozenset[Scope]:
        """What was asked for of what the token allows."""
        self._granted = granted(self._said.scopes if self._said else (), scopes)
        return implied(self._granted) & scopes

    def greet(self, welcome: Welcome) -> Sequence[bytes]:
        """`hello-ok`, the answer to `connect`."""
        said = self._said
        self.events.caps = frozenset(said.caps if said else ())
        self.events.scopes = frozenset(self._granted)
        most = welcome.max_message_bytes
        policy = {
            "maxPayload": most,
            "maxBufferedBytes": welcome.outbox_bytes,
            "tickIntervalMs": int(welcome.heartbeat_seconds * 1000),
            "attachments": {"maxBytes": most * 3 // 4, "maxImageBytes": most * 3 // 4},
        }
        more = {"presence": reads.presence(self), "policy": policy, "uptimeMs": int(welcome.uptime * 1000)}
        payload = hello(self.conn_id, welcome.greeting.gateway_version, self._granted, sorted(METHODS), more)
        if welcome.device_token is not None:
            payload["auth"] |= {"deviceToken": welcome.device_token, "issuedAtMs": now_ms()}
        return (_encode({"type": "res", "id": self._connect_id, "ok": True, "payload": payload}),)

    def read(self, data: bytes) -> Frame:
        """A request. What is no JSON is passed over; what has an id is answered."""
        try:
            if too_deep(data):
                raise InvalidRequest("the frame is nested too deeply", reason="depth")
            request = decoded(data, Req, "the request")
            if request.type != "req":
                raise InvalidRequest("type must be req", field="type")
            return Frame((self._planned(request),))
        except GatewayError as error:
            call_id = _id_in(data)
            return Frame((Refused(error, call_id),) if call_id else ())

    def _planned(self, request: Req) -> Planned:
        row = METHODS.get(request.method)
        if row is None:
            raise InvalidRequest(f"unknown method: {request.method[:200]}")
        if not covers(self._granted, row.scope):
            raise missing_scope(row.scope)
        raw = bytes(request.params)
        params = decoded(b"{}" if raw == b"null" else raw, row.params, request.method)
        return Planned(request.method, row.plan(self, params), request.id, counted=row.counted)

    def answer(self, call: Request | Planned, value: Any) -> bytes:
        """The answer to a request; nothing where its plan gave it before."""
        if value is SENT:
            return b""
        return _encode({"type": "res", "id": call.id, "ok": True, "payload": value})

    def refuse(self, call_id: Any, error: GatewayError) -> bytes:
        """An error."""
        return _encode({"type": "res", "id": call_id, "ok": False, "error": error_of(error)})

    def batch(self, answers: Sequence[bytes]) -> bytes:
        """There are no batches."""
        raise AssertionError("version 4 has no batches")

    def tell(self, name: str, data: Any) -> Iterable[SpelledEvent]:
        """An event of the table: none, one or several of theirs."""
        return self.events.tell(name, data)

    def frames(self, told: Iterable[SpelledEvent], epoch: str = "", seq: int = 0) -> Sequence[bytes]:
        """Events, numbered on this connection."""
        written: list[bytes] = []
        for item in told:
            self._seq += 1
            frame = {"type": "event", "event": item.event, "payload": item.data, "seq": self._seq}
            written.append(_encode(frame))
        return written


def openclaw(path: str) -> Choose:
    """The dialect of OpenClaw's clients: of everybody at ``path``, at `/` of those whose head shows no credential.

    Their command line sends no User-Agent, their page in a browser an Origin that the gateway allows.
    """

    def claim(head: OpeningRequest) -> OpenClaw | None:
        if head.path.rstrip("/") == path:
            return OpenClaw()
        if head.path != "/" or head.credential or head.open or SUBPROTOCOL in head.subprotocols:
            return None
        return OpenClaw() if head.user_agent is None or head.origin is not None else None

    return claim


def _id_in(data: bytes) -> str:
    try:
        return _id.decode(data).id
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""
