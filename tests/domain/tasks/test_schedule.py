"""When a task is due."""

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw_rpc.domain.tasks.schedule import Schedule, schedule_of, zone_of
from openclaw_rpc.protocol.errors import InvalidRequest

START = datetime(2026, 1, 1, tzinfo=UTC)
BERLIN, NEW_YORK, HAVANA, LORD_HOWE = "Europe/Berlin", "America/New_York", "America/Havana", "Australia/Lord_Howe"


def cron(text: str, zone: str | None = None) -> Schedule:
    return schedule_of(schedule=text, every=None, at=None, timezone=zone, start=START)


def local(text: str, zone: str, after: str, count: int) -> list[str]:
    """The next times on the wall clock of a zone, with its offset."""
    begin = datetime.fromisoformat(after)
    found = islice(cron(text, zone).times(begin), count)
    return [moment.astimezone(zone_of(zone)).strftime("%d %H:%M:%S %z") for moment in found]


@pytest.mark.parametrize(
    ("text", "zone", "after", "times"),
    [
        # The clock is put on: a fixed time that is skipped is due when the clock goes on, once.
        ("30 2 * * *", BERLIN, "2026-03-28T12:00Z", ["29 03:00:00 +0200", "30 02:30:00 +0200"]),
        ("0 30 2 * * *", BERLIN, "2026-03-28T12:00Z", ["29 03:00:00 +0200", "30 02:30:00 +0200"]),
        ("0,30 2 * * *", BERLIN, "2026-03-28T12:00Z", ["29 03:00:00 +0200", "30 02:00:00 +0200"]),
        ("0 2 * * *", NEW_YORK, "2026-03-07T12:00Z", ["08 03:00:00 -0400", "09 02:00:00 -0400"]),
        ("15 0 * * *", HAVANA, "2026-03-07T12:00Z", ["08 01:00:00 -0400", "09 00:15:00 -0400"]),
        ("15 2 * * *", LORD_HOWE, "2026-10-03T12:00Z", ["04 02:30:00 +1100", "05 02:15:00 +1100"]),
        # What is due all the time is due at real times.
        ("*/30 * * * *", BERLIN, "2026-03-29T00:10Z", ["29 01:30:00 +0100", "29 03:00:00 +0200", "29 03:30:00 +0200"]),
        ("*/20 2 * * *", BERLIN, "2026-03-28T12:00Z", ["30 02:00:00 +0200", "30 02:20:00 +0200"]),
        # The clock is put back: a fixed time that comes twice is due the first time.
        ("30 2 * * *", BERLIN, "2026-10-24T12:00Z", ["25 02:30:00 +0200", "26 02:30:00 +0100"]),
        ("0 30 2 * * *", BERLIN, "2026-10-25T00:40Z", ["26 02:30:00 +0100"]),
        ("30 1 * * *", NEW_YORK, "2026-10-31T12:00Z", ["01 01:30:00 -0400", "02 01:30:00 -0500"]),
        ("*/20 2 * * *", BERLIN, "2026-10-25T00:30Z", ["25 02:40:00 +0200", "26 02:00:00 +0100"]),
        ("0 * * * *", BERLIN, "2026-10-24T23:30Z", ["25 02:00:00 +0200", "25 02:00:00 +0100", "25 03:00:00 +0100"]),
        ("@daily", BERLIN, "2026-10-24T12:00Z", ["25 00:00:00 +0200", "26 00:00:00 +0100"]),
    ],
)
def test_daylight_saving(text: str, zone: str, after: str, times: list[str]) -> None:
    assert local(text, zone, after, len(times)) == times


@given(
    st.sampled_from(
        [
            "30 2 * * *",
            "0 30 2 * * *",
            "*/7 * * * *",
            "0 * * * *",
            "* * * * * *",
            "*/5 * 2 * * *",
            "15 0,2 * * *",
            "5/20 1-3 * * *",
        ]
    ),
    st.sampled_from([BERLIN, NEW_YORK, HAVANA, LORD_HOWE, "UTC", "Asia/Shanghai"]),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 1)),
)
def test_the_next_time_is_later_and_the_same_from_wherever_it_is_asked(text: str, zone: str, moment: datetime) -> None:
    after = moment.replace(tzinfo=UTC)
    due = cron(text, zone).next(after)
    assert due is not None
    assert due > after
    assert cron(text, zone).next(after + (due - after) / 2) == due


def test_six_fields_begin_with_seconds() -> None:
    assert cron("* * * * * *").next(START) == START + timedelta(seconds=1)
    assert cron("*/10 * * * * *").next(START) == START + timedelta(seconds=10)


def test_an_interval_is_counted_from_its_start_over_restarts() -> None:
    every = schedule_of(schedule=None, every="90s", at=None, timezone=None, start=START)
    assert every.next(START) == START + timedelta(seconds=90)
    assert every.next(START + timedelta(seconds=90)) == START + timedelta(seconds=180)
    assert every.next(START + timedelta(days=1, seconds=1)) == START + timedelta(days=1, seconds=90)


def test_one_time_is_due_once_and_is_a_time_of_its_zone() -> None:
    once = schedule_of(schedule=None, every=None, at="2026-07-01T12:00:00", timezone=BERLIN, start=START)
    assert once.next(START) == datetime(2026, 7, 1, 10, tzinfo=UTC)
    assert once.next(datetime(2026, 7, 1, 10, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"schedule": "99 9 * * *"}, "schedule"),
        ({"schedule": "0 9 * *"}, "schedule"),
        ({"schedule": ""}, "schedule"),
        ({"schedule": "0 0 30 2 *"}, "schedule"),
        ({"schedule": "@fortnightly"}, "schedule"),
        ({"every": "0s"}, "every"),
        ({"every": "5 weeks"}, "every"),
        ({"every": "9999999d"}, "every"),
        ({"at": "tomorrow"}, "at"),
        ({"schedule": "0 9 * * *", "every": "5m"}, "schedule"),
        ({}, "schedule"),
        ({"schedule": "0 9 * * *", "timezone": "Mars/Olympus"}, "timezone"),
        ({"schedule": "0 9 * * *", "timezone": "../etc/passwd"}, "timezone"),
    ],
)
def test_a_field_that_is_wrong_is_named(fields: dict[str, str], field: str) -> None:
    every = dict.fromkeys(("schedule", "every", "at", "timezone")) | fields
    with pytest.raises(InvalidRequest) as caught:
        schedule_of(**every, start=START)
    assert caught.value.field == field
