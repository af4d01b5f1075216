"""The conversations of this folder, replayed on real sockets; and that they cover the table."""

import json
import shutil
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import anyio
import pytest
from websockets.exceptions import ConnectionClosed

from openclaw_rpc.protocol import table
from tests.support.conversation import FOLDER, Conversation, Line, Mismatch, filled, match, read
from tests.support.engines import ENGINES, engine
from tests.support.gateway import PASSWORD, TOKEN, Client, TestGateway, gateway, settings
from tests.support.upstream import Upstream, scripted_upstream

FILES = sorted(FOLDER.glob("*.txt"))
SECONDS = 40
SCOPES = {"read", "chat", "tools", "admin"}
WELCOME = '<-- {"type": "connected"}'


@pytest.fixture
async def upstream() -> AsyncGenerator[Upstream]:
    """One a conversation: it remembers what it has seen."""
    async with scripted_upstream() as server:
        yield server


def token_of(found: Conversation, served: TestGateway) -> str | None:
    """The token that a conversation's header asks for."""
    if found.token in ("owner", "none", "wrong"):
        return {"owner": TOKEN, "none": None, "wrong": "no-token-of-ours"}[found.token]
    if set(found.token.split(",")) <= SCOPES:
        return served.make_token("owner", found.token)
    user, dash, admin = found.token.partition("-")
    return served.make_token(user, "read,chat,tools" + (",admin" if dash and admin == "admin" else ""))


class Replay:
    """A conversation on its way: ``names`` is what was bound."""

    def __init__(self, client: Client) -> None:
        self.names: dict[str, Any] = {"TOKEN": TOKEN, "PASSWORD": PASSWORD}
        self._client = client
        self._held: Any = None

    async def play(self, line: Line) -> None:
        if line.way == "-->":
            await self._client.send(filled(line, self.names))
        elif line.way == "close":
            await self._closed(line.frame)
        elif line.way == "joined":
            await self._joined(line.frame)
        else:
            match(line.frame, await self._next(), self.names)

    async def _next(self) -> Any:
        if self._held is not None:
            held, self._held = self._held, None
            return held
        return await self._client.next(seconds=SECONDS)

    async def _closed(self, code: int) -> None:
        try:
            frame = await self._next()
        except ConnectionClosed as closed:
            assert closed.rcvd is not None, "the socket was cut without a close frame"
            assert closed.rcvd.code == code, closed.rcvd
            return
        raise Mismatch(f"not closed, but {frame!r}")

    async def _joined(self, pattern: Any) -> None:
        """Deltas until their text is the pattern's; it binds all but the text of each."""
        body = "params" if "params" in pattern else "data"
        wanted, text = pattern[body]["delta"], ""
        while len(text) < len(wanted):
            frame = await self._next()
            match({**pattern, body: {**pattern[body], "delta": "<str>"}}, frame, self.names)
            text += frame[body]["delta"]
        assert text == wanted


@pytest.mark.parametrize("kept", ENGINES)
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
async def test_a_conversation_goes_as_it_is_written(path: Path, kept: str, upstream: Upstream) -> None:
    found = read(path)
    if found.needs is not None and shutil.which(found.needs) is None:
        pytest.skip(f"{found.needs} is not installed")
    config = settings(upstream.url if found.upstream == "scripted" else None, **found.gateway)
    for name, section in found.config.items():
        config[name] = {**config.get(name, {}), **section}
    if found.upstream == "none":
        # An address that nobody answers at, so that no model's server on this machine is found.
        config["providers"] = {}
    protocols = [found.subprotocol] if found.subprotocol else None
    async with engine(kept) as engines, gateway({**config, **engines}) as served:
        token = token_of(found, served)
        async with served.connect(found.path, token=token, greeted=False, subprotocols=protocols) as client:
            replay = Replay(client)
            replay.names["UPSTREAM"] = upstream.url
            for line in found.lines:
                try:
                    with anyio.fail_after(SECONDS + 5):
                        await replay.play(line)
                except (AssertionError, TimeoutError, ConnectionClosed) as error:
                    seen = "\n".join(json.dumps(frame, ensure_ascii=False)[:400] for frame in client.seen[-6:])
                    message = f"{path.name}:{line.number}: {type(error).__name__}: {error}\nlast seen:\n{seen}"
                    raise AssertionError(message) from error


def outcomes() -> set[tuple[str, str]]:
    """(method, "result" or "error") of every call in the conversations that is answered."""
    found: set[tuple[str, str]] = set()
    for path in FILES:
        asked: dict[str, str] = {}
        for line in read(path).lines:
            for frame in line.frame if isinstance(line.frame, list) else [line.frame]:
                if not isinstance(frame, dict) or "id" not in frame:
                    continue
                if line.way == "-->" and isinstance(frame.get("method"), str):
                    asked[json.dumps(frame["id"])] = frame["method"]
                elif (method := asked.get(json.dumps(frame["id"]))) is not None:
                    found.update((method, kind) for kind in ("result", "error") if kind in frame)
    return found


def events_told() -> set[str]:
    """The names of all events that the conversations expect."""
    told: set[str] = set()
    for path in FILES:
        for line in read(path).lines:
            if line.way in ("<--", "joined") and isinstance(line.frame, dict):
                told.update(name for key in ("type", "method") if isinstance(name := line.frame.get(key), str))
    return told


ROWS = sorted(table.by_name())
ANSWERED_ELSEWHERE = {"channel.pair", "webhook.redeliver", "device.revoke", "device.remove"}
"""Their results need another system beside the gateway, or a device: `test_channels.py`, `test_openclaw_v4.py`."""
TOLD_ELSEWHERE = {"device.revoked"}


@pytest.mark.parametrize("method", ROWS)
def test_every_method_is_answered_in_a_conversation_and_refused_in_one(method: str) -> None:
    wanted = {"error"} if method in ANSWERED_ELSEWHERE else {"result", "error"}
    missing = wanted - {kind for name, kind in outcomes() if name == method}
    assert not missing, f"no conversation in {FOLDER.name}/*.txt has a call of {method} with: {', '.join(missing)}"


@pytest.mark.parametrize("event", sorted(set(table.events()) - TOLD_ELSEWHERE))
def test_every_event_is_told_in_a_conversation(event: str) -> None:
    assert event in events_told(), f"no conversation in {FOLDER.name}/*.txt expects the event {event}"
