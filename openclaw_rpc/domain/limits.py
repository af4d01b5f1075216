"""How often somebody may call: token buckets per principal, one for all calls and one for each kind."""

import math
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, Protocol

from openclaw_rpc.domain.clock import Clock
from openclaw_rpc.domain.principals import Principal
from openclaw_rpc.protocol.base import Rate
from openclaw_rpc.protocol.errors import RateLimited

_MINUTE: Final = 60.0
_ROUNDING: Final = 1e-6


class RateSettings(Protocol):
    """What of `gateway.rate_limit` is needed here: calls a minute for each principal, at least 1."""

    @property
    def requests_per_minute(self) -> int:
        """Calls of every kind together."""
        ...

    @property
    def messages_per_minute(self) -> int:
        """Messages to agents and models."""
        ...

    @property
    def skills_per_minute(self) -> int:
        """Calls of skills and tools."""
        ...

    @property
    def files_per_minute(self) -> int:
        """Calls that touch files."""
        ...


class Quota(NamedTuple):
    """What is left: ``limit`` calls a minute, ``remaining`` of them now.

    ``reset`` (s since 1970) is when the bucket is full again, or, where nothing remains, when the next call may come.
    """

    limit: int
    remaining: int
    reset: int


class _Bucket:
    """What was drawn and has not flowed back, as it stood at ``at`` (monotonic s)."""

    __slots__ = ("at", "drawn")

    def __init__(self, at: float) -> None:
        self.at = at
        self.drawn = 0.0


class _Pool:
    """All principals' buckets of one kind. A bucket that is full again is the same as none."""

    __slots__ = ("buckets", "ceiling", "limit", "per_second", "rate")

    def __init__(self, rate: Rate, limit: int) -> None:
        self.rate = rate
        self.buckets: dict[str, _Bucket] = {}
        self.resize(limit)

    def resize(self, limit: int) -> None:
        if limit < 1:
            raise ValueError(f"the limit of {self.rate.value} a minute must be at least 1, not {limit}")
        self.limit = limit
        self.per_second = limit / _MINUTE
        self.ceiling = limit - 1 + _ROUNDING

    def settle(self, key: str, now: float) -> _Bucket:
        """The bucket of a principal, with what has flowed back until now."""
        bucket = self.buckets.get(key)
        if bucket is None:
            bucket = self.buckets[key] = _Bucket(now)
            return bucket
        drawn = bucket.drawn - (now - bucket.at) * self.per_second
        bucket.drawn = drawn if drawn > 0.0 else 0.0
        bucket.at = now
        return bucket

    def settle_all(self, now: float) -> None:
        """Settle every bucket, and drop those that are full."""
        self.buckets = {key: bucket for key in self.buckets if (bucket := self.settle(key, now)).drawn > 0.0}

    def wait(self, drawn: float) -> int:
        """Whole seconds until one call may be drawn, at least 1."""
        return max(1, math.ceil((drawn + 1 - self.limit) / self.per_second - _ROUNDING))


class RateLimiter:
    """Counts calls. Capacity is a minute's calls, and they flow back evenly; not for use from several threads."""

    def __init__(self, settings: RateSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._monotonic = clock.monotonic
        self._pools = {rate: _Pool(rate, limit) for rate, limit in _limits(settings).items()}
        self._requests = self._pools[Rate.REQUESTS]
        self._sweep_at = clock.monotonic() + _MINUTE
        self._share = 1
        self.told: Callable[[str, Rate, int], None] | None = None
        """Called with each call that was let in (whose, its kind, that kind's limit), where others have to know."""

    @property
    def settings(self) -> RateSettings:
        """The limits in force. New ones count what was drawn in the last minute, and apply to the next call."""
        return self._settings

    @settings.setter
    def settings(self, settings: RateSettings) -> None:
        self._resize(settings)
        self._settings = settings

    def share(self, nodes: int) -> None:
        """Grant one part of so many of each limit from now on: others grant the rest."""
        if nodes != self._share:
            self._share = nodes
            self._resize(self._settings)

    def _resize(self, settings: RateSettings) -> None:
        now = self._monotonic()
        for rate, limit in _limits(settings).items():
            pool = self._pools[rate]
            pool.settle_all(now)
            pool.resize(max(min(limit, 1), limit // self._share))
            for bucket in pool.buckets.values():
                bucket.drawn = min(bucket.drawn, float(pool.limit))

    def charge(self, key: str, rate: Rate, times: int) -> None:
        """Count calls that others let in."""
        now = self._monotonic()
        for pool in {self._requests, self._pools[rate]}:
            bucket = pool.settle(key, now)
            bucket.drawn = min(bucket.drawn + times, float(pool.limit))

    @property
    def size(self) -> int:
        """How many buckets are kept; those that are full again go within two minutes."""
        return sum(len(pool.buckets) for pool in self._pools.values())

    def take(self, principal: Principal, rate: Rate) -> None:
        """Draw one call: from ``requests``, and from the bucket of its kind. Refused, it draws from neither.

        Raises:
            RateLimited: there is none left; ``details`` has ``limit``, ``remaining``, ``resetAt`` (s since 1970, when
                the next call may come) and ``retryAfter`` (the same in s from now, at least 1); ``reason`` the kind.
        """
        now = self._monotonic()
        if now >= self._sweep_at:
            self._sweep(now)
        key = principal.limit_key
        requests = self._requests
        calls = requests.settle(key, now)
        if rate is not Rate.REQUESTS:
            pool = self._pools[rate]
            bucket = pool.settle(key, now)
            if bucket.drawn > pool.ceiling:
                raise self._refusal(pool, bucket)
            if calls.drawn > requests.ceiling:
                raise self._refusal(requests, calls)
            bucket.drawn += 1.0
        elif calls.drawn > requests.ceiling:
            raise self._refusal(requests, calls)
        calls.drawn += 1.0
        if self.told is not None:
            self.told(key, rate, self._pools[rate].limit)

    def peek(self, principal: Principal, rate: Rate) -> Quota:
        """What a call of that kind has left, by whichever of its two buckets has less."""
        now = self._monotonic()
        quota = self._quota(self._requests, principal.limit_key, now)
        if rate is Rate.REQUESTS:
            return quota
        return min(self._quota(self._pools[rate], principal.limit_key, now), quota, key=lambda found: found.remaining)

    def _quota(self, pool: _Pool, key: str, now: float) -> Quota:
        drawn = pool.settle(key, now).drawn if key in pool.buckets else 0.0
        remaining = max(0, math.floor(pool.limit - drawn + _ROUNDING))
        seconds = pool.wait(drawn) if remaining == 0 else drawn / pool.per_second
        return Quota(pool.limit, remaining, math.ceil(self._clock.now() + seconds))

    def _refusal(self, pool: _Pool, bucket: _Bucket) -> RateLimited:
        seconds = pool.wait(bucket.drawn)
        return RateLimited(
            f"Rate limit of {pool.limit} {pool.rate.value} a minute exceeded. Try again in {seconds} seconds.",
            reason=pool.rate.value,
            limit=pool.limit,
            remaining=0,
            resetAt=math.ceil(self._clock.now() + seconds),
            retryAfter=seconds,
        )

    def _sweep(self, now: float) -> None:
        self._sweep_at = now + _MINUTE
        for pool in self._pools.values():
            pool.settle_all(now)


def _limits(settings: RateSettings) -> Mapping[Rate, int]:
    return {
        Rate.REQUESTS: settings.requests_per_minute,
        Rate.MESSAGES: settings.messages_per_minute,
        Rate.SKILLS: settings.skills_per_minute,
        Rate.FILES: settings.files_per_minute,
    }
