"""A dialect that nobody speaks, over real sockets: what a dialect may be, beside those that the gateway has.

Its server speaks first, numbers what it sends on each connection, answers one call with two frames, has names of its
own for events, and bounds of its own before and after it knows who is there.
"""

import json
from collections.abc import AsyncGenerator, Iterable, Sequence
from typing import Any

import anyio
import pytest
from websockets.exceptions import ConnectionClosed

from openclaw_rpc.dialects.sockets import every
from openclaw_rpc.dialects.sockets.base import Bounds, OpeningRequest, Proof, Welcome
from openclaw_rpc.protocol import chat, session
from openclaw_rpc.protocol.base import Scope
from openclaw_rpc.protocol.errors import GatewayError, InvalidRequest, Unauthorized
from openclaw_rpc.rpc.frames import Answer, Ask, Frame, Id, Planned, Refused, Request, SocketPlan, SpelledEvent
from tests.support.gateway import TOKEN, Client, TestGateway, gateway, settings
from tests.support.upstream import scripted_upstream

FIRST_BYTES, BYTES = 60, 500


class Tally:
    """Lists of JSON, the first item being their number on this connection."""

    kind = ""
    bounded = False
    subprotocol = None
    late = True
    first_frame = False
    guards = False
    bounds = Bounds(first_bytes=FIRST_BYTES, bytes=BYTES, seconds=0.3)
    close_codes = {4001: 4900, 4003: 4901}
    names = {"chat.delta": "word", "chat.done": "end", "heartbeat": "beat"}

    def __init__(self) -> None:
        self._number = 0

    def _write(self, *items: Any) -> bytes:
        self._number += 1
        return json.dumps([self._number, *items]).encode()

    def open(self) -> Sequence[bytes]:
        return (self._write("who"),)

    def proof(self, data: bytes) -> Proof:
        word, _, token = data.decode().partition(" ")
        if word != "me":
            raise Unauthorized("say who you are")
        return Proof(token=token)

    def turn_away(self, error: GatewayError) -> Sequence[bytes]:
        return (self._write("no", error.code),)

    def grant(self, scopes: frozenset[Scope]) -> frozenset[Scope]:
        return scopes

    def greet(self, welcome: Welcome) -> Sequence[bytes]:
        return (self._write("welcome", welcome.greeting.user),)

    def read(self, data: bytes) -> Frame:
        word, _, rest = data.decode().partition(" ")
        plans = {"speak": self._speak, "count": self._count, "echo": self._echo}
        if word in plans:
            return Frame((Planned(word, plans[word](rest), word),))
        return Frame((Refused(InvalidRequest("what?"), word),) if word else ())

    def _speak(self, words: str) -> SocketPlan:
        run = yield Ask(chat.run, chat.ChatRunParams(message=words, session_key="tally"))
        yield Answer("taken")
        state = yield Ask(chat.wait, chat.ChatWaitParams(run_id=run.run_id))
        return state.response

    def _count(self, key: str) -> SocketPlan:
        """Three calls, one of which may fail."""
        try:
            yield Ask(session.create, session.SessionCreateParams(session_key=key))
        except GatewayError as error:
            return error.code
        found = yield Ask(session.get, session.SessionGetParams(session_key=key))
        page = yield Ask(session.list_, session.SessionListParams())
        return [found.session_key, page.total]

    def _echo(self, words: str) -> SocketPlan:
        return words
        yield  # no call is needed

    def answer(self, call: Request | Planned, value: Any) -> bytes:
        return self._write(call.method, value)

    def refuse(self, call_id: Id, error: GatewayError) -> bytes:
        return self._write(call_id, error.code)

    def batch(self, answers: Sequence[bytes]) -> bytes:
        raise AssertionError("there are none")

    def tell(self, name: str, data: Any) -> Iterable[SpelledEvent]:
        if name == "chat.delta":
            for word in data.delta.split():
                yield SpelledEvent(word, "word")
        elif name in self.names:
            yield SpelledEvent(None, self.names[name])

    def frames(self, told: Iterable[SpelledEvent], epoch: str = "", seq: int = 0) -> Sequence[bytes]:
        return [self._write(item.event, item.data) for item in told]


