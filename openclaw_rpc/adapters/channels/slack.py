"""Slack: its Web API through slack-sdk, and Socket Mode through aiohttp.

slack-sdk's own Socket Mode client acknowledges nothing by itself, tries a wrong token for ever with a log line alone,
and by default sends a message again when the connection closed without an answer. So the socket is held here, one
envelope after another, acknowledged when its message is on disk. Source: docs.slack.dev.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated, Any, Final, cast

import aiohttp
import msgspec
import yarl
from msgspec import Meta
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from openclaw_rpc.adapters.channels import slack_messages as wire
from openclaw_rpc.channels import (
    Attachment,
    Channel,
    ChannelFault,
    ChannelSettings,
    NotAccepted,
    OutboundMessage,
    OutcomeUnknown,
    Probe,
    Receive,
    TryLater,
    Unauthorized,
)
from openclaw_rpc.domain.channels import markup

WRONG_TOKEN: Final = frozenset(
    {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "missing_scope"}
)
FAILED: Final = frozenset({"", "internal_error", "fatal_error", "service_unavailable"})
GONE: Final = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
NEEDED: Final = (
    "app_mentions:read",
    "chat:write",
    "im:history",
    "channels:history",
    "files:read",
    "files:write",
)
"""What the app is to be allowed."""
QUIET_SECONDS: Final = 60
"""How long nothing, not even a ping, may come."""


class SlackSettings(ChannelSettings, kw_only=True, frozen=True):
    """An app of Slack's, in Socket Mode."""

    bot_token: Annotated[str, Meta(min_length=1, description="The bot's token, xoxb-….")]
    app_token: Annotated[str, Meta(min_length=1, description="The app's token for Socket Mode, xapp-….")]
    api_url: Annotated[str, Meta(description="Where the API is.")] = "https://slack.com/api"


