"""`token.*`: who may come in, and what for."""

from typing import Annotated

from msgspec import Meta

from openclaw_rpc.protocol.base import Name, Page, Paged, Params, Result, Scope, SessionKey, Topic, When
from openclaw_rpc.protocol.errors import Conflict, Forbidden, NotFound
from openclaw_rpc.protocol.method import Event, Method

TokenName = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._@ -]*$")]


class TokenInfo(Result, frozen=True, kw_only=True):
    """A token, but for its secret. With ``sessions`` it is valid in these alone."""

    name: str
    user: str
    scopes: list[Scope]
    created_at: When
    expires_at: When | None = None
    revoked: bool = False
    sessions: list[str] | None = None


class TokenList(Page, frozen=True, kw_only=True):
    """All tokens that were made, the newest first."""

    tokens: list[TokenInfo]


class TokenCreateParams(Params, frozen=True, kw_only=True):
    """A name to revoke it by; all scopes but ``admin`` where none is named; it never expires where no time is given."""

    name: TokenName
    scopes: Annotated[list[Scope], Meta(min_length=1, max_length=4)] | None = None
    expires_in: (
        Annotated[str, Meta(pattern=r"^[1-9][0-9]{0,8}[smhdw]$", description="A number and s, m, h, d or w.")] | None
    ) = None
    user: Name = "owner"
    sessions: (
        Annotated[
            list[SessionKey],
            Meta(
                min_length=1,
                max_length=100,
                description="For somebody else's browser: the token may speak in these sessions, and nothing more.",
            ),
        ]
        | None
    ) = None
    end_user_header: (
        Annotated[
            str,
            Meta(
                max_length=100,
                pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$",
                description="For a front end with many users: the header in which it names the user it asks for.",
            ),
        ]
        | None
    ) = None


class TokenCreated(TokenInfo, frozen=True, kw_only=True):
    """The token itself, shown this once: a JWT (RFC 7519) signed HS256."""

    token: str
    end_user_header: str | None = None


class TokenRevokeParams(Params, frozen=True, kw_only=True):
    """The token's name."""

    name: TokenName


class TokenRevoked(Result, frozen=True, kw_only=True):
    """It is refused from now on; sockets that it opened are closed."""

    name: str
    revoked: bool


class TokenRevokedEvent(Result, frozen=True, kw_only=True):
    """A token was revoked: its name and its user."""

    name: str
    user: str


token_revoked = Event(
    "token.revoked", TokenRevokedEvent, "A token was revoked by a client of the gateway.", topic=Topic.GATEWAY
)

list_ = Method(
    name="token.list",
    params=Paged,
    result=TokenList,
    pages="tokens",
    doc="The tokens that were created.",
    scope=Scope.ADMIN,
    safe=True,
)
create = Method(
    name="token.create",
    params=TokenCreateParams,
    result=TokenCreated,
    doc="Make a token for a client.",
    scope=Scope.ADMIN,
    errors=(Conflict, Forbidden),
)
revoke = Method(
    name="token.revoke",
    params=TokenRevokeParams,
    result=TokenRevoked,
    doc="Revoke a token.",
    scope=Scope.ADMIN,
    errors=(NotFound,),
    emits=(token_revoked,),
)

METHODS = (list_, create, revoke)
