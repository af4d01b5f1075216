"""Discord, through discord.py: its gateway client brings messages, its HTTP client sends them.

Every send carries a nonce made of the message's id with ``enforce_nonce``, so that Discord itself drops a repetition:
what broke off is tried again. Source: discord.com/developers/docs.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated, Any, Final, cast

import aiohttp
import anyio
import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route, handle_message_parameters
from msgspec import Meta

from openclaw_rpc.channels import (
    Attachment,
    Channel,
    ChannelFault,
    ChannelSettings,
    Message,
    NotAccepted,
    OutboundMessage,
    Probe,
    Receive,
    TryLater,
    Unauthorized,
)
from openclaw_rpc.domain.channels import markup

API_URL: Final = "https://discord.com/api/v10"
MAX_UPLOAD: Final = 10 << 20
QUEUE: Final = 1000
"""How many messages may wait to be kept; more would be lost by Discord's own client as well."""


class DiscordSettings(ChannelSettings, kw_only=True, frozen=True):
    """A bot of Discord's. ``api_url`` and ``gateway_url`` are one for all Discord channels of a gateway."""

    token: Annotated[str, Meta(min_length=1, description="The bot's token, from the developer portal.")]
    api_url: Annotated[str, Meta(description="Where the API is.")] = API_URL
    gateway_url: Annotated[str | None, Meta(description="Where the gateway is; else the API says it.")] = None


class _DiscordClient(discord.Client):
    """discord.py's client: tells the channel what happens, in order."""

    def __init__(self, channel: Discord) -> None:
        intents = discord.Intents.none()
        intents.guilds = intents.guild_messages = intents.dm_messages = intents.message_content = True
        super().__init__(intents=intents, max_messages=None, allowed_mentions=discord.AllowedMentions.none())
        self._channel = channel

    async def on_message(self, message: discord.Message) -> None:
        self._channel.heard(message)

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        await self._channel.pressed(interaction)

    async def on_ready(self) -> None:
        user = self.user
        self._channel.connected(account=str(user), bot_username=user.name if user else None)

    async def on_resumed(self) -> None:
        self._channel.connected()

    async def on_disconnect(self) -> None:
        self._channel.disconnected("the connection to Discord broke, and is opened again")


