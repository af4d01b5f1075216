"""Where a request stands in its caller's trace (W3C Trace Context, level 2)."""

import os
import re
from typing import NamedTuple

_PARENT = re.compile(r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")


class Trace(NamedTuple):
    """A step of a trace: ``trace_id`` is the whole's, ``span_id`` this step's; ``flags`` go on as they came."""

    trace_id: str
    span_id: str
    flags: str

    @property
    def header(self) -> str:
        """As ``traceresponse``, or as the ``traceparent`` of what is asked in turn."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"


def child_of(traceparent: str | None) -> Trace | None:
    """A step of its own below the caller's; None where the caller says none, or nothing that can be read."""
    match = _PARENT.fullmatch(traceparent.strip()) if traceparent else None
    if match is None or (match[1] == "00" and match[5]):
        return None
    return Trace(match[2], os.urandom(8).hex(), match[4])
