"""The log: JSON lines in a rotating file, the newest in memory, readable lines on a terminal, no secret in any."""

from openclaw_rpc.adapters.logs.book import Logs, configure_logs

__all__ = ["Logs", "configure_logs"]
