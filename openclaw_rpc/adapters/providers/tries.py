"""When a request that failed is tried again."""

import asyncio
import random
from typing import Final

from openclaw_rpc.adapters.providers.faults import LONGEST_WAIT, Failed, Faults
from openclaw_rpc.adapters.providers.http1 import LateError

FIRST_PAUSE: Final = 0.25
LONGEST_PAUSE: Final = 4.0


class RequestTries:
    """The attempts of one request.

    Args:
        faults: words what the last of them came to.
        retries: how many there may be after the first.
        seconds: how long all of them may take.
        setting: the key that bounds it.
    """

    def __init__(self, faults: Faults, retries: int, seconds: float, setting: str) -> None:
        self.until = asyncio.get_running_loop().time() + seconds
        """By the loop's clock."""
        self._faults = faults
        self._left = retries
        self._seconds = seconds
        self._setting = setting
        self._pause = FIRST_PAUSE

    async def again(self, error: Failed | LateError) -> None:
        """Wait until it is time for another attempt, as long as that may help and the time is not over.

        Raises:
            ProviderFault: there is none after that error.
        """
        if isinstance(error, LateError):
            what = f"said nothing within {self._seconds:g} s"
            raise self._faults.timeout(what, self._setting).fault from None
        pause = self._next_pause(error)
        if not error.again or not self._left or pause >= self.until - asyncio.get_running_loop().time():
            raise error.fault from None
        self._left -= 1
        await asyncio.sleep(pause)

    def _next_pause(self, failed: Failed) -> float:
        """Seconds: what the server asked for, else longer each time, and never all at once."""
        pause, self._pause = self._pause, min(self._pause * 2, LONGEST_PAUSE)
        asked = failed.fault.retry_after
        if asked is not None:
            return min(asked, LONGEST_WAIT)
        return pause * random.uniform(0.75, 1)  # noqa: S311 - no secret
