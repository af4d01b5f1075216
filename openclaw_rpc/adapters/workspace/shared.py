"""Whether all nodes of a gateway see the same workspace: an id in it, and the same in the store."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Final

import msgspec

from openclaw_rpc.domain.documents import Document, Documents
from openclaw_rpc.domain.ports import Log
from openclaw_rpc.durable import replacing
from openclaw_rpc.threads import in_thread

NAME: Final = Path(".openclaw", "cluster")
"""Where in a workspace the id lies."""
_KIND: Final = "workspace"
_ID: Final = "cluster"


class SharedWorkspace:
    """The folder that this node sees. ``warnings`` says so where it is not the one that the others see."""

    def __init__(self, folder: Path, documents: Documents, log: Log) -> None:
        self.warnings: list[str] = []
        self._path = folder / NAME
        self._documents = documents
        self._log = log

    async def look(self, *, alone: bool) -> None:
        """Compare the ids. Whoever is ``alone``, or the first, says which workspace is the gateway's.

        Raises:
            Unavailable: the store is away. OSError: the workspace can't be read or written.
        """
        kept = await self._documents.get(_KIND, _ID)
        same = kept is not None and await in_thread(self._read) == kept.data
        if not same and (kept is None or alone):
            # Never the old one: whoever had that sees another folder.
            made = msgspec.json.encode(secrets.token_hex(16))
            version = kept.version if kept is not None else 0
            same = await self._documents.put(Document(kind=_KIND, id=_ID, data=made, version=version))
            if same:
                await in_thread(self._write, made)
        was, self.warnings = self.warnings, [] if same else [_warning()]
        if self.warnings and not was:
            self._log.warning("other nodes see another workspace", missing_or_different=str(self._path))

    def _read(self) -> bytes:
        try:
            return msgspec.json.encode(self._path.read_text(errors="replace").strip())
        except FileNotFoundError:
            return b""

    def _write(self, data: bytes) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(self._path) as file:
            file.write(msgspec.json.decode(data, type=str).encode() + b"\n")


def _warning() -> str:
    return (
        f"this node's workspace is not the one that the other nodes see ({NAME} in it is missing or differs): "
        "give all nodes the same folder, on one disk or a network file system"
    )
