import math
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw_rpc.domain.limits import Quota, RateLimiter
from openclaw_rpc.domain.principals import Principal, owner
from openclaw_rpc.protocol.base import Rate
from openclaw_rpc.protocol.errors import RateLimited
from tests.support.clock import ManualClock

ME = owner("gateway")
OTHER = owner("password")
KINDS = [Rate.MESSAGES, Rate.SKILLS, Rate.FILES]


@dataclass(frozen=True)
class Settings:
    requests_per_minute: int = 100
    messages_per_minute: int = 100
    skills_per_minute: int = 50
    files_per_minute: int = 200


class World:
    def __init__(self, **limits: int) -> None:
        self.clock = ManualClock()
        self.limiter = RateLimiter(Settings(**limits), self.clock)

    def passes(self, rate: Rate = Rate.REQUESTS, principal: Principal = ME) -> bool:
        try:
            self.limiter.take(principal, rate)
        except RateLimited:
            return False
        return True

    def count(self, calls: int, rate: Rate = Rate.REQUESTS, principal: Principal = ME) -> int:
        return sum(self.passes(rate, principal) for _ in range(calls))


def test_a_minutes_calls_may_come_at_once_and_then_none():
    assert World().count(150) == 100


@pytest.mark.parametrize(("rate", "limit"), [(Rate.MESSAGES, 100), (Rate.SKILLS, 50), (Rate.FILES, 200)])
def test_each_kind_has_a_limit_of_its_own(rate: Rate, limit: int):
    assert World(requests_per_minute=1000).count(300, rate) == limit


def test_calls_flow_back_evenly():
    world = World(requests_per_minute=60)
    world.count(60)
    for _ in range(10):
        world.clock.advance(0.99)
        assert not world.passes()
        world.clock.advance(0.01)
        assert world.passes()


@given(limit=st.integers(1, 1000), pieces=st.integers(1, 50))
def test_many_short_pauses_are_as_good_as_a_long_one(limit: int, pieces: int):
    world = World(requests_per_minute=limit)
    world.count(limit)
    for _ in range(pieces):
        assert not world.passes()
        world.clock.advance(60 / limit / pieces)
    assert world.passes()


def test_a_long_silence_gives_no_more_than_a_minutes_calls():
    world = World()
    world.count(100)
    world.clock.advance(86_400)
    assert world.count(150) == 100


def test_every_kind_draws_from_the_requests_too():
    world = World(requests_per_minute=10)
    assert sum(world.count(4, kind) for kind in KINDS) == 10
    assert not world.passes()


def test_a_refused_kind_draws_nothing_from_the_requests_and_other_kinds_go_on():
    world = World(requests_per_minute=10, messages_per_minute=3)
    assert world.count(50, Rate.MESSAGES) == 3
    assert world.count(50, Rate.FILES) == 7


def test_a_kind_loses_nothing_where_the_requests_refuse():
    world = World(requests_per_minute=10, skills_per_minute=10)
    world.count(10)
    world.count(5, Rate.SKILLS)
    assert world.limiter.peek(ME, Rate.REQUESTS).remaining == 0
    world.limiter.settings = Settings(requests_per_minute=1000, skills_per_minute=10)
    assert world.limiter.peek(ME, Rate.SKILLS).remaining == 10


def test_principals_do_not_share_a_bucket():
    world = World()
    world.count(100)
    assert world.count(150, principal=OTHER) == 100


def test_a_refusal_says_when_to_come_back_and_that_holds():
    world = World(messages_per_minute=7)
    world.count(7, Rate.MESSAGES)
    world.clock.advance(0.2)
    with pytest.raises(RateLimited) as refused:
        world.limiter.take(ME, Rate.MESSAGES)
    details = refused.value.details
    assert details == {"limit": 7, "remaining": 0, "resetAt": math.ceil(world.clock.now() + 9), "retryAfter": 9}
    assert refused.value.reason == "messages"
    assert refused.value.message == "Rate limit of 7 messages a minute exceeded. Try again in 9 seconds."
    world.clock.advance(details["retryAfter"])
    assert world.passes(Rate.MESSAGES)


def test_one_never_has_to_come_back_in_less_than_a_second():
    world = World(requests_per_minute=100_000)
    world.count(100_000)
    with pytest.raises(RateLimited) as refused:
        world.limiter.take(ME, Rate.REQUESTS)
    assert refused.value.details["retryAfter"] == 1


