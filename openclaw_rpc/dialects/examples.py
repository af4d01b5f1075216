"""Examples of calls and of their answers, made from the table's types and from what its fields usually hold."""

from collections.abc import Mapping
from typing import Any, Final

from msgspec import inspect

from openclaw_rpc.dialects.schema import Json
from openclaw_rpc.protocol.table import AnyMethod

PARAMS: Final[Mapping[str, Json]] = {
    "audit.query": {"tool": "shell", "limit": 20},
    "budget.set": {"name": "daily", "tokens": 1_000_000},
    "channel.send": {"channelId": "telegram", "to": "123456789", "text": "The report is ready."},
    "chat.run": {"message": "What is on my list for today?", "sessionKey": "demo"},
    "command.execute": {"command": "ls -l"},
    "config.update": {"config": {"gateway": {"heartbeat_seconds": 15}}},
    "event.subscribe": {"sessionKey": "demo", "after": {"epoch": "e_5f0c8a1b", "seq": 12}},
    "event.unsubscribe": {"sessionKey": "demo"},
    "channel.install": {"path": "channels/my-chat"},
    "file.edit": {"path": "notes/plan.md", "old": "milk", "new": "oat milk"},
    "file.write": {"path": "notes/plan.md", "content": "Buy milk, call Ada."},
    "log.tail": {"level": "warn", "lines": 20},
    "memory.prune": {"before": "2026-01-01", "confirm": True},
    "memory.search": {"query": "favourite colour", "limit": 5},
    "memory.store": {"key": "colour", "value": "My favourite colour is green."},
    "model.complete": {"body": {"model": "primary/gpt-5", "messages": [{"role": "user", "content": "Hello!"}]}},
    "model.embed": {"body": {"model": "primary/embedder", "input": "Hello!"}},
    "response.create": {"body": {"model": "openclaw", "input": "Hello!"}},
    "session.create": {"sessionKey": "demo", "title": "Plans"},
    "session.fork": {"sessionKey": "demo", "messageId": "m_5f0c8a1b", "before": True},
    "session.list": {"limit": 20, "text": "plan"},
    "session.update": {"sessionKey": "demo", "title": "Plans for spring"},
    "skill.install": {"source": "weather"},
    "task.create": {
        "name": "morning",
        "schedule": "0 9 * * *",
        "timezone": "Europe/Paris",
        "action": {"type": "message", "params": {"content": "What is on my list for today?"}},
    },
    "task.preview": {"schedule": "0 9 * * *", "timezone": "Europe/Paris"},
    "task.update": {"taskId": "task_5f0c8a1b", "enabled": False},
    "tool.invoke": {"name": "file_read", "params": {"path": "notes/plan.md"}},
    "token.create": {"name": "widget", "expiresIn": "1h", "scopes": ["chat"], "sessions": ["visitor-7"]},
    "webhook.create": {"url": "https://example.com/hook", "events": ["chat.done"]},
    "webhook.update": {"webhookId": "wh_5f0c8a1b", "enabled": False},
}
"""The params of rows whose required fields alone would say little, or too little together."""

