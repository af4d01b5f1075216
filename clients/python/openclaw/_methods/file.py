"""`file.*`. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from typing import Any, Dict, List, Literal

from msgspec import UNSET, UnsetType

from openclaw import types
from openclaw._async import AsyncCaller, AsyncRun
from openclaw._sync import Caller, Run
from openclaw._verbs import AgentAnswer


class File:
    """`file.*`, each waited for."""

    def __init__(self, client: Caller) -> None:
        self._client = client

    def read(
        self,
        *,
        path: str,
        pin: str | None = None,
        encoding: Literal["base64", "text"] = "text",
        offset: int = 0,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> types.FileContent:
        """What a file of the workspace holds.

        Args:
            path: A path in the workspace: `/Documents/notes.md`.
            pin: The PIN that was set with `openclaw pin set`.
            encoding: `text` is UTF-8; `base64` takes any bytes.
            offset: Where to begin, in bytes.
            limit: How many bytes at most.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            too_large, unauthorized.
        """
        return self._client.request("file.read", types.FileReadParams(path=path, pin=pin, encoding=encoding, offset=offset, limit=limit), types.FileContent, timeout)

    def write(
        self,
        *,
        path: str,
        content: str,
        pin: str | None = None,
        encoding: Literal["base64", "text"] = "text",
        create_parents: bool = True,
        append: bool = False,
        timeout: float | None = None,
    ) -> types.FileWritten:
        """Make or replace a file of the workspace, or add to it.

        Args:
            path: A path in the workspace: `/Documents/notes.md`.
            pin: The PIN that was set with `openclaw pin set`.
            encoding: What `content` is: text, kept as UTF-8, or base64.
            create_parents: Make the folders that are missing.
            append: Add to the end.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            too_large, unauthorized.
        """
        return self._client.request("file.write", types.FileWriteParams(path=path, content=content, pin=pin, encoding=encoding, create_parents=create_parents, append=append), types.FileWritten, timeout)

    def edit(
        self,
        *,
        path: str,
        pin: str | None = None,
        old: str | None = None,
        new: str | None = None,
        every: bool = False,
        diff: str | None = None,
        timeout: float | None = None,
    ) -> types.FileEdited:
        """Change a part of a text file: one text for another, or by a unified diff. All of it, or nothing.

        Args:
            path: A path in the workspace: `/Documents/notes.md`.
            pin: The PIN that was set with `openclaw pin set`.
            old: What is replaced: exactly as it stands there, and only once.
            new: What takes its place.
            every: Replace `old` wherever it stands.
            diff: A unified diff of this one file.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, rate_limited,
            service_unavailable, too_large, unauthorized.
        """
        return self._client.request("file.edit", types.FileEditParams(path=path, pin=pin, old=old, new=new, every=every, diff=diff), types.FileEdited, timeout)

    def list(
        self,
        *,
        cursor: str | None = None,
        path: str = "/",
        recursive: bool = False,
        limit: int = 1000,
        pin: str | None = None,
        timeout: float | None = None,
    ) -> types.FileListing:
        """What a folder of the workspace holds.

        Args:
            cursor: The last page's `nextCursor`.
            path: A folder in the workspace; `/` is all of it.
            recursive: With all folders below.
            limit: How many entries at most.
            pin: The PIN that was set with `openclaw pin set`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("file.list", types.FileListParams(cursor=cursor, path=path, recursive=recursive, limit=limit, pin=pin), types.FileListing, timeout)

    def search(
        self,
        *,
        pattern: str,
        cursor: str | None = None,
        path: str = "/",
        content: str | None = None,
        regex: bool = False,
        limit: int = 100,
        pin: str | None = None,
        timeout: float | None = None,
    ) -> types.FilesFound:
        """Find files of the workspace by name, and by what is in them.

        Args:
            pattern: A glob: `*.md` fits names in any folder below, `src/**/*.py` paths; `?`, `[a-z]`, `{a,b}` work.
            cursor: The last page's `nextCursor`.
            path: A folder in the workspace; `/` is all of it.
            content: What to look for in the files.
            regex: Whether `content` is a regular expression (Python's).
            limit: How many items at most.
            pin: The PIN that was set with `openclaw pin set`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            timeout, unauthorized.
        """
        return self._client.request("file.search", types.FileSearchParams(pattern=pattern, cursor=cursor, path=path, content=content, regex=regex, limit=limit, pin=pin), types.FilesFound, timeout)

    def delete(
        self,
        *,
        path: str,
        pin: str | None = None,
        recursive: bool = False,
        timeout: float | None = None,
    ) -> types.FileDeleted:
        """Delete a file, a link or a folder of the workspace.

        Args:
            path: A path in the workspace: `/Documents/notes.md`.
            pin: The PIN that was set with `openclaw pin set`.
            recursive: A folder with all that is in it.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, rate_limited,
            service_unavailable, unauthorized.
        """
        return self._client.request("file.delete", types.FileDeleteParams(path=path, pin=pin, recursive=recursive), types.FileDeleted, timeout)

    def move(
        self,
        *,
        source: str,
        to: str,
        pin: str | None = None,
        overwrite: bool = False,
        timeout: float | None = None,
    ) -> types.FileMoved:
        """Move or rename a file or a folder within the workspace.

        Args:
            source: A path in the workspace: `/Documents/notes.md`.
            to: A path in the workspace: `/Documents/notes.md`.
            pin: The PIN that was set with `openclaw pin set`.
            overwrite: Replace a file that is there.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, rate_limited,
            service_unavailable, unauthorized.
        """
        return self._client.request("file.move", types.FileMoveParams(source=source, to=to, pin=pin, overwrite=overwrite), types.FileMoved, timeout)


