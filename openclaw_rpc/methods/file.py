"""`file.*`: the join of the files' rows and the workspaces."""

from openclaw_rpc.domain.files import Files
from openclaw_rpc.protocol import file
from openclaw_rpc.protocol.file import (
    FileContent,
    FileDeleted,
    FileDeleteParams,
    FileEdited,
    FileEditParams,
    FileListing,
    FileListParams,
    FileMoved,
    FileMoveParams,
    FileReadParams,
    FileSearchParams,
    FilesFound,
    FileWriteParams,
    FileWritten,
)
from openclaw_rpc.rpc.bind import AnyBound, bind
from openclaw_rpc.rpc.call import Call


class FileMethods:
    """Reads and changes files of the caller's workspace."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def bound(self) -> tuple[AnyBound, ...]:
        """The rows with their handlers."""
        return (
            bind(file.read, self.read),
            bind(file.write, self.write),
            bind(file.edit, self.edit, shielded=True),
            bind(file.list_, self.list_),
            bind(file.search, self.search),
            bind(file.delete, self.delete, shielded=True),
            bind(file.move, self.move, shielded=True),
        )

    async def read(self, params: FileReadParams, call: Call) -> FileContent:
        """What a file holds."""
        return await self._files.read(call.principal.user, params)

    async def write(self, params: FileWriteParams, call: Call) -> FileWritten:
        """Make or replace a file."""
        return await self._files.write(call.principal.user, params)

    async def edit(self, params: FileEditParams, call: Call) -> FileEdited:
        """Change a part of a file."""
        return await self._files.edit(call.principal.user, params)

    async def list_(self, params: FileListParams, call: Call) -> FileListing:
        """What a folder holds."""
        return await self._files.list(call.principal.user, params)

    async def search(self, params: FileSearchParams, call: Call) -> FilesFound:
        """Find files."""
        return await self._files.search(call.principal.user, params)

    async def delete(self, params: FileDeleteParams, call: Call) -> FileDeleted:
        """Delete a file or a folder."""
        return await self._files.delete(call.principal.user, params)

    async def move(self, params: FileMoveParams, call: Call) -> FileMoved:
        """Move a file or a folder."""
        return await self._files.move(call.principal.user, params)
