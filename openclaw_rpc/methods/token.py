"""`token.*`: the join of the tokens' rows and the token service."""

from openclaw_rpc.domain.tokens import TokenService
from openclaw_rpc.protocol import token
from openclaw_rpc.protocol.base import Empty
from openclaw_rpc.protocol.token import (
    TokenCreated,
    TokenCreateParams,
    TokenList,
    TokenRevoked,
    TokenRevokeParams,
)
from openclaw_rpc.rpc.bind import AnyBound, bind
from openclaw_rpc.rpc.call import Call


class TokenMethods:
    """Lists, makes and revokes tokens."""

    def __init__(self, tokens: TokenService) -> None:
        self._tokens = tokens

    def bound(self) -> tuple[AnyBound, ...]:
        """The rows with their handlers."""
        return bind(token.list_, self.list_), bind(token.create, self.create), bind(token.revoke, self.revoke)

    async def list_(self, params: Empty, call: Call) -> TokenList:
        """The tokens that the caller may see."""
        return TokenList(tokens=await self._tokens.list_(call.principal))

    async def create(self, params: TokenCreateParams, call: Call) -> TokenCreated:
        """Make a token."""
        return await self._tokens.create(call.principal, params)

    async def revoke(self, params: TokenRevokeParams, call: Call) -> TokenRevoked:
        """Take a token back; the sockets that it opened, perhaps the caller's, are closed after the answer."""
        jti = await self._tokens.revoke(call.principal, params.name)
        call.after_answer(lambda: self._tokens.announce(jti))
        return TokenRevoked(name=params.name, revoked=True)
