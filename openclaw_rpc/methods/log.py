"""`log.*`: the join of the log's rows and the log."""

import msgspec

from openclaw_rpc.domain.clock import parse_time
from openclaw_rpc.domain.ports import LogBook
from openclaw_rpc.domain.sessions import require_owner
from openclaw_rpc.protocol import log
from openclaw_rpc.protocol.log import LogEntry, LogLines, LogTailParams
from openclaw_rpc.rpc.bind import AnyBound, bind
from openclaw_rpc.rpc.call import Call


class LogMethods:
    """Shows the log."""

    def __init__(self, book: LogBook) -> None:
        self._book = book

    def bound(self) -> tuple[AnyBound, ...]:
        """The rows with their handlers."""
        return (bind(log.tail, self.tail),)

    def tail(self, params: LogTailParams, call: Call) -> LogLines:
        """The newest lines."""
        require_owner(call.principal)
        since = parse_time(params.since, "since") if params.since else None
        lines = self._book.tail(params.lines, params.level, since, params.component)
        return LogLines(logs=msgspec.convert(lines, list[LogEntry]))
