"""Everything that is kept, behind its ports, in the engine that `storage` chose."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from openclaw_rpc.domain.kept import StorageUnusable
from openclaw_rpc.installing import install_command

if TYPE_CHECKING:
    from openclaw_rpc.adapters.postgres import Postgres
    from openclaw_rpc.adapters.sqlite import Database
    from openclaw_rpc.app.chores import Work
    from openclaw_rpc.config.node_file import NodeFile
    from openclaw_rpc.config.paths import Paths
    from openclaw_rpc.config.storage import StorageSettings
    from openclaw_rpc.domain.memory.ports import MemoryStore
    from openclaw_rpc.domain.nodes.ports import NodeStore
    from openclaw_rpc.domain.ports import Store, TokenStore
    from openclaw_rpc.domain.responses.ports import ResponseStore
    from openclaw_rpc.domain.retention import RetentionStore
    from openclaw_rpc.domain.skills.ports import SkillRecords
    from openclaw_rpc.domain.tools.approvals import ApprovalStore
    from openclaw_rpc.domain.tools.audit import AuditLog
    from openclaw_rpc.domain.tools.pin import PinStore
    from openclaw_rpc.domain.users import Users


Place = Literal["alone", "shared"]


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What is kept, each kind behind its port. ``engine`` keeps it; ``answers`` says whether it does at the moment."""

    engine: str
    sessions: Store
    memories: MemoryStore
    responses: ResponseStore
    tokens: TokenStore
    pins: PinStore
    approvals: ApprovalStore
    skills: SkillRecords
    audit: AuditLog
    retention: RetentionStore
    users: Callable[[], Users]
    answers: Callable[[], bool]
    nodes: NodeStore | None = None
    """Which processes there are, where several may be one gateway."""
    watch: Work | None = None
    """What finds out, while the gateway runs, whether it answers."""


async def opened_together(stack: AsyncExitStack, file: NodeFile, paths: Paths) -> tuple[Kept, str | None]:
    """Open it for a gateway; in PostgreSQL, join its file with what all nodes have in common of the configuration.

    Answers also the owner's token where it was made now. Raises as `opened` and :meth:`NodeFile.join`.
    """
    settings = file.settings
    place = "alone" if settings.bus.url is None else "shared"
    kept = await stack.enter_async_context(opened(settings.storage, paths, place=place))
    if settings.storage.postgres is None:
        return kept, file.ensure_token()
    return kept, await file.join(kept.sessions.documents, paths.state / "gateway.yaml.seen")


@asynccontextmanager
async def opened(settings: StorageSettings, paths: Paths, *, place: Place | None = None) -> AsyncGenerator[Kept]:
    """Open it; on leaving, finish what was queued and close it.

    ``place``: for a gateway, not for a command: one that has it for itself, or one of several processes.

    Raises:
        StorageUnusable: it can't be used; the message says why and what to do.
    """
    async with (_in_sqlite if settings.postgres is None else _in_postgres)(settings, paths, place) as kept:
        yield kept


@asynccontextmanager
async def _in_sqlite(settings: StorageSettings, paths: Paths, place: Place | None) -> AsyncGenerator[Kept]:
    from openclaw_rpc.adapters.approvals import SqliteApprovalStore
    from openclaw_rpc.adapters.audit.sqlite import SqliteAuditLog
    from openclaw_rpc.adapters.memory.sqlite import SqliteMemoryStore
    from openclaw_rpc.adapters.pin.sqlite import SqlitePinStore
    from openclaw_rpc.adapters.responses.sqlite import SqliteResponseStore
    from openclaw_rpc.adapters.skills.records import SqliteSkillRecords
    from openclaw_rpc.adapters.sqlite import Database
    from openclaw_rpc.adapters.store.retention import SqliteRetention
    from openclaw_rpc.adapters.store.sqlite import SqliteStore
    from openclaw_rpc.adapters.tokens.sqlite import SqliteTokenStore

    async with Database.open(paths.database(settings.file), paths.state) as database:
        memories = SqliteMemoryStore(database, paths.state / "memory")
        if place is not None:
            await memories.recover()
        yield Kept(
            engine="sqlite",
            sessions=SqliteStore(database),
            memories=memories,
            responses=SqliteResponseStore(database),
            tokens=SqliteTokenStore(database),
            pins=SqlitePinStore(database),
            approvals=SqliteApprovalStore(database),
            skills=SqliteSkillRecords(database),
            audit=SqliteAuditLog(database),
            retention=SqliteRetention(database),
            users=lambda: _users_in_sqlite(database, paths),
            answers=lambda: True,
        )


def _users_in_sqlite(database: Database, paths: Paths) -> Users:
    # Only a command asks for it.
    from openclaw_rpc.adapters.memory.files import Folder
    from openclaw_rpc.adapters.users.sqlite import SqliteUsers

    return SqliteUsers(database, Folder(paths.state / "memory"))


def _users_in_postgres(database: Postgres) -> Users:
    from openclaw_rpc.adapters.users.postgres import PostgresUsers

    return PostgresUsers(database)


@asynccontextmanager
async def _in_postgres(settings: StorageSettings, paths: Paths, place: Place | None) -> AsyncGenerator[Kept]:
    try:
        from openclaw_rpc.adapters.postgres import Postgres
    except ModuleNotFoundError as error:
        if error.name != "asyncpg":
            raise
        raise StorageUnusable(
            f"storage.url needs PostgreSQL's library (asyncpg): {install_command('postgres')}"
        ) from None
    from openclaw_rpc.adapters.postgres.audit import PostgresAuditLog
    from openclaw_rpc.adapters.postgres.memory import PostgresMemoryStore
    from openclaw_rpc.adapters.postgres.nodes import PostgresNodes
    from openclaw_rpc.adapters.postgres.pins import PostgresPinStore
    from openclaw_rpc.adapters.postgres.records import PostgresApprovalStore, PostgresSkillRecords
    from openclaw_rpc.adapters.postgres.responses import PostgresResponseStore
    from openclaw_rpc.adapters.postgres.retention import PostgresRetention
    from openclaw_rpc.adapters.postgres.store import PostgresStore
    from openclaw_rpc.adapters.postgres.tokens import PostgresTokenStore

    async with Postgres.open(settings.postgres or "", pool=settings.pool, place=place) as database:
        store = PostgresStore(database)
        yield Kept(
            engine="postgres",
            sessions=store,
            memories=PostgresMemoryStore(database),
            responses=PostgresResponseStore(database),
            tokens=PostgresTokenStore(database),
            pins=PostgresPinStore(database),
            approvals=PostgresApprovalStore(database),
            skills=PostgresSkillRecords(database),
            audit=PostgresAuditLog(database),
            retention=PostgresRetention(database),
            users=lambda: _users_in_postgres(database),
            answers=lambda: database.answers,
            nodes=PostgresNodes(database, store.documents) if place == "shared" else None,
            watch=database.watch,
        )