class Discord(Channel):
    """A bot of Discord's, in servers and in direct messages."""

    id = "discord"
    name = "Discord"
    settings_type = DiscordSettings
    default_policy = "pairing"
    deduplicates = True
    max_length = 2000
    max_file = MAX_UPLOAD
    shows_buttons = True
    reports_connection = True
    settings: DiscordSettings

    def __init__(self) -> None:
        super().__init__()
        self._client: _DiscordClient | None = None
        self._waiting: asyncio.Queue[Message] = asyncio.Queue(QUEUE)

    def render(self, text: str) -> str:
        """Markdown in what Discord reads of it."""
        return markup.discord(text)

    # ---- in ----

    async def probe(self) -> Probe:
        """Who the bot is, and whether it may read messages."""
        Route.BASE = self.settings.api_url.rstrip("/")
        client = _DiscordClient(self)
        try:
            async with _signing_in():
                await client.login(self.settings.token)
                found = await client.application_info()
        finally:
            await client.close()
        may_read = found.flags.gateway_message_content or found.flags.gateway_message_content_limited
        missing = () if may_read else ("the Message Content intent (developer portal, Bot)",)
        return Probe(account=str(client.user), missing=missing)

    async def run(self, receive: Receive) -> None:
        """Stay connected; discord.py resumes what can be resumed."""
        Route.BASE = self.settings.api_url.rstrip("/")
        client = self._client = _DiscordClient(self)
        both = [asyncio.ensure_future(self._take(receive)), asyncio.ensure_future(self._connect(client))]
        try:
            done, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            for each in done:
                each.result()
        finally:
            self._client = None
            for each in both:
                each.cancel()
            with anyio.CancelScope(shield=True):
                await asyncio.gather(*both, return_exceptions=True)
                await client.close()
        raise ChannelFault("Discord ended the connection")

    async def _connect(self, client: _DiscordClient) -> None:
        async with _signing_in():
            await client.login(self.settings.token)
            url = self.settings.gateway_url or (await client.http.get_bot_gateway())[1]
            DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(url)
            await client.connect()

    def heard(self, message: discord.Message) -> None:
        """A message came; they are kept one after another."""
        read = self._read(message)
        if read is not None:
            self._put(read)

    async def pressed(self, interaction: discord.Interaction) -> None:
        """A button is a command of whoever pressed it."""
        command = (interaction.data or {}).get("custom_id")
        component = interaction.type is discord.InteractionType.component
        if not component or not isinstance(command, str) or interaction.channel_id is None:
            return
        self._put(
            Message(
                id=f"button:{interaction.id}",
                sender=str(interaction.user.id),
                sender_name=interaction.user.display_name,
                chat=str(interaction.channel_id),
                group=interaction.guild_id is not None,
                text=command,
            )
        )
        try:
            await interaction.response.defer()
        except (discord.DiscordException, aiohttp.ClientError, OSError):
            self.log.debug("a button's press could not be confirmed")

    def _put(self, message: Message) -> None:
        try:
            self._waiting.put_nowait(message)
        except asyncio.QueueFull:
            self.log.error("a message was dropped, since too many wait", message_id=message.id)

    async def _take(self, receive: Receive) -> None:
        while True:
            await receive(await self._waiting.get())

    def _read(self, message: discord.Message) -> Message | None:
        me = self._client.user if self._client is not None else None
        ordinary = message.type in (discord.MessageType.default, discord.MessageType.reply)
        if message.author.bot or message.webhook_id is not None or not ordinary or me is None:
            return None
        # A server that is not known yet must not pass for a private chat.
        text, group = message.content, not isinstance(message.channel, discord.DMChannel)
        meant = not group
        if group:
            answered = message.reference.resolved if message.reference is not None else None
            meant = any(user.id == me.id for user in message.mentions) or (
                isinstance(answered, discord.Message) and answered.author.id == me.id
            )
            for mention in (f"<@{me.id}>", f"<@!{me.id}>"):
                text = text.replace(mention, "")
            text = text.strip()
        if not text and not message.attachments:
            return None
        return Message(
            id=str(message.id),
            sender=str(message.author.id),
            sender_name=message.author.display_name,
            chat=str(message.channel.id),
            group=group,
            addressed=meant,
            text=text,
            attachments=[_attachment(each) for each in message.attachments],
        )

    async def load(self, attachment: Attachment, most: int) -> bytes:
        """A file of Discord's, shown to whoever has its address."""
        return await self.fetch(attachment.ref, most=most)

    # ---- out ----

    async def send_message(self, to: str, message: OutboundMessage) -> object:
        """Send it; the nonce makes a repetition harmless."""
        client = self._ready()
        file = None
        if message.file is not None:
            if not message.file.is_file():
                raise NotAccepted("the file is gone")
            if message.file.stat().st_size > MAX_UPLOAD:
                raise NotAccepted(f"Discord takes files up to {MAX_UPLOAD >> 20} MB")
            file = discord.File(io.BytesIO(await anyio.Path(message.file).read_bytes()), message.file.name)
        if message.preview is not None and file is None:
            async with _faults():
                try:
                    await client.http.request(
                        _message_route("PATCH", to, message.preview), json={"content": self.render(message.text)}
                    )
                    return message.preview
                except discord.NotFound:
                    self.log.debug("the preview is gone, the answer is sent anew")
        reply = {"message_id": message.reply_to, "channel_id": to, "fail_if_not_exists": False}
        with handle_message_parameters(
            content=self.render(message.text) or None,
            nonce=hashlib.sha256(message.id.encode()).hexdigest()[:25],
            file=file if file is not None else discord.utils.MISSING,
            message_reference=cast(Any, reply) if message.reply_to else discord.utils.MISSING,
            allowed_mentions=discord.AllowedMentions.none(),
        ) as params:
            if params.payload is not None:
                params.payload["enforce_nonce"] = True
                if message.buttons:
                    params.payload["components"] = _buttons(message)
            async with _faults():
                sent = await client.http.send_message(int(to), params=params)
        return str(sent["id"])

    async def show_typing(self, to: str) -> None:
        """Discord shows it for ten seconds."""
        async with _faults():
            await self._ready().http.send_typing(int(to))

    async def begin_preview(self, to: str, text: str) -> str | None:
        """A message that grows with the answer."""
        body: dict[str, Any] = {"content": text[: self.max_length], "allowed_mentions": {"parse": []}}
        async with _faults():
            sent = await self._ready().http.request(
                Route("POST", "/channels/{channel_id}/messages", channel_id=to), json=body
            )
        return str(sent["id"])

    async def edit_preview(self, to: str, preview: str, text: str) -> None:
        """Let it grow."""
        async with _faults():
            await self._ready().http.request(
                _message_route("PATCH", to, preview), json={"content": text[: self.max_length]}
            )

    def _ready(self) -> _DiscordClient:
        if self._client is None:
            raise ChannelFault("the channel is not connected")
        return self._client


