"""What version 4 calls things: agents, sessions, scopes, times and errors."""

from __future__ import annotations

import time
import uuid
from collections.abc import Container, Iterable
from datetime import UTC, datetime
from typing import Any, Final

from openclaw_rpc.protocol.base import JsonObject, Scope
from openclaw_rpc.protocol.errors import GatewayError, InvalidRequest
from openclaw_rpc.protocol.session import SessionInfo

MAIN: Final = "main"
"""The default agent, and the session that a client opens first."""
DEFAULT_AGENT: Final = "default"

READ, WRITE, ADMIN = "operator.read", "operator.write", "operator.admin"
APPROVALS, QUESTIONS, PAIRING = "operator.approvals", "operator.questions", "operator.pairing"
ALLOWS: Final[dict[Scope, tuple[str, ...]]] = {
    Scope.READ: (READ,),
    Scope.CHAT: (WRITE, READ, QUESTIONS),
    Scope.TOOLS: (APPROVALS,),
    Scope.ADMIN: (ADMIN, PAIRING),
}
"""The scopes of version 4 that one of ours allows."""
NEEDS: Final[dict[str, str]] = {
    Scope.READ.value: READ,
    Scope.CHAT.value: WRITE,
    Scope.TOOLS.value: APPROVALS,
    Scope.ADMIN.value: ADMIN,
}
"""What a client is told that it lacks, by the scope that the row needs."""
GIVES: Final[dict[str, frozenset[Scope]]] = {
    READ: frozenset({Scope.READ}),
    WRITE: frozenset({Scope.READ, Scope.CHAT}),
    APPROVALS: frozenset({Scope.TOOLS}),
    QUESTIONS: frozenset(),
    PAIRING: frozenset(),
    ADMIN: frozenset(Scope),
}


def granted(asked: Iterable[str], scopes: frozenset[Scope]) -> list[str]:
    """The scopes that a client gets: what it asked for and may have, all it may have where it asks for none."""
    allowed = {name for scope in scopes for name in ALLOWS[scope]}
    wanted = list(dict.fromkeys(asked))
    return [name for name in wanted if name in allowed] if wanted else sorted(allowed)


def covers(granted: Container[str], name: str) -> bool:
    """Whether the scopes that a client has hold one: ``operator.admin`` is all of them, who may write may read."""
    return name in granted or ADMIN in granted or (name == READ and WRITE in granted)


def implied(granted: Iterable[str]) -> frozenset[Scope]:
    """The scopes of rows that those of version 4 come to."""
    return frozenset(scope for name in granted for scope in GIVES.get(name, ()))


def agent_named(agent_id: str | None) -> str | None:
    """The agent as the table has it: None for the default one."""
    return None if agent_id in (None, "", MAIN) else agent_id


def agent_shown(agent_id: str | None) -> str:
    """The agent as these clients have it, whose default agent is always called ``main``."""
    return MAIN if agent_id in (None, "", DEFAULT_AGENT) else str(agent_id)


def full_key(key: str, agent_id: str | None = None) -> str:
    """A session's whole key, ``agent:AGENT:REST``; ``main`` and other short ones belong to the agent that is named."""
    return key if key.startswith("agent:") and key.count(":") > 1 else f"agent:{agent_shown(agent_id)}:{key or MAIN}"


def agent_in(key: str) -> str:
    """The agent that a whole key names."""
    return key.split(":", 2)[1] if key.startswith("agent:") else MAIN


def plain_part(key: str) -> str | None:
    """The last part of a whole key, by which another door may have made the session."""
    parts = key.split(":", 2)
    return parts[2] if len(parts) == 3 and parts[0] == "agent" and parts[2] else None


def millis(when: str) -> int:
    """A time of the table in ms since 1970."""
    return int(datetime.fromisoformat(when.replace("Z", "+00:00")).timestamp() * 1000)


def moment(ms: int) -> str:
    """A time in ms since 1970 as the table has it."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def now_ms() -> int:
    """Now, in ms since 1970."""
    return int(time.time() * 1000)


def session_id(key: str, created_at: str) -> str:
    """A session's id, which stays as long as the session."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{key}\n{created_at}"))


def row_of(session: SessionInfo, model: str = "", provider: str = "") -> JsonObject:
    """A session as their lists have it."""
    key = full_key(session.session_key, session.agent_id)
    live = [session.active_run_id] if session.active_run_id else []
    named = {"label": session.title, "displayName": session.title} if session.title else {}
    return {
        "key": key,
        "sessionId": session_id(session.session_key, session.created_at),
        "agentId": agent_shown(session.agent_id),
        "kind": "direct",
        "chatType": "direct",
        "isMain": key.endswith(f":{MAIN}"),
        "createdAt": millis(session.created_at),
        "updatedAt": millis(session.updated_at),
        "hasActiveRun": bool(live),
        "activeRunIds": live,
        "status": "running" if live else "done",
        "model": session.model or model,
        "modelProvider": provider,
        "contextTokens": 0,
        "archived": session.labels.get("archived") == "true",
        "pinned": session.labels.get("pinned") == "true",
        "unread": False,
        **named,
    }


class OpenClawError(InvalidRequest):
    """An error with the code that these clients look for: ``details.code``; ``v4`` is their own ``code``."""

    def __init__(self, message: str, code: str, v4: str = "INVALID_REQUEST", **details: Any) -> None:
        super().__init__(message, **details)
        self.v4 = v4
        self.details = {"code": code, **details}


def missing_scope(name: str) -> OpenClawError:
    """What a client is told that lacks a scope of version 4."""
    message = f"missing scope: {name}"
    return OpenClawError(message, "MISSING_SCOPE", "FORBIDDEN", missingScope=name, requiredScopes=[name])


def error_of(error: GatewayError) -> JsonObject:
    """An error as version 4 writes it."""
    if isinstance(error, OpenClawError):
        return {"code": error.v4, "message": error.message, "details": error.details}
    details: JsonObject = dict(error.details)
    if error.field is not None:
        details["field"] = error.field
    if error.reason == "missing_scope":
        return error_of(missing_scope(NEEDS.get(str(error.details.get("scope")), ADMIN)))
    spelled: JsonObject = {"message": error.message}
    if (own := getattr(error, "v4", None)) is not None:
        spelled["code"] = own
    elif error.code in ("invalid_request", "not_found", "conflict", "too_large", "unauthorized"):
        spelled["code"] = "INVALID_REQUEST"
    elif error.code == "forbidden":
        spelled["code"] = "FORBIDDEN"
    else:
        spelled |= {"code": "UNAVAILABLE", "retryable": error.retryable}
        if (after := error.details.get("retryAfter")) is not None:
            spelled["retryAfterMs"] = int(after * 1000)
    return spelled | ({"details": details} if details else {})
