"""What skills ask of the outside: the folder that they lie in, and what remembers how they were used."""

from collections.abc import Sequence
from typing import Final, Protocol

import msgspec

from openclaw_rpc.domain.files import Piece
from openclaw_rpc.domain.skills.manifest import Manifest

MAX_LISTED: Final = 200
"""How many of a skill's files are named."""


class FoundSkill(msgspec.Struct, frozen=True, kw_only=True):
    """Something in the folder of skills: a skill, or what is wrong with it (``error``, and then no manifest).

    ``entry`` is its name in the folder, ``folder`` the absolute path that its commands are run in (empty for a single
    file), ``changed`` when it was last changed, in s since 1970.
    """

    entry: str
    slug: str
    changed: float
    folder: str = ""
    manifest: Manifest | None = None
    error: str | None = None


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """What to install: a path on this machine, or a zip's bytes. ``fallback`` is its slug where it says none."""

    path: str | None = None
    archive: bytes | None = None
    fallback: str = ""


class Staged(msgspec.Struct, frozen=True, kw_only=True):
    """A skill that lies ready beside the others. ``digest`` is the SHA-256 of its files' names and contents."""

    place: str
    manifest: Manifest
    digest: str


class SkillShelf(Protocol):
    """The folder of skills. Every method blocks: call it in a worker thread."""

    def scan(self) -> Sequence[FoundSkill]:
        """All that lie there, by entry. Cheap where nothing changed."""
        ...

    def stage(self, origin: Origin) -> Staged:
        """Copy or unpack a skill beside the others and read it; nothing is left where that fails.

        Raises:
            NotFound: there is no such file or folder.
            InvalidRequest: it is no skill, or holds what no skill may: links, devices, names that lead elsewhere.
            TooLarge: it is larger than skills may be.
        """
        ...

    def changed(self) -> bool:
        """Whether an entry came or went since the last scan: one look at the folder, which never waits."""
        ...

    def files(self, found: FoundSkill) -> list[str]:
        """The files of a skill's folder by their paths in it, at most ``MAX_LISTED``; none of a single file."""
        ...

    def read(self, found: FoundSkill, path: str, offset: int, limit: int) -> Piece:
        """A part of a file of a skill's folder, by its path in it.

        Raises:
            NotFound, InvalidRequest: it is not there, or not in the folder.
        """
        ...

    def digest(self, entry: str) -> str:
        """The digest of a skill that lies there, as `Staged` has it; empty where there is none."""
        ...

    def place(self, staged: Staged, replaced: Sequence[str]) -> None:
        """Put a staged skill in its place, and remove what it replaces. A crash leaves the old one or the new one."""
        ...

    def discard(self, staged: Staged) -> None:
        """Remove a staged skill."""
        ...

    def remove(self, entry: str) -> bool:
        """Remove a skill, at once; false where there is none."""
        ...

    def recover(self) -> None:
        """Clean up what a crash left behind."""
        ...


class SkillRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered of a skill. Times are ISO 8601 in UTC."""

    enabled: bool = True
    invocations: int = 0
    last_used: str | None = None
    installed_at: str | None = None
    source: str | None = None
    version: str | None = None


class SkillRecords(Protocol):
    """What is remembered of all skills.

    Every method may raise ``Unavailable`` where the disk is full or fails.
    """

    async def load(self) -> dict[str, SkillRecord]:
        """All of it, by slug."""
        ...

    async def note(
        self,
        slug: str,
        *,
        enabled: bool | None = None,
        installed_at: str | None = None,
        source: str | None = None,
        version: str | None = None,
    ) -> SkillRecord:
        """Remember what is not None; what is known then."""
        ...

    async def used(self, slug: str, at: str) -> SkillRecord:
        """Count one use more; what is known then."""
        ...

    async def forget(self, slug: str) -> None:
        """Remember nothing of a skill any more."""
        ...
