"""The people whom a front end asks for with one key, as its requests name them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping

from openclaw_rpc.domain import jwt
from openclaw_rpc.domain.principals import Principal
from openclaw_rpc.protocol.errors import Unauthorized

ID_HEADER = "x-openwebui-user-id"
SIGNED_HEADER = "x-openwebui-user-jwt"
ISSUER = "open-webui"
LENGTH = 60


class People:
    """Finds who it is. ``secret`` is what the front end signs its people's tokens with, None where it signs none."""

    def __init__(self, secret: Callable[[], str | None] = lambda: None) -> None:
        self._secret = secret

    def of(self, principal: Principal, headers: Mapping[str, str], field: str | None) -> Principal:
        """The person that a request is made for, or the token's own user where it names nobody.

        ``headers`` by their names in lower case; ``field`` is what the body says.

        Raises:
            Unauthorized: a signature is missing, or does not stand.
        """
        if principal.end_user_header is not None:
            named = headers.get(principal.end_user_header.lower())
        else:
            named = self._signed(headers)
        found = (named or field or "").strip()
        if not found:
            return principal
        fits = len(found) <= LENGTH and found.isprintable()
        return principal.below(found if fits else hashlib.sha256(found.encode(errors="replace")).hexdigest()[:32])

    def _signed(self, headers: Mapping[str, str]) -> str | None:
        secret, token = self._secret(), headers.get(SIGNED_HEADER)
        if token is None:
            named = headers.get(ID_HEADER)
            if secret is not None and named:
                raise Unauthorized(
                    f"{ID_HEADER} is not signed, and `openai.user_jwt_secret` asks for {SIGNED_HEADER}",
                    field=ID_HEADER,
                    reason="not_signed",
                )
            return named
        if secret is None:
            reason = "can't be checked: set `openai.user_jwt_secret` to what the front end signs with"
            raise Unauthorized(f"{SIGNED_HEADER} {reason}", field=SIGNED_HEADER, reason="no_secret")
        subject = jwt.subject(token, secret, ISSUER)
        if subject is None:
            reason = "is not valid: its signature, its issuer or its time is wrong"
            raise Unauthorized(f"{SIGNED_HEADER} {reason}", field=SIGNED_HEADER, reason="invalid_signature")
        return subject
