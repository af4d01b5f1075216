"""A home that version 0.1.0 made, and was killed in, is taken over: nothing is lost, and nothing comes twice.

`home-0.1.0.zip` was made by that version: a conversation, memories of which some are compacted, a response, two tokens
of which one is revoked, a PIN, a skill that was used and disabled, and an audit log of three records.
"""

from pathlib import Path
from zipfile import ZipFile

import pytest

from openclaw_rpc.adapters.audit.sqlite import SqliteAuditLog
from openclaw_rpc.adapters.memory.sqlite import SqliteMemoryStore
from openclaw_rpc.adapters.pin.sqlite import SqlitePinStore
from openclaw_rpc.adapters.responses.sqlite import SqliteResponseStore
from openclaw_rpc.adapters.skills import SqliteSkillRecords
from openclaw_rpc.adapters.sqlite import Database, StoreUnusable
from openclaw_rpc.adapters.store.sqlite import SqliteStore
from openclaw_rpc.adapters.tokens.sqlite import SqliteTokenStore
from openclaw_rpc.domain.auth import Authenticator
from openclaw_rpc.domain.memory.ports import MemoryQuery
from openclaw_rpc.domain.memory.words import query_words
from openclaw_rpc.domain.principals import Credentials
from openclaw_rpc.domain.tokens import KnownTokens
from openclaw_rpc.domain.tools.audit import AuditQuery
from openclaw_rpc.protocol.errors import Unauthorized
from tests.support.auth import Settings
from tests.support.clock import ManualClock

HOME = Path(__file__).parents[2] / "support" / "home-0.1.0.zip"
OLD = {"responses.db", "memory.db", "secret.key", "tokens.json", "pin.json", "skills.json", "audit"}
ADA = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJvcGVuY2xhdyIsInN1YiI6ImFkYSIsIm5hbWUiOiJhZGEiLCJzY29"
    "wZXMiOlsicmVhZCIsImNoYXQiLCJ0b29scyJdLCJpYXQiOjE3OTYwMDQ3MzIsImp0aSI6InRva18xYTIyYTM5NWRhMWY3MzA5Yjc"
    "1ZDdlMTI0YmUwZDBkNjBhYyJ9.AhRQrRmU5MzdMOt-WxbCiy39KdaG47N3Qclc6Zgm-KM"
)
GONE = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJvcGVuY2xhdyIsInN1YiI6Im93bmVyIiwibmFtZSI6ImdvbmUiLCJ"
    "zY29wZXMiOlsicmVhZCIsImNoYXQiLCJ0b29scyJdLCJpYXQiOjE3OTYwMDQ3MzMsImp0aSI6InRva18xYTIyYTM5NjI0NWEyNjd"
    "lNzg2ZjNiNWY0OWQyOGI1MWI0OSJ9.xtj8rKJYOmOJfSqmQq_DuPkT_kqTxn5cR-MQRjZl_E8"
)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    with ZipFile(HOME) as home:
        home.extractall(tmp_path)
    return tmp_path / "state"


async def all_is_there(database: Database, state: Path) -> None:
    store = SqliteStore(database)
    session = await store.find_session("owner", "first")
    assert session is not None
    said, _ = await store.messages(session.id, 9)
    assert [message.content for message in said if message.role == "user"] == ["hello there", "what can you do?"]
    memories = SqliteMemoryStore(database, state / "memory")
    counts = await memories.counts("owner")
    assert (counts.log_entries, counts.files) == (1, 1)
    for words, key in (("technologies", "tea"), ("assembly", "tea"), ("偏好", "old"), ("coffee", "new")):
        hits = await memories.search(MemoryQuery(user="owner", limit=5, words=query_words(words, 9)))
        assert [hit.memory.key for hit in hits] == [key], words
    response_id = (await database.read(lambda db: db.execute("SELECT id FROM responses").fetchall(), single=True))[0][0]
    response = await SqliteResponseStore(database).find(response_id)
    assert response is not None and b"remember me" in response.input
    tokens = KnownTokens(SqliteTokenStore(database))
    await tokens.refresh()
    assert [(token.name, token.user, token.revoked) for token in tokens.all] == [
        ("gone", "owner", True),
        ("ada", "ada", False),
    ]
    auth = Authenticator(Settings(), tokens, ManualClock())
    assert auth.identify(Credentials(bearer=ADA)).user == "ada"
    with pytest.raises(Unauthorized):
        auth.identify(Credentials(bearer=GONE))
    assert await SqlitePinStore(database).verify("4711")
    (skill,) = (await SqliteSkillRecords(database).load()).values()
    assert (skill.enabled, skill.invocations) == (False, 1)
    audit = SqliteAuditLog(database)
    verdict = await audit.verify()
    assert (verdict.intact, verdict.records) == (True, 3)
    records, _ = await audit.query(AuditQuery(limit=9))
    assert [record.outcome for record in records] == ["done", "begun", "pin_wrong"]


async def test_everything_of_a_home_of_the_first_version_is_there_and_its_files_stay_as_bak(state: Path) -> None:
    for _ in range(2):
        async with Database.open(state / "gateway.db") as database:
            await all_is_there(database, state)
        left = {path.name for path in state.iterdir()}
        assert left == {"gateway.db", "memory", *(f"{name}.bak" for name in OLD)}


async def test_a_crash_before_the_files_were_renamed_takes_nothing_over_twice(state: Path) -> None:
    async with Database.open(state / "gateway.db"):
        pass
    for name in OLD:
        (state / f"{name}.bak").rename(state / name)
    async with Database.open(state / "gateway.db") as database:
        await all_is_there(database, state)
    assert not OLD & {path.name for path in state.iterdir()}


async def test_a_database_elsewhere_takes_over_from_beside_itself_and_from_the_state_folder(state: Path) -> None:
    elsewhere = state.parent / "elsewhere"
    elsewhere.mkdir()
    for name in ("gateway.db", "gateway.db-wal", "responses.db", "responses.db-wal"):
        (state / name).rename(elsewhere / name)
    async with Database.open(elsewhere / "gateway.db", state) as database:
        await all_is_there(database, state)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("tokens.json", b"{"),
        ("secret.key", b"short"),
        ("pin.json", b"{}"),
        ("skills.json", b"[]"),
        ("memory.db", b"not a database at all, but long enough to be looked at" * 20),
    ],
)
async def test_a_file_that_can_not_be_read_is_named_and_nothing_is_taken_over(
    state: Path, name: str, content: bytes
) -> None:
    whole = (state / name).read_bytes()
    (state / name).write_bytes(content)
    (state / f"{name}-wal").unlink(missing_ok=True)
    with pytest.raises(StoreUnusable, match=name):
        async with Database.open(state / "gateway.db"):
            pass
    assert {path.name for path in state.iterdir()} >= OLD
    if name != "memory.db":
        (state / name).write_bytes(whole)
        async with Database.open(state / "gateway.db") as database:
            await all_is_there(database, state)
