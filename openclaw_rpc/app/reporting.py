"""What the parts of a gateway are told of each other: calls counted, log lines told, its state described."""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from openclaw_rpc.domain.events.bus import Bus
from openclaw_rpc.domain.events.published import Published
from openclaw_rpc.domain.ports import Log, Store
from openclaw_rpc.domain.providers import ProviderFault
from openclaw_rpc.domain.records import LogRecord, SessionQuery, SessionRecord
from openclaw_rpc.protocol.chat import Usage
from openclaw_rpc.protocol.log import LogEntry, log_line
from openclaw_rpc.protocol.system import SystemStatus
from openclaw_rpc.rpc.call import Call
from openclaw_rpc.transports.http.metrics import Metrics


class Observed:
    """Counts calls and what models did, and writes down the gateway's own faults."""

    def __init__(self, metrics: Metrics, log: Log) -> None:
        self._metrics = metrics
        self._log = log

    def call_done(self, method: str, outcome: str) -> None:
        """A call ended."""
        self._metrics.calls.add(method, outcome)

    def call_failed(self, method: str, error: Exception, call: Call) -> None:
        """A handler failed."""
        self._log.error("a method failed", method=method, request_id=call.request_id, error=repr(error), exc_info=True)

    def model_answered(self, provider: str, model: str, usage: Usage, seconds: float) -> None:
        """A model was asked; what it used."""
        self._metrics.provider_latency.observe(provider, seconds)
        self._metrics.tokens.add(model, "prompt", by=usage.prompt_tokens)
        self._metrics.tokens.add(model, "completion", by=usage.completion_tokens)

    def model_failed(self, fault: ProviderFault) -> None:
        """A model's server failed."""
        self._metrics.provider_faults.add(fault.provider, fault.fault)
        self._log.warning("a model's server failed", provider=fault.provider, fault=fault.fault, error=fault.message)


class LogPublisher:
    """Tells the log's lines, which come from any thread, over the bus, where anybody listens."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._loop = asyncio.get_running_loop()

    def __call__(self, record: LogRecord) -> None:
        """Take a line."""
        if self._bus.wanted(log_line):
            entry = msgspec.convert(msgspec.to_builtins(record), LogEntry)
            self._loop.call_soon_threadsafe(self._bus.publish, Published(log_line, entry, user=""))


class RunCounts:
    """Counts the runs that ended, by their finish reason."""

    def __init__(self) -> None:
        self.by_reason: dict[str, int] = {}

    def hear(self, event: Published) -> None:
        """A run ended."""
        reason: str = event.data.finish_reason
        self.by_reason[reason] = self.by_reason.get(reason, 0) + 1


class Described:
    """What the offline agent may say of the gateway."""

    def __init__(self, status: Callable[[], SystemStatus], store: Store) -> None:
        self._status = status
        self._store = store

    async def status(self, user: str) -> Mapping[str, Any]:
        """How it is doing."""
        return msgspec.to_builtins(self._status())

    async def sessions(self, user: str) -> Sequence[SessionRecord]:
        """The user's sessions."""
        records, _, _ = await self._store.list_sessions(SessionQuery(user=user, limit=20))
        return records


def resident_bytes() -> int | None:
    """The memory that this process has in use, where `/proc` tells."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):
        return None
