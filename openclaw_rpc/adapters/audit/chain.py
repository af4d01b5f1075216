"""The chain of the audit log's records: each is a line of JSON that holds the SHA-256 of the line before."""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from itertools import takewhile
from typing import Final

import msgspec

from openclaw_rpc.protocol.audit import AuditRecord, AuditVerdict
from openclaw_rpc.protocol.errors import Unavailable

GENESIS: Final = "0" * 64
"""What the first record holds in the place of a hash."""


class ChainEnd(msgspec.Struct, frozen=True, kw_only=True):
    """Where a chain ends: the last record's number, and its line's hash."""

    seq: int = 0
    hash: str = GENESIS


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """Where what was pruned ended, and what is kept begins; ``signature`` is made with a key of the log's own."""

    seq: int = 0
    hash: str = GENESIS
    signature: str = ""

    @classmethod
    def signed(cls, end: ChainEnd, key: bytes) -> "Head":
        """The head behind what was pruned."""
        return cls(seq=end.seq, hash=end.hash, signature=_signature(end, key))

    def is_signed(self, key: bytes) -> bool:
        """Whether it was signed with that key. Where nothing was pruned there is nothing to sign."""
        end = ChainEnd(seq=self.seq, hash=self.hash)
        return self == NOTHING_PRUNED or hmac.compare_digest(self.signature, _signature(end, key))


NOTHING_PRUNED: Final = Head()


def _signature(end: ChainEnd, key: bytes) -> str:
    return hmac.new(key, f"audit-head:{end.seq}:{end.hash}".encode(), hashlib.sha256).hexdigest()


def link(record: AuditRecord, head: ChainEnd) -> tuple[bytes, ChainEnd]:
    """A record as the line that follows a head, without its end, and the head behind it."""
    line = msgspec.json.encode(msgspec.structs.replace(record, seq=head.seq + 1, previous=head.hash))
    return line, head_of(line, head.seq + 1)


def head_of(line: bytes, seq: int) -> ChainEnd:
    """The head behind a line."""
    return ChainEnd(seq=seq, hash=hashlib.sha256(line).hexdigest())


def read(line: bytes) -> AuditRecord:
    """A line's record.

    Raises:
        msgspec.MsgspecError, ValueError: it holds none.
    """
    return msgspec.json.decode(line, type=AuditRecord)


def named(line: bytes, user: str | None) -> AuditRecord:
    """A line's record with the user's name, where its random id still has one."""
    record = read(line)
    return record if user is None else msgspec.structs.replace(record, user=user)


def pruned(head: Head, key: bytes, rows: Sequence[tuple[bytes, str | None]], before: str) -> tuple[Head, int]:
    """The head behind those of the first rows, (line, time) each, that are from before a time; and how many they are.

    Raises:
        Unavailable: they are not as they were written, and must not be lost.
    """
    lines = [row[0] for row in takewhile(lambda row: row[1] is None or row[1] < before, rows)]
    if not lines:
        return head, 0
    verdict = verify(lines, None, head, key)
    if not verdict.intact:
        raise Unavailable(
            f"the audit log is not pruned, since it does not verify: {verdict.fault} (record {verdict.seq})",
            reason="audit",
        )
    return Head.signed(head_of(lines[-1], head.seq + len(lines)), key), len(lines)


def verify(lines: Iterable[bytes], end: ChainEnd | None, head: Head = NOTHING_PRUNED, key: bytes = b"") -> AuditVerdict:
    """Whether lines are a whole chain, from what was pruned to at least the record where it is known to have ended."""
    if not head.is_signed(key):
        fault = "the signed head of the pruned records was changed"
        return AuditVerdict(intact=False, records=0, pruned=head.seq, fault=fault, seq=head.seq + 1)
    verdict = _verify(lines, end, ChainEnd(seq=head.seq, hash=head.hash))
    return msgspec.structs.replace(verdict, records=verdict.records - head.seq, pruned=head.seq)


def _verify(lines: Iterable[bytes], end: ChainEnd | None, at: ChainEnd) -> AuditVerdict:
    seen_end = end is None or end == at
    for line in lines:
        number = at.seq + 1
        try:
            record = read(line)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return AuditVerdict(intact=False, records=at.seq, fault="the record can't be read", seq=number)
        if record.seq != number:
            fault = f"record {number} is missing: {record.seq} stands in its place"
            return AuditVerdict(intact=False, records=at.seq, fault=fault, seq=number)
        if record.previous != at.hash:
            fault = "the record before it was changed or replaced" if at.seq else "it is not the first record"
            return AuditVerdict(intact=False, records=at.seq, fault=fault, seq=number)
        at = head_of(line, number)
        if end is not None and at.seq == end.seq:
            if at != end:
                return AuditVerdict(intact=False, records=at.seq, fault="the record was changed", seq=number)
            seen_end = True
    if not seen_end and end is not None:
        fault = f"records are missing at the end: the last was {end.seq}"
        return AuditVerdict(intact=False, records=at.seq, fault=fault, seq=at.seq + 1)
    return AuditVerdict(intact=True, records=at.seq)
