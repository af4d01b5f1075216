"""What `base.*` takes and answers. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from openclaw.types._base import UNSET, Any, Literal, Struct, UnsetType, field


class Empty(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """No parameters."""


class Paged(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """What asks for a list that comes in pages where it is large."""

    cursor: str | None = None
    """The last page's `nextCursor`."""
