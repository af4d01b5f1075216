"""Everything that keeps something, by the families of adapters that there are.

Each port's conformance tests run against every family. Another database is one more entry of ``FAMILIES``.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from openclaw_rpc.adapters.approvals import SqliteApprovalStore
from openclaw_rpc.adapters.audit.sqlite import SqliteAuditLog
from openclaw_rpc.adapters.memory.sqlite import SqliteMemoryStore
from openclaw_rpc.adapters.pin.sqlite import SqlitePinStore
from openclaw_rpc.adapters.postgres.audit import PostgresAuditLog
from openclaw_rpc.adapters.postgres.database import Postgres
from openclaw_rpc.adapters.postgres.memory import PostgresMemoryStore
from openclaw_rpc.adapters.postgres.pins import PostgresPinStore
from openclaw_rpc.adapters.postgres.records import PostgresApprovalStore, PostgresSkillRecords
from openclaw_rpc.adapters.postgres.responses import PostgresResponseStore
from openclaw_rpc.adapters.postgres.retention import PostgresRetention
from openclaw_rpc.adapters.postgres.store import PostgresStore
from openclaw_rpc.adapters.postgres.tokens import PostgresTokenStore
from openclaw_rpc.adapters.responses.sqlite import SqliteResponseStore
from openclaw_rpc.adapters.skills import SqliteSkillRecords
from openclaw_rpc.adapters.sqlite import Database
from openclaw_rpc.adapters.store.retention import SqliteRetention
from openclaw_rpc.adapters.store.sqlite import SqliteStore
from openclaw_rpc.adapters.tokens.sqlite import SqliteTokenStore
from openclaw_rpc.domain.memory.ports import MemoryStore
from openclaw_rpc.domain.ports import Store, TokenStore
from openclaw_rpc.domain.responses.ports import ResponseStore
from openclaw_rpc.domain.retention import RetentionStore
from openclaw_rpc.domain.skills.ports import SkillRecords
from openclaw_rpc.domain.tools.approvals import ApprovalStore
from openclaw_rpc.domain.tools.audit import AuditLog
from openclaw_rpc.domain.tools.pin import PinStore
from tests.support import postgres
from tests.support.volatile.approvals import MemoryApprovalStore
from tests.support.volatile.audit import MemoryAuditLog
from tests.support.volatile.memories import VolatileMemoryStore
from tests.support.volatile.pin import MemoryPinStore
from tests.support.volatile.responses import MemoryResponseStore
from tests.support.volatile.skills import MemorySkillRecords
from tests.support.volatile.store import VolatileStore as SessionsInMemory
from tests.support.volatile.tokens import MemoryTokenStore

KEPT_EVENTS = 10
"""How many events of a session the stores here keep."""


@dataclass(kw_only=True)
class Kept:
    """What a family keeps, each behind its port."""

    sessions: Store
    memories: MemoryStore
    responses: ResponseStore
    tokens: TokenStore
    pins: PinStore
    approvals: ApprovalStore
    skills: SkillRecords
    audit: AuditLog
    retention: RetentionStore | None = None
    """What forgets; nothing does in memory."""


@asynccontextmanager
async def in_memory(folder: Path) -> AsyncGenerator[Kept]:
    """All of it ends with the process."""
    yield Kept(
        sessions=SessionsInMemory(keep_events=KEPT_EVENTS),
        memories=VolatileMemoryStore(),
        responses=MemoryResponseStore(),
        tokens=MemoryTokenStore(),
        pins=MemoryPinStore(),
        approvals=MemoryApprovalStore(),
        skills=MemorySkillRecords(),
        audit=MemoryAuditLog(),
    )


@asynccontextmanager
async def in_sqlite(folder: Path) -> AsyncGenerator[Kept]:
    """All of it in one file of the folder, which may be opened again."""
    async with Database.open(folder / "state" / "gateway.db") as database:
        memories = SqliteMemoryStore(database, folder / "memory")
        await memories.recover()
        yield Kept(
            sessions=SqliteStore(database, keep_events=KEPT_EVENTS),
            memories=memories,
            responses=SqliteResponseStore(database),
            tokens=SqliteTokenStore(database),
            pins=SqlitePinStore(database),
            approvals=SqliteApprovalStore(database),
            skills=SqliteSkillRecords(database),
            audit=SqliteAuditLog(database),
            retention=SqliteRetention(database),
        )


@asynccontextmanager
async def in_postgres(folder: Path) -> AsyncGenerator[Kept]:
    """All of it in a database of its own, on a real server."""
    async with postgres.database() as url, Postgres.open(url, pool=3) as database:
        yield Kept(
            sessions=PostgresStore(database, keep_events=KEPT_EVENTS),
            memories=PostgresMemoryStore(database),
            responses=PostgresResponseStore(database),
            tokens=PostgresTokenStore(database),
            pins=PostgresPinStore(database),
            approvals=PostgresApprovalStore(database),
            skills=PostgresSkillRecords(database),
            audit=PostgresAuditLog(database),
            retention=PostgresRetention(database),
        )


FAMILIES: dict[str, Callable[[Path], AbstractAsyncContextManager[Kept]]] = {
    "memory": in_memory,
    "sqlite": in_sqlite,
    "postgres": in_postgres,
}
INSTALLED = {name: family for name, family in FAMILIES.items() if name != "postgres" or postgres.PROGRAMS is not None}
"""Those whose server is on this machine."""
