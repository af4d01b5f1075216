"""What is to be sent to the outside, in memory: for tests."""

from collections import Counter
from collections.abc import Sequence

import msgspec

from openclaw_rpc.adapters.store.rules import claimed_before, cursor_read, written_cursor
from openclaw_rpc.adapters.store.telling import TellsKept
from openclaw_rpc.domain.events.change import Change, Claim, Delivery, DeliveryKind, DeliveryStatus
from openclaw_rpc.domain.records import DeliveryQuery

_OPEN = ("pending", "sending")


class MemoryDeliveries(TellsKept):
    """The port `Deliveries`, in memory, and the claims that come with it."""

    def __init__(self) -> None:
        super().__init__()
        self._kept: dict[str, Delivery] = {}
        self._claims: dict[tuple[str, str], Claim] = {}

    def refuse_claimed(self, claims: Sequence[Claim]) -> None:
        """Refuse a change one of whose claims was taken.

        Raises:
            AlreadyClaimed: one was.
        """
        for claim in claims:
            if (claim.name, claim.key) in self._claims:
                raise claimed_before(claim)

    def keep(self, change: Change) -> None:
        """Keep what a change brings."""
        with self.told(change):
            self._kept.update((delivery.id, msgspec.structs.replace(delivery)) for delivery in change.deliveries)
            self._claims.update(((claim.name, claim.key), claim) for claim in change.claims)

    async def claim(
        self, kind: DeliveryKind, now: str, limit: int, *, per_target: int
    ) -> tuple[list[Delivery], str | None]:
        """See :class:`~openclaw_rpc.domain.ports.Deliveries`."""
        heads: dict[tuple[str, str], Delivery] = {}
        for kept in self._kept.values():
            if kept.kind == kind and kept.status in _OPEN:
                heads.setdefault((kept.target, kept.lane or f"\0{kept.id}"), kept)
        busy = Counter(head.target for head in heads.values() if head.status == "sending")
        waiting = sorted((head for head in heads.values() if head.status == "pending"), key=lambda head: head.next_at)
        ranked: list[tuple[int, Delivery]] = []
        for head in waiting:
            if head.next_at <= now and busy[head.target] < per_target:
                ranked.append((busy[head.target], head))
                busy[head.target] += 1
        taken = [head for _, head in sorted(ranked, key=lambda one: one[0])][:limit]
        for head in taken:
            head.status = "sending"
            head.attempts += 1
        coming = [head.next_at for head in waiting if head.next_at > now]
        copies = [msgspec.structs.replace(head) for head in taken]
        return copies, coming[0] if coming else None

    async def broken_off(self, kind: DeliveryKind, limit: int) -> list[Delivery]:
        """See :class:`~openclaw_rpc.domain.ports.Deliveries`."""
        found = [each for each in self._kept.values() if each.kind == kind and each.status == "sending"]
        return [msgspec.structs.replace(each) for each in found[:limit]]

    async def settle(
        self, delivery_id: str, status: DeliveryStatus, *, next_at: str | None = None, error: str | None = None
    ) -> bool:
        """See :class:`~openclaw_rpc.domain.ports.Deliveries`."""
        kept = self._kept.get(delivery_id)
        if kept is None or kept.status != "sending":
            return False
        kept.status, kept.next_at, kept.last_error = status, next_at or kept.next_at, error
        return True

    async def redeliver(self, delivery_id: str, now: str) -> bool:
        """See :class:`~openclaw_rpc.domain.ports.Deliveries`."""
        kept = self._kept.get(delivery_id)
        if kept is None or kept.status in _OPEN:
            return False
        kept.status, kept.attempts, kept.next_at = "pending", 0, now
        self.kept([kept.kind])
        return True

    async def drop(self, kind: DeliveryKind, target: str) -> int:
        """See :class:`~openclaw_rpc.domain.ports.Deliveries`."""
        before = len(self._kept)
        self._kept = {k: d for k, d in self._kept.items() if (d.kind, d.target) != (kind, target)}
        return before - len(self._kept)

    async def find(self, delivery_id: str) -> Delivery | None:
        """See :class:`~openclaw_rpc.domain.ports.Deliveries`."""
        kept = self._kept.get(delivery_id)
        return msgspec.structs.replace(kept) if kept is not None else None

    async def list(self, query: DeliveryQuery) -> tuple[list[Delivery], str | None]:
        """See :class:`~openclaw_rpc.domain.ports.Deliveries`."""
        wanted = {name: getattr(query, name) for name in ("kind", "target", "lane", "status")}
        before = cursor_read(query.cursor, int) if query.cursor is not None else len(self._kept)
        found = [
            (number, kept)
            for number, kept in enumerate(self._kept.values())
            if number < before and all(value in (None, getattr(kept, name)) for name, value in wanted.items())
        ]
        found.reverse()
        page = found[: query.limit]
        cursor = written_cursor(page[-1][0]) if len(found) > len(page) else None
        return [msgspec.structs.replace(kept) for _, kept in page], cursor

    async def count(self, kind: DeliveryKind, target: str | None = None) -> dict[DeliveryStatus, int]:
        """See :class:`~openclaw_rpc.domain.ports.Deliveries`."""
        return dict(Counter(d.status for d in self._kept.values() if d.kind == kind and target in (None, d.target)))

    async def prune(self, before: str) -> int:
        """See :class:`~openclaw_rpc.domain.ports.Deliveries`."""
        self._claims = {k: claim for k, claim in self._claims.items() if claim.at >= before}
        count = len(self._kept)
        self._kept = {k: d for k, d in self._kept.items() if d.created_at >= before or d.status in _OPEN}
        return count - len(self._kept)
