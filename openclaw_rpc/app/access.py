"""Who may come in: tokens, devices, sign-ins, and how much each may ask for."""

from __future__ import annotations

from collections.abc import Iterable

from openclaw_rpc.app.chores import Work
from openclaw_rpc.app.features import Feature
from openclaw_rpc.config.settings import Settings
from openclaw_rpc.domain.auth import Authenticator
from openclaw_rpc.domain.clock import Clock
from openclaw_rpc.domain.devices import Devices
from openclaw_rpc.domain.documents import Documents
from openclaw_rpc.domain.events.bus import Bus
from openclaw_rpc.domain.limits import RateLimiter
from openclaw_rpc.domain.sign_ins import SignIns
from openclaw_rpc.domain.tokens import KnownTokens, TokenService
from openclaw_rpc.methods.dashboard import DashboardMethods
from openclaw_rpc.methods.device import DeviceMethods
from openclaw_rpc.methods.token import TokenMethods
from openclaw_rpc.rpc.bind import Namespace


class Access(Feature):
    """The parts, joined. ``open`` reads what is kept, before anybody comes."""

    def __init__(self, settings: Settings, known: KnownTokens, documents: Documents, clock: Clock, bus: Bus) -> None:
        self.authenticator = Authenticator(settings.gateway.auth, known, clock)
        self.tokens = TokenService(known, clock, bus)
        self.devices = Devices(self.authenticator, known, documents, clock, bus)
        self.sign_ins = SignIns(self.authenticator, known, clock)
        self.limiter = RateLimiter(settings.gateway.rate_limit, clock)

    def namespaces(self) -> Iterable[Namespace]:
        """Their rows."""
        return TokenMethods(self.tokens), DeviceMethods(self.devices), DashboardMethods(self.sign_ins)

    def chores(self) -> Iterable[tuple[str, Work]]:
        """What goes on by itself."""
        yield "revocations", self.tokens.watch

    def apply(self, settings: Settings) -> None:
        """Take what changed in the configuration."""
        self.limiter.settings = settings.gateway.rate_limit
        self.authenticator.settings = settings.gateway.auth
