"""When a task is due: cron with five fields or six (seconds first), ``@daily`` and its kin, an interval, or one time.

What holds where the clock is put on or back: a fixed time that is skipped is due once, when the clock goes on; one
that comes twice is due the first time. What is due at every hour or minute is due at every real one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from openclaw_rpc.protocol.errors import InvalidRequest

NAMED: Final = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
LONGEST: Final = timedelta(days=366)
_EVERY: Final = re.compile(r"([1-9][0-9]{0,6})\s*([smhd])")
_STEPS: Final = 10_000
"""How many times of a schedule are looked at, at the most, for one that is to come."""


class Schedule:
    """When something is due, in a time zone."""

    def next(self, after: datetime) -> datetime | None:
        """The first time later than ``after``, in UTC; None where there is none."""
        raise NotImplementedError

    def times(self, after: datetime) -> Iterator[datetime]:
        """All times later than ``after``, in UTC."""
        moment = self.next(after)
        while moment is not None:
            yield moment
            moment = self.next(moment)


class Cron(Schedule):
    """By a cron expression.

    One that names its hours, minutes and seconds is counted by the wall clock alone, and each of its times is looked
    up in the zone: cronsim skips times with seconds where the clock is put on, and those without not.
    """

    def __init__(self, expression: str, zone: ZoneInfo) -> None:
        self._expression = expression
        self._zone = zone
        clock = expression.split()[:-3]
        self._fixed = not any(mark in field for field in clock for mark in "*/")
        self._fixed_hour = not any(mark in clock[-1] for mark in "*/")

    def next(self, after: datetime) -> datetime | None:
        """The first later time."""
        # A fixed hour is looked for from before it, since it may come twice; what is due at every hour from now on.
        before = timedelta(hours=3) if self._fixed or self._fixed_hour else timedelta()
        begin = (after - before).astimezone(self._zone)
        times = CronSim(self._expression, begin.replace(tzinfo=UTC) if self._fixed else begin)
        for _, moment in zip(range(_STEPS), times, strict=False):
            if self._fixed:
                due = real(moment.replace(tzinfo=None), self._zone)
            elif self._fixed_hour and moment.fold:
                continue
            else:
                due = moment.astimezone(UTC)
            if due > after:
                return due
        return None


def real(wall: datetime, zone: ZoneInfo) -> datetime:
    """When a wall clock shows a time, in UTC: the first time where it does twice; where it never does, the moment at
    which the clock is put on.
    """
    due = wall.replace(tzinfo=zone).astimezone(UTC)
    if due.astimezone(zone).replace(tzinfo=None) == wall:
        return due
    before, behind = wall.replace(tzinfo=zone, fold=1).astimezone(UTC), due
    offset = behind.astimezone(zone).utcoffset()
    while behind - before > timedelta(seconds=1):
        middle = before + (behind - before) // 2
        if middle.astimezone(zone).utcoffset() == offset:
            behind = middle
        else:
            before = middle
    return behind.replace(microsecond=0)


class Every(Schedule):
    """By an interval, counted from ``start``."""

    def __init__(self, interval: timedelta, start: datetime) -> None:
        self._interval = interval
        self._start = start

    def next(self, after: datetime) -> datetime | None:
        """The first later time."""
        if after < self._start:
            return self._start + self._interval
        return self._start + ((after - self._start) // self._interval + 1) * self._interval


class Once(Schedule):
    """At one time."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def next(self, after: datetime) -> datetime | None:
        """That time, while it is to come."""
        return self._at if self._at > after else None


def schedule_of(
    *, schedule: str | None, every: str | None, at: str | None, timezone: str | None, start: datetime
) -> Schedule:
    """What a task's fields say: exactly one of ``schedule``, ``every`` and ``at``.

    Args:
        schedule: Cron, or ``@daily`` and its kin.
        every: ``30s``, ``5m``, ``2h``, ``1d``.
        at: ISO 8601; without an offset it is a time of the zone.
        timezone: IANA's name; UTC where it is left out.
        start: From when an interval is counted.

    Raises:
        InvalidRequest: a field is wrong, or it is not exactly one.
    """
    zone = zone_of(timezone)
    given = [name for name, value in (("schedule", schedule), ("every", every), ("at", at)) if value is not None]
    if len(given) != 1:
        said = " and ".join(given) or "none of them"
        raise _wrong("schedule", f"give exactly one of schedule, every and at, not {said}")
    if schedule is not None:
        return _cron(schedule, zone)
    if every is not None:
        return Every(_interval(every), start)
    return Once(_moment(at or "", zone))


def zone_of(name: str | None) -> ZoneInfo:
    """A time zone by its name.

    Raises:
        InvalidRequest: there is none of that name.
    """
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise _wrong("timezone", f"there is no time zone {name!r}; names are like Europe/Berlin") from None


def _cron(text: str, zone: ZoneInfo) -> Cron:
    expression = NAMED.get(text.strip().lower(), text.strip())
    if expression.startswith("@"):
        raise _wrong("schedule", f"{text!r} is not known; there are {', '.join(NAMED)}")
    if len(expression.split()) not in (5, 6):
        raise _wrong("schedule", "cron has five fields, or six with seconds first")
    try:
        CronSim(expression, datetime(2026, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        raise _wrong("schedule", f"not a cron expression: {error}") from None
    found = Cron(expression, zone)
    if found.next(datetime(2026, 1, 1, tzinfo=UTC)) is None:
        raise _wrong("schedule", "there is no such date")
    return found


def _interval(text: str) -> timedelta:
    found = _EVERY.fullmatch(text.strip())
    if found is None:
        raise _wrong("every", "write a number and a unit: 30s, 5m, 2h or 1d")
    interval = timedelta(seconds=int(found[1]) * UNITS[found[2]])
    if interval > LONGEST:
        raise _wrong("every", f"must be at most {LONGEST.days} days")
    return interval


def _moment(text: str, zone: ZoneInfo) -> datetime:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise _wrong("at", "must be a time as ISO 8601 writes it: 2026-12-24T18:00:00") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return moment.astimezone(UTC)


def _wrong(field: str, reason: str) -> InvalidRequest:
    return InvalidRequest(f"{field}: {reason}", field=field, reason=reason)
