"""The dashboard's sign-ins in a file beside the tokens, so that they outlive a restart of the gateway."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from openclaw_rpc.adapters.tokens.files import Mark, broken, file_lock, mark_of, read, replace
from openclaw_rpc.domain.records import SignInRecord

MOST = 1000
"""Sign-ins that are kept; the oldest go first."""


class _Document(msgspec.Struct, kw_only=True, frozen=True):
    """`sign-ins.json`."""

    sign_ins: list[SignInRecord]


class FileSignInStore:
    """A `SignInStore` in ``sign-ins.json``, for its owner alone. It holds digests, never what a cookie holds.

    A question costs a `stat`, as with the tokens; writers take a lock. Safe to use from several threads.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "sign-ins.json"
        self._known: tuple[Mark | None, dict[str, SignInRecord]] = (None, {})
        self._decoder = msgspec.json.Decoder(_Document)

    def find(self, digest: str) -> SignInRecord | None:
        """The sign-in with that digest.

        Raises:
            Unavailable: the file is there and can't be read.
        """
        return self._current().get(digest)

    def add(self, record: SignInRecord, now: float) -> None:
        """Keep a sign-in, and forget those that ended before ``now`` (s since 1970).

        Raises:
            Unavailable: the file can't be read or written.
        """
        self._change(lambda records: [*(one for one in records if one.expires_at > now), record][-MOST:])

    def remove(self, digest: str) -> None:
        """Forget a sign-in.

        Raises:
            Unavailable: the file can't be read or written.
        """
        if digest in self._current():
            self._change(lambda records: [one for one in records if one.digest != digest])

    def _change(self, change: Callable[[list[SignInRecord]], list[SignInRecord]]) -> None:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with file_lock(self._folder / "sign-ins.lock"):
                records = change(list(self._current().values()))
                mark = self._known[0]
                content = msgspec.json.format(msgspec.json.encode(_Document(sign_ins=records))) + b"\n"
                replace(self._path, content, after=mark[0] if mark else None)
        except OSError as error:
            raise broken(self._path, error) from None

    def _current(self) -> dict[str, SignInRecord]:
        mark, known = self._known
        try:
            if mark is not None and mark == mark_of(self._path.stat()):
                return known
            mark, content = read(self._path)
            records = {one.digest: one for one in self._decoder.decode(content).sign_ins}
        except FileNotFoundError:
            return {}
        except (OSError, msgspec.MsgspecError, ValueError) as error:
            raise broken(self._path, error) from None
        self._known = mark, records
        return records


class MemorySignInStore:
    """A `SignInStore` that ends with its process."""

    def __init__(self) -> None:
        self._records: dict[str, SignInRecord] = {}

    def find(self, digest: str) -> SignInRecord | None:
        """The sign-in with that digest."""
        return self._records.get(digest)

    def add(self, record: SignInRecord, now: float) -> None:
        """Keep a sign-in."""
        self._records[record.digest] = record

    def remove(self, digest: str) -> None:
        """Forget a sign-in."""
        self._records.pop(digest, None)
