"""A home that version 0.2.0 made, and was killed in, under this version: everything is there and goes on.

`home-0.2.0.zip` was made by that version: a conversation, memories of which some are compacted, two tokens of which one
is revoked, a webhook, a task, a file, a response.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from zipfile import ZipFile

import pytest
import yaml

from openclaw_rpc.adapters.postgres.driver import connect
from openclaw_rpc.adapters.postgres.migrations import MIGRATIONS as IN_POSTGRESQL
from openclaw_rpc.adapters.sqlite.migrations import MIGRATIONS
from tests.support import postgres
from tests.support.gateway import Client, gateway

HOME = Path(__file__).parents[1] / "support" / "home-0.2.0.zip"
OWNER = "token-of-a-home-of-0.2.0"
ADA = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJvcGVuY2xhdyIsInN1YiI6ImFkYSIsIm5hbWUiOiJhZGEiLCJzY29wZXMiOlsi"
    "cmVhZCIsImNoYXQiLCJ0b29scyJdLCJpYXQiOjE3OTYwNTYwMDIsImp0aSI6InRva18xYTIyZDQ3YjExMjJlYjNjNWQwZGRhYzdkZGIzYmI3"
    "NTlhYSJ9.8dWRdgkoDNUl0Y-bGdEBUbTEJPxs1tUCJTsOJYnYfoU"
)
GONE = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJvcGVuY2xhdyIsInN1YiI6Im93bmVyIiwibmFtZSI6ImdvbmUiLCJzY29wZXMi"
    "OlsicmVhZCIsImNoYXQiLCJ0b29scyJdLCJpYXQiOjE3OTYwNTYwMDYsImp0aSI6InRva18xYTIyZDQ3YmU4OTcxNmE1YTBmZDE0Nzg1OTA2"
    "MzQzZmMwZiJ9.uFJrrGEc5YuMoncPAy3NNWlWgQT9RfmtdLgVmfnxNLM"
)

IN_POSTGRES = HOME.with_name("postgres-0.2.0.zip")
"""What that version's gateway had written to PostgreSQL when it was killed, as `pg_dump --inserts` tells it."""
OF_ADA_IN_POSTGRES = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJvcGVuY2xhdyIsInN1YiI6ImFkYSIsIm5hbWUiOiJhZGEiLCJzY29wZXMiOlsi"
    "cmVhZCIsImNoYXQiLCJ0b29scyJdLCJpYXQiOjE3OTYwNzU5MjQsImp0aSI6InRva18xYTIyZTc3YWQ1YmMxZmI2OGZjODIwNWI1YmMwMDQy"
    "M2ZmNCJ9.uTwB5J4Sip6BQpJY7Vv-GJJm1PW9Xtywg_45vTiEaNo"
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    with ZipFile(HOME) as old:
        old.extractall(tmp_path)
    return tmp_path


def version(home: Path) -> int:
    """The version of a home's database."""
    with closing(sqlite3.connect(home / "state" / "gateway.db")) as db:
        return int(db.execute("PRAGMA user_version").fetchone()[0])


async def remembers(client: Client) -> None:
    """The conversation and the memories are there, which both gateways had when they were killed."""
    history = (await client.result("chat.history", sessionKey="first"))["messages"]
    assert [one["content"] for one in history if one["role"] == "user"] == ["hello there", "/time"]
    for words, key in (("kettle", "tea"), ("偏好", "old"), ("coffee", "new")):
        found = (await client.result("memory.search", query=words))["results"]
        assert found[0]["key"] == key, words


async def test_what_0_2_0_kept_is_there_and_goes_on(home: Path) -> None:
    copy = home.with_name("copy")
    shutil.copytree(home, copy)
    before = version(copy)
    config = yaml.safe_load((home / "gateway.yaml").read_text())
    config["gateway"] |= {"port": 0}
    async with gateway(config, home) as served:
        async with served.connect(token=OWNER) as client:
            await remembers(client)
            tokens = (await client.result("token.list"))["tokens"]
            assert {(one["name"], one["user"], one.get("revoked", False)) for one in tokens} == {
                ("ada", "ada", False),
                ("gone", "owner", True),
            }
            assert [one["name"] for one in (await client.result("task.list"))["tasks"]] == ["later"]
            assert len((await client.result("webhook.list"))["webhooks"]) == 1
            assert (await client.result("file.read", path="a.txt"))["content"] == "kept"
            assert (await client.result("audit.verify"))["intact"]
            assert (await client.result("usage.query"))["total"]["requests"] >= 2
            await client.chat("/time", sessionKey="first")
            history = (await client.result("chat.history", sessionKey="first"))["messages"]
            assert len(history) == 6
        async with served.connect(token=ADA) as client:
            assert (await client.result("session.list"))["sessions"] == []
        async with served.http("GET", "/v1/models", token=GONE) as answer:
            assert answer.status == 401
    assert before < version(home) == len(MIGRATIONS)
    assert version(copy) == before, "the way back is the copy, as it was"


@postgres.INSTALLED
async def test_what_0_2_0_kept_in_postgresql_is_there_and_goes_on(tmp_path: Path) -> None:
    async with postgres.bare_database() as url:
        beside = await connect(url, 30)
        with ZipFile(IN_POSTGRES) as old:
            await beside.execute(old.read("postgres.sql").decode())
        assert await beside.fetchval("SELECT version FROM public.schema_version") == 2
        config = {
            "gateway": {"port": 0, "auth": {"token": OWNER}},
            "storage": {"url": url},
            "outbound": {"allow_private_hosts": ["127.0.0.1"]},
        }
        async with gateway(config, tmp_path) as served:
            async with served.connect(token=OWNER) as client:
                await remembers(client)
                tokens = (await client.result("token.list"))["tokens"]
                assert {one["name"]: one.get("revoked", False) for one in tokens} == {"ada": False, "gone": True}
                assert len((await client.result("webhook.list"))["webhooks"]) == 1
                assert (await client.result("audit.verify"))["intact"]
                assert (await client.result("usage.query"))["total"]["requests"] >= 2
                await client.chat("/time", sessionKey="first")
                assert len((await client.result("chat.history", sessionKey="first"))["messages"]) == 6
            async with served.connect(token=OF_ADA_IN_POSTGRES) as client:
                assert (await client.result("session.list"))["sessions"] == []
        assert await beside.fetchval("SELECT version FROM public.schema_version") == len(IN_POSTGRESQL)
        await beside.close()
