"""What `dashboard.*` takes and answers. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from openclaw.types._base import UNSET, Any, Literal, Struct, UnsetType, field


class SignInLink(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A link that signs a browser in, once. `path` begins at the gateway's address: `/login#code=…`."""

    path: str
    expires_in: int
    """Seconds."""
