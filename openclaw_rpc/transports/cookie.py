"""The dashboard's cookie: where it counts as a credential. Browsers send it by themselves, for foreign pages too."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from openclaw_rpc.protocol.errors import Forbidden

NAME: Final = "openclaw_session"
_READS: Final = ("GET", "HEAD")
_OWN_PAGES: Final = (None, "same-origin", "none")
"""Values of Sec-Fetch-Site (Fetch Metadata) of a read that no foreign page causes."""

Trusts = Callable[[Sequence[str], Sequence[str]], bool]
"""Whether these values of Origin, with these of Host, name a page that may act as whoever signed in."""


def held(cookies: Iterable[str]) -> str | None:
    """What our cookie holds, from the values of the header Cookie."""
    for header in cookies:
        for pair in header.split(";"):
            name, _, value = pair.strip().partition("=")
            if name == NAME and value:
                return value
    return None


def counted(
    cookie: str | None, method: str, origins: Sequence[str], hosts: Sequence[str], site: str | None, trusts: Trusts
) -> str | None:
    """What the cookie holds, where it counts: for pages of the gateway's own, and of allowed origins that are named.

    A browser names the page's origin with every write and every WebSocket, but not with a read of the page's own
    origin; there ``site``, the header Sec-Fetch-Site, tells.

    Raises:
        Forbidden: it is a write, and no such page is named.
    """
    if cookie is None or (origins and trusts(origins, hosts)):
        return cookie
    if method not in _READS:
        raise Forbidden(
            "signed in with a cookie, only the gateway's own pages may change something",
            field="Origin",
            reason="origin",
        )
    return cookie if not origins and site in _OWN_PAGES else None
