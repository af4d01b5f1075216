"""What the client must know of methods and events. Generated from the method table: `make gen`, not by hand."""

SAFE = frozenset(
    {
        "agent.list",
        "audit.query",
        "audit.verify",
        "browser.status",
        "channel.list",
        "channel.status",
        "chat.history",
        "chat.wait",
        "config.get",
        "dashboard.link",
        "event.subscribe",
        "event.unsubscribe",
        "file.list",
        "file.read",
        "file.search",
        "log.tail",
        "mcp.list",
        "memory.search",
        "memory.stats",
        "model.list",
        "response.get",
        "response.items",
        "rpc.discover",
        "session.get",
        "session.list",
        "skill.list",
        "skill.read",
        "skill.search",
        "system.methods",
        "system.status",
        "token.list",
        "tool.list",
        "tool.pending",
        "usage.query",
    }
)
"""Methods that change nothing: one whose answer was lost may be called again."""

TOPICS = {
    "chat.message": "messages",
    "config.changed": "gateway",
    "log.line": "logs",
    "session.deleted": "sessions",
    "session.reset": "sessions",
    "session.updated": "sessions",
    "skill.executed": "messages",
    "token.revoked": "gateway",
    "tool.approval": "messages",
    "tool.decided": "messages",
}
"""The topic under which an event is told."""
