"""One channel of `gateway.yaml`: started, watched, started again, and how it stands."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import anyio
import msgspec

from openclaw_rpc.domain.channels.channel import (
    Channel,
    ChannelFault,
    ChannelSettings,
    Fetch,
    Message,
    Policy,
    Unauthorized,
)
from openclaw_rpc.domain.channels.ports import ChannelKinds
from openclaw_rpc.domain.clock import Clock, iso
from openclaw_rpc.domain.ports import Log
from openclaw_rpc.protocol.channel import ChannelInfo, ChannelStatus, OutboxCounts
from openclaw_rpc.protocol.errors import GatewayError, InvalidRequest

FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 30.0
STEADY_SECONDS: Final = 60.0
"""After so long a connection a new fault begins with the first pause again."""

Section = Mapping[str, Any]


class Link:
    """A channel by its name in `gateway.yaml`. ``channel`` is there while it runs."""

    def __init__(
        self,
        channel_id: str,
        kinds: ChannelKinds,
        clock: Clock,
        log: Log,
        fetch: Fetch,
        changed: Callable[[Link], None],
    ) -> None:
        self.id = channel_id
        self.section: Section | None = None
        self.channel: Channel | None = None
        self.settings = ChannelSettings()
        self.status: ChannelStatus = "not_configured"
        self.last_error: str | None = None
        self.connected_since: str | None = None
        self.account: str | None = None
        self.bot_username: str | None = None
        self._kinds = kinds
        self._clock = clock
        self._log = log
        self._fetch = fetch
        self._changed = changed
        self._stood = anyio.Event()
        self._day = ""
        self._messages = 0

    @property
    def kind(self) -> str:
        """Which class: the section's `type`, else its name."""
        return str((self.section or {}).get("type") or self.id)

    @property
    def name(self) -> str:
        """What people call it."""
        name = self._kinds.names().get(self.kind, self.kind)
        return name if self.kind == self.id else f"{name} ({self.id})"

    @property
    def enabled(self) -> bool:
        """Whether it is to run: the section is there, and does not switch it off."""
        return self.section is not None and bool(self.section.get("enabled", True))

    @property
    def policy(self) -> Policy:
        """Who may write."""
        if self.section is not None and "policy" in self.section:
            return self.settings.policy
        return self.channel.default_policy if self.channel is not None else "pairing"

    @property
    def deduplicates(self) -> bool:
        """Whether its platform notices that a message is sent again."""
        found = self._kinds.loaded(self.kind)
        return found is not None and found.deduplicates

    async def read_settings(self) -> tuple[type[Channel], ChannelSettings]:
        """The class and its settings.

        Raises:
            GatewayError: a key is wrong or missing, and named; or the class can't be had.
        """
        cls = await self._kinds.load(self.kind)
        return cls, settings_of(self.id, self.section or {}, cls)

    def info(self, outbox: OutboxCounts | None = None) -> ChannelInfo:
        """How it stands."""
        return ChannelInfo(
            id=self.id,
            name=self.name,
            type=self.kind,
            enabled=self.enabled,
            status=self.status,
            account=self.account,
            bot_username=self.bot_username,
            connected_since=self.connected_since,
            last_error=self.last_error,
            messages_today=self._today(),
            outbox=outbox,
        )

    def count_message(self) -> None:
        """A message came from outside."""
        self._messages = self._today() + 1

    def _today(self) -> int:
        day = iso(self._clock.now())[:10]
        if day != self._day:
            self._day, self._messages = day, 0
        return self._messages

    # ---- the life of it ----

    async def keep(self, receive: Callable[[Link, Message], Awaitable[None]]) -> None:
        """Run it until cancelled, again and again; returns where it can't run before its settings change."""
        pause = FIRST_PAUSE

        async def take(message: Message) -> None:
            await receive(self, message)

        while True:
            began = anyio.current_time()
            try:
                await self._start()
                channel = self.channel
                if channel is None:
                    return
                try:
                    await channel.run(take)
                finally:
                    self.channel = None
                why = "the channel's run ended by itself"
            except Unauthorized as error:
                self._stand("error", str(error))
                return
            except ChannelFault as error:
                why = str(error)
            except Exception as error:
                self._log.error("a channel failed", channel=self.id, exc_info=True)
                why = f"{type(error).__name__}: the log says more"
            if anyio.current_time() - began > STEADY_SECONDS:
                pause = FIRST_PAUSE
            self._stand("disconnected", why)
            await anyio.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311 - spreads reconnects, decides no secret
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _start(self) -> None:
        """Make the channel; its status says why where that is not possible."""
        if not self.enabled:
            self._stand("not_configured" if self.section is None else "disabled", None)
            return
        try:
            cls, self.settings = await self.read_settings()
        except GatewayError as error:
            missing = error.reason == "missing"
            self._stand("not_configured" if missing else "error", error.message)
            return
        channel = cls()
        channel.settings, channel.log, channel.fetch = self.settings, self._log, self._fetch
        channel.data_dir = self._kinds.data_dir(self.id)
        channel.on_connection = self._connection
        self.channel = channel
        self._stand("connecting", self.last_error)
        if not channel.reports_connection:
            self._connection(True, None)

    def _connection(self, connected: bool, why: str | None) -> None:
        if self.channel is not None:
            self.account, self.bot_username = self.channel.account, self.channel.bot_username
        self._stand("connected" if connected else "connecting", why)

    def starting(self) -> None:
        """It is about to be started."""
        self._stand("connecting", None)

    async def settle(self, seconds: float) -> None:
        """Wait until it is connected, or is known not to be; so long at most."""
        with anyio.move_on_after(seconds):
            while self.status == "connecting":
                await self._stood.wait()

    def stopped(self) -> None:
        """It was cancelled: switched off, or its settings changed."""
        self.channel = None
        if not self.enabled:
            self._stand("disabled" if self.section is not None else "not_configured", None)

    def _stand(self, status: ChannelStatus, error: str | None) -> None:
        if (status, error) == (self.status, self.last_error):
            return
        if status == "connected" and self.status != "connected":
            self.connected_since = iso(self._clock.now())
        elif status != "connected":
            self.connected_since = None
        self.status, self.last_error = status, error
        self._stood.set()
        self._stood = anyio.Event()
        self._changed(self)


def settings_of(channel_id: str, section: Section, cls: type[Channel]) -> ChannelSettings:
    """A section of `gateway.yaml` as its channel reads it.

    Raises:
        InvalidRequest: a key is wrong or missing, and named.
    """
    given = {key: value for key, value in section.items() if value is not None}
    try:
        return msgspec.convert(given, cls.settings_type, str_keys=True)
    except msgspec.ValidationError as error:
        raise _wrong_key(channel_id, str(error)) from None


def _wrong_key(channel_id: str, said: str) -> InvalidRequest:
    """msgspec's words as an error that names the key."""
    what, _, where = said.partition(" - at `$")
    path = where.rstrip("`").lstrip(".")
    if "missing required field" in what:
        key = what.rsplit("`", 2)[-2]
        field = f"channels.{channel_id}.{key}"
        return InvalidRequest(f"{field} is missing", field=field, reason="missing")
    if "unknown field" in what:
        key = what.rsplit("`", 2)[-2]
        field = f"channels.{channel_id}.{key}"
        return InvalidRequest(f"{field} is not a key of this channel", field=field, reason="unknown")
    field = f"channels.{channel_id}.{path}" if path else f"channels.{channel_id}"
    return InvalidRequest(f"{field}: {what}", field=field, reason=what)
