"""A few hundred hostile frames; `python -m tests.fuzz --cases N` sends more."""

import anyio
import pytest
from hypothesis import HealthCheck, given, strategies
from hypothesis import settings as tried

from tests.fuzz.frames import RAW, fuzz
from tests.support.gateway import SECONDS, Client, TestGateway, gateway, settings


@pytest.mark.parametrize("seed", [1, 2])
async def test_hostile_frames_are_answered_or_closed_with_a_code(seed: int) -> None:
    async with gateway(settings()) as served:
        found = await fuzz(served, 150, seed)
    assert not found.faults
    assert found.cases == 150


@pytest.fixture(scope="module")
async def served():
    async with gateway(settings()) as running:
        yield running


@tried(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=strategies.one_of(strategies.binary(max_size=200), strategies.text(max_size=100).map(str.encode)))
async def test_bytes_of_any_kind_are_answered_or_closed_with_a_code(served: TestGateway, data: bytes) -> None:
    async with served.connect() as client:
        await client.socket.send(data, text=True)
        if not is_text(data):
            assert await closed(client) == 1007
            return
        await client.send({"id": "after", "method": "agent.list"})
        frame = await client.next()
        assert frame.get("id") == "after" or frame["error"]["code"] in (-32700, -32600), frame


async def test_what_is_known_to_be_nasty_is_answered(served: TestGateway) -> None:
    async with served.connect() as client:
        for data in filter(is_text, RAW):
            await client.socket.send(data, text=True)
            await client.send({"id": "after", "method": "agent.list"})
            await client.next(lambda frame: isinstance(frame, dict) and frame.get("id") == "after")
        errors = [frame["error"]["code"] for frame in client.seen if isinstance(frame, dict) and "error" in frame]
        assert set(errors) <= {-32700, -32600, -32601}
    for data in (data for data in RAW if not is_text(data)):
        async with served.connect() as client:
            await client.socket.send(data, text=True)
            assert await closed(client) == 1007


def is_text(data: bytes) -> bool:
    """Whether a frame of text may hold it (RFC 6455, 8.1)."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


async def closed(client: Client) -> int | None:
    """The code with which the gateway closes."""
    with anyio.fail_after(SECONDS):
        await client.socket.wait_closed()
    return client.socket.close_code
