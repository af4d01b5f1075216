"""A row of the table: one method, one event, as values. Everything else is derived from them."""

from typing import Any, Generic, TypeVar

import msgspec

from openclaw_rpc.protocol.base import Rate, Scope, Topic
from openclaw_rpc.protocol.errors import GatewayError

P = TypeVar("P", bound=msgspec.Struct)
R = TypeVar("R")
D = TypeVar("D", bound=msgspec.Struct)


class Event(msgspec.Struct, Generic[D], frozen=True):
    """An event: its name, its data, and whether it outlives the process.

    A lasting event is kept on disk: the one that ends a run before anybody sees it, what a run does on its way within
    half a second. The others (deltas) are kept merged.
    An event with a topic also reaches those who subscribed to that topic.
    """

    name: str
    data: type[D]
    doc: str
    lasting: bool = False
    topic: Topic | None = None


class Method(msgspec.Struct, Generic[P, R], frozen=True):
    """A method: what it takes, what it answers, who may call it, what it counts as, what may follow.

    ``tool`` names the agents' tool that does the same: what holds for that (policies, the PIN) holds for the method.
    ``pages`` names the list of the result that is cut where a message would be too large, from its end ``backwards``:
    what is newest there comes first.
    Uses of a ``dangerous`` one go into the audit log. A ``safe`` one changes nothing; of those that scope ``read``
    suffices for all are. One that is ``in_session`` may also be called with a token that is for some sessions alone.
    """

    name: str
    params: type[P]
    result: type[R]
    doc: str
    scope: Scope
    rate: Rate = Rate.REQUESTS
    emits: tuple[Event[Any], ...] = ()
    errors: tuple[type[GatewayError], ...] = ()
    tool: str | None = None
    dangerous: bool = False
    safe: bool = False
    in_session: bool = False
    pages: str = ""
    backwards: bool = False

    @property
    def repeatable(self) -> bool:
        """Whether a client whose answer was lost may make the same call again."""
        return self.safe or self.scope is Scope.READ

    @property
    def namespace(self) -> str:
        """The part before the dot: the file that declares it and the one that handles it."""
        return self.name.partition(".")[0]

    @property
    def verb(self) -> str:
        """The part behind the dot: the name of its handler."""
        return self.name.partition(".")[2]
