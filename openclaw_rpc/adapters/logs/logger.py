"""structlog's bound logger with the four levels of the domain's ``Log``, and nothing configured process-wide."""

from collections.abc import Callable, MutableMapping
from typing import Any, Final, Protocol

from openclaw_rpc.adapters.logs.lean import without_rich
from openclaw_rpc.adapters.logs.redaction import Redactor

with without_rich():
    import structlog
    from structlog.contextvars import merge_contextvars
    from structlog.processors import format_exc_info

DEBUG: Final = 10
INFO: Final = 20
WARNING: Final = 30
ERROR: Final = 40
CRITICAL: Final = 50

Line = dict[str, Any]
"""What a line says: ``component``, ``event``, ``fields``."""


class LogSink(Protocol):
    """Where finished lines go. ``threshold``: the least level that is kept."""

    threshold: int

    def put(self, level: int, component: str, event: str, fields: Line) -> None:
        """Keep a line."""
        ...


class Logger(structlog.BoundLoggerBase):
    """A component's logger. A level that is not kept costs one comparison."""

    _logger: LogSink

    def debug(self, event: str, /, **fields: Any) -> None:
        """Details that help to find a fault."""
        if self._logger.threshold <= DEBUG:
            self.say(DEBUG, event, fields)

    def info(self, event: str, /, **fields: Any) -> None:
        """What an operator may want to know."""
        if self._logger.threshold <= INFO:
            self.say(INFO, event, fields)

    def warning(self, event: str, /, **fields: Any) -> None:
        """Something is wrong, and the gateway goes on as well as it can."""
        if self._logger.threshold <= WARNING:
            self.say(WARNING, event, fields)

    def error(self, event: str, /, **fields: Any) -> None:
        """Something failed."""
        if self._logger.threshold <= ERROR:
            self.say(ERROR, event, fields)

    def say(self, level: int, event: str, fields: Line) -> None:
        """A line of any level, kept whatever the threshold. Never raises: a line is not worth a failed call."""
        try:
            (component, text, rest), _ = self._process_event("", event, fields)
            self._logger.put(level, component, text, rest)
        except Exception as error:
            self._logger.put(ERROR, "log", "a line could not be written", {"error": type(error).__name__})


def make_logger(sink: LogSink, component: str, redactor: Redactor) -> Logger:
    """A logger of its own for a component; context variables that structlog binds become fields."""
    processors: list[Callable[..., Any]] = [merge_contextvars, format_exc_info, _split(redactor)]
    logger: Any = structlog.wrap_logger(sink, processors=processors, wrapper_class=Logger, component=component)
    return logger.bind()


def _split(redactor: Redactor) -> Callable[[Any, str, MutableMapping[str, Any]], Any]:
    """The last processor: what a line says, without secrets, as the arguments of ``Sink.put``."""

    def split(_: Any, __: str, line: MutableMapping[str, Any]) -> Any:
        component, event = str(line.pop("component", "")), line.pop("event", "")
        text = redactor.text(event if isinstance(event, str) else str(event))
        return (component, text, redactor.fields(line)), {}

    return split
