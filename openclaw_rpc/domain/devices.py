"""Devices: programs that prove with a key that they are the same as last time, and show a token of their own then."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import replace
from typing import Final, NamedTuple

import anyio
import msgspec

from openclaw_rpc.domain.auth import Authenticator, digest_of
from openclaw_rpc.domain.clock import Clock, iso
from openclaw_rpc.domain.documents import Document, Documents
from openclaw_rpc.domain.events.bus import Bus
from openclaw_rpc.domain.events.published import Published
from openclaw_rpc.domain.principals import Principal
from openclaw_rpc.domain.tokens import KnownTokens
from openclaw_rpc.protocol.base import Scope
from openclaw_rpc.protocol.device import DeviceInfo, DeviceRevokedEvent, device_revoked
from openclaw_rpc.protocol.errors import NotFound, Unavailable

KIND: Final = "device"
MOST: Final = 500
"""Devices of a user that are kept; the one that was not seen for longest goes first."""
SEEN_SECONDS: Final = 60
"""How old the time that is kept of a device's last visit may grow."""
PREFIX: Final = "ocd_"
"""What the tokens of devices begin with."""
_PARTS: Final = 4
_EVERYTHING: Final = 1_000_000


class Visit(NamedTuple):
    """What a device says of itself when it comes: ``id`` is of its key."""

    id: str
    name: str | None = None
    platform: str | None = None
    client: str | None = None


class Device(msgspec.Struct, kw_only=True, frozen=True):
    """A device of a user as it is kept. Its tokens are made of ``grant``; without one it has none.

    ``token`` is the id of the token that it came with last, or ``gateway``, ``password``, ``anonymous``; ``proof`` the
    digest of what that stood on, which changes with the configured secret.
    """

    id: str
    user: str
    token: str
    scopes: list[Scope]
    created_at: str
    last_seen_at: str
    grant: str | None = None
    proof: str | None = None
    name: str | None = None
    platform: str | None = None
    client: str | None = None


