"""`python -m tests.bench.loops WHO URL TOKEN WORDS`: reads a streamed answer, and prints what that cost.

WHO is `openai` (its own loop), `openclaw` (the client that waits), `async` (the one to be awaited), or `import`.
Printed are seconds of this process's CPU, and the events; the first answer, which imports and connects, is not counted.
"""

import asyncio
import sys
import time
from collections.abc import Callable


def counted(read: Callable[[], int]) -> None:
    """Print what reading costs."""
    read()
    begun = time.process_time()
    events = read()
    print(time.process_time() - begun, events)


def with_openai(url: str, token: str, message: str) -> None:
    from openai import OpenAI

    client = OpenAI(base_url=f"{url}/v1", api_key=token)

    def read() -> int:
        stream = client.chat.completions.create(
            model="openclaw", messages=[{"role": "user", "content": message}], stream=True
        )
        return sum(1 for chunk in stream if chunk.choices and chunk.choices[0].delta.content)

    counted(read)


def with_openclaw(url: str, token: str, message: str) -> None:
    from openclaw import OpenClawClient

    client = OpenClawClient(url, token)
    counted(lambda: sum(1 for event in client.chat.stream(message=message) if event.data.get("delta")))


def awaited(url: str, token: str, message: str) -> None:
    from openclaw import AsyncOpenClawClient

    async def main() -> None:
        async with AsyncOpenClawClient(url, token) as client:
            for counts in (False, True):
                begun, events = time.process_time(), 0
                async for event in client.chat.stream(message=message):
                    events += bool(event.data.get("delta"))
                if counts:
                    print(time.process_time() - begun, events)

    asyncio.run(main())


def imported() -> None:
    begun = time.process_time()
    import openclaw

    print(time.process_time() - begun, len(openclaw.__all__))


if __name__ == "__main__":
    who, url, token, words = [*sys.argv[1:], "", "", "0"][:4]
    if who == "import":
        imported()
    else:
        {"openai": with_openai, "openclaw": with_openclaw, "async": awaited}[who](url, token, f"[[slow:{words},2]]")
