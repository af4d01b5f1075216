"""An authenticator, its tokens and its clock, to be played with."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
import pytest

from openclaw_rpc.domain.auth import Authenticator
from openclaw_rpc.domain.principals import Credentials, Principal, owner
from openclaw_rpc.domain.records import TokenRecord
from openclaw_rpc.domain.tokens import KnownTokens, TokenService
from openclaw_rpc.protocol.errors import Unauthorized
from openclaw_rpc.protocol.token import TokenCreated, TokenCreateParams, TokenInfo
from tests.support.clock import ManualClock
from tests.support.volatile.tokens import MemoryTokenStore

T = TypeVar("T")


@dataclass(frozen=True)
class Settings:
    """As `gateway.auth`."""

    enabled: bool = True
    token: str | None = "the-gateway-token"
    password: str | None = "pässwörd:with colon"


class CountingTokens(KnownTokens):
    """Counts how often it is asked."""

    asked = 0

    def find(self, jti: str) -> TokenRecord | None:
        self.asked += 1
        return super().find(jti)


def done(work: Coroutine[Any, Any, T]) -> T:
    """What comes of work, for tests that are not themselves asynchronous."""
    with asyncio.Runner() as runner:
        return runner.run(work)


class AuthWorld:
    """Everything in memory, so that nothing waits."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.clock = ManualClock()
        self.store = MemoryTokenStore()
        self.known = CountingTokens(self.store)
        done(self.known.refresh())
        self.tokens = TokenService(self.known, self.clock)
        self.auth = Authenticator(settings or Settings(), self.known, self.clock)

    @property
    def key(self) -> bytes:
        return done(self.store.load()).key

    @key.setter
    def key(self, key: bytes) -> None:
        known = done(self.store.load())
        self.store._tokens = msgspec.structs.replace(known, revision=known.revision + 1, key=key)  # pyright: ignore[reportPrivateUsage]
        done(self.known.refresh())

    def all(self) -> list[TokenRecord]:
        return list(done(self.store.load()).records)

    def make(self, name: str = "laptop", **params: object) -> str:
        return self.create(owner("gateway"), msgspec.convert({"name": name, **params}, TokenCreateParams)).token

    def create(self, maker: Principal, params: TokenCreateParams) -> TokenCreated:
        return done(self.tokens.create(maker, params))

    def listed(self, viewer: Principal) -> list[TokenInfo]:
        return done(self.tokens.list_(viewer))

    def revoke(self, viewer: Principal, name: str) -> str:
        return done(self.tokens.revoke(viewer, name))

    def bearer(self, token: str) -> Principal:
        return self.auth.identify(Credentials(bearer=token))

    def refuses(self, credentials: Credentials) -> None:
        with pytest.raises(Unauthorized, match=r"^Missing or invalid authentication token$"):
            self.auth.identify(credentials)
