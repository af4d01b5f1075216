"""`openclaw chat`: one question, or a conversation."""

import signal
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

import click

from openclaw import OpenClawError
from openclaw_rpc.cli.connecting import PATIENCE, connect, spoken, whole
from openclaw_rpc.cli.errors import CliError
from openclaw_rpc.cli.local import some_gateway
from openclaw_rpc.cli.options import gateway_command, shared
from openclaw_rpc.cli.output import aside, colour_wanted, is_terminal
from openclaw_rpc.cli.screen import Screen
from openclaw_rpc.cli.target import GatewayTarget, find_paths

if TYPE_CHECKING:
    from anyio.from_thread import BlockingPortal

    from openclaw import AsyncOpenClawClient, AsyncRun

HISTORY = "chat_history"
POLL_SECONDS = 0.5
INTERRUPT, DONE = "interrupt", "done"


@click.command()
@click.argument("message", nargs=-1)
@click.option("--session", metavar="KEY", help="The session to go on with; else a new one.")
@click.option("--agent", metavar="ID", help="Which agent; see `openclaw agents`.")
@click.option("--model", metavar="MODEL", help="`model` or `provider/model`; see `openclaw models`.")
@click.option("--thinking", type=click.Choice(["low", "medium", "high"]), help="How long the model may reason.")
@gateway_command
@click.pass_context
def chat(ctx: click.Context, message: tuple[str, ...], **wanted: str | None) -> None:
    """Talk to an agent: one MESSAGE (- reads it from standard input), or a conversation.

    Where no gateway runs, one is started for as long as the chat lasts. Ctrl-C stops the answer, a second Ctrl-C
    or Ctrl-D leaves.
    """
    options = shared(ctx)
    text = _message(message)
    if text is None and options.json:
        raise click.UsageError("--json needs a message.", ctx)
    params = _params(wanted)
    screen = Screen(json=options.json, colour=colour_wanted())
    with some_gateway(options, screen.note) as target, _portal() as portal:

        def lost(why: str) -> None:
            screen.note(f"({why} Reconnecting.)")

        with portal.wrap_async_context_manager(connect(target, patience=PATIENCE, on_lost=lost)) as client:
            talk = Conversation(portal, target, client, screen, params)
            if text is not None:
                ctx.exit(talk.ask(text))
            _converse(talk, find_paths(options).state / HISTORY)


def _message(words: tuple[str, ...]) -> str | None:
    """The message; None where there is to be a conversation."""
    if words == ("-",) or (not words and not is_terminal(sys.stdin)):
        text = sys.stdin.read().strip()
        if not text:
            raise click.UsageError("There is no message on standard input.")
        return text
    return " ".join(words) or None


def _params(wanted: dict[str, str | None]) -> dict[str, Any]:
    """The params of `chat.run` that stay the same from turn to turn."""
    options = {name: wanted[name] for name in ("model", "thinking") if wanted[name]}
    found: dict[str, Any] = {"options": options} if options else {}
    found |= {name: value for name, value in (("sessionKey", wanted["session"]), ("agentId", wanted["agent"])) if value}
    return found | {"channel": "cli"}


@contextmanager
def _portal() -> Generator["BlockingPortal"]:
    """An event loop in a thread of its own: the socket lives on while the main thread waits for the next line."""
    from anyio.from_thread import start_blocking_portal

    with start_blocking_portal("asyncio") as portal:
        yield portal


class Conversation:
    """Turns in one session. The main thread waits, and takes Ctrl-C; the portal's thread follows the run."""

    def __init__(
        self,
        portal: "BlockingPortal",
        target: GatewayTarget,
        client: "AsyncOpenClawClient",
        screen: Screen,
        params: dict[str, Any],
    ) -> None:
        self._portal = portal
        self._target = target
        self._client = client
        self._screen = screen
        self._params = params
        self._run: AsyncRun | None = None

    @property
    def session_key(self) -> str | None:
        """The session; the gateway names it at the first turn where nobody did."""
        return self._params.get("sessionKey")

    def ask(self, text: str) -> int:
        """One turn, shown as it comes. Returns 0, 1 where it ended in an error, 130 where it was stopped.

        Raises:
            KeyboardInterrupt: Ctrl-C a second time, or before the run began.
            CliError: the gateway refused, or can't be reached any more.
        """
        self._run = None
        news: SimpleQueue[str] = SimpleQueue()
        with _interrupts(news):
            turn = self._portal.start_task_soon(self._turn, text)
            turn.add_done_callback(lambda _: news.put(DONE))
            stopping = False
            while _next(news) != DONE:
                if stopping or self._run is None:
                    turn.cancel()
                    raise KeyboardInterrupt
                stopping = True
                self._portal.start_task_soon(self._abort, self._run)
        return turn.result()

    async def _turn(self, text: str) -> int:
        run = self._client.run({**self._params, "message": text}, None)
        reason = None
        with spoken(self._target, self._client):
            self._params["sessionKey"] = (await run.started())["sessionKey"]
            self._run = run
            async for event in whole(run):
                self._screen.show(event)
                reason = event.data.get("finishReason")
        return {"stop": 0, "length": 0, "aborted": 130}.get(str(reason), 1)

    async def _abort(self, run: "AsyncRun") -> None:
        with suppress(OpenClawError):  # the run has ended, or its end comes after the reconnection
            await self._client.chat.abort(run_id=run.run_id or "")


@contextmanager
def _interrupts(news: "SimpleQueue[str]") -> Generator[None]:
    """Ctrl-C as news among others: as an exception it could come between any two steps, and a step would be lost."""

    def tell(*_: object) -> None:
        news.put(INTERRUPT)

    before = signal.signal(signal.SIGINT, tell)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _next(news: "SimpleQueue[str]") -> str:
    """What is new; waits in small steps, since elsewhere than on POSIX a lock can't be interrupted."""
    while True:
        with suppress(Empty):
            return news.get(timeout=POLL_SECONDS)


def _converse(talk: Conversation, history: Path) -> None:
    """Ask line after line, until Ctrl-D, /quit, or Ctrl-C at the prompt."""
    from openclaw_rpc.cli.prompt import lines

    aside("Ctrl-C stops an answer, Ctrl-D leaves. /help says what can be asked without a model.")
    for line in lines(history):
        try:
            talk.ask(line)
        except CliError as error:
            # a refused message is no reason to lose the conversation
            if error.code in {"unauthorized", "service_unavailable"}:
                raise
            click.secho("error: ", fg="red", bold=True, err=True, nl=False)
            click.echo("\n  ".join(error.lines()), err=True)
    if talk.session_key:
        aside(f"Continue with: openclaw chat --session {talk.session_key}")