def claim(head: OpeningRequest) -> Tally | None:
    return Tally() if head.path == "/tally" and not head.credential else None


@pytest.fixture
async def served(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[TestGateway]:
    others = every.dialects("/openclaw")
    monkeypatch.setattr(every, "dialects", lambda base_path: (claim, *others))  # pyright: ignore[reportUnknownLambdaType]
    async with scripted_upstream() as upstream, gateway(settings(upstream.url, heartbeat_seconds=0.05)) as running:
        yield running


def connect(served: TestGateway) -> Any:
    return served.connect("/tally", token=None, greeted=False)


async def until(client: Client, word: str) -> list[Any]:
    """Frames up to one of that word, the heartbeats left out."""
    await client.next(lambda frame: frame[1] == word)
    return [frame[1:] for frame in client.seen if frame[1] != "beat"]


async def closed(client: Client) -> int:
    with anyio.fail_after(5), pytest.raises(ConnectionClosed):
        while True:
            client.seen.append(json.loads(await client.socket.recv()))
    code = client.socket.close_code
    assert code is not None
    return code


async def test_the_server_speaks_first_numbers_its_frames_and_answers_one_call_with_two(served: TestGateway) -> None:
    async with connect(served) as client, connect(served) as other:
        for peer in (client, other):
            assert (await peer.next())[1:] == ["who"]
            await peer.send(f"me {TOKEN}")
            assert (await peer.next())[1:] == ["welcome", "owner"]
        await client.send("speak one two three")
        await client.next(lambda frame: frame[1] == "end")
        await client.next(lambda frame: frame[1] == "beat")
        frames = await until(client, "beat")
        assert [frame for frame in frames if frame[0] == "speak"] == [
            ["speak", "taken"],
            ["speak", "echo: one two three"],
        ]
        assert [frame[1] for frame in frames if frame[0] == "word"] == ["echo:", "one", "two", "three"]
        assert frames.index(["speak", "taken"]) < frames.index(["word", "echo:"])
        await other.next(lambda frame: frame[1] == "beat")
        for peer in (client, other):
            assert [frame[0] for frame in peer.seen] == list(range(1, len(peer.seen) + 1)), "numbered without a hole"
        assert not [frame for frame in other.seen if frame[1] == "word"]


async def test_a_plan_may_take_three_calls_or_none_and_hears_of_their_errors(served: TestGateway) -> None:
    async with connect(served) as client:
        await client.send(f"me {TOKEN}")
        for _ in range(2):
            await client.send("count fresh")
        await client.send("echo at once")
        await client.send("nonsense")
        assert (await client.next(lambda frame: frame[1] == "echo"))[2] == "at once"
        await client.next(lambda frame: frame[1] == "nonsense" and frame[2] == "invalid_request")
        while len([frame for frame in client.seen if frame[1] == "count"]) < 2:
            await client.next()
        answers = [frame[2] for frame in client.seen if frame[1] == "count"]
        assert sorted(answers, key=str) == [["fresh", 1], "conflict"]


async def test_it_has_its_own_bounds_and_close_codes_before_and_after_it_is_known_who_is_there(
    served: TestGateway,
) -> None:
    async with connect(served) as client:
        await client.send("me " + "x" * FIRST_BYTES)
        assert await closed(client) == 1009
    async with connect(served) as client:
        await client.send("me wrong")
        assert await closed(client) == 4900
        assert client.seen[-1][1:] == ["no", "unauthorized"]
    async with connect(served) as client:
        assert await closed(client) == 4901, "it waited for a frame no longer than the dialect allows"
    async with connect(served) as client:
        await client.send(f"me {TOKEN}")
        await client.next(lambda frame: frame[1] == "welcome")
        await client.send("echo " + "x" * (FIRST_BYTES * 2))
        await client.next(lambda frame: frame[1] == "echo")
        await client.send("x" * (BYTES + 1))
        assert await closed(client) == 1009


async def test_other_sockets_of_the_gateway_speak_as_ever(served: TestGateway) -> None:
    async with served.connect() as plain, served.connect(subprotocols=["jsonrpc"], greeted=False) as strict:
        await plain.chat("hello")
        assert (await strict.next())["method"] == "connected"
