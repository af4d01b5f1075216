"""What holds of tokens in every store."""

from typing import Final

from openclaw_rpc.protocol.errors import Conflict

MOST_SIGN_INS: Final = 1_000
"""Sign-ins that are kept; the oldest go first."""


def name_taken(name: str) -> Conflict:
    """What a second token of a name is refused with."""
    return Conflict(f"there is a token called {name!r}; revoke it first", field="name", reason="exists")
