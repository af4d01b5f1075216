"""`log.*`: what the gateway wrote down."""

from typing import Annotated, Literal

from msgspec import Meta

from openclaw_rpc.protocol.base import JsonObject, Page, Paged, Result, Scope, Timestamp, Topic, When
from openclaw_rpc.protocol.method import Event, Method

Level = Literal["debug", "info", "warn", "error"]


class LogTailParams(Paged, frozen=True, kw_only=True):
    """The newest ``lines`` of at least ``level``."""

    lines: Annotated[int, Meta(ge=1, le=10_000)] = 50
    level: Level = "info"
    since: Timestamp | None = None
    component: Annotated[str, Meta(min_length=1, max_length=100)] | None = None


class LogEntry(Result, frozen=True, kw_only=True):
    """A line of the log. ``level`` is debug, info, warn, error or critical; ``fields``: what else it says."""

    timestamp: When
    level: str
    component: str
    message: str
    fields: JsonObject = {}


class LogLines(Page, frozen=True, kw_only=True):
    """Lines, oldest first."""

    logs: list[LogEntry]


log_line = Event("log.line", LogEntry, "A line was written to the log.", topic=Topic.LOGS)

tail = Method(
    name="log.tail",
    params=LogTailParams,
    result=LogLines,
    pages="logs",
    backwards=True,
    doc="The newest lines of the log. To follow it, subscribe to the topic `logs`.",
    scope=Scope.ADMIN,
    emits=(log_line,),
    safe=True,
)

METHODS = (tail,)
