"""`dashboard.*`: the way into the page at `/`."""

from typing import Annotated

from msgspec import Meta

from openclaw_rpc.protocol.base import Empty, Result, Scope
from openclaw_rpc.protocol.method import Method


class SignInLink(Result, frozen=True, kw_only=True):
    """A link that signs a browser in, once. ``path`` begins at the gateway's address: `/login#code=…`."""

    path: str
    expires_in: Annotated[int, Meta(description="Seconds.")]


link = Method(
    name="dashboard.link",
    params=Empty,
    result=SignInLink,
    doc="A link to the dashboard that works once, with the caller's own user and scopes.",
    scope=Scope.READ,
)

METHODS = (link,)
