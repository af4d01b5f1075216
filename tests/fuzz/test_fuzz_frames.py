"""A few hundred hostile frames; `python -m tests.fuzz --cases N` sends more."""

import pytest
from hypothesis import HealthCheck, given, strategies
from hypothesis import settings as tried

from tests.fuzz.frames import RAW, fuzz
from tests.support.gateway import TestGateway, gateway, settings


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
        await client.send({"id": "after", "method": "agent.list"})
        frame = await client.next()
        assert frame.get("id") == "after" or frame["error"]["code"] in (-32700, -32600), frame


async def test_what_is_known_to_be_nasty_is_answered(served: TestGateway) -> None:
    async with served.connect() as client:
        for data in RAW:
            await client.socket.send(data, text=True)
            await client.send({"id": "after", "method": "agent.list"})
            await client.next(lambda frame: isinstance(frame, dict) and frame.get("id") == "after")
        errors = [frame["error"]["code"] for frame in client.seen if isinstance(frame, dict) and "error" in frame]
        assert set(errors) <= {-32700, -32600, -32601}