class Slack(Channel):
    """An app in a Slack workspace."""

    id = "slack"
    name = "Slack"
    settings_type = SlackSettings
    default_policy = "pairing"
    max_length = 4000
    max_file = 1 << 30
    shows_buttons = True
    reports_connection = True
    settings: SlackSettings

    def __init__(self) -> None:
        super().__init__()
        self._web: AsyncWebClient | None = None
        self._me = ""

    def render(self, text: str) -> str:
        """Markdown in Slack's mrkdwn."""
        return markup.slack(text)

    # ---- in ----

    async def probe(self) -> Probe:
        """Who the app is, whether both tokens are taken, and which scopes it lacks."""
        async with aiohttp.ClientSession() as session:
            web = cast("Any", self._made(session))
            async with _faults(sent=False):
                me = await web.api_call("auth.test")
                await web.api_call(
                    "apps.connections.open", headers={"Authorization": f"Bearer {self.settings.app_token}"}
                )
        headers = {name.lower(): str(value) for name, value in me.headers.items()}
        given = {scope.strip() for scope in headers.get("x-oauth-scopes", "").split(",")} - {""}
        missing = [f"the scope {scope} (OAuth & Permissions)" for scope in NEEDED if given and scope not in given]
        return Probe(account=f"{me.data.get('user', '')} in {me.data.get('team', '')}", missing=missing)

    def _made(self, session: aiohttp.ClientSession) -> AsyncWebClient:
        return AsyncWebClient(
            self.settings.bot_token,
            base_url=self.settings.api_url.rstrip("/") + "/",
            session=session,
            retry_handlers=[],
            timeout=30,
        )

    async def run(self, receive: Receive) -> None:
        """Hold a socket open; Slack asks for a new one from time to time."""
        async with aiohttp.ClientSession() as session:
            self._web = self._made(session)
            try:
                async with _faults(sent=False):
                    me = await self._call("auth.test")
                self._me = str(me.get("user_id", ""))
                self.connected(account=str(me.get("team", "")), bot_username=str(me.get("user", "")))
                while True:
                    await self._socket(session, receive)
                    self.disconnected("Slack asked for a new connection")
            finally:
                self._web = None

    async def _socket(self, session: aiohttp.ClientSession, receive: Receive) -> None:
        """One connection, until Slack says that it ends."""
        async with _faults(sent=False):
            opened = await self._call("apps.connections.open", bearer=self.settings.app_token)
        try:
            quiet = aiohttp.ClientWSTimeout(ws_receive=QUIET_SECONDS)  # pyright: ignore[reportCallIssue]
            async with session.ws_connect(str(opened["url"]), timeout=quiet) as socket:
                async for frame in socket:
                    if frame.type is not aiohttp.WSMsgType.TEXT:
                        continue
                    envelope = msgspec.json.decode(frame.data, type=wire.Envelope)
                    if envelope.type == "hello":
                        self.connected()
                    elif envelope.type == "disconnect":
                        if envelope.reason == "link_disabled":
                            raise Unauthorized("Socket Mode is switched off in the app's settings")
                        return
                    elif envelope.envelope_id:
                        await self._take(envelope, receive)
                        await socket.send_str(msgspec.json.encode({"envelope_id": envelope.envelope_id}).decode())
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise ChannelFault(f"the connection to Slack broke ({type(error).__name__})") from None

    async def _take(self, envelope: wire.Envelope, receive: Receive) -> None:
        """Hand on what was written. What can't be read is logged, and acknowledged: it would come again unchanged."""
        try:
            if envelope.type == "events_api":
                event = msgspec.json.decode(envelope.payload, type=wire.EventPayload).event
                message = wire.read(event, self._me)
            elif envelope.type == "interactive":
                message = wire.pressed(msgspec.json.decode(envelope.payload, type=wire.InteractivePayload))
            else:
                message = None
        except ValueError as error:
            self.log.warning("an event could not be read", error=str(error))
            return
        if message is not None:
            await receive(message)

    async def load(self, attachment: Attachment, most: int) -> bytes:
        """A file, shown to whoever has the bot's token; that is sent to Slack alone."""
        host, own = yarl.URL(attachment.ref).host or "", yarl.URL(self.settings.api_url).host or ""
        if host != own and not host.endswith(".slack.com"):
            raise ChannelFault(f"{attachment.name} is not on Slack's servers")
        headers = {"Authorization": f"Bearer {self.settings.bot_token}"}
        return await self.fetch(attachment.ref, most=most, headers=headers)

    # ---- out ----

    async def send_message(self, to: str, message: OutboundMessage) -> object:
        """Send it once: what broke off is unknown."""
        chat, _, thread = to.partition("/")
        place = {"channel": chat, "thread_ts": thread} if thread else {"channel": chat}
        if message.file is not None:
            return await self._send_file(place, message)
        text = self.render(message.text)
        if message.preview is not None:
            # Editing twice says nothing twice, so that a broken connection is no unknown outcome.
            async with _faults(sent=False):
                try:
                    await self._call("chat.update", channel=chat, ts=message.preview, text=text)
                    return message.preview
                except SlackApiError as refused:
                    if _code(refused) not in GONE:
                        raise
        blocks: dict[str, Any] = {"blocks": _buttons(text, message)} if message.buttons else {}
        async with _faults():
            sent = await self._call(
                "chat.postMessage", **place, text=text, unfurl_links=False, unfurl_media=False, **blocks
            )
        return str(sent["ts"])

    async def _send_file(self, place: dict[str, str], message: OutboundMessage) -> object:
        if message.file is None or not message.file.is_file():
            raise NotAccepted("the file is gone")
        web = cast("Any", self._ready())
        async with _faults():
            await web.files_upload_v2(**place, file=str(message.file), initial_comment=message.text or None)
        return None

    async def begin_preview(self, to: str, text: str) -> str | None:
        """A message that grows with the answer."""
        chat, _, thread = to.partition("/")
        place = {"channel": chat, "thread_ts": thread} if thread else {"channel": chat}
        async with _faults():
            sent = await self._call("chat.postMessage", **place, text=markup.slack(text[: self.max_length // 2]))
        return str(sent["ts"])

    async def edit_preview(self, to: str, preview: str, text: str) -> None:
        """Let it grow."""
        short = markup.slack(text[: self.max_length // 2])
        async with _faults():
            await self._call("chat.update", channel=to.partition("/")[0], ts=preview, text=short)

    async def _call(self, method: str, /, *, bearer: str | None = None, **params: Any) -> dict[str, Any]:
        """Call a method of the Web API, with the bot's token unless another is given."""
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else None
        answer = await cast("Any", self._ready()).api_call(method, json=params, headers=headers)
        return cast("dict[str, Any]", answer.data)

    def _ready(self) -> AsyncWebClient:
        if self._web is None:
            raise ChannelFault("the channel is not connected")
        return self._web


def _buttons(text: str, message: OutboundMessage) -> list[dict[str, Any]]:
    buttons = [
        {
            "type": "button",
            "text": {"type": "plain_text", "text": each.label},
            "value": each.command,
            "action_id": f"openclaw-{at}",
        }
        for at, each in enumerate(message.buttons)
    ]
    return [
        {"type": "section", "text": {"type": "mrkdwn", "text": text[:3000]}},
        {"type": "actions", "elements": buttons},
    ]


def _code(error: SlackApiError) -> str:
    data = cast("Any", error).response.data
    return str(cast("dict[str, Any]", data).get("error") or "") if isinstance(data, dict) else ""


@asynccontextmanager
async def _faults(*, sent: bool = True) -> AsyncGenerator[None]:
    """slack-sdk's exceptions as the channel's own; ``sent``: repeating the call might say something twice."""
    try:
        yield
    except SlackApiError as error:
        raise _refused(error) from None
    except aiohttp.ClientConnectorError:
        raise ChannelFault("Slack can't be reached") from None
    except (aiohttp.ClientError, OSError) as error:
        if sent:
            raise OutcomeUnknown("the connection broke before Slack answered") from None
        raise ChannelFault(f"Slack can't be reached ({type(error).__name__})") from None


def _refused(error: SlackApiError) -> ChannelFault:
    response, code = cast("Any", error).response, _code(error)
    status = int(response.status_code)
    if status == 429 or code == "ratelimited":
        headers = {name.lower(): value for name, value in cast("dict[str, str]", response.headers).items()}
        pause = headers.get("retry-after", "")
        return TryLater("Slack asks for a pause", float(pause) if pause.isdigit() else 30.0)
    if code in WRONG_TOKEN:
        return Unauthorized(f"Slack refuses the token: {code}")
    if status >= 500 or code in FAILED:
        return ChannelFault(f"Slack failed ({status})")
    return NotAccepted(f"Slack refused: {code}")
