"""What is the file store's alone: two processes, modes, broken files."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from openclaw_rpc.adapters.tokens.file import FileTokenStore
from openclaw_rpc.domain.auth import Authenticator, Credentials, TokenService, owner
from openclaw_rpc.domain.clock import SystemClock
from openclaw_rpc.domain.records import TokenRecord
from openclaw_rpc.protocol.base import Scope
from openclaw_rpc.protocol.errors import Unauthorized, Unavailable
from openclaw_rpc.protocol.token import TokenCreateParams

posix = pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX")


class Settings:
    enabled = True
    token = "the-gateway-token"
    password = None


def record(name: str) -> TokenRecord:
    at = "2026-11-20T10:22:33.123Z"
    return TokenRecord(name=name, jti=f"tok_{name}", user="owner", scopes=[Scope.READ], created_at=at)


def start(code: str, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, stdin=subprocess.PIPE)


def output(process: subprocess.Popen[bytes], stdin: bytes = b"") -> bytes:
    out, _ = process.communicate(stdin, timeout=30)
    assert process.returncode == 0
    return out


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state"


def test_what_one_store_writes_another_sees_at_once(folder: Path):
    first, second = FileTokenStore(folder), FileTokenStore(folder)
    assert second.all() == []
    for number in range(200):
        name = f"n{number}"
        first.add(record(name))
        assert second.find(f"tok_{name}") == record(name)
        assert second.revoke(name)
        found = first.find(f"tok_{name}")
        assert found is not None
        assert found.revoked


def test_a_token_that_another_process_revokes_is_refused_by_the_next_request(folder: Path):
    store = FileTokenStore(folder)
    token = TokenService(store, SystemClock()).create(owner("cli"), TokenCreateParams(name="laptop")).token
    auth = Authenticator(Settings(), store, SystemClock())
    principal = auth.identify(Credentials(bearer=token))
    code = (
        "import sys, pathlib; from openclaw_rpc.adapters.tokens.file import FileTokenStore\n"
        "assert FileTokenStore(pathlib.Path(sys.argv[1])).revoke('laptop')"
    )
    output(start(code, str(folder)))
    assert not auth.valid(principal)
    with pytest.raises(Unauthorized):
        auth.identify(Credentials(bearer=token))


def test_two_writes_within_one_tick_of_the_file_systems_clock_still_differ(folder: Path):
    writer = FileTokenStore(folder)
    writer.add(record("first"))
    # A clock that stands still, and then some: every new file would be older than the last one.
    ahead = (folder / "tokens.json").stat().st_mtime_ns + 3600 * 10**9
    os.utime(folder / "tokens.json", ns=(ahead, ahead))
    times = [ahead]
    for number in range(50):
        writer.add(record(f"n{number}"))
        times.append((folder / "tokens.json").stat().st_mtime_ns)
    assert times == sorted(set(times))


def test_four_processes_that_make_tokens_at_once_lose_none_and_share_one_key(folder: Path):
    code = """
import pathlib, sys
from openclaw_rpc.adapters.tokens.file import FileTokenStore
from openclaw_rpc.domain.records import TokenRecord
store = FileTokenStore(pathlib.Path(sys.argv[1]))
sys.stdin.read()  # all begin together
key = store.secret()
for number in range(25):
    name = f"{sys.argv[2]}-{number}"
    store.add(TokenRecord(name=name, jti=name, user="owner", scopes=[], created_at=""))
    assert store.find(name) is not None
    if number % 2:
        assert store.revoke(name)
