"""`openclaw chat`: one question, or a conversation."""

from __future__ import annotations

import asyncio
import sys
from threading import Timer
from typing import Any

import click

from openclaw_rpc.cli.chat.attaching import attachment_of
from openclaw_rpc.cli.completing import complete_file, complete_name
from openclaw_rpc.cli.local import some_gateway
from openclaw_rpc.cli.options import gateway_command, shared
from openclaw_rpc.cli.output import aside, is_terminal
from openclaw_rpc.cli.target import find_paths

HISTORY = "chat_history"
PATIENT_SECONDS = 3


@click.command()
@click.argument("message", nargs=-1)
@click.option(
    "--session",
    metavar="KEY",
    shell_complete=complete_name("", "sessionKey"),
    help="The session to go on with; else a new one.",
)
@click.option("--continue", "-c", "go_on", is_flag=True, help="Go on with the session that was last used here.")
@click.option(
    "--agent", metavar="ID", shell_complete=complete_name("", "agentId"), help="Which agent; see `openclaw agents`."
)
@click.option(
    "--model",
    metavar="MODEL",
    shell_complete=complete_name("", "model"),
    help="`model` or `provider/model`; see `openclaw models`.",
)
@click.option("--thinking", type=click.Choice(["low", "medium", "high"]), help="How long the model may reason.")
@click.option(
    "--file",
    "-f",
    "files",
    multiple=True,
    metavar="FILE",
    help="A text or picture to go with the message.",
    shell_complete=complete_file,
)
@gateway_command
@click.pass_context
def chat(
    ctx: click.Context, message: tuple[str, ...], go_on: bool, files: tuple[str, ...], **wanted: str | None
) -> None:
    """Talk to an agent: one MESSAGE, or a conversation.

    What comes from a pipe is joined to the message (`git diff | openclaw chat "Explain this"`); - alone stands for it.
    Where no gateway runs, one is started for as long as the chat lasts. Ctrl-C stops the answer, Ctrl-D leaves.
    """
    options = shared(ctx)
    if go_on and wanted["session"]:
        raise click.UsageError("--continue and --session exclude each other.", ctx)
    text = _message(message)
    if text is None and options.json:
        raise click.UsageError("--json needs a message.", ctx)
    from openclaw_rpc.cli.chat.session import Wanted, chat_at

    asked = Wanted(
        text=text,
        params=_params(wanted),
        go_on=go_on,
        attached=[attachment_of(name) for name in files],
        history=find_paths(options).state / HISTORY,
        json=options.json,
        options=f" --url {options.url}" if options.url else "",
    )
    with some_gateway(options, lambda said: None if options.json else aside(said)) as target:
        ctx.exit(asyncio.run(chat_at(target, asked)))


def _message(words: tuple[str, ...]) -> str | None:
    """The message, with what a pipe brings; None where there is to be a conversation."""
    text = "" if words == ("-",) else " ".join(words)
    if words == ("-",) or not is_terminal(sys.stdin):
        piped = _piped()
        if not text and not piped:
            raise click.UsageError("There is no message on standard input.")
        text = f"{text}\n\n{piped}" if text and piped else text or piped
    return text or None


def _piped() -> str:
    if sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison] - it is, where nobody opened it
        return ""
    # A pipe that nobody closes is waited for as long as one that is slow: at least it is said.
    patience = Timer(PATIENT_SECONDS, aside, ["(Waiting for the end of standard input; `< /dev/null` gives none.)"])
    patience.daemon = True
    patience.start()
    try:
        return sys.stdin.buffer.read().decode().strip()
    except UnicodeDecodeError:
        raise click.UsageError("Standard input is not text in UTF-8.") from None
    except OSError:
        return ""
    finally:
        patience.cancel()


def _params(wanted: dict[str, str | None]) -> dict[str, Any]:
    """The params of `chat.run` that stay the same from turn to turn."""
    options = {name: wanted[name] for name in ("model", "thinking") if wanted[name]}
    found: dict[str, Any] = {"options": options} if options else {}
    found |= {name: value for name, value in (("sessionKey", wanted["session"]), ("agentId", wanted["agent"])) if value}
    return found | {"channel": "cli"}
