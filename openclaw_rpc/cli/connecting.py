"""The command line's connection: the client `openclaw`, and what it raises in the command line's words."""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import openclaw
from openclaw import AsyncOpenClawClient, AsyncRun, Event
from openclaw_rpc.cli.errors import CliError, ConnectionLost, NoGateway
from openclaw_rpc.cli.target import GatewayTarget
from openclaw_rpc.protocol import chat

CALL_SECONDS = 30.0
PATIENCE = 12
"""Tries to come back to a gateway that was there: about a minute, so that a restart fits in."""


@asynccontextmanager
async def connect(
    target: GatewayTarget, *, patience: int = 0, on_lost: Callable[[str], None] | None = None
) -> AsyncGenerator[AsyncOpenClawClient]:
    """A client that is connected, closed at the end. ``on_lost`` is told each time why it has to connect again.

    Raises:
        NoGateway: nothing listens there.
        CliError: something does, but it is no gateway, or refuses us; or what the client raised within.
    """
    client = AsyncOpenClawClient(
        target.url, headers=target.headers, ssl=_tls(target), timeout=CALL_SECONDS, max_retries=patience
    )

    def tell(state: str) -> None:
        if state == "reconnecting" and on_lost is not None:
            on_lost("The connection was lost.")

    client.on_state(tell)
    with spoken(target, client):
        try:
            await client.open()
            yield client
        finally:
            await client.close()


@contextmanager
def spoken(target: GatewayTarget, client: AsyncOpenClawClient) -> Generator[None]:
    """Turn what the client raises into the command line's errors."""
    try:
        yield
    except openclaw.OpenClawError as error:
        raise _error(target, bool(client.connection.hello), error) from None


def _error(target: GatewayTarget, connected: bool, error: openclaw.OpenClawError) -> CliError:
    if isinstance(error, openclaw.APIError):
        return _told(target, error)
    if isinstance(error, openclaw.ConnectionFailedError):
        if connected:
            return ConnectionLost("The connection to the gateway was lost.", code="service_unavailable")
        if "HTTP" in str(error):
            return CliError(f"The gateway at {target.shown} takes no more connections now.", code="service_unavailable")
        return NoGateway(
            f"No gateway answers at {target.shown}.", code="service_unavailable", hint="Start one: openclaw gateway"
        )
    if isinstance(error, openclaw.DeadlineError):
        return CliError(str(error) + ".", code="timeout")
    text = str(error)
    return CliError(text[:1].upper() + text[1:] + ".", hint="--url says where the gateway is.")


def _told(target: GatewayTarget, error: openclaw.APIError) -> CliError:
    """An error that the gateway answered."""
    hint = f"Try again in {error.retry_after:g} s." if error.retry_after is not None else None
    if error.status == 401:
        return CliError(
            f"The gateway at {target.shown} does not know this token.",
            code="unauthorized",
            hint="Give one by --token or OPENCLAW_TOKEN; `openclaw token create --name NAME` makes one.",
        )
    if error.code == "forbidden":
        hint = hint or forbidden_hint(error)
    return CliError(error.message, code=error.code, field=error.field, reason=error.reason, hint=hint)


def forbidden_hint(error: openclaw.APIError) -> str | None:
    """What helps against a refusal, by its reason; None where nothing does, or the message says it."""
    if error.reason == "missing_scope" and (scope := error.details.get("scope")):
        scopes = " --scopes read,chat,tools,admin" if scope == "admin" else ""  # all the others a new one has anyhow
        return f"openclaw token create --name NAME{scopes} makes a token that has it."
    return FORBIDDEN.get(error.reason or "")


FORBIDDEN = {
    "missing_scope": "openclaw token create --name NAME --scopes … makes a token that has the scopes.",
    "sessions": "This token is valid in certain sessions only. openclaw token create --name NAME makes one for all.",
    "owner_only": "The owner's token may: openclaw token show",
    "other_user": "The owner's token may: openclaw token show",
    "admin_token": "The owner's token may: openclaw token show",
    "pin_required": "Give it as the method's param pin; a tool's caller is asked: openclaw approvals list",
    "denied_by_policy": "gateway.yaml says so: openclaw config get security.policies, or the agent's own policies",
    "command_denied": "gateway.yaml says so: openclaw config get security.commands",
    "command_not_allowed": "gateway.yaml says so: openclaw config get security.commands",
    "command_unclear": "gateway.yaml says so: openclaw config get security.commands",
    "too_many": "openclaw approvals list shows them.",
}
"""The hint for each reason of a refusal that the table's messages leave open."""


def _tls(target: GatewayTarget) -> ssl.SSLContext | None:
    if not target.certificate or not target.url.startswith("https:"):
        return None
    # This machine's own gateway: its certificate is known from its configuration, needs no authority, and may be for
    # another name than loopback's. Nothing else is trusted.
    try:
        context = ssl.create_default_context(cafile=target.certificate)
    except OSError as error:
        raise CliError(f"gateway.tls.certificate: {target.certificate}: {error.strerror or error}") from None
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.check_hostname = False
    return context


async def whole(run: AsyncRun) -> AsyncIterator[Event]:
    """A run's events; what was missed and can't be had any more comes as one delta.

    Where the run began again meanwhile, its `chat.started` comes before: what it had said does not count.
    """
    text, epoch = "", None
    async for event in run:
        found = [event]
        if event.type == "resync":
            said: str = event.data["response"]
            ids: dict[str, Any] = {name: event.data[name] for name in ("sessionKey", "runId")}
            found.clear()
            if _began_again(text, said, epoch, event.epoch):
                text = ""
                found.append(Event(chat.chat_started.name, ids))
            if not text.startswith(said) and not text.endswith(said):
                rest = said[len(text) :] if said.startswith(text) else "\n" + said
                found.append(Event(chat.chat_delta.name, {**ids, "delta": rest}))
        for each in found:
            if each.type == chat.chat_started.name:
                text = ""
            elif each.type == chat.chat_delta.name:
                text += each.data["delta"]
            epoch = each.epoch or epoch
            yield each


def _began_again(text: str, said: str, epoch: str | None, now: str | None) -> bool:
    """``now`` is the epoch of a run that goes on: in another one it has begun there. One that has ended said it all."""
    if now is not None:
        return bool(text) and now != epoch
    return not said.startswith(text) and not text.startswith(said)
