"""How many conversations at once does your gateway carry, with your model behind it?

    pip install ./clients/python
    python examples/load_test.py --clients 20 --messages 5 --message "Say hello"

It asks for tokens of your provider, and it draws on your gateway's rate limits (gateway.rate_limit).
"""

import argparse
import asyncio
import os
import time
from statistics import quantiles

from openclaw import AsyncOpenClawClient, OpenClawError


class Measured:
    """What came out: seconds to the first word and to the end, events, and what failed."""

    def __init__(self) -> None:
        self.first: list[float] = []
        self.whole: list[float] = []
        self.events = 0
        self.failed: dict[str, int] = {}

    async def converse(self, client: AsyncOpenClawClient, session: str, messages: int, message: str) -> None:
        for _ in range(messages):
            begun, first = time.perf_counter(), None
            try:
                async for event in client.chat.stream(message=message, session_key=session):
                    self.events += 1
                    if event.type == "chat.delta":
                        first = first or time.perf_counter() - begun
                    elif event.type == "chat.done" and event.data["finishReason"] == "error":
                        raise OpenClawError(event.data["error"]["code"])
            except OpenClawError as error:
                name = str(error)
                self.failed[name] = self.failed.get(name, 0) + 1
                continue
            self.first.append(first or 0.0)
            self.whole.append(time.perf_counter() - begun)


def shown(name: str, seconds: list[float]) -> str:
    if len(seconds) < 2:
        return f"{name}: –"
    cuts = quantiles(seconds, n=100, method="inclusive")
    return f"{name}: p50 {cuts[49] * 1000:.0f} ms, p95 {cuts[94] * 1000:.0f} ms"


async def main(clients: int, messages: int, message: str) -> None:
    measured, begun, run = Measured(), time.perf_counter(), os.urandom(4).hex()
    async with AsyncOpenClawClient(token=os.environ["OPENCLAW_TOKEN"]) as client:
        sessions = (f"load-{run}-{number}" for number in range(clients))
        await asyncio.gather(*(measured.converse(client, session, messages, message) for session in sessions))
    seconds = time.perf_counter() - begun
    print(f"{len(measured.whole)} answers in {seconds:.1f} s: {len(measured.whole) / seconds:.1f} a second")
    print(f"{measured.events} events: {measured.events / seconds:.0f} a second")
    print(shown("first word", measured.first))
    print(shown("whole answer", measured.whole))
    for reason, times in sorted(measured.failed.items()):
        print(f"failed {times} times: {reason}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=10)
    parser.add_argument("--messages", type=int, default=3)
    parser.add_argument("--message", default="Say hello in one sentence.")
    given = parser.parse_args()
    asyncio.run(main(given.clients, given.messages, given.message))
