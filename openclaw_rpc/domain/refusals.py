"""What a model's server said when it refused, and how much of it is told to whom.

Its own words help: they name the field, the limit, the picture that could not be read. Keys in them are nobody's
business; where servers are, and whose accounts they are asked with, is the owner's alone.
"""

import ipaddress
import re
from collections.abc import Callable
from typing import Any, Final, cast

import msgspec

from openclaw_rpc.protocol.errors import GatewayError, ProviderError

HIDDEN: Final = "***"
MOST: Final = 4000
"""Characters of a text that are told."""
_NAMED = re.compile(r" ?\(https?://[^)\s]*\)")
_KEY = re.compile(
    r"""
    (?<![\w-]) (?: (?:sk|pk|rk|gsk|xai|hf|nvapi|csk|tgp|fw|r8|pplx|glpat|ghp|gho|key|AQ|ya29) [-_.] [\w*.…-]*[\w*…]
                 | (?:AIza|AKIA|ASIA|eyJ) [\w*.…-]{8,} )
    | (?<=bearer\ ) [\w.~+/=*-]{6,}
    | (?<=basic\ ) [\w+/=*]{12,}
    | (?<![\w-]) (?=[A-Za-z_]*\d) (?=[\d_]*[A-Za-z]) \w{28,} (?![\w-])
    """,
    re.VERBOSE | re.IGNORECASE,
)
_SAID_KEY = re.compile(
    r"""((?:api|access|secret|auth|subscription)[ _-]?(?:key|token)s?|x-api-key|password|authorization)
        (["'`]?\ *(?:is|was|provided|given|sent)?\ *[:=]\ *["'`]?) (?!bearer\ |basic\ ) [^\s"'`,;)\]}]{6,}""",
    re.VERBOSE | re.IGNORECASE,
)
_ZONES = (
    "internal|local|localhost|localdomain|lan|corp|intranet|home|arpa|svc|consul|test|example|invalid|"
    "com|net|org|io|ai|dev|app|cloud|co|cn|de|eu|uk|us|fr|nl|ch|at|jp|kr|in|ru|se|info|biz|tech|run|sh|xyz|site|online"
)
_ADDRESS = re.compile(
    rf"""
    (?<![a-z0-9+.-]) [a-z][a-z0-9+.-]{{0,30}} :// [^\s,;)'"`<>]+
    | (?<![\w.]) (?:\d{{1,3}}\.){{3}} \d{{1,3}} (?::\d+)? (?![\w.]*\d)
    | (?<![\w.-]) [\w-]+ (?:\.[\w-]+)+ :\d{{2,5}} \b
    | (?<![\w.-]) [a-z][\w-]* :\d{{4,5}} \b
    | (?<![\w.@/-]) (?:[\w-]{{1,63}}\.)+ (?:{_ZONES}) (?![\w-]|\.\w) (?:/[^\s,;)'"`<>]*)?
    """,
    re.VERBOSE | re.IGNORECASE,
)
# No quantifier may meet another of the same characters without a bound: a server's own words may be 64 KiB long.
_SIX = re.compile(r"(?<![\w:.])(\[?)([0-9a-f]*:[0-9a-f:]*:[0-9a-f:.]*)(?:%\w+)?(?:\](?::\d+)?)?", re.IGNORECASE)
"""What may be an address of IP version 6, or a time of day."""
_ACCOUNT = re.compile(
    r"""
    (?<![\w.+-]) [\w.+-]{1,100} @ [\w-]{1,63} (?:\.[\w-]{1,63})+
    | (?<![\w-]) (?:org|proj|acct|ws|team|user|usr|account|tenant|workspace) [-_] (?=[\w-]{0,63}\d) [\w-]{6,}
    | (?<![\w-]) arn:[\w:/.*-]+
    | (?<![\w/]) (?:projects|organizations|tenants|subscriptions|accounts) / [\w.-]+
    | (?<= project_number: ) \d+
    | \b [0-9a-f]{8} (?:-[0-9a-f]{4}){3} -[0-9a-f]{12} \b
    """,
    re.VERBOSE | re.IGNORECASE,
)
_ORGANISATION = re.compile(
    r"\b(organi[sz]ation|tenant|subscription|account|project)(:? +)([`'\"]?)[\w.-]{0,63}\d[\w.-]{0,63}(\3)"
)


class _ErrorAnswer(msgspec.Struct):
    error: Any = None


def error_told(body: bytes | None) -> Any:
    """The error that a server's own answer holds, as it spelled it."""
    if not body:
        return None
    try:
        return msgspec.json.decode(body, type=_ErrorAnswer).error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def told_to(error: GatewayError, *, end_user: bool) -> None:
    """Leave out of a model's server's refusal what is not for an end user: where it is, and whose account."""
    if isinstance(error, ProviderError) and end_user:
        error.message = without_places(error.message)
        error.details = without_places(error.details)


def without_keys(told: Any) -> Any:
    """A text, or texts inside of lists and objects, without what looks like a key."""
    return _each_text(told, lambda text: _KEY.sub(HIDDEN, _SAID_KEY.sub(rf"\1\2{HIDDEN}", text)))


def without_places(told: Any) -> Any:
    """The same without addresses and accounts."""
    return _each_text(told, _without_places)


def _without_places(text: str) -> str:
    text = _SIX.sub(_without_six, _ACCOUNT.sub(HIDDEN, _NAMED.sub("", text)))
    return _ORGANISATION.sub(rf"\1\2\3{HIDDEN}\4", _ADDRESS.sub("its address", text))


def _without_six(found: re.Match[str]) -> str:
    try:
        ipaddress.IPv6Address(found[2])
    except ValueError:
        return found[0]
    return "its address"


def _each_text(told: Any, change: Callable[[str], str]) -> Any:
    if isinstance(told, str):
        return change(told if len(told) <= MOST else f"{told[:MOST]}…")
    if isinstance(told, dict):
        return {name: _each_text(value, change) for name, value in cast("dict[str, Any]", told).items()}
    if isinstance(told, list):
        return [_each_text(value, change) for value in cast("list[Any]", told)]
    return told