class AsyncFile:
    """`file.*`, to be awaited."""

    def __init__(self, client: AsyncCaller) -> None:
        self._client = client

    async def read(
        self,
        *,
        path: str,
        pin: str | None = None,
        encoding: Literal["base64", "text"] = "text",
        offset: int = 0,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> types.FileContent:
        """What a file of the workspace holds.

        Args:
            path: A path in the workspace: `/Documents/notes.md`.
            pin: The PIN that was set with `openclaw pin set`.
            encoding: `text` is UTF-8; `base64` takes any bytes.
            offset: Where to begin, in bytes.
            limit: How many bytes at most.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            too_large, unauthorized.
        """
        return await self._client.request("file.read", types.FileReadParams(path=path, pin=pin, encoding=encoding, offset=offset, limit=limit), types.FileContent, timeout)

    async def write(
        self,
        *,
        path: str,
        content: str,
        pin: str | None = None,
        encoding: Literal["base64", "text"] = "text",
        create_parents: bool = True,
        append: bool = False,
        timeout: float | None = None,
    ) -> types.FileWritten:
        """Make or replace a file of the workspace, or add to it.

        Args:
            path: A path in the workspace: `/Documents/notes.md`.
            pin: The PIN that was set with `openclaw pin set`.
            encoding: What `content` is: text, kept as UTF-8, or base64.
            create_parents: Make the folders that are missing.
            append: Add to the end.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            too_large, unauthorized.
        """
        return await self._client.request("file.write", types.FileWriteParams(path=path, content=content, pin=pin, encoding=encoding, create_parents=create_parents, append=append), types.FileWritten, timeout)

    async def edit(
        self,
        *,
        path: str,
        pin: str | None = None,
        old: str | None = None,
        new: str | None = None,
        every: bool = False,
        diff: str | None = None,
        timeout: float | None = None,
    ) -> types.FileEdited:
        """Change a part of a text file: one text for another, or by a unified diff. All of it, or nothing.

        Args:
            path: A path in the workspace: `/Documents/notes.md`.
            pin: The PIN that was set with `openclaw pin set`.
            old: What is replaced: exactly as it stands there, and only once.
            new: What takes its place.
            every: Replace `old` wherever it stands.
            diff: A unified diff of this one file.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, rate_limited,
            service_unavailable, too_large, unauthorized.
        """
        return await self._client.request("file.edit", types.FileEditParams(path=path, pin=pin, old=old, new=new, every=every, diff=diff), types.FileEdited, timeout)

    async def list(
        self,
        *,
        cursor: str | None = None,
        path: str = "/",
        recursive: bool = False,
        limit: int = 1000,
        pin: str | None = None,
        timeout: float | None = None,
    ) -> types.FileListing:
        """What a folder of the workspace holds.

        Args:
            cursor: The last page's `nextCursor`.
            path: A folder in the workspace; `/` is all of it.
            recursive: With all folders below.
            limit: How many entries at most.
            pin: The PIN that was set with `openclaw pin set`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("file.list", types.FileListParams(cursor=cursor, path=path, recursive=recursive, limit=limit, pin=pin), types.FileListing, timeout)

    async def search(
        self,
        *,
        pattern: str,
        cursor: str | None = None,
        path: str = "/",
        content: str | None = None,
        regex: bool = False,
        limit: int = 100,
        pin: str | None = None,
        timeout: float | None = None,
    ) -> types.FilesFound:
        """Find files of the workspace by name, and by what is in them.

        Args:
            pattern: A glob: `*.md` fits names in any folder below, `src/**/*.py` paths; `?`, `[a-z]`, `{a,b}` work.
            cursor: The last page's `nextCursor`.
            path: A folder in the workspace; `/` is all of it.
            content: What to look for in the files.
            regex: Whether `content` is a regular expression (Python's).
            limit: How many items at most.
            pin: The PIN that was set with `openclaw pin set`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            timeout, unauthorized.
        """
        return await self._client.request("file.search", types.FileSearchParams(pattern=pattern, cursor=cursor, path=path, content=content, regex=regex, limit=limit, pin=pin), types.FilesFound, timeout)

    async def delete(
        self,
        *,
        path: str,
        pin: str | None = None,
        recursive: bool = False,
        timeout: float | None = None,
    ) -> types.FileDeleted:
        """Delete a file, a link or a folder of the workspace.

        Args:
            path: A path in the workspace: `/Documents/notes.md`.
            pin: The PIN that was set with `openclaw pin set`.
            recursive: A folder with all that is in it.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, rate_limited,
            service_unavailable, unauthorized.
        """
        return await self._client.request("file.delete", types.FileDeleteParams(path=path, pin=pin, recursive=recursive), types.FileDeleted, timeout)

    async def move(
        self,
        *,
        source: str,
        to: str,
        pin: str | None = None,
        overwrite: bool = False,
        timeout: float | None = None,
    ) -> types.FileMoved:
        """Move or rename a file or a folder within the workspace.

        Args:
            source: A path in the workspace: `/Documents/notes.md`.
            to: A path in the workspace: `/Documents/notes.md`.
            pin: The PIN that was set with `openclaw pin set`.
            overwrite: Replace a file that is there.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, rate_limited,
            service_unavailable, unauthorized.
        """
        return await self._client.request("file.move", types.FileMoveParams(source=source, to=to, pin=pin, overwrite=overwrite), types.FileMoved, timeout)