class Devices:
    """All devices. They are held in memory: every socket asks whether its device still stands."""

    def __init__(
        self, authenticator: Authenticator, tokens: KnownTokens, documents: Documents, clock: Clock, bus: Bus
    ) -> None:
        self.authenticator = authenticator
        self._tokens = tokens
        self._documents = documents
        self._clock = clock
        self._bus = bus
        self._known: dict[tuple[str, str], Device] = {}
        self._versions: dict[tuple[str, str], int] = {}
        self._turn = anyio.Lock()

    async def open(self) -> None:
        """Read what is kept: before anybody comes in, and when another process changed it."""
        kept = await self._documents.list(KIND, limit=_EVERYTHING)
        self._known.clear()
        self._versions.clear()
        for document in kept:
            device = msgspec.json.decode(document.data, type=Device)
            self._known[device.user, device.id] = device
            self._versions[device.user, device.id] = document.version

    async def met(self, principal: Principal, visit: Visit) -> str | None:
        """Note that a device came in; what it may show next time in place of its token, beside its signature.

        That is good for this user and these scopes, and ends with the token that it was got by. None where nobody has
        to prove anything, or where it can't be kept.
        """
        scopes = [scope for scope in Scope if scope in principal.scopes]
        proof = self._proof(principal)
        try:
            async with self._turn:
                device = await self._noted(principal, visit, scopes, proof)
        except Unavailable:
            return None
        if proof is None or not self._tokens.key:
            return None
        return f"{PREFIX}{device.id}.{device.token}.{_spelled(scopes)}.{self._mac(proof, device, scopes)}"

    async def recognise(self, token: str, device_id: str | None = None) -> Principal | None:
        """Who was given a device's token, while the token that it was got by stands; of ``device_id`` alone.

        Raises:
            Unavailable: the tokens that were made can't be read.
        """
        parts = token.removeprefix(PREFIX).split(".")
        if not token.startswith(PREFIX) or len(parts) != _PARTS or not self.authenticator.settings.enabled:
            return None
        shown, named, spelled, mac = parts
        if device_id is not None and shown != device_id:
            return None
        await self._tokens.refresh()
        principal = self.authenticator.standing(named)
        if principal is None:
            return None
        device, proof = self._known.get((principal.user, shown)), self._proof(principal)
        scopes = [scope for scope in Scope if scope.value in spelled.split("-")]
        if device is None or device.grant is None or proof is None:
            return None
        right = self._mac(proof, device, scopes)
        if not hmac.compare_digest(mac.encode("utf-8", "surrogateescape"), right.encode()):
            return None
        return replace(principal, scopes=principal.scopes & frozenset(scopes))

    def stands(self, user: str, device_id: str) -> bool:
        """Whether what a device has open may stay open."""
        device = self._known.get((user, device_id))
        return device is not None and device.grant is not None

    def list_(self, viewer: Principal) -> list[DeviceInfo]:
        """The devices of the viewer's user, everybody's for an owner's admin; who was seen last comes first."""
        found = sorted(self._seen_by(viewer), key=lambda device: device.last_seen_at, reverse=True)
        return [self._info(device) for device in found]

    async def end(self, viewer: Principal, device_id: str, *, forget: bool) -> list[str]:
        """End the tokens of a device, or ``forget`` it altogether; whose device it was, for `announce`.

        Raises:
            NotFound: there is none, or it is another user's.
        """
        async with self._turn:
            found = [device for device in self._seen_by(viewer) if device.id == device_id]
            for device in found:
                if forget:
                    await self._forget(device)
                else:
                    await self._keep(msgspec.structs.replace(device, grant=None))
        if not found:
            raise NotFound(f"there is no device {device_id[:100]!r}", field="deviceId")
        return [device.user for device in found]

    def announce(self, device_id: str, users: Iterable[str]) -> None:
        """Tell that a device's tokens are gone: what it opened is closed."""
        for user in users:
            event = DeviceRevokedEvent(device_id=device_id, user=user)
            self._bus.publish(Published(device_revoked, event, user=user))

    def _seen_by(self, viewer: Principal) -> Iterable[Device]:
        return [each for each in self._known.values() if viewer.is_owner_admin or each.user == viewer.user]

    def _info(self, device: Device) -> DeviceInfo:
        made, principal = self._tokens.find(device.token), self.authenticator.standing(device.token)
        good = principal is not None and device.grant is not None and device.proof == _digest(self._proof(principal))
        return DeviceInfo(
            device_id=device.id,
            user=device.user,
            token=made.name if made is not None else device.token,
            scopes=device.scopes,
            created_at=device.created_at,
            last_seen_at=device.last_seen_at,
            revoked=not good,
            name=device.name,
            platform=device.platform,
            client=device.client,
        )

    async def _noted(self, principal: Principal, visit: Visit, scopes: list[Scope], proof: str | None) -> Device:
        known, now = self._known.get((principal.user, visit.id)), self._clock.now()
        device = Device(
            id=visit.id,
            user=principal.user,
            token=principal.jti or principal.name,
            scopes=scopes,
            created_at=known.created_at if known is not None else iso(now),
            last_seen_at=iso(now),
            grant=(known.grant if known is not None else None) or secrets.token_urlsafe(16),
            proof=_digest(proof),
            name=visit.name,
            platform=visit.platform,
            client=visit.client,
        )
        if known is not None and known.last_seen_at >= iso(now - SEEN_SECONDS):
            device = msgspec.structs.replace(device, last_seen_at=known.last_seen_at)
        if device != known:
            await self._keep(device)
            await self._make_room(device.user)
        return device

    async def _keep(self, device: Device) -> None:
        place, document_id = (device.user, device.id), f"{device.user}/{device.id}"
        data = msgspec.json.encode(device)
        while not await self._documents.put(
            Document(kind=KIND, id=document_id, data=data, version=self._versions.get(place, 0))
        ):
            kept = await self._documents.get(KIND, document_id)
            self._versions[place] = kept.version if kept is not None else 0
        self._versions[place] = self._versions.get(place, 0) + 1
        self._known[place] = device

    async def _make_room(self, user: str) -> None:
        mine = [device for device in self._known.values() if device.user == user]
        for device in sorted(mine, key=lambda each: each.last_seen_at)[: max(len(mine) - MOST, 0)]:
            await self._forget(device)

    async def _forget(self, device: Device) -> None:
        await self._documents.delete(KIND, f"{device.user}/{device.id}")
        self._known.pop((device.user, device.id), None)
        self._versions.pop((device.user, device.id), None)

    def _proof(self, principal: Principal) -> str | None:
        return principal.jti or self.authenticator.proof(principal)

    def _mac(self, proof: str, device: Device, scopes: list[Scope]) -> str:
        text = f"device:{device.id}:{device.grant}:{_spelled(scopes)}:{proof}"
        return hmac.new(self._tokens.key, text.encode(), hashlib.sha256).hexdigest()


def _spelled(scopes: Iterable[Scope]) -> str:
    return "-".join(scope.value for scope in scopes)


def _digest(proof: str | None) -> str | None:
    return None if proof is None else digest_of(proof)
