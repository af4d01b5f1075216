"""What `base.*` takes and answers. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from openclaw.types._base import UNSET, Any, Literal, Struct, UnsetType, field


class Empty(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """No parameters."""


class Paged(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Which page of the list; the first where no cursor is given."""

    cursor: str | None = None
    """The last page's `nextCursor`."""
