import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw_rpc.domain.clock import SystemClock, iso, new_id, parse_duration, parse_time
from openclaw_rpc.protocol.errors import InvalidRequest


def test_a_time_is_spelled_in_utc_with_milliseconds():
    assert iso(1795170153.123) == "2026-11-20T10:22:33.123Z"
    assert iso(0) == "1970-01-01T00:00:00.000Z"


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("2026-11-20", "2026-11-20T00:00:00.000Z"),
        ("2026-11-20T10:22:33Z", "2026-11-20T10:22:33.000Z"),
        ("2026-11-20t10:22:33.5z", "2026-11-20T10:22:33.500Z"),
        ("2026-11-20 10:22:33.123456", "2026-11-20T10:22:33.123Z"),
        ("2026-11-20T10:22+02:00", "2026-11-20T08:22:00.000Z"),
        ("2026-11-20T23:30:00-0130", "2026-11-21T01:00:00.000Z"),
        ("20261120T102233Z", "2026-11-20T10:22:33.000Z"),
    ],
)
def test_every_spelling_of_a_time_becomes_the_one_that_is_kept(given_text: str, expected: str):
    assert parse_time(given_text, "since") == expected


@pytest.mark.parametrize(
    "nonsense",
    [
        "",
        "yesterday",
        "2026-13-01",
        "2026-02-30",
        "2026-11-20x10:00",
        "2026-11-20T",
        "1795170153",
        "2026-11-20T10:22Zz",
        "0001-01-01T00:00+23:00",
        "9999-12-31T23:59-23:00",
        "2026-11-20\n",
        "２０２６-11-20",
        "2026-11-20T10:22:33\x00",
    ],
)
def test_what_is_no_time_is_refused_by_its_fields_name(nonsense: str):
    with pytest.raises(InvalidRequest) as refused:
        parse_time(nonsense, "since")
    assert refused.value.field == "since"
    assert refused.value.reason


@given(st.text(max_size=40))
def test_any_text_is_a_time_or_is_refused(text: str):
    try:
        parsed = parse_time(text, "since")
    except InvalidRequest:
        return
    assert parse_time(parsed, "since") == parsed


@given(st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC)))
def test_a_spelled_time_parses_to_itself(moment: datetime):
    spelled = iso(moment.timestamp())
    assert len(spelled) == 24
    assert parse_time(spelled, "since") == spelled


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("15m", 900), ("12h", 43_200), ("30d", 2_592_000), ("2w", 1_209_600)]
)
def test_a_duration_is_a_number_and_a_unit(text: str, seconds: int):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "30", "d", "0d", "-1d", "1.5h", "30 d", "30D", "1d\n", "٣d", "1234567890s", "1d1h"]
)
def test_what_is_no_duration_is_refused_by_its_fields_name(text: str):
    with pytest.raises(InvalidRequest) as refused:
        parse_duration(text, "expiresIn")
    assert refused.value.field == "expiresIn"


def test_ids_differ_and_are_safe_in_a_url_and_sort_by_time():
    made = [new_id("run") for _ in range(1000)]
    ids = set(made)
    assert len(ids) == 1000
    times = [one[4:15] for one in made]
    assert times == sorted(times)
    assert abs(int(times[0], 16) / 1000 - time.time()) < 60
    assert all(one.startswith("run_") and len(one) == 39 and one.isascii() for one in ids)
    assert all(one.replace("_", "").replace("-", "").isalnum() for one in ids)


def test_the_machines_clock_goes_on():
    clock = SystemClock()
    assert abs(clock.now() - datetime.now(UTC).timestamp()) < 60
    assert clock.monotonic() <= clock.monotonic()
