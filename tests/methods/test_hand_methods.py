"""`file.*`, `command.*` and `web.*` as calls: JSON in, JSON out, events to the connection that asked."""

from pathlib import Path
from typing import Any

import anyio
import msgspec
import pytest

from openclaw_rpc.domain.files import FileSettings
from openclaw_rpc.domain.principals import OWNER, Principal, owner
from openclaw_rpc.domain.web import Web
from openclaw_rpc.methods.command import CommandMethods
from openclaw_rpc.methods.file import FileMethods
from openclaw_rpc.methods.web import WebMethods
from openclaw_rpc.protocol import command, file, web
from openclaw_rpc.protocol.base import Rate, Scope
from openclaw_rpc.protocol.errors import GatewayError, InvalidRequest, NotFound
from openclaw_rpc.protocol.method import Event
from openclaw_rpc.rpc.bind import join
from openclaw_rpc.rpc.call import Call
from tests.support.jobs import Shell
from tests.support.web import fetching, serving
from tests.support.workspace import files

TABLE = {row.name: row for row in (*file.METHODS, *command.METHODS, *web.METHODS)}
ADA = Principal("ada", "laptop", frozenset({Scope.TOOLS}))


class Wire:
    """The other side of a connection, as far as commands use it."""

    def __init__(self) -> None:
        self.sent: list[tuple[Event[Any], Any]] = []

    def send(self, event: Event[Any], data: Any) -> None:
        self.sent.append((event, msgspec.to_builtins(data)))


class Gateway:
    def __init__(self, root: Path) -> None:
        shell = Shell(root, "none")
        namespaces = (FileMethods(files(root)), CommandMethods(shell.commands, shell.background))
        rows = {name: row for name, row in TABLE.items() if row.namespace != "web"}
        self.rows = join(rows, namespaces)

    async def __call__(
        self, name: str, *, principal: Principal | None = None, peer: Wire | None = None, **params: Any
    ) -> Any:
        bound = self.rows[name]
        call = Call(principal or owner("test"), peer)  # type: ignore[arg-type]
        with anyio.fail_after(20):
            return msgspec.to_builtins(await bound.handler(msgspec.convert(params, bound.method.params), call))


@pytest.fixture
def ask(tmp_path: Path) -> Gateway:
    return Gateway(tmp_path)


def test_every_row_needs_the_scope_and_files_have_their_own_rate() -> None:
    for name, row in TABLE.items():
        assert row.scope is Scope.TOOLS
        assert row.rate is (Rate.FILES if name.startswith("file.") else Rate.REQUESTS)
        # Who may not start a command has none that could be read or ended.
        assert row.tool is not None or name in ("command.output", "command.stop", "command.list")


async def test_the_answers_are_those_of_the_reference(ask: Gateway) -> None:
    written = await ask("file.write", path="/Documents/new-file.md", content="# Hello World")
    assert written == {"path": "/Documents/new-file.md", "size": 13, "created": True}
    read = await ask("file.read", path="/Documents/new-file.md")
    assert read.items() >= {"path": "/Documents/new-file.md", "content": "# Hello World", "size": 13}.items()
    listed = await ask("file.list", path="/Documents")
    (entry,) = listed["entries"]
    assert (listed["path"], entry["name"], entry["type"]) == ("/Documents", "new-file.md", "file")
    found = await ask("file.search", pattern="*.md", path="/Documents")
    assert (found["path"], found["pattern"], found["total"]) == ("/Documents", "*.md", 1)
    done = await ask("command.execute", command="ls /; exit 3", cwd="/Documents", timeout=30000)
    assert done["exitCode"] == 3 and done["timedOut"] is False


@pytest.mark.parametrize("path", ["/../../etc/passwd", "../../../../etc/passwd", "/Documents/../../../etc/passwd"])
async def test_what_leads_out_is_refused(ask: Gateway, path: str) -> None:
    for name in ("file.read", "file.delete", "file.list"):
        with pytest.raises(InvalidRequest) as refused:
            await ask(name, path=path)
        assert refused.value.field == "path"


async def test_a_user_has_no_part_in_anothers_workspace(ask: Gateway) -> None:
    await ask("file.write", path="x", content="owner's")
    for name in ("file.read", "file.delete"):
        with pytest.raises(NotFound):
            await ask(name, principal=ADA, path="x")
    assert (await ask("command.execute", principal=ADA, command="ls"))["stdout"] == ""
    assert OWNER == "owner"


async def test_output_is_streamed_to_the_connection_that_asks(ask: Gateway) -> None:
    wire = Wire()
    done = await ask("command.execute", peer=wire, command="echo a; echo b >&2", stream=True, callId="c1")
    assert (done["stdout"], done["stderr"]) == ("a\n", "b\n")
    assert {row.name for row, _ in wire.sent} == {"command.output"}
    data = [data for _, data in wire.sent]
    assert {"stream": "stdout", "text": "a\n", "callId": "c1"} in data
    assert {"stream": "stderr", "text": "b\n", "callId": "c1"} in data


async def test_output_is_streamed_over_connections_alone(ask: Gateway) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await ask("command.execute", command="echo", stream=True)
    assert refused.value.reason == "no_stream"


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("command.execute", {"command": ""}),
        ("command.execute", {"command": "a\x00b"}),
        ("command.execute", {"command": "ls", "timeout": 600_001}),
        ("command.execute", {"command": "ls", "env": {"A=B": "x"}}),
        ("command.execute", {"command": "ls", "env": {"A": "x\x00"}}),
        ("file.read", {"path": "x", "encoding": "latin-1"}),
        ("file.search", {"pattern": ""}),
        ("file.move", {"source": "a", "to": "b"}),
    ],
)
async def test_params_that_do_not_fit_are_refused(ask: Gateway, name: str, params: dict[str, Any]) -> None:
    with pytest.raises((msgspec.ValidationError, GatewayError)):
        await ask(name, **params)


async def test_a_page_is_fetched() -> None:
    async with serving() as port, fetching("127.0.0.1") as fetcher:
        methods = WebMethods(Web(fetcher))
        assert [bound.method.name for bound in methods.bound()] == ["web.fetch"]
        page = await methods.fetch(web.WebFetchParams(url=f"http://127.0.0.1:{port}/"), Call(ADA))
        assert page.text == "the internal secret" and page.content_type.startswith("text/plain")


def test_the_settings_have_defaults() -> None:
    assert FileSettings().max_read_bytes == 10 * 1024 * 1024
