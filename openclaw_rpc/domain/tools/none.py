"""What agents can do besides talking."""

from collections.abc import Sequence
from typing import Any

from openclaw_rpc.domain.ports import Preparation, RunContext
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.errors import InvalidRequest, NotFound


class NoTools:
    """A toolbox with nothing in it."""

    names: Sequence[str] = ()

    async def prepare(self, context: RunContext) -> Preparation:
        """Nothing is added to the run."""
        return Preparation()

    async def use(self, name: str, params: JsonObject, context: RunContext, call_id: str) -> Any:
        """There is no such tool.

        Raises:
            NotFound: always.
        """
        raise NotFound(f"there is no tool {name!r}", field="name")

    async def read_attachment(self, path: str, context: RunContext) -> str:
        """There are no files.

        Raises:
            InvalidRequest: always.
        """
        raise InvalidRequest("files can't be attached here", field="attachments", reason="no_files")
