"""What every token store does."""

import subprocess
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import anyio
import msgspec
import pytest

from openclaw_rpc.domain.ports import TokenStore
from openclaw_rpc.domain.records import SignInRecord, TokenRecord
from openclaw_rpc.domain.tokens import KnownTokens
from openclaw_rpc.protocol.base import Scope
from openclaw_rpc.protocol.errors import Conflict
from tests.support.kept import FAMILIES, in_sqlite


def record(name: str, jti: str | None = None, **more: str) -> TokenRecord:
    return TokenRecord(
        name=name,
        jti=jti or f"tok_{name}",
        user=more.get("user", "owner"),
        scopes=[Scope.READ, Scope.CHAT],
        created_at=more.get("at", "2026-11-20T10:22:33.123Z"),
        expires_at=more.get("until"),
    )


@pytest.fixture(params=FAMILIES)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[TokenStore]:
    async with FAMILIES[request.param](tmp_path) as kept:
        yield kept.tokens


async def names(store: TokenStore) -> list[tuple[str, bool]]:
    return [(one.jti, one.revoked) for one in (await store.load()).records]


async def test_an_empty_store_knows_nobody_and_has_a_key(store: TokenStore):
    found = await store.load()
    assert not found.records and not found.sign_ins
    assert len(found.key) == 32
    assert await store.revoke("a", None) is None


async def test_tokens_are_listed_the_newest_first(store: TokenStore):
    await store.add(record("a"))
    await store.add(record("b", until="2026-12-20T10:22:33.123Z"))
    assert list((await store.load()).records) == [record("b", until="2026-12-20T10:22:33.123Z"), record("a")]


async def test_a_name_is_taken_until_it_is_revoked_or_has_expired(store: TokenStore):
    await store.add(record("a", until="2026-11-21T00:00:00.000Z"))
    with pytest.raises(Conflict) as refused:
        await store.add(record("a", "tok_second"))
    assert refused.value.field == "name"
    await store.add(record("a", "tok_third", at="2026-11-21T00:00:00.000Z"))
    assert await names(store) == [("tok_third", False)]
    assert await store.revoke("a", None) == "tok_third"
    assert await store.revoke("a", None) == "tok_third", "it may be revoked twice"
    assert await names(store) == [("tok_third", True)]
    await store.add(record("a", "tok_fourth"))
    assert await names(store) == [("tok_fourth", False)]


async def test_a_token_is_for_the_sessions_it_was_made_for(store: TokenStore):
    made = msgspec.structs.replace(record("a"), sessions=["one", "two"])
    await store.add(made)
    await store.add(record("b"))
    assert list((await store.load()).records) == [record("b"), made]


async def test_a_users_token_is_revoked_for_that_user_alone(store: TokenStore):
    await store.add(record("a", user="ada"))
    assert await store.revoke("a", "eve") is None
    assert await store.revoke("a", "ada") == "tok_a"


async def test_every_change_changes_the_revision_and_nothing_else_does(store: TokenStore):
    seen = [(await store.load()).revision]

    async def changed() -> bool:
        seen.append(await store.revision())
        assert seen[-1] == (await store.load()).revision
        return seen[-1] != seen[-2]

    assert not await changed()
    await store.add(record("a"))
    assert await changed()
    await store.sign_in(SignInRecord(digest="d", created_at=1, expires_at=9), 1)
    assert await changed()
    await store.sign_out("d")
    assert await changed()
    await store.revoke("a", None)
    assert await changed()
    assert not await changed()


async def test_sign_ins_are_kept_until_they_end_and_the_newest_of_too_many(store: TokenStore):
    await store.sign_in(SignInRecord(digest="ended", created_at=0, expires_at=10), 0)
    await store.sign_in(SignInRecord(digest="here", created_at=20, expires_at=99, jti="tok_a", proof="p"), 20)
    assert list((await store.load()).sign_ins) == [
        SignInRecord(digest="here", created_at=20, expires_at=99, jti="tok_a", proof="p")
    ]
    await store.sign_out("here")
    assert not (await store.load()).sign_ins


async def test_a_file_keeps_tokens_and_the_key(tmp_path: Path):
    async with in_sqlite(tmp_path) as kept:
        await kept.tokens.add(record("a"))
        key = (await kept.tokens.load()).key
    async with in_sqlite(tmp_path) as kept:
        found = await kept.tokens.load()
        assert (list(found.records), found.key) == ([record("a")], key)


REVOKE = """
import sys, anyio
from pathlib import Path
from tests.support.kept import in_sqlite
async def main():
    async with in_sqlite(Path(sys.argv[1])) as kept:
        assert await kept.tokens.revoke("a", None) == "tok_a"
        assert (await kept.tokens.load()).key.hex() == sys.argv[2]
anyio.run(main)
"""


async def test_what_another_process_revokes_is_known_at_the_next_look(tmp_path: Path):
    async with in_sqlite(tmp_path) as kept:
        known = KnownTokens(kept.tokens)
        await known.add(record("a"))
        assert await known.refresh() == []
        root = Path(__file__).parents[3]
        with anyio.fail_after(40):
            await anyio.run_process(
                [sys.executable, "-c", REVOKE, str(tmp_path), known.key.hex()],
                cwd=root,
                stderr=subprocess.STDOUT,
            )
        assert await known.refresh() == ["tok_a"]
        found = known.find("tok_a")
        assert found is not None and found.revoked


async def test_of_two_who_take_a_name_at_once_one_gets_it(store: TokenStore):
    refused: list[str] = []

    async def take(jti: str) -> None:
        try:
            await store.add(record("a", jti))
        except Conflict:
            refused.append(jti)

    async with anyio.create_task_group() as group:
        for number in range(10):
            group.start_soon(take, f"tok_{number}")
    assert len(refused) == 9
    assert len((await store.load()).records) == 1
