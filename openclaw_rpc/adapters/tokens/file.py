"""Tokens in two files, shared between the gateway and the command line: what one writes, the other sees at once."""

import contextlib
import secrets
from collections.abc import Generator
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from openclaw_rpc.adapters.tokens.files import Mark, broken, file_lock, mark_of, read, replace
from openclaw_rpc.adapters.tokens.memory import with_record, without_name
from openclaw_rpc.domain.records import TokenRecord

_KEY_BYTES: Final = 32


class _Document(msgspec.Struct, kw_only=True, frozen=True):
    """`tokens.json`."""

    tokens: list[TokenRecord]


class _Tokens(NamedTuple):
    mark: Mark | None
    records: list[TokenRecord]
    by_jti: dict[str, TokenRecord]


class FileTokenStore:
    """A `TokenStore` in a folder: ``tokens.json`` and ``secret.key``, both for their owner alone.

    Every question costs a `stat`; the file is read again when that shows a change. Writers take a lock, write a new
    file and put it in the old one's place. A file that can't be read is an error, never an empty list. Safe to use
    from several threads.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "tokens.json"
        self._key_path = folder / "secret.key"
        self._lock_path = folder / "tokens.lock"
        self._tokens = _Tokens(None, [], {})
        self._key: tuple[Mark, bytes] | None = None
        self._decoder = msgspec.json.Decoder(_Document)

    def all(self) -> list[TokenRecord]:
        """Every token, the newest first.

        Raises:
            Unavailable: the file is there and can't be read.
        """
        return list(self._current().records)

    def find(self, jti: str) -> TokenRecord | None:
        """The token with that id, as it is now.

        Raises:
            Unavailable: the file is there and can't be read.
        """
        return self._current().by_jti.get(jti)

    def add(self, record: TokenRecord) -> None:
        """Keep a token.

        Raises:
            Conflict: one of that name is there and not revoked.
            Unavailable: the file can't be read or written.
        """
        with self._locked():
            self._save(with_record(self._current().records, record))

    def revoke(self, name: str) -> bool:
        """Mark a token as revoked; false where none of that name was valid.

        Raises:
            Unavailable: the file can't be read or written.
        """
        with self._locked():
            records = without_name(self._current().records, name)
            if records is None:
                return False
            self._save(records)
            return True

    def secret(self) -> bytes:
        """The key that tokens are signed with, made at first use. A new key makes every older token worthless.

        Raises:
            Unavailable: the file can't be read or made, or holds no key.
        """
        key = self._read_key()
        if key is not None:
            return key
        with self._locked():
            # Whoever had the lock before may have made it.
            key = self._read_key()
            if key is None:
                key = secrets.token_bytes(_KEY_BYTES)
                replace(self._key_path, key, after=None)
            return key

    def _current(self) -> _Tokens:
        known = self._tokens
        try:
            try:
                if known.mark == mark_of(self._path.stat()):
                    return known
                mark, content = read(self._path)
            except FileNotFoundError:
                return _Tokens(None, [], {})
            records = self._decoder.decode(content).tokens
        except (OSError, msgspec.MsgspecError, ValueError) as error:
            raise broken(self._path, error) from None
        # One assignment: another thread sees the old tokens or the new ones.
        self._tokens = _Tokens(mark, records, {record.jti: record for record in records})
        return self._tokens

    def _read_key(self) -> bytes | None:
        known = self._key
        try:
            if known is not None and known[0] == mark_of(self._key_path.stat()):
                return known[1]
            mark, key = read(self._key_path)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise broken(self._key_path, error) from None
        if len(key) != _KEY_BYTES:
            raise broken(self._key_path, ValueError(f"it must hold {_KEY_BYTES} bytes"))
        self._key = mark, key
        return key

    def _save(self, records: list[TokenRecord]) -> None:
        content = msgspec.json.format(msgspec.json.encode(_Document(tokens=records))) + b"\n"
        mark = self._tokens.mark
        replace(self._path, content, after=mark[0] if mark else None)

    @contextlib.contextmanager
    def _locked(self) -> Generator[None]:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with file_lock(self._lock_path):
                yield
        except OSError as error:
            raise broken(self._folder, error) from None
