"""A workspace for a gateway that has none."""

from openclaw_rpc.domain.ports import RunContext
from openclaw_rpc.protocol.errors import InvalidRequest


class NoFiles:
    """Keeps nothing and has nothing."""

    async def spill(self, user: str, name: str, text: str) -> str:
        """Nothing can be kept.

        Raises:
            InvalidRequest: always.
        """
        raise InvalidRequest("there is no workspace", reason="no_files")

    async def read_attachment(self, path: str, context: RunContext) -> str:
        """There are no files.

        Raises:
            InvalidRequest: always.
        """
        raise InvalidRequest("files can't be attached here", field="attachments", reason="no_files")
