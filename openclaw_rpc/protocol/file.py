"""`file.*`: the caller's workspace. `/Documents/x.md` is `Documents/x.md` in it; nothing outside can be reached."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from openclaw_rpc.protocol.base import Guarded, Page, Paged, PageSize, Pin, Rate, Result, Scope, When
from openclaw_rpc.protocol.errors import Conflict, NotFound, Timeout, TooLarge
from openclaw_rpc.protocol.method import Method

FilePath = Annotated[
    str, Meta(min_length=1, max_length=4096, description="A path in the workspace: `/Documents/notes.md`.")
]
FolderPath = Annotated[str, Meta(max_length=4096, description="A folder in the workspace; `/` is all of it.")]
Encoding = Literal["text", "base64"]
FileType = Literal["file", "directory", "link", "other"]
Pattern = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=1000,
        description="A glob: `*.md` fits names in any folder below, `src/**/*.py` paths; `?`, `[a-z]`, `{a,b}` work.",
    ),
]


class FileReadParams(Guarded, frozen=True, kw_only=True):
    """Which file, and which part of it where it is large."""

    path: FilePath
    encoding: Annotated[Encoding, Meta(description="`text` is UTF-8; `base64` takes any bytes.")] = "text"
    offset: Annotated[int, Meta(ge=0, le=2**53, description="Where to begin, in bytes.")] = 0
    limit: Annotated[int, Meta(ge=1, le=2**31, description="How many bytes at most.")] | None = None


class FileContent(Result, frozen=True, kw_only=True):
    """What a file holds. ``nextOffset`` is there where the file goes on behind this part."""

    path: str
    content: str
    encoding: Encoding
    size: Annotated[int, Meta(description="Of the whole file, in bytes.")]
    modified_at: When
    next_offset: int | None = None


class FileWriteParams(Guarded, frozen=True, kw_only=True):
    """A file's new content, which replaces the old one at once and as a whole, or is added to it."""

    path: FilePath
    content: str
    encoding: Annotated[Encoding, Meta(description="What `content` is: text, kept as UTF-8, or base64.")] = "text"
    create_parents: Annotated[bool, Meta(description="Make the folders that are missing.")] = True
    append: Annotated[bool, Meta(description="Add to the end.")] = False


class FileWritten(Result, frozen=True, kw_only=True):
    """The file is on disk. ``created``: there was none before."""

    path: str
    size: Annotated[int, Meta(description="In bytes, now.")]
    created: bool


class FileEditParams(Guarded, frozen=True, kw_only=True):
    """A change of a text file: ``old`` replaced by ``new``, or a unified diff."""

    path: FilePath
    old: (
        Annotated[str, Meta(min_length=1, description="What is replaced: exactly as it stands there, and only once.")]
        | None
    ) = None
    new: Annotated[str, Meta(description="What takes its place.")] | None = None
    every: Annotated[bool, Meta(description="Replace `old` wherever it stands.")] = msgspec.field(
        default=False, name="all"
    )
    diff: Annotated[str, Meta(min_length=1, description="A unified diff of this one file.")] | None = None


class FileEdited(Result, frozen=True, kw_only=True):
    """The file is changed on disk, as a whole. ``changes`` counts the places."""

    path: str
    size: Annotated[int, Meta(description="In bytes, now.")]
    changes: int


class FileListParams(Paged, frozen=True, kw_only=True):
    """Which folder."""

    path: FolderPath = "/"
    recursive: Annotated[bool, Meta(description="With all folders below.")] = False
    limit: Annotated[int, Meta(ge=1, le=10_000, description="How many entries at most.")] = 1000
    pin: Pin | None = None


class FileEntry(Result, frozen=True, kw_only=True):
    """A file, a folder or a link. ``size`` in bytes, 0 for a folder."""

    name: str
    path: str
    type: FileType
    size: int
    modified_at: When


class FileListing(Page, frozen=True, kw_only=True):
    """What a folder holds, by name; ``truncated`` where there is more than was asked for."""

    path: str
    entries: list[FileEntry]
    truncated: bool = False


