"""Time and ids: the clock that the domain asks, ISO 8601 as the records keep it, durations, names nobody guesses."""

import re
import time
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol

from openclaw_rpc.protocol.errors import InvalidRequest
from openclaw_rpc.protocol.ids import new_id

__all__ = ["Clock", "SystemClock", "iso", "new_id", "parse_duration", "parse_time"]

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_DURATION = re.compile(r"([1-9][0-9]{0,8})([smhdw])", re.ASCII)
_TIME = re.compile(r"[0-9][0-9W-]{5,9}([Tt ][0-9:.,]{2,20}([Zz]|[+-][0-9:]{2,8})?)?", re.ASCII)


class Clock(Protocol):
    """What time it is. A port, so that tests decide."""

    def now(self) -> float:
        """Seconds since 1970; may be set back."""
        ...

    def monotonic(self) -> float:
        """Seconds since some moment; never goes back. For measuring and for limits."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds since the machine started, or so."""
        return time.monotonic()


def iso(seconds: float) -> str:
    """Seconds since 1970 as the records keep times: ``2026-11-20T10:22:33.123Z``, which sort as text.

    Raises:
        ValueError, OverflowError: the year is not in 1 to 9999.
    """
    return _millisecond(round(seconds * 1_000_000) // 1000)


def parse_time(text: str, field: str) -> str:
    """A date or a time in ISO 8601, any offset, UTC where it has none, in the form of `iso`.

    Raises:
        InvalidRequest: it is none; ``field`` names where it stood.
    """
    try:
        if _TIME.fullmatch(text) is None:
            raise ValueError
        moment = datetime.fromisoformat(text.upper())
        return _spell(moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC))
    except (ValueError, OverflowError):
        reason = "must be a date or a time, ISO 8601, like 2026-11-20 or 2026-11-20T10:22:33Z"
        raise InvalidRequest(f"{field} {reason}", field=field, reason=reason) from None


def parse_duration(text: str, field: str = "expiresIn") -> int:
    """A duration like ``90s``, ``15m``, ``12h``, ``30d``, ``2w``, in seconds.

    Raises:
        InvalidRequest: it is none; ``field`` names where it stood.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        reason = "must be a number from 1 and one of s, m, h, d, w, like 30d"
        raise InvalidRequest(f"{field} {reason}", field=field, reason=reason)
    return int(match[1]) * _SECONDS[match[2]]


@lru_cache(maxsize=16)
def _millisecond(milliseconds: int) -> str:
    """A time; what happens at once asks for the same one again."""
    return f"{_second(milliseconds // 1000)}.{milliseconds % 1000:03}Z"


@lru_cache(maxsize=16)
def _second(seconds: int) -> str:
    """A whole second; what goes on now asks for the same one again and again."""
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None).isoformat()


def _spell(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
