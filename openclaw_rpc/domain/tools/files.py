"""The workspace as tools, and what the toolbox itself needs of it."""

from typing import Any, Final, Protocol

import msgspec

from openclaw_rpc.domain.files import Files, Workspace, below_root, clean
from openclaw_rpc.domain.pictures import ENDINGS, MOST_BYTES, WithPictures, picture_of
from openclaw_rpc.domain.tools.base import FixedTools
from openclaw_rpc.domain.tools.ports import RunContext
from openclaw_rpc.domain.tools.rows import tool_of
from openclaw_rpc.protocol import file
from openclaw_rpc.protocol.errors import GatewayError, InvalidRequest
from openclaw_rpc.protocol.file import FileReadParams

RESULTS: Final = "/.openclaw/results"


class SessionFolders(Protocol):
    """Folders of sessions, in which results are kept that are too long for a model."""

    def of(self, session_id: str) -> Workspace:
        """That session's; made at its first use."""
        ...


class FileTools(FixedTools):
    """Files of the run's user, and results that were kept for its session."""

    def __init__(self, files: Files, kept: SessionFolders | None = None) -> None:
        async def read(params: FileReadParams, context: RunContext) -> Any:
            if context.run_id and _is_picture(params):
                return await _look(files, params, context)
            folder = kept.of(context.session_id) if kept is not None and context.session_id else None
            inside = below_root(folder.root, params.path) if folder is not None else None
            if folder is None or inside is None:
                return await files.read(context.user, params)
            content = await files.read_from(folder, clean(inside), params)
            return msgspec.structs.replace(content, path=f"{folder.root}{content.path}")

        super().__init__(
            tool_of(
                "file_read",
                file.read,
                read,
                description="Read a file of the workspace. Of a long one, read parts with offset and limit (bytes); "
                "nextOffset says where to go on. A picture is shown to you, if you can see pictures.",
                untimed=True,
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
                "file_edit",
                file.edit,
                lambda params, context: files.edit(context.user, params),
                description="Change a part of a text file of the workspace: `old`, exactly as it stands there and only "
                "once (or `all`), becomes `new`; or apply a unified `diff`. Nothing is changed where it does not fit.",
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


def _is_picture(params: FileReadParams) -> bool:
    """Whether a picture is read to be looked at: as a whole, and not as base64."""
    whole = params.offset == 0 and params.limit is None and params.encoding == "text"
    return whole and params.path.lower().endswith(ENDINGS)


async def _look(files: Files, params: FileReadParams, context: RunContext) -> Any:
    """A picture of the workspace, for models that see.

    Raises:
        GatewayError: it can't be read, or is not a picture.
    """
    found = await files.read(context.user, msgspec.structs.replace(params, encoding="base64"))
    picture = picture_of(found.content)
    if picture is None:
        raise InvalidRequest(
            f"{found.path} can't be shown to a model: it must be a PNG, JPEG, GIF or WebP picture of at most "
            f"{MOST_BYTES:,} bytes",
            field="path",
            size=found.size,
        )
    told = {"path": found.path, "mimeType": picture.mime_type, "size": found.size}
    return WithPictures(result=told, pictures=[picture])


class ToolFiles:
    """What the toolbox needs of the users' files: a place for long results, and what comes with messages."""

    def __init__(self, files: Files, kept: SessionFolders) -> None:
        self._files = files
        self._kept = kept

    async def spill(self, context: RunContext, name: str, text: str) -> str:
        """Keep a result that is too long for a model; its path, for its session's tools and commands.

        Raises:
            GatewayError: it could not be written.
        """
        folder, data = self._kept.of(context.session_id), text.encode("utf-8", "replace")
        await folder.write((name,), data, create_parents=True, append=False, max_bytes=len(data))
        return f"{folder.root}/{name}"

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