def test_a_quota_says_what_is_left_of_the_bucket_that_has_less():
    world = World(requests_per_minute=60, messages_per_minute=10)
    now = int(world.clock.now())
    assert world.limiter.peek(ME, Rate.MESSAGES) == Quota(10, 10, now)
    assert world.limiter.size == 0
    world.count(3, Rate.MESSAGES)
    assert world.limiter.peek(ME, Rate.REQUESTS) == Quota(60, 57, now + 3)
    assert world.limiter.peek(ME, Rate.MESSAGES) == Quota(10, 7, now + 18)
    world.count(56)
    assert world.limiter.peek(ME, Rate.MESSAGES) == Quota(60, 1, now + 59)
    world.count(1)
    assert world.limiter.peek(ME, Rate.MESSAGES) == Quota(60, 0, now + 1)


def test_a_lower_limit_applies_at_once_and_counts_what_was_drawn():
    world = World(requests_per_minute=1000)
    world.count(2, Rate.MESSAGES)
    world.limiter.settings = Settings(requests_per_minute=1000, messages_per_minute=3)
    assert world.count(6, Rate.MESSAGES) == 1
    assert world.limiter.settings.messages_per_minute == 3


def test_a_lower_limit_never_makes_one_wait_longer_than_its_own_minute():
    world = World(messages_per_minute=100)
    world.count(90, Rate.MESSAGES)
    world.limiter.settings = Settings(messages_per_minute=3)
    assert not world.passes(Rate.MESSAGES)
    world.clock.advance(20)
    assert world.passes(Rate.MESSAGES)


def test_a_higher_limit_applies_at_once():
    world = World(messages_per_minute=3, requests_per_minute=1000)
    world.count(5, Rate.MESSAGES)
    world.limiter.settings = Settings(messages_per_minute=100, requests_per_minute=1000)
    assert world.count(200, Rate.MESSAGES) == 97


def test_what_flowed_back_before_a_change_did_so_at_the_old_rate():
    world = World()
    world.count(100)
    world.clock.advance(30)
    world.limiter.settings = Settings(requests_per_minute=1000)
    assert world.limiter.peek(ME, Rate.REQUESTS).remaining == 950


def test_a_limit_of_nothing_is_refused_and_the_old_ones_stay():
    world = World()
    with pytest.raises(ValueError, match="messages"):
        world.limiter.settings = Settings(messages_per_minute=0)
    assert world.limiter.settings == Settings()
    assert world.count(150) == 100


def test_the_buckets_of_the_idle_are_dropped():
    world = World()
    for number in range(500):
        world.passes(Rate.FILES, Principal(f"user{number}", "t", frozenset()))
    assert world.limiter.size == 1000
    world.clock.advance(61)
    world.passes()
    assert world.limiter.size == 1


def test_dropping_buckets_forgets_nothing_that_counts():
    world = World(requests_per_minute=60)
    world.clock.advance(59.5)
    world.count(60)
    world.clock.advance(1)  # now it sweeps
    assert world.count(60) == 1


@given(
    limit=st.integers(1, 40),
    kind_limit=st.integers(1, 40),
    steps=st.lists(
        st.tuples(st.floats(0, 30, allow_nan=False), st.integers(0, 50), st.sampled_from(list(Rate))), max_size=30
    ),
)
def test_no_more_pass_than_the_limit_and_what_flowed_back(
    limit: int, kind_limit: int, steps: list[tuple[float, int, Rate]]
):
    world = World(
        requests_per_minute=limit,
        messages_per_minute=kind_limit,
        skills_per_minute=kind_limit,
        files_per_minute=kind_limit,
    )
    elapsed, total = 0.0, 0
    passed = dict.fromkeys(Rate, 0)
    for pause, calls, rate in steps:
        world.clock.advance(pause)
        elapsed += pause
        through = world.count(calls, rate)
        total += through
        passed[rate] += through
        assert total <= limit + elapsed * limit / 60 + 1e-3
        for kind in KINDS:
            assert passed[kind] <= kind_limit + elapsed * kind_limit / 60 + 1e-3


@given(limit=st.integers(1, 10_000), pause=st.floats(0, 120, allow_nan=False))
def test_what_a_refusal_promises_holds_for_every_limit(limit: int, pause: float):
    world = World(requests_per_minute=limit)
    world.clock.advance(pause)
    assert world.count(limit + 1) == limit
    with pytest.raises(RateLimited) as refused:
        world.limiter.take(ME, Rate.REQUESTS)
    assert refused.value.details["retryAfter"] <= 60
    world.clock.advance(refused.value.details["retryAfter"])
    assert world.passes()
