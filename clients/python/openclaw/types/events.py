"""What each event carries. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations


from openclaw.types import (
    ApprovalInfo,
    ChannelInfo,
    ChatDeltaEvent,
    ChatDoneEvent,
    ChatMessageEvent,
    ChatStartedEvent,
    ChatStatusEvent,
    ChatThinkingEvent,
    CommandOutputEvent,
    ConfigChangedEvent,
    ConnectedEvent,
    DeviceRevokedEvent,
    HeartbeatEvent,
    LogEntry,
    ModelChunkEvent,
    ResponseStreamEvent,
    SessionEvent,
    SessionGoneEvent,
    SkillExecutedEvent,
    TaskEvent,
    TokenRevokedEvent,
    ToolCallEvent,
    ToolDecidedEvent,
    ToolResultEvent,
)

EVENTS = {
    "auth_success": ConnectedEvent,
    "channel.changed": ChannelInfo,
    "chat.delta": ChatDeltaEvent,
    "chat.done": ChatDoneEvent,
    "chat.message": ChatMessageEvent,
    "chat.started": ChatStartedEvent,
    "chat.status": ChatStatusEvent,
    "chat.thinking": ChatThinkingEvent,
    "command.output": CommandOutputEvent,
    "config.changed": ConfigChangedEvent,
    "connected": ConnectedEvent,
    "device.revoked": DeviceRevokedEvent,
    "heartbeat": HeartbeatEvent,
    "log.line": LogEntry,
    "model.chunk": ModelChunkEvent,
    "response.event": ResponseStreamEvent,
    "session.deleted": SessionGoneEvent,
    "session.reset": SessionGoneEvent,
    "session.updated": SessionEvent,
    "skill.executed": SkillExecutedEvent,
    "task.completed": TaskEvent,
    "task.failed": TaskEvent,
    "task.started": TaskEvent,
    "token.revoked": TokenRevokedEvent,
    "tool.approval": ApprovalInfo,
    "tool.call": ToolCallEvent,
    "tool.decided": ToolDecidedEvent,
    "tool.result": ToolResultEvent,
}
"""The struct of each event, for `Event.decoded`."""
