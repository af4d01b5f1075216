"""What `file.*` takes and answers. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from openclaw.types._base import UNSET, Any, Literal, Struct, UnsetType, field


class FileReadParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Which file, and which part of it where it is large."""

    pin: str | None = None
    """The PIN that was set with `openclaw pin set`."""
    path: str
    """A path in the workspace: `/Documents/notes.md`."""
    encoding: Literal["base64", "text"] = "text"
    """`text` is UTF-8; `base64` takes any bytes."""
    offset: int = 0
    """Where to begin, in bytes."""
    limit: int | None = None
    """How many bytes at most."""


class FileContent(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """What a file holds. `nextOffset` is there where the file goes on behind this part."""

    path: str
    content: str
    encoding: Literal["base64", "text"]
    size: int
    """Of the whole file, in bytes."""
    modified_at: str
    """A time in UTC, ISO 8601 with milliseconds."""
    next_offset: int | None = None


class FileWriteParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A file's new content, which replaces the old one at once and as a whole, or is added to it."""

    pin: str | None = None
    """The PIN that was set with `openclaw pin set`."""
    path: str
    """A path in the workspace: `/Documents/notes.md`."""
    content: str
    encoding: Literal["base64", "text"] = "text"
    """What `content` is: text, kept as UTF-8, or base64."""
    create_parents: bool = True
    """Make the folders that are missing."""
    append: bool = False
    """Add to the end."""


class FileWritten(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """The file is on disk. `created`: there was none before."""

    path: str
    size: int
    """In bytes, now."""
    created: bool


class FileEditParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A change of a text file: `old` replaced by `new`, or a unified diff."""

    pin: str | None = None
    """The PIN that was set with `openclaw pin set`."""
    path: str
    """A path in the workspace: `/Documents/notes.md`."""
    old: str | None = None
    """What is replaced: exactly as it stands there, and only once."""
    new: str | None = None
    """What takes its place."""
    every: bool = field(name="all", default=False)
    """Replace `old` wherever it stands."""
    diff: str | None = None
    """A unified diff of this one file."""


class FileEdited(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """The file is changed on disk, as a whole. `changes` counts the places."""

    path: str
    size: int
    """In bytes, now."""
    changes: int


class FileListParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Which folder."""

    cursor: str | None = None
    """The last page's `nextCursor`."""
    path: str = "/"
    """A folder in the workspace; `/` is all of it."""
    recursive: bool = False
    """With all folders below."""
    limit: int = 1000
    """How many entries at most."""
    pin: str | None = None
    """The PIN that was set with `openclaw pin set`."""


class FileEntry(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A file, a folder or a link. `size` in bytes, 0 for a folder."""

    name: str
    path: str
    type: Literal["directory", "file", "link", "other"]
    size: int
    modified_at: str
    """A time in UTC, ISO 8601 with milliseconds."""


class FileListing(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """What a folder holds, by name; `truncated` where there is more than was asked for."""

    next_cursor: str | None = None
    path: str
    entries: list[FileEntry]
    truncated: bool = False


class FileSearchParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Files and folders whose names fit `pattern`; with `content`, the lines in files that have it."""

    cursor: str | None = None
    """The last page's `nextCursor`."""
    pattern: str
    """A glob: `*.md` fits names in any folder below, `src/**/*.py` paths; `?`, `[a-z]`, `{a,b}` work."""
    path: str = "/"
    """A folder in the workspace; `/` is all of it."""
    content: str | None = None
    """What to look for in the files."""
    regex: bool = False
    """Whether `content` is a regular expression (Python's)."""
    limit: int = 100
    """How many items at most."""
    pin: str | None = None
    """The PIN that was set with `openclaw pin set`."""


class FileFound(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A file, folder or link that fits, or a line in it: `line` counts from 1, `text` is cut where it is long."""

    path: str
    type: Literal["directory", "file", "link", "other"]
    size: int
    modified_at: str
    """A time in UTC, ISO 8601 with milliseconds."""
    line: int | None = None
    text: str | None = None


class FilesFound(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """What was found, by path. `truncated`: there may be more than these `total` results."""

    next_cursor: str | None = None
    path: str
    pattern: str
    results: list[FileFound]
    total: int
    truncated: bool = False


class FileDeleteParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A file, a link, or a folder: an empty one, or with `recursive` all that is in it."""

    pin: str | None = None
    """The PIN that was set with `openclaw pin set`."""
    path: str
    """A path in the workspace: `/Documents/notes.md`."""
    recursive: bool = False
    """A folder with all that is in it."""


class FileDeleted(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """It is gone. A link's target stays."""

    path: str
    deleted: bool


class FileMoveParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """From where to where; folders that are missing there are made."""

    pin: str | None = None
    """The PIN that was set with `openclaw pin set`."""
    source: str = field(name="from")
    """A path in the workspace: `/Documents/notes.md`."""
    to: str
    """A path in the workspace: `/Documents/notes.md`."""
    overwrite: bool = False
    """Replace a file that is there."""


class FileMoved(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """It is there now."""

    source: str = field(name="from")
    to: str