def _buttons(message: OutboundMessage) -> list[Any]:
    """Buttons as Discord's components: a row of at most five."""
    row = [{"type": 2, "style": 2, "label": each.label, "custom_id": each.command[:100]} for each in message.buttons]
    return [{"type": 1, "components": row[:5]}]


def _message_route(method: str, to: str, message_id: str) -> Route:
    return Route(method, "/channels/{channel_id}/messages/{message_id}", channel_id=to, message_id=message_id)


def _why(error: Exception) -> str:
    if isinstance(error, discord.PrivilegedIntentsRequired):
        return "the bot may not read messages: switch on the Message Content intent in the developer portal (4014)"
    return "Discord refuses the bot's token"


def _attachment(given: discord.Attachment) -> Attachment:
    mime_type = (given.content_type or "application/octet-stream").partition(";")[0]
    kind = "image" if mime_type.startswith("image/") else "voice" if given.is_voice_message() else "file"
    return Attachment(name=given.filename, ref=given.url, mime_type=mime_type, kind=kind, size=given.size)


@asynccontextmanager
async def _signing_in() -> AsyncGenerator[None]:
    """What keeps a bot from being there, as the channel's own exceptions."""
    try:
        yield
    except (discord.LoginFailure, discord.PrivilegedIntentsRequired) as error:
        raise Unauthorized(_why(error)) from None
    except discord.ConnectionClosed as error:
        if error.code == 4004:
            raise Unauthorized("Discord refuses the bot's token (4004)") from None
        raise ChannelFault(f"Discord closed the connection ({error.code})") from None
    except discord.HTTPException as error:
        if error.status == 401:
            raise Unauthorized("Discord refuses the bot's token") from None
        raise ChannelFault(f"Discord answered {error.status}") from None
    except (OSError, aiohttp.ClientError, discord.GatewayNotFound) as error:
        raise ChannelFault(f"Discord can't be reached ({type(error).__name__})") from None


@asynccontextmanager
async def _faults() -> AsyncGenerator[None]:
    """discord.py's exceptions as the channel's own."""
    try:
        yield
    except discord.RateLimited as error:
        raise TryLater("Discord asks for a pause", error.retry_after) from None
    except discord.HTTPException as error:
        raise _refused(error) from None
    except KeyError:
        # A 429 without a pause in its body.
        raise TryLater("Discord asks for a pause", 5) from None
    except (OSError, aiohttp.ClientError, TimeoutError) as error:
        # The nonce makes it safe to send it again.
        raise ChannelFault(f"Discord can't be reached ({type(error).__name__})") from None


def _refused(error: discord.HTTPException) -> ChannelFault:
    if error.status == 429:
        headers = error.response.headers
        try:
            seconds = float(headers.get("Retry-After", "5"))
        except ValueError:
            seconds = 5.0
        return TryLater("Discord asks for a pause", seconds, everything="X-RateLimit-Global" in headers)
    if error.status == 401:
        return Unauthorized("Discord refuses the bot's token")
    if error.status >= 500:
        return ChannelFault(f"Discord answered {error.status}")
    return NotAccepted(f"Discord refused ({error.status}, {error.code}): {error.text}")
