"""Several processes that are one gateway, by PostgreSQL and Redis: whatever is asked of one of them holds for all."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest
from aiohttp import web
from websockets.exceptions import ConnectionClosed

from openclaw_rpc.domain.kept import StorageUnusable
from tests.cli.command import Home
from tests.support import postgres, redis
from tests.support.channels import SECRET, eventually, post_signed
from tests.support.gateway import TOKEN, Client, TestGateway, gateway, settings
from tests.support.nodes import config, seen
from tests.support.platforms.receiver import Receiver
from tests.support.upstream import Upstream
from tests.support.web import serving

pytestmark = [postgres.INSTALLED, redis.INSTALLED, pytest.mark.timeout(120)]


async def test_a_run_is_watched_aborted_and_resumed_on_other_nodes(upstream: Upstream, shared: dict[str, Any]) -> None:
    async with (
        gateway(config(upstream, shared, "a")) as a,
        gateway(config(upstream, shared, "b")) as b,
        gateway(config(upstream, shared, "c")) as c,
        a.connect() as on_a,
        b.connect() as on_b,
        c.connect() as on_c,
    ):
        await on_a.result("session.create", sessionKey="one")
        run = await on_a.result("chat.run", sessionKey="one", message="[[slow:200,20]]")
        begin = {"epoch": run["epoch"], "seq": run["seq"]}
        watched = await on_b.result("event.subscribe", sessionKey="one", after=begin)
        assert not watched["resync"]
        await on_b.event("chat.delta", runId=run["runId"])
        assert (await seen(on_b, {"a", "b", "c"}))["node"] == "b"
        detail = await on_c.result("session.get", sessionKey="one")
        assert [live["runId"] for live in detail["live"]] == [run["runId"]]
        aborted = await on_c.result("chat.abort", runId=run["runId"])
        assert aborted["status"] == "aborted"
        done = await on_b.event("chat.done", runId=run["runId"])
        assert done["data"]["finishReason"] == "aborted"
        await on_a.event("chat.done", runId=run["runId"])
        assert without_gaps(on_b, run) == without_gaps(on_a, run)
        again = await on_c.result("event.subscribe", sessionKey="one", after=begin)
        assert not again["resync"]
        await on_c.event("chat.done", runId=run["runId"])
        assert on_c.text(run["runId"]) == on_a.text(run["runId"])


def without_gaps(client: Client, run: dict[str, Any]) -> str:
    """What was told of a run, each number of its events once and in order."""
    told = [frame for frame in client.seen if frame.get("epoch") == run["epoch"] and frame.get("seq", 0) > run["seq"]]
    assert [frame["seq"] for frame in told] == sorted({frame["seq"] for frame in told})
    return client.text(run["runId"])


async def test_a_message_to_another_nodes_session_is_run_there_and_told_here(
    upstream: Upstream, shared: dict[str, Any]
) -> None:
    async with (
        gateway(config(upstream, shared, "a")) as a,
        gateway(config(upstream, shared, "b")) as b,
        a.connect() as on_a,
        b.connect() as on_b,
    ):
        await on_a.chat("[[raw:first]]", sessionKey="one")
        text, done = await on_b.chat("[[raw:second]]", sessionKey="one")
        assert text == "second"
        assert done["data"]["finishReason"] == "stop"
        waited = await on_b.result("chat.wait", runId=done["data"]["runId"])
        assert waited["response"] == "second"
        history = await on_b.result("chat.history", sessionKey="one")
        assert [one["content"] for one in history["messages"]][1::2] == ["first", "second"]


async def test_a_list_shows_which_sessions_have_a_run_at_any_node(upstream: Upstream, shared: dict[str, Any]) -> None:
    async with (
        gateway(config(upstream, shared, "a")) as a,
        gateway(config(upstream, shared, "b")) as b,
        a.connect() as on_a,
        b.connect() as on_b,
    ):
        await seen(on_a, {"a", "b"})
        await seen(on_b, {"a", "b"})
        await on_a.chat("[[raw:done]]", sessionKey="idle")
        run = await on_a.result("chat.run", sessionKey="one", message="[[hang]]")
        await on_a.result("chat.run", sessionKey="one", message="[[raw:later]]")
        own = await on_b.result("chat.run", sessionKey="two", message="[[hang]]")
        working = {"idle": None, "one": run["runId"], "two": own["runId"]}
        for client in (on_a, on_b):
            assert await active(client) == working
            assert (await client.result("session.get", sessionKey="one"))["activeRunId"] == run["runId"]
        await on_b.result("session.create", sessionKey="own")
        await on_b.result("chat.abort", runId=own["runId"])
        assert await active(on_a) == {"idle": None, "one": run["runId"], "two": None, "own": None}


async def active(client: Client) -> dict[str, Any]:
    """Of each session in the list, its run."""
    sessions = (await client.result("session.list"))["sessions"]
    return {each["sessionKey"]: each.get("activeRunId") for each in sessions}


async def test_two_living_nodes_do_not_share_a_name(upstream: Upstream, shared: dict[str, Any]) -> None:
    async with gateway(config(upstream, shared, "a")):
        with pytest.raises(StorageUnusable, match=r"cluster\.node"):
            async with gateway(config(upstream, shared, "a", lease=1)):
                pass


async def test_a_gateway_without_redis_does_not_run_beside_nodes(upstream: Upstream, shared: dict[str, Any]) -> None:
    async with gateway(config(upstream, shared, "a")):
        with pytest.raises(StorageUnusable, match=r"bus\.url"):
            async with gateway({**settings(upstream.url), "storage": shared["storage"]}):
                pass


async def test_a_call_that_waits_on_one_node_is_approved_on_another(upstream: Upstream, shared: dict[str, Any]) -> None:
    asks = {"security": {"policies": {"file_write": "ask"}}}
    async with (
        gateway({**config(upstream, shared, "a"), **asks}) as a,
        gateway({**config(upstream, shared, "b"), **asks}) as b,
        a.connect() as on_a,
        b.connect() as on_b,
    ):
        message = '[[tool:file_write {"path":"note.txt","content":"x"}]]'
        run = await on_a.result("chat.run", sessionKey="one", message=message)
        await on_a.event("tool.approval", runId=run["runId"])
        (waiting,) = (await on_b.result("tool.pending"))["approvals"]
        await on_b.result("tool.approve", approvalId=waiting["approvalId"])
        result = await on_a.event("tool.result", runId=run["runId"])
        assert "error" not in result["data"]
        error = await on_b.error("tool.deny", approvalId=waiting["approvalId"])
        assert error["data"]["code"] == "not_found"


async def test_a_webhook_made_on_one_node_is_called_once_for_what_another_does(
    upstream: Upstream, shared: dict[str, Any]
) -> None:
    ids: list[str] = []
    all_came = anyio.Event()

    async def take(request: web.Request) -> web.Response:
        ids.append(request.headers["webhook-id"])
        if len(ids) == 5:
            all_came.set()
        return web.Response()

    async with (
        gateway(config(upstream, shared, "a")) as a,
        gateway(config(upstream, shared, "b")) as b,
        a.connect() as on_a,
        b.connect() as on_b,
        serving(take) as port,
    ):
        await on_a.result("webhook.create", url=f"http://127.0.0.1:{port}/", events=["chat.done"])
        assert len((await on_b.result("webhook.list"))["webhooks"]) == 1
        for at in range(5):
            await on_b.chat("[[raw:x]]", sessionKey=f"s{at}")
        with anyio.fail_after(10):
            await all_came.wait()
        assert len(set(ids)) == 5


async def test_a_task_made_on_a_node_that_does_not_lead_is_done_once(
    upstream: Upstream, shared: dict[str, Any]
) -> None:
    async with (
        gateway(config(upstream, shared, "a")) as a,
        gateway(config(upstream, shared, "b")) as b,
        a.connect() as on_a,
        b.connect() as on_b,
    ):
        action = {"type": "message", "params": {"content": "[[raw:tick]]"}}
        soon = datetime.now(UTC) + timedelta(seconds=1.5)
        task = await on_b.result("task.create", name="once", at=soon.isoformat(), action=action)
        with anyio.fail_after(20):
            while True:
                runs = (await on_a.result("task.runs", taskId=task["id"]))["runs"]
                if runs and runs[0]["status"] != "running":
                    break
                await anyio.sleep(0.05)
            # The task is changed behind its time's end.
            while True:
                if (await on_a.result("task.get", taskId=task["id"])).get("lastRunAt"):
                    break
                await anyio.sleep(0.05)
        assert [run["status"] for run in runs] == ["completed"]


async def test_a_token_revoked_on_one_node_ends_its_sockets_on_another(
    upstream: Upstream, shared: dict[str, Any]
) -> None:
    async with (
        gateway(config(upstream, shared, "a")) as a,
        gateway(config(upstream, shared, "b")) as b,
        a.connect() as on_a,
    ):
        token = (await on_a.result("token.create", name="guest", scopes=["read"]))["token"]
        async with b.connect(token=token) as guest:
            await guest.result("session.list")
            await on_a.result("token.revoke", name="guest")
            with anyio.fail_after(2), pytest.raises(ConnectionClosed) as closed:
                await guest.socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4002


async def test_a_node_that_starts_leaves_the_responses_of_others_alone(
    upstream: Upstream, shared: dict[str, Any]
) -> None:
    body = {"model": "openclaw", "input": "[[slow:60,20]]", "background": True}
    async with gateway(config(upstream, shared, "a")) as a:
        async with a.http("POST", "/v1/responses", body) as response:
            begun = await response.json()
        async with gateway(config(upstream, shared, "b")) as b:
            with anyio.fail_after(20):
                while True:
                    async with b.http("GET", f"/v1/responses/{begun['id']}") as response:
                        found = await response.json()
                    if found["status"] not in ("queued", "in_progress"):
                        break
                    await anyio.sleep(0.05)
    assert found["status"] == "completed"


async def test_a_node_that_sees_another_workspace_says_so_until_it_is_alone(
    upstream: Upstream, shared: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "a" / "workspace").mkdir(parents=True)
    for name in ("b", "c"):
        (tmp_path / name).mkdir()
    (tmp_path / "b" / "workspace").symlink_to(tmp_path / "a" / "workspace")
    async with (
        gateway(config(upstream, shared, "c"), home=tmp_path / "c") as c,
        gateway(config(upstream, shared, "a"), home=tmp_path / "a") as a,
    ):
        await until_warned(a)
        await until_warned(c, of=0)
        words = ("doctor", "--url", a.url, "--token", TOKEN)
        done = await anyio.to_thread.run_sync(lambda: Home(tmp_path / "d").run(*words))
        assert "this node's workspace is not the one that the other nodes see" in done.out
    async with (
        gateway(config(upstream, shared, "a"), home=tmp_path / "a") as a,
        gateway(config(upstream, shared, "b"), home=tmp_path / "b") as b,
    ):
        # The first that came alone said which it is.
        await until_warned(b, of=0)
        await until_warned(a, of=0)
        async with gateway(config(upstream, shared, "c"), home=tmp_path / "c") as c:
            await until_warned(c)


async def until_warned(served: TestGateway, of: int = 1) -> None:
    """Wait until a node has looked, and warns of so much."""
    with anyio.fail_after(30):
        while True:
            async with served.connect() as client:
                status = await client.result("system.status")
            async with served.http("GET", "/readyz") as response:
                told = (await response.json())["warnings"]
            looked = status["chores"]["workspace"]["state"] == "running"
            if looked and len(told) == of and status.get("warnings", []) == told:
                return
            await anyio.sleep(0.05)


async def test_a_response_in_the_background_is_read_followed_and_cancelled_on_another_node(
    upstream: Upstream, shared: dict[str, Any]
) -> None:
    body = {"model": "openclaw", "input": "[[slow:400,20]]", "background": True}
    async with gateway(config(upstream, shared, "a")) as a, gateway(config(upstream, shared, "b")) as b:
        async with a.http("POST", "/v1/responses", body) as response:
            begun = await response.json()
        path = f"/v1/responses/{begun['id']}"
        async with b.http("GET", f"{path}?stream=true") as stream:
            assert stream.status == 200
            told = b""
            with anyio.fail_after(20):
                while told.count(b"event: response.output_text.delta") < 3:
                    told += await stream.content.readany()
                async with b.http("GET", path) as response:
                    found = await response.json()
                assert found["status"] == "in_progress"
                async with b.http("POST", f"{path}/cancel") as response:
                    assert (await response.json())["status"] == "cancelled"
                told += await stream.content.read()
        numbers = [json.loads(line[6:])["sequence_number"] for line in told.split(b"\n") if line.startswith(b"data: {")]
        assert numbers == list(range(len(numbers)))
        async with a.http("GET", path) as response:
            assert (await response.json())["status"] == "cancelled"


async def test_a_run_is_watched_by_server_sent_events_on_another_node_from_its_first_event(
    upstream: Upstream, shared: dict[str, Any]
) -> None:
    async with (
        gateway(config(upstream, shared, "a")) as a,
        gateway(config(upstream, shared, "b")) as b,
        a.connect() as on_a,
    ):
        await on_a.result("session.create", sessionKey="one")
        async with b.http("GET", "/v1/sessions/one/events") as stream:
            assert stream.status == 200
            run = await on_a.result("chat.run", sessionKey="one", message="[[slow:50,10]]")
            told = b""
            with anyio.fail_after(20):
                while run["runId"].encode() not in told or b"finish" not in told:
                    told += await stream.content.readany()
    data = [json.loads(line[6:]) for line in told.split(b"\n") if line.startswith(b"data: {")]
    said = [each["delta"] for each in data if "delta" in each]
    assert "".join(said) == "".join(f"w{at} " for at in range(50))
    ids = [int(line.rpartition(b"/")[2]) for line in told.split(b"\n") if line.startswith(b"id: ")]
    assert ids == sorted(set(ids))


async def test_a_sign_in_link_works_once_at_any_node(upstream: Upstream, shared: dict[str, Any]) -> None:
    async def signed_in(served: TestGateway, code: str) -> str | None:
        """The cookie of a page that signed in."""
        async with served.http("POST", "/login", {"code": code}, token=None, headers={"Origin": served.url}) as answer:
            assert answer.status in (204, 401)
            return answer.headers["Set-Cookie"].partition(";")[0] if answer.status == 204 else None

    async with (
        gateway(config(upstream, shared, "a")) as a,
        gateway(config(upstream, shared, "b")) as b,
        a.connect() as on_a,
        b.connect() as on_b,
    ):
        await seen(on_a, {"a", "b"})
        await seen(on_b, {"a", "b"})
        for made, used in ((a, b), (a, a)):
            code = str(made.app.sign_in_link()).partition("#code=")[2]
            cookie = await signed_in(used, code)
            assert cookie is not None
            for served in (used, a, b):
                async with served.http(
                    "GET", "/status", token=None, headers={"Cookie": cookie, "Origin": served.url}
                ) as answer:
                    assert answer.status == 200
                assert await signed_in(served, code) is None
        token = (await on_a.result("token.create", name="guest", scopes=["read"]))["token"]
        async with a.connect(token=token) as guest:
            code = (await guest.result("dashboard.link"))["path"].partition("#code=")[2]
        cookie = await signed_in(b, code)
        assert cookie is not None
        async with a.connect(token=None, headers={"Cookie": cookie, "Origin": a.url}) as client:
            assert (await client.error("token.list"))["data"]["code"] == "forbidden"
        code = (await on_a.result("dashboard.link"))["path"].partition("#code=")[2]
        for invented in (f"9{code}", code.partition(".")[0] + ".invented", "invented", ".", f"-{code}"):
            assert await signed_in(b, invented) is None
        found: list[str | None] = []

        async def race(served: TestGateway) -> None:
            found.append(await signed_in(served, code))

        async with anyio.create_task_group() as group:
            group.start_soon(race, a)
            group.start_soon(race, b)
        assert len([each for each in found if each is not None]) == 1


async def test_channels_are_shown_switched_and_reached_at_any_node(upstream: Upstream, shared: dict[str, Any]) -> None:
    async with Receiver.running() as receiver:
        receiver.secrets = [SECRET]
        webhook = {"url": f"{receiver.url}/hook", "secret": SECRET}

        def having(node: str) -> dict[str, Any]:
            return {**config(upstream, shared, node), "channels": {"webhook": webhook}}

        async with (
            gateway(having("a")) as a,
            gateway(having("b")) as b,
            a.connect() as on_a,
            b.connect() as on_b,
        ):
            await seen(on_b, {"a", "b"})
            for text in ("first", "second"):
                await brought(b, text, 202)
            await receiver.until(lambda: len(receiver.calls) == 2)
            async with b.http("POST", "/hooks/webhook", {"text": "x"}, token=None) as answer:
                assert answer.status == 401
            async with b.http("POST", "/hooks/other", {"text": "x"}, token=None) as answer:
                assert answer.status == 404
            (shown,) = [each for each in await channels(on_b) if each["id"] == "webhook"]
            assert (shown["status"], shown["messagesToday"]) == ("connected", 2)
            assert await channels(on_a) == await channels(on_b)
            assert shown == await on_b.result("channel.status", channelId="webhook")
            assert (await on_b.result("channel.disable", channelId="webhook"))["status"] == "disabled"
            assert (await on_a.result("channel.status", channelId="webhook"))["status"] == "disabled"
            await brought(b, "third", 404)
            assert (await on_b.result("channel.enable", channelId="webhook"))["status"] == "connected"
            await brought(b, "fourth", 202)
            await receiver.until(lambda: len(receiver.calls) == 3)
        texts = [call["data"]["text"] for call in receiver.calls]
        assert texts == ["echo: first", "echo: second", "echo: fourth"]


async def channels(client: Client) -> list[Any]:
    return (await client.result("channel.list"))["channels"]


async def brought(served: TestGateway, text: str, status: int) -> None:
    """Have a platform bring a message until it is answered so."""

    async def answered() -> bool:
        return await post_signed(served, text, sender="ann", text=text) == status

    await eventually(answered)