class FileSearchParams(Paged, frozen=True, kw_only=True):
    """Files and folders whose names fit ``pattern``; with ``content``, the lines in files that have it."""

    pattern: Pattern
    path: FolderPath = "/"
    content: (
        Annotated[str, Meta(min_length=1, max_length=1000, description="What to look for in the files.")] | None
    ) = None
    regex: Annotated[bool, Meta(description="Whether `content` is a regular expression (Python's).")] = False
    limit: PageSize = 100
    pin: Pin | None = None


class FileFound(Result, frozen=True, kw_only=True):
    """A file, folder or link that fits, or a line in it: ``line`` counts from 1, ``text`` is cut where it is long."""

    path: str
    type: FileType
    size: int
    modified_at: When
    line: int | None = None
    text: str | None = None


class FilesFound(Page, frozen=True, kw_only=True):
    """What was found, by path. ``truncated``: there may be more than these ``total`` results."""

    path: str
    pattern: str
    results: list[FileFound]
    total: int
    truncated: bool = False


class FileDeleteParams(Guarded, frozen=True, kw_only=True):
    """A file, a link, or a folder: an empty one, or with ``recursive`` all that is in it."""

    path: FilePath
    recursive: Annotated[bool, Meta(description="A folder with all that is in it.")] = False


class FileDeleted(Result, frozen=True, kw_only=True):
    """It is gone. A link's target stays."""

    path: str
    deleted: bool


class FileMoveParams(Guarded, frozen=True, kw_only=True):
    """From where to where; folders that are missing there are made."""

    source: FilePath = msgspec.field(name="from")
    to: FilePath
    overwrite: Annotated[bool, Meta(description="Replace a file that is there.")] = False


class FileMoved(Result, frozen=True, kw_only=True):
    """It is there now."""

    source: str = msgspec.field(name="from")
    to: str


read = Method(
    name="file.read",
    params=FileReadParams,
    result=FileContent,
    doc="What a file of the workspace holds.",
    scope=Scope.TOOLS,
    rate=Rate.FILES,
    errors=(NotFound, TooLarge),
    tool="file_read",
    safe=True,
)
write = Method(
    name="file.write",
    params=FileWriteParams,
    result=FileWritten,
    doc="Make or replace a file of the workspace, or add to it.",
    scope=Scope.TOOLS,
    rate=Rate.FILES,
    errors=(NotFound, TooLarge),
    tool="file_write",
    dangerous=True,
)
edit = Method(
    name="file.edit",
    params=FileEditParams,
    result=FileEdited,
    doc="Change a part of a text file: one text for another, or by a unified diff. All of it, or nothing.",
    scope=Scope.TOOLS,
    rate=Rate.FILES,
    errors=(NotFound, TooLarge, Conflict),
    tool="file_edit",
    dangerous=True,
)
list_ = Method(
    name="file.list",
    params=FileListParams,
    result=FileListing,
    pages="entries",
    doc="What a folder of the workspace holds.",
    scope=Scope.TOOLS,
    rate=Rate.FILES,
    errors=(NotFound,),
    tool="file_list",
    safe=True,
)
search = Method(
    name="file.search",
    params=FileSearchParams,
    result=FilesFound,
    pages="results",
    doc="Find files of the workspace by name, and by what is in them.",
    scope=Scope.TOOLS,
    rate=Rate.FILES,
    errors=(NotFound, Timeout),
    tool="file_search",
    safe=True,
)
delete = Method(
    name="file.delete",
    params=FileDeleteParams,
    result=FileDeleted,
    doc="Delete a file, a link or a folder of the workspace.",
    scope=Scope.TOOLS,
    rate=Rate.FILES,
    errors=(NotFound, Conflict),
    tool="file_delete",
    dangerous=True,
)
move = Method(
    name="file.move",
    params=FileMoveParams,
    result=FileMoved,
    doc="Move or rename a file or a folder within the workspace.",
    scope=Scope.TOOLS,
    rate=Rate.FILES,
    errors=(NotFound, Conflict),
    tool="file_move",
    dangerous=True,
)

METHODS = (read, write, edit, list_, search, delete, move)
