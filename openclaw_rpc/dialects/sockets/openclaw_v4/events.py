"""What happens, as version 4 tells it: `chat` and `agent` events of runs, messages, sessions, approvals, ticks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from openclaw_rpc.dialects.sockets.openclaw_v4.history import run_name, said_by, spelled
from openclaw_rpc.dialects.sockets.openclaw_v4.names import APPROVALS, agent_in, full_key, millis, now_ms, row_of
from openclaw_rpc.protocol import chat, session, tool
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.rpc.frames import SpelledEvent

ERROR_KINDS = {"timeout": "timeout", "rate_limited": "rate_limit"}


class Run:
    """A run as one connection tells of it. ``text`` is what was said since the last tool's use."""

    __slots__ = ("began", "key", "name", "seq", "text", "tools")

    def __init__(self, name: str, key: str) -> None:
        self.name = name
        self.key = key
        self.seq = 0
        self.text = ""
        self.began = now_ms()
        self.tools: dict[str, int] = {}


class Events:
    """What one connection is told, and what it must remember for that. Runs are forgotten when they have ended."""

    def __init__(self) -> None:
        self.caps: frozenset[str] = frozenset()
        self.scopes: frozenset[str] = frozenset()
        self.shown: dict[str, str] = {}
        """Whole keys, by the keys of the table."""
        self.names: dict[str, str] = {}
        """The clients' names of runs, by their ids in the table."""
        self.hears_sessions = False
        self.hears_messages: set[str] = set()
        self._runs: dict[str, Run] = {}

    def key(self, session_key: str) -> str:
        """A session's whole key."""
        return self.shown.get(session_key) or full_key(session_key)

    def run(self, run_id: str, session_key: str) -> Run:
        """What is known of a run."""
        run = self._runs.get(run_id)
        if run is None:
            run = self._runs[run_id] = Run(self.names.get(run_id, run_id), self.key(session_key))
        return run

    def tell(self, name: str, data: Any) -> Iterator[SpelledEvent]:
        """An event of the table."""
        match name:
            case chat.chat_delta.name:
                yield from self._delta(self.run(data.run_id, data.session_key), data)
            case chat.chat_message.name:
                yield from self._message(data)
            case chat.chat_started.name:
                run = self.run(data.run_id, data.session_key)
                run.text = ""  # where it begins again, what it had said does not count
                yield self._agent(run, "lifecycle", {"phase": "start", "startedAt": run.began})
            case chat.tool_call.name:
                yield from self._tool_call(self.run(data.run_id, data.session_key), data)
            case chat.tool_result.name:
                yield from self._tool_result(self.run(data.run_id, data.session_key), data)
            case chat.chat_done.name:
                yield from self._done(self.run(data.run_id, data.session_key), data)
            case "heartbeat":
                yield SpelledEvent({"ts": data.timestamp}, "tick")
            case session.session_updated.name | session.session_deleted.name | session.session_reset.name:
                yield from self._session(name, data)
            case tool.tool_approval.name if APPROVALS in self.scopes:
                yield SpelledEvent(approval(data, self.key(data.session_key)), "exec.approval.requested")
            case tool.tool_decided.name if APPROVALS in self.scopes:
                decision = "allow-once" if data.outcome == "approved" else "deny"
                yield SpelledEvent(
                    {"id": data.approval_id, "decision": decision, "ts": now_ms()}, "exec.approval.resolved"
                )
            case _:
                return

    def _agent(self, run: Run, stream: str, data: JsonObject) -> SpelledEvent:
        run.seq += 1
        of = {"runId": run.name, "sessionKey": run.key, "agentId": agent_in(run.key)}
        return SpelledEvent({**of, "seq": run.seq, "ts": now_ms(), "stream": stream, "data": data}, "agent")

    def _chat(self, run: Run, state: str, **more: Any) -> SpelledEvent:
        run.seq += 1
        of = {"runId": run.name, "sessionKey": run.key, "agentId": agent_in(run.key)}
        return SpelledEvent({**of, "seq": run.seq, "state": state, **more}, "chat")

    def _delta(self, run: Run, data: Any) -> Iterator[SpelledEvent]:
        run.text += data.delta
        yield self._agent(run, "assistant", {"text": run.text, "delta": data.delta})
        yield self._chat(run, "delta", deltaText=data.delta, message=said_by(run.text))

    def _message(self, data: Any) -> Iterator[SpelledEvent]:
        message, run_id = data.message, data.run_id
        if (name := run_name(message)) is not None:
            self.names[run_id] = name
        key = self.key(data.session_key)
        if key in self.hears_messages:
            shown = {"message": spelled(message, runs=self.names), "messageId": message.message_id}
            yield SpelledEvent({"sessionKey": key, "agentId": agent_in(key), **shown}, "session.message")

    def _tool_call(self, run: Run, data: Any) -> Iterator[SpelledEvent]:
        # What was said before is a message of its own.
        run.text = ""
        run.tools[data.call_id] = now_ms()
        item = {"itemId": data.call_id, "toolCallId": data.call_id, "name": data.tool, "kind": "tool"}
        shown = {"phase": "start", "title": data.tool, "status": "running", "startedAt": run.tools[data.call_id]}
        yield self._agent(run, "item", item | shown)
        if "tool-events" in self.caps:
            used = {"phase": "start", "name": data.tool, "toolCallId": data.call_id, "args": data.params}
            yield self._agent(run, "tool", used)

    def _tool_result(self, run: Run, data: Any) -> Iterator[SpelledEvent]:
        failed = data.error is not None
        if "tool-events" in self.caps:
            text = data.error if failed else _text(data.result)
            result = {"content": [{"type": "text", "text": text}]}
            used = {"name": data.tool, "toolCallId": data.call_id, "isError": failed, "result": result}
            yield self._agent(run, "tool", {"phase": "result", **used})
        item = {"itemId": data.call_id, "toolCallId": data.call_id, "name": data.tool, "kind": "tool"}
        times = {"startedAt": run.tools.pop(data.call_id, run.began), "endedAt": now_ms()}
        status = "failed" if failed else "completed"
        yield self._agent(run, "item", {**item, "phase": "end", "title": data.tool, "status": status, **times})

    def _done(self, run: Run, data: Any) -> Iterator[SpelledEvent]:
        self._runs.pop(data.run_id, None)
        self.names.pop(data.run_id, None)
        ended = {"startedAt": run.began, "endedAt": now_ms()}
        said = {"message": said_by(run.text)}
        match data.finish_reason:
            case "aborted":
                yield self._agent(run, "lifecycle", {"phase": "end", **ended, "aborted": True, "status": "cancelled"})
                yield self._chat(run, "aborted", stopReason="rpc", **said)
            case "error" | "interrupted":
                why = data.error.message if data.error else "the run was interrupted"
                kind = ERROR_KINDS.get(data.error.code if data.error else "", "unknown")
                yield self._agent(run, "lifecycle", {"phase": "error", **ended, "error": why})
                yield self._chat(run, "error", errorMessage=why, errorKind=kind)
            case reason:
                yield self._agent(run, "lifecycle", {"phase": "end", **ended, "stopReason": reason, "aborted": False})
                yield self._chat(run, "final", stopReason=reason, **said)
        if self.hears_sessions:
            changed = {"sessionKey": run.key, "agentId": agent_in(run.key), "runId": run.name}
            yield SpelledEvent({**changed, "phase": "end", "ts": now_ms()}, "sessions.changed")

    def _session(self, name: str, data: Any) -> Iterator[SpelledEvent]:
        if not self.hears_sessions:
            return
        changed = data.session if name == session.session_updated.name else None
        key = self.key(changed.session_key if changed else data.session_key)
        reason = {session.session_deleted.name: "delete", session.session_reset.name: "reset"}.get(name, "patch")
        row = {"session": row_of(changed) | {"key": key}} if changed else {}
        yield SpelledEvent(
            {"sessionKey": key, "agentId": agent_in(key), "reason": reason, "ts": now_ms(), **row}, "sessions.changed"
        )


def approval(held: Any, key: str) -> JsonObject:
    """A call that waits for a human."""
    command = str(held.params.get("command") or f"{held.tool} {_text(held.params)}")
    asked = {"command": command, "agentId": agent_in(key), "sessionKey": key, "tool": held.tool}
    times = {"createdAtMs": millis(held.created_at), "expiresAtMs": millis(held.expires_at)}
    return {"id": held.approval_id, "request": asked, **times}


def _text(value: Any) -> str:
    import json

    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
