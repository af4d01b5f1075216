"""What a part of the gateway brings along, as the wiring sees it."""

from collections.abc import Iterable

from openclaw_rpc.app.chores import Work
from openclaw_rpc.config.settings import Settings
from openclaw_rpc.rpc.bind import Namespace


class Feature:
    """A part of the gateway. It says only what it has; to add one is to name it in `App._features`."""

    of_one: frozenset[str] = frozenset()
    """Those of its chores that one process of the gateway does for all."""

    def namespaces(self) -> Iterable[Namespace]:
        """The handlers of its rows."""
        return ()

    def chores(self) -> Iterable[tuple[str, Work]]:
        """What goes on by itself while the gateway runs, by name."""
        return ()

    def apply(self, settings: Settings) -> None:
        """Take what changed in the configuration."""

    async def close(self, seconds: float) -> None:
        """The gateway stops: take nothing new, let what is under way end for so long, then interrupt it."""
