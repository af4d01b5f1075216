"""`openclaw storage vacuum` gives the disk back what is not needed, and never where that would be in the way."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.command import Gateway, Home
from tests.support import postgres


def test_a_file_from_which_much_was_deleted_becomes_small_and_keeps_the_rest(home: Home) -> None:
    home.configure("{}")
    assert home.run("token", "create", "--name", "kept").code == 0
    file = home.path / "state" / "gateway.db"
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("CREATE TABLE filling (data BLOB)")
        db.executemany("INSERT INTO filling VALUES (randomblob(100000))", [()] * 50)
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("DROP TABLE filling")
    done = home.run("storage", "vacuum", "--json")
    assert done.code == 0, done.err
    sizes = done.json()
    assert sizes["before"] > 5_000_000 > 10 * sizes["after"]
    assert sizes["after"] == file.stat().st_size
    assert [token["name"] for token in home.run("token", "list", "--json").json()["tokens"]] == ["kept"]


def test_a_running_gateway_is_not_made_to_wait(gateway: Gateway) -> None:
    done = gateway.run("storage", "vacuum")
    assert done.code == 1
    assert "A gateway runs in this home" in done.err


def test_a_file_that_is_not_there_is_said_to_be_missing(home: Home) -> None:
    home.configure("{}")
    done = home.run("storage", "vacuum")
    assert done.code == 1
    assert "it is missing" in done.err
    assert not (home.path / "state" / "gateway.db").exists()


@postgres.INSTALLED
async def test_postgresql_vacuums_its_tables(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    async with postgres.database() as url:
        home.configure(f"storage: {{url: '{url}'}}")
        assert home.run("token", "create", "--name", "kept").code == 0
        done = home.run("storage", "vacuum")
        assert done.code == 0, done.err
        assert "vacuumed" in done.err


@pytest.mark.parametrize("command", ["status", "vacuum"])
def test_a_server_that_is_away_is_named(home: Home, command: str) -> None:
    home.configure("storage: {url: 'postgresql://openclaw@127.0.0.1:1/none'}")
    done = home.run("storage", command)
    assert done.code == 1
    assert "Traceback" not in done.err and done.err
