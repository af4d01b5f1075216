"""What the channels ask of the outside."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from openclaw_rpc.domain.channels.channel import Channel


class ChannelKinds(Protocol):
    """The classes of channels: those of the package, those of other packages, those in the folder."""

    def names(self) -> Mapping[str, str]:
        """Every kind's id, and what people call it; built in ones first."""
        ...

    def loaded(self, kind: str) -> type[Channel] | None:
        """The class of a kind, where it was loaded before."""
        ...

    async def load(self, kind: str) -> type[Channel]:
        """The class of a kind; its platform's library is imported here, in a thread.

        Raises:
            NotFound: there is no such kind.
            Unavailable: its library is missing, or its code can't be imported; the message says what to do.
        """
        ...

    def is_installed(self, kind: str) -> bool:
        """Whether it lies in the folder, so that it can be removed."""
        ...

    async def install(self, path: str) -> str:
        """Copy a file or a folder into the folder of channels, or take the channel of an installed package; its id.

        Raises:
            NotFound: nothing is there, and there is no such package. InvalidRequest: it holds no channel.
            Conflict: a built-in one has its id.
        """
        ...

    async def remove(self, kind: str) -> None:
        """Take it out of the folder; the channel's own files stay."""
        ...

    def data_dir(self, channel_id: str) -> Path:
        """The folder of a channel's own files, made where it is missing."""
        ...