sys.stdout.write(key.hex())
"""
    processes = [start(code, str(folder), str(number)) for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        keys = set(pool.map(output, processes))
    assert keys == {FileTokenStore(folder).secret().hex().encode()}
    found = {one.name: one.revoked for one in FileTokenStore(folder).all()}
    assert found == {f"{process}-{number}": number % 2 == 1 for process in range(4) for number in range(25)}


def test_threads_of_one_process_lose_nothing_either(folder: Path):
    store = FileTokenStore(folder)
    with ThreadPoolExecutor(4) as pool:
        keys = set(pool.map(lambda _: store.secret(), range(8)))
        list(pool.map(lambda number: store.add(record(f"n{number}")), range(40)))
    assert len(keys) == 1
    assert len(store.all()) == 40


@posix
def test_files_and_folder_are_for_their_owner_alone(folder: Path):
    store = FileTokenStore(folder)
    old = os.umask(0)
    try:
        store.secret()
        store.add(record("a"))
    finally:
        os.umask(old)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()} == {
        "tokens.json": 0o600,
        "secret.key": 0o600,
        "tokens.lock": 0o600,
    }


def test_looking_makes_no_file(folder: Path):
    store = FileTokenStore(folder)
    assert store.all() == []
    assert store.find("tok_a") is None
    assert not folder.exists()


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"{}", b'{"tokens": null}', b'{"tokens": [{"name": "a"}]}', b"\xff\xfe", b"[" * 5000, b'"\xff"'],
)
def test_a_broken_file_is_an_error_that_names_it_and_is_never_written_over(folder: Path, content: bytes):
    store = FileTokenStore(folder)
    token = TokenService(store, SystemClock()).create(owner("cli"), TokenCreateParams(name="laptop")).token
    auth = Authenticator(Settings(), store, SystemClock())
    auth.identify(Credentials(bearer=token))
    path = folder / "tokens.json"
    path.write_bytes(content)
    for action in (
        store.all,
        lambda: store.find("tok_a"),
        lambda: store.add(record("b")),
        lambda: store.revoke("laptop"),
        lambda: auth.identify(Credentials(bearer=token)),
    ):
        with pytest.raises(Unavailable, match=r"tokens\.json can't be used") as refused:
            action()
        assert refused.value.reason == "tokens_unusable"
    assert path.read_bytes() == content
    assert auth.identify(Credentials(bearer="the-gateway-token")).name == "gateway"
    with pytest.raises(Unauthorized):
        auth.identify(Credentials(bearer=token[:-4] + "AAAA"))


def test_a_file_that_was_repaired_is_read_again(folder: Path):
    store = FileTokenStore(folder)
    store.add(record("a"))
    path = folder / "tokens.json"
    good = path.read_bytes()
    path.write_bytes(b"{")
    with pytest.raises(Unavailable):
        store.all()
    path.write_bytes(good)
    assert store.all() == [record("a")]


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 33])
def test_a_key_of_another_length_is_an_error_not_a_weak_key(folder: Path, content: bytes):
    folder.mkdir()
    (folder / "secret.key").write_bytes(content)
    with pytest.raises(Unavailable, match=r"secret\.key can't be used"):
        FileTokenStore(folder).secret()
    assert (folder / "secret.key").read_bytes() == content


def test_a_folder_that_cannot_be_written_is_an_error_that_names_it(tmp_path: Path):
    (tmp_path / "file").write_text("no folder")
    store = FileTokenStore(tmp_path / "file")
    for action in (lambda: store.add(record("a")), store.secret):
        with pytest.raises(Unavailable, match="can't be used"):
            action()


def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(folder: Path, monkeypatch: pytest.MonkeyPatch):
    store = FileTokenStore(folder)
    store.add(record("a"))

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unavailable, match="No space left on device"):
        store.add(record("b"))
    assert store.all() == [record("a")]
    assert sorted(file.name for file in folder.iterdir()) == ["tokens.json", "tokens.lock"]


def test_a_new_key_is_seen_by_a_store_that_has_the_old_one(folder: Path):
    store = FileTokenStore(folder)
    old = store.secret()
    (folder / "secret.key").unlink()
    new = FileTokenStore(folder).secret()
    assert new != old
    assert store.secret() == new


@posix
def test_a_lock_dies_with_its_process(folder: Path):
    folder.mkdir()
    code = (
        "import fcntl, sys; file = open(sys.argv[1], 'w'); fcntl.flock(file, fcntl.LOCK_EX)\n"
        "print('held', flush=True); sys.stdin.read()"
    )
    process = start(code, str(folder / "tokens.lock"))
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(FileTokenStore(folder).add, record("a"))
        assert not waiting.done()
        process.kill()
        process.communicate(timeout=10)
        waiting.result(timeout=10)
    assert FileTokenStore(folder).all() == [record("a")]
