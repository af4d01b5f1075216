"""What every token store does."""

from collections.abc import Callable
from pathlib import Path

import pytest

from openclaw_rpc.adapters.tokens.file import FileTokenStore
from openclaw_rpc.adapters.tokens.memory import MemoryTokenStore
from openclaw_rpc.domain.ports import TokenStore
from openclaw_rpc.domain.records import TokenRecord
from openclaw_rpc.protocol.base import Scope
from openclaw_rpc.protocol.errors import Conflict


def record(name: str, jti: str | None = None) -> TokenRecord:
    return TokenRecord(
        name=name,
        jti=jti or f"tok_{name}",
        user="owner",
        scopes=[Scope.READ],
        created_at="2026-11-20T10:22:33.123Z",
    )


@pytest.fixture(params=["memory", "file"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> TokenStore:
    make: dict[str, Callable[[], TokenStore]] = {
        "memory": MemoryTokenStore,
        "file": lambda: FileTokenStore(tmp_path / "state"),
    }
    return make[request.param]()


def test_an_empty_store_knows_nobody(store: TokenStore):
    assert store.all() == []
    assert store.find("tok_a") is None
    assert store.revoke("a") is False


def test_tokens_are_found_by_their_id_and_listed_the_newest_first(store: TokenStore):
    store.add(record("a"))
    store.add(record("b"))
    assert store.all() == [record("b"), record("a")]
    assert store.find("tok_a") == record("a")
    assert store.find("tok_c") is None


def test_a_name_is_taken_until_it_is_revoked(store: TokenStore):
    store.add(record("a"))
    with pytest.raises(Conflict) as refused:
        store.add(record("a", "tok_second"))
    assert refused.value.field == "name"
    assert store.find("tok_second") is None
    assert store.revoke("a") is True
    assert store.revoke("a") is False
    store.add(record("a", "tok_second"))
    assert [one.jti for one in store.all()] == ["tok_second"]
    assert store.find("tok_a") is None


def test_a_revoked_token_stays_known_as_revoked(store: TokenStore):
    store.add(record("a"))
    store.add(record("b"))
    store.revoke("a")
    found = store.find("tok_a")
    assert found is not None
    assert found.revoked
    other = store.find("tok_b")
    assert other is not None
    assert not other.revoked


def test_the_list_is_the_callers_own(store: TokenStore):
    store.add(record("a"))
    store.all().clear()
    assert len(store.all()) == 1


def test_the_key_stays_the_same(store: TokenStore):
    assert len(store.secret()) == 32
    assert store.secret() == store.secret()
