"""The chain of the audit log's records: each is a line of JSON that holds the SHA-256 of the line before."""

import hashlib
from collections.abc import Iterable
from typing import Final

import msgspec

from openclaw_rpc.protocol.audit import AuditRecord, AuditVerdict

GENESIS: Final = "0" * 64
"""What the first record holds in the place of a hash."""


class ChainEnd(msgspec.Struct, frozen=True, kw_only=True):
    """Where a chain ends: the last record's number, and its line's hash."""

    seq: int = 0
    hash: str = GENESIS


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


def verify(lines: Iterable[bytes], end: ChainEnd | None) -> AuditVerdict:
    """Whether lines are a whole chain, from its first record to at least the one where it is known to have ended."""
    at = ChainEnd()
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
            fault = "the record before is not the one that was written" if at.seq else "it is not the first record"
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
