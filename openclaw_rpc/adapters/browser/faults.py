"""What Playwright raises, as the errors of the table."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable
from typing import Final, TypeVar

from openclaw_rpc.protocol.errors import Conflict, GatewayError, InvalidRequest, ProviderError, Timeout
from openclaw_rpc.protocol.surrogates import replaced

TEXT: Final = 300
GRACE_SECONDS: Final = 5.0
"""How much longer than its own limit a call to Playwright may take: a page that is stuck keeps it from noticing."""
GONE: Final = ("has been closed", "Target crashed", "Page crashed", "Connection closed", "Target closed", "detached")

T = TypeVar("T")


async def asked(work: Awaitable[T], field: str, timeout_ms: float) -> T:
    """Await Playwright, for ``timeout_ms`` and a little longer. ``field`` is to blame for what it does not take.

    Raises:
        Timeout, InvalidRequest, ProviderError: as they say.
        Conflict: the page was closed or crashed meanwhile.
    """
    from playwright.async_api import Error
    from playwright.async_api import TimeoutError as PlaywrightTimeout

    try:
        async with asyncio.timeout(timeout_ms / 1000 + GRACE_SECONDS):
            return await work
    except PlaywrightTimeout as error:
        raise Timeout(first_line(error), field=field, reason="browser") from None
    except TimeoutError:
        raise Timeout(f"the page did not answer within {timeout_ms:g} ms", field=field, reason="browser") from None
    except Error as error:
        raise fault(first_line(error), field) from None
    except Exception as error:
        if any(sign in str(error) for sign in GONE):
            raise fault(first_line(error), field) from None
        raise


def fault(line: str, field: str) -> GatewayError:
    """The error for what Playwright said."""
    if "net::ERR_" in line:
        return ProviderError(f"the page could not be reached: {line}", reason="unreachable")
    if "Download is starting" in line:
        return InvalidRequest(f"{field}: it is a download, which the browser refuses", field=field, reason="download")
    if any(sign in line for sign in GONE):
        return Conflict("the page was closed, crashed or went to another address meanwhile", reason="page_gone")
    return InvalidRequest(f"{field}: {line}", field=field, reason=line)


def first_line(error: Exception) -> str:
    """What an error says, without the name of Playwright's method."""
    said = str(error).strip()
    line = said.splitlines()[0] if said else type(error).__name__
    return replaced(re.sub(r"^\w+\.\w+: ", "", line)[:TEXT])