WORDS: Final[Mapping[str, Any]] = {
    "action": "forecast",
    "agentId": "main",
    "approvalId": "ap_5f0c8a1b",
    "at": "2026-03-01T09:00:00.000Z",
    "attempts": 1,
    "auth": "token",
    "before": "2026-01-01",
    "bind": "127.0.0.1",
    "callId": "call_1",
    "changed": "gateway.heartbeat_seconds",
    "channel": "api",
    "channel.id": "telegram",
    "channel.name": "telegram",
    "channel.to": "123456789",
    "channelId": "telegram",
    "code": "4821-9930",
    "command": "ls -l",
    "component": "gateway",
    "content": "Buy milk, call Ada.",
    "contentType": "text/html",
    "createdAt": "2026-03-01T09:00:00.000Z",
    "data": "iVBORw0KGgo=",
    "deliveryId": "dlv_5f0c8a1b",
    "deliveryIds": "dlv_5f0c8a1b",
    "description": "What it is for.",
    "diff": "-old\n+new",
    "doc": "Ask an agent.",
    "emits": "chat.done",
    "epoch": "e_5f0c8a1b",
    "errors": "not_found",
    "event": "chat.done",
    "exitCode": 0,
    "events": "chat.done",
    "expiresAt": "2026-03-01T10:00:00.000Z",
    "expiresIn": 600,
    "from": "notes/draft.md",
    "gatewayVersion": "0.3.0",
    "id": "main",
    "installedAt": "2026-03-01T09:00:00.000Z",
    "key": "colour",
    "kind": "note",
    "level": "info",
    "log.message": "the gateway listens",
    "message": "What is on my list for today?",
    "messageId": "m_5f0c8a1b",
    "mimeType": "image/png",
    "modifiedAt": "2026-03-01T09:00:00.000Z",
    "mcp.name": "github",
    "name": "main",
    "ownedBy": "primary",
    "pageId": "page_1",
    "dashboard.path": "/login#code=…",
    "model.id": "primary/gpt-5",
    "path": "notes/plan.md",
    "pattern": "milk",
    "port": 18789,
    "primaryModel": "gpt-5",
    "primaryProvider": "primary",
    "profile": "default",
    "provider": "primary",
    "query": "weather",
    "rate": "messages",
    "responseId": "resp_5f0c8a1b",
    "restart": "gateway.port",
    "runId": "run_5f0c8a1b",
    "scheduledAt": "2026-03-01T09:00:00.000Z",
    "scope": "chat",
    "score": 0.9,
    "script": "document.title",
    "selector": "button[type=submit]",
    "sender": "123456789",
    "seq": 13,
    "sessionKey": "demo",
    "skill.name": "weather",
    "skill.version": "1.0.0",
    "slug": "weather",
    "snapshot": 'button "Send"',
    "status": "running",
    "system.name": "chat.run",
    "stderr": "",
    "stdout": "plan.md\n",
    "taskId": "task_5f0c8a1b",
    "text": "The report is ready.",
    "times": "2026-03-02T09:00:00.000Z",
    "timestamp": "2026-03-01T09:00:00.000Z",
    "timezone": "Europe/Paris",
    "title": "Plans",
    "to": "notes/plan.md",
    "task.id": "task_5f0c8a1b",
    "task.name": "morning",
    "token.name": "widget",
    "token": "eyJhbGciOiJIUzI1NiJ9.…",
    "tool": "file_read",
    "tool.name": "file_read",
    "tools": "file_read",
    "truncated": False,
    "timedOut": False,
    "resync": False,
    "type": "text",
    "updatedAt": "2026-03-01T09:00:00.000Z",
    "url": "https://example.com/",
    "usage.key": "gpt-5",
    "user": "owner",
    "value": "green",
    "version": "1.0.0",
    "web.status": 200,
    "webhook.id": "wh_5f0c8a1b",
    "webhookId": "wh_5f0c8a1b",
}
"""What a field of that name holds, in params and in answers alike; with a namespace before it, there alone."""


def params_of(row: AnyMethod) -> Json:
    """Params that the method takes: those that it needs, and those that show what it is for."""
    given = PARAMS.get(row.name)
    return dict(given) if given is not None else _value(inspect.type_info(row.params), "", row.namespace)


def result_of(row: AnyMethod) -> Any:
    """An answer: what is always there."""
    return _value(inspect.type_info(row.result), "", row.namespace)


def _value(info: Any, name: str, namespace: str) -> Any:
    match info:
        case inspect.Metadata(type=inner):
            return _value(inner, name, namespace)
        case inspect.StructType(fields=fields):
            needed = (each for each in fields if each.required)
            return {each.encode_name: _value(each.type, each.encode_name, namespace) for each in needed}
        case inspect.ListType(item_type=item):
            return [_value(item, name, namespace)]
        case inspect.UnionType(types=kinds):
            return _value(kinds[0], name, namespace)
        case inspect.LiteralType(values=values):
            return values[0]
        case inspect.EnumType(cls=words):
            return next(iter(words)).value
        case inspect.DictType() | inspect.RawType():
            return {}
        case _:
            return WORDS.get(f"{namespace}.{name}", WORDS.get(name, _else(info, name)))


def _else(info: Any, name: str) -> Any:
    """A value of a type where the field's name says nothing."""
    if isinstance(info, inspect.BoolType):
        return True
    return 1 if isinstance(info, inspect.IntType | inspect.FloatType) else name
