"""`openclaw devices`, against a running gateway."""

import json
import os
from typing import Any

import anyio
import pytest
import yaml
from websockets.asyncio.client import connect

from tests.cli.command import Gateway
from tests.support.device import connecting


@pytest.fixture
def device(gateway: Gateway) -> str:
    """A device that came in and left."""

    secret = yaml.safe_load((gateway.home.path / "gateway.yaml").read_text())["gateway"]["auth"]["token"]

    async def come() -> str:
        url = gateway.url.replace("http", "ws", 1)
        async with connect(url, user_agent_header=None, proxy=None) as socket:
            challenge = json.loads(await socket.recv())["payload"]
            params: dict[str, Any] = connecting(challenge["nonce"], challenge["ts"], secret=secret, seed=os.urandom(32))
            await socket.send(json.dumps({"type": "req", "id": "1", "method": "connect", "params": params}))
            answer = json.loads(await socket.recv())
            assert answer["ok"], answer
        return params["device"]["id"]

    with anyio.from_thread.start_blocking_portal() as portal:
        return portal.call(come)


def test_a_device_is_listed_revoked_and_removed(gateway: Gateway, device: str) -> None:
    assert device in gateway.run("devices", "list").out
    done = gateway.run("devices", "revoke", device)
    assert (done.code, done.out) == (0, f"The token of {device} is revoked.\n")
    listed = gateway.run("devices", "list", "--json").json()["devices"]
    assert [one["revoked"] for one in listed if one["deviceId"] == device] == [True]
    assert "revoked" in gateway.run("devices", "list").out
    assert gateway.run("devices", "remove", device).code == 0
    assert gateway.run("devices", "list", "--json").json() == {"devices": []}


def test_a_device_that_is_not_there_is_named(gateway: Gateway) -> None:
    done = gateway.run("devices", "remove", "nothing")
    assert done.code == 1
    assert "there is no device 'nothing'" in done.err
    assert "No device has signed in yet" in gateway.run("devices", "list").err
