"""The section `storage` of `gateway.yaml`: what keeps all that is kept."""

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta

from openclaw_rpc.config.gateway import FilePath, Section


class StorageSettings(Section, frozen=True, kw_only=True):
    """Where all that is kept is kept: in a file, or in a PostgreSQL database."""

    kind: Annotated[Literal["sqlite"], Meta(description="The engine, where no `url` is set.")] | None = None
    path: Annotated[FilePath, Meta(description="The database's file; else in the state folder.")] | None = None
    url: (
        Annotated[
            str,
            Meta(
                pattern="^(postgres(ql)?://|sqlite:///).",
                max_length=4096,
                description="`postgresql://USER:PASSWORD@HOST:5432/NAME`, or `sqlite:///PATH`; in place of the others.",
            ),
        ]
        | None
    ) = None
    pool: Annotated[int, Meta(ge=1, le=100, description="How many connections read from PostgreSQL at most.")] = 8

    @property
    def postgres(self) -> str | None:
        """The URL of the PostgreSQL database, where one was chosen."""
        return self.url if self.url is not None and not self.url.startswith("sqlite:") else None

    @property
    def file(self) -> str | None:
        """The SQLite file that was chosen, if any."""
        return self.path if self.url is None else self.url.removeprefix("sqlite:///")


def contradictions(storage: StorageSettings) -> Iterator[tuple[tuple[str, ...], str]]:
    """Problems between its keys: where, and what is wrong with it."""
    for name in ("kind", "path"):
        if storage.url is not None and getattr(storage, name) is not None:
            yield ("storage", name), f"storage.url already names the store: remove storage.{name}, or storage.url"
