"""The workspace as tools, and what the toolbox itself needs of it."""

from typing import Final

from openclaw_rpc.domain.files import Files
from openclaw_rpc.domain.ports import RunContext
from openclaw_rpc.domain.tools.base import FixedTools
from openclaw_rpc.domain.tools.rows import tool_of
from openclaw_rpc.protocol import file
from openclaw_rpc.protocol.errors import GatewayError
from openclaw_rpc.protocol.file import FileWriteParams

RESULTS: Final = "/.openclaw/results"


class FileTools(FixedTools):
    """Files of the run's user."""

    def __init__(self, files: Files) -> None:
        super().__init__(
            tool_of(
                "file_read",
                file.read,
                lambda params, context: files.read(context.user, params),
                description="Read a file of the workspace. Of a long one, read parts with offset and limit (bytes); "
                "nextOffset says where to go on.",
                brief=True,
            ),
            tool_of(
                "file_write",
                file.write,
                lambda params, context: files.write(context.user, params),
                description="Write a file of the workspace: content replaces all that was in it, or is added to its "
                "end with append. Folders that are missing are made.",
                dangerous=True,
                parallel=False,
            ),
            tool_of(
                "file_list",
                file.list_,
                lambda params, context: files.list(context.user, params),
                description="List a folder of the workspace, with recursive all folders below it, too.",
            ),
            tool_of(
                "file_search",
                file.search,
                lambda params, context: files.search(context.user, params),
                description="Find files of the workspace by a glob for their names (`*.md`, `src/**/*.py`), and with "
                "content the lines in them that contain a text, or fit a regular expression.",
            ),
            tool_of(
                "file_delete",
                file.delete,
                lambda params, context: files.delete(context.user, params),
                description="Delete a file of the workspace, or a folder: with recursive all that is in it.",
                dangerous=True,
                parallel=False,
            ),
            tool_of(
                "file_move",
                file.move,
                lambda params, context: files.move(context.user, params),
                description="Move or rename a file or a folder of the workspace.",
                dangerous=True,
                parallel=False,
            ),
        )


class ToolFiles:
    """What the toolbox needs of the users' files: a place for long results, and what comes with messages."""

    def __init__(self, files: Files) -> None:
        self._files = files

    async def spill(self, user: str, name: str, text: str) -> str:
        """Keep a result that is too long for a model; its path.

        Raises:
            GatewayError: it could not be written.
        """
        written = await self._files.write(user, FileWriteParams(path=f"{RESULTS}/{name}", content=text))
        return written.path

    async def read_attachment(self, path: str, context: RunContext) -> str:
        """The text of a file that came with a message.

        Raises:
            NotFound, InvalidRequest, TooLarge: as they say.
        """
        try:
            return await self._files.attachment(context.user, path)
        except GatewayError as error:
            error.field = "attachments"
            raise
