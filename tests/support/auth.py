"""An authenticator, its tokens and its clock, to be played with."""

from dataclasses import dataclass

import msgspec
import pytest

from openclaw_rpc.adapters.tokens.memory import MemoryTokenStore
from openclaw_rpc.domain.auth import Authenticator, Credentials, Principal, TokenService, owner
from openclaw_rpc.domain.records import TokenRecord
from openclaw_rpc.protocol.errors import Unauthorized
from openclaw_rpc.protocol.token import TokenCreateParams
from tests.support.clock import ManualClock


@dataclass(frozen=True)
class Settings:
    """As `gateway.auth`."""

    enabled: bool = True
    token: str | None = "the-gateway-token"
    password: str | None = "pässwörd:with colon"


class CountingStore(MemoryTokenStore):
    """Counts how often it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def find(self, jti: str) -> TokenRecord | None:
        self.asked += 1
        return super().find(jti)


class AuthWorld:
    def __init__(self, settings: Settings | None = None) -> None:
        self.clock = ManualClock()
        self.store = CountingStore()
        self.tokens = TokenService(self.store, self.clock)
        self.auth = Authenticator(settings or Settings(), self.store, self.clock)

    def make(self, name: str = "laptop", **params: object) -> str:
        return self.tokens.create(owner("gateway"), msgspec.convert({"name": name, **params}, TokenCreateParams)).token

    def bearer(self, token: str) -> Principal:
        return self.auth.identify(Credentials(bearer=token))

    def refuses(self, credentials: Credentials) -> None:
        with pytest.raises(Unauthorized, match=r"^Missing or invalid authentication token$"):
            self.auth.identify(credentials)
