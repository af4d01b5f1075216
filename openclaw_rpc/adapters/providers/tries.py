"""When a request that failed is tried again."""

import asyncio
import random
from typing import Final

from openclaw_rpc.adapters.providers.faults import LONGEST_WAIT, Failed, Faults
from openclaw_rpc.adapters.providers.http1 import LateError
from openclaw_rpc.domain.providers import Waits

FIRST_PAUSE: Final = 0.25
LONGEST_PAUSE: Final = 4.0
LOADING_PAUSE: Final = 1.0
LOADING: Final = "loading the model"


class RequestTries:
    """The attempts of one request.

    Args:
        faults: words what the last of them came to.
        retries: how many there may be after the first.
        seconds: how long all of them may take.
        setting: the key that bounds it.
        patience: how long a server is waited for that loads its model, in s: as long as all may take.
        waits: is told when that begins.
    """

    def __init__(
        self,
        faults: Faults,
        retries: int,
        seconds: float,
        setting: str,
        *,
        patience: float | None = None,
        waits: Waits | None = None,
    ) -> None:
        now = asyncio.get_running_loop().time()
        self.until = now + seconds
        """By the loop's clock."""
        self._faults = faults
        self._left = retries
        self._seconds = seconds
        self._setting = setting
        self._pause = FIRST_PAUSE
        self._patience = now + min(seconds, patience or seconds)
        self._waits = waits

    async def again(self, error: Failed | LateError) -> None:
        """Wait until it is time for another attempt, as long as that may help and the time is not over.

        Raises:
            ProviderFault: there is none after that error.
        """
        if isinstance(error, LateError):
            what = f"said nothing within {self._seconds:g} s"
            raise self._faults.timeout(what, self._setting).fault from None
        pause = self._next_pause(error)
        if error.fault.fault == "loading" and error.again:
            await self._wait_for_the_model(error, pause)
            return
        if not error.again or not self._left or pause >= self.until - asyncio.get_running_loop().time():
            raise error.fault from None
        self._left -= 1
        await asyncio.sleep(pause)

    async def _wait_for_the_model(self, error: Failed, pause: float) -> None:
        """A server that loads its model has not failed: asking again counts for nothing."""
        if pause >= self._patience - asyncio.get_running_loop().time():
            raise error.fault from None
        if self._waits is not None:
            self._waits(LOADING)
            self._waits = None
        self._pause = min(self._pause, LOADING_PAUSE)
        await asyncio.sleep(pause)

    def _next_pause(self, failed: Failed) -> float:
        """Seconds: what the server asked for, else longer each time, and never all at once."""
        pause, self._pause = self._pause, min(self._pause * 2, LONGEST_PAUSE)
        asked = failed.fault.retry_after
        if asked is not None:
            return min(asked, LONGEST_WAIT)
        return pause * random.uniform(0.75, 1)  # noqa: S311 - no secret
