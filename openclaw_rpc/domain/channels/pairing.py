"""Strangers: a code for each, which the owner approves.

A code is kept as the delivery that brings it, so that it holds over restarts and on every node.
"""

from __future__ import annotations

import secrets
from collections import deque
from typing import Final

import msgspec

from openclaw_rpc.domain.channels.replies import Pairing, Replies, ReplyPart
from openclaw_rpc.domain.clock import Clock, iso
from openclaw_rpc.domain.events.change import Change, Claim
from openclaw_rpc.domain.ports import Store
from openclaw_rpc.domain.records import DeliveryQuery
from openclaw_rpc.protocol.errors import AlreadyClaimed, NotFound, RateLimited

ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ23456789"
LENGTH: Final = 8
VALID_SECONDS: Final = 3600.0
WRONG_A_MINUTE: Final = 10
_PAGE: Final = 200


class Pairings:
    """Gives codes, and takes them."""

    def __init__(self, store: Store, replies: Replies, clock: Clock) -> None:
        self._store = store
        self._replies = replies
        self._clock = clock
        self._wrong: deque[float] = deque()

    async def greet(self, channel_id: str, to: str, sender: str) -> None:
        """Give a stranger a code, once while it holds."""
        now = self._clock.now()
        if await self._waiting(channel_id, sender=sender) is not None:
            return
        code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        pairing = Pairing(code=code, sender=sender, expires_at=iso(now + VALID_SECONDS))
        text = f"I do not know you yet. Ask the owner of this assistant to approve this code within an hour:\n\n{code}"
        delivery = self._replies.delivery(channel_id, ReplyPart(to=to, text=text, pairing=pairing))
        hour = iso(now)[:13]
        try:
            claim = Claim(name=f"greeting:{channel_id}", key=f"{sender}:{hour}", at=iso(now))
            await self._store.commit(Change(deliveries=[delivery], claims=[claim]))
        except AlreadyClaimed:
            return

    async def redeem(self, channel_id: str, code: str) -> str:
        """Who was given a code, which is used up.

        Raises:
            NotFound: there is none, it was used, or it is too old. RateLimited: too many wrong ones lately.
        """
        now = self._clock.monotonic()
        while self._wrong and now - self._wrong[0] >= 60:
            self._wrong.popleft()
        if len(self._wrong) >= WRONG_A_MINUTE:
            wait = 60 - int(now - self._wrong[0])
            raise RateLimited("too many wrong codes", reason="pairing", retryAfter=max(1, wait))
        pairing = await self._waiting(channel_id, code=code.strip().upper())
        if pairing is not None:
            try:
                claim = Claim(name=f"pairing:{channel_id}", key=pairing.code, at=iso(self._clock.now()))
                await self._store.commit(Change(claims=[claim]))
                return pairing.sender
            except AlreadyClaimed:
                pairing = None
        self._wrong.append(now)
        raise NotFound("there is no such code, or it was used or is too old", field="code")

    async def _waiting(self, channel_id: str, *, code: str = "", sender: str = "") -> Pairing | None:
        """The code that still holds: the one that reads ``code``, or that ``sender`` was given."""
        now, cursor = self._clock.now(), None
        oldest = iso(now - VALID_SECONDS)
        while True:
            query = DeliveryQuery(limit=_PAGE, cursor=cursor, kind="channel", target=channel_id)
            found, cursor = await self._store.deliveries.list(query)
            for delivery in found:
                if delivery.created_at < oldest:
                    return None
                pairing = msgspec.json.decode(delivery.body, type=ReplyPart).pairing
                if pairing is not None and pairing.expires_at > iso(now):
                    if code and secrets.compare_digest(pairing.code.encode(), code.encode()):
                        return pairing
                    if sender and pairing.sender == sender:
                        return pairing
            if cursor is None:
                return None
