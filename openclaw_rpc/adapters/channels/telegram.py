"""Telegram, through aiogram's client.

aiogram's own polling confirms updates before they are handled, and one update that it can't decode hides those beside
it. So updates are asked for as plain JSON here, decoded one by one, and confirmed when they are on disk.
Source: core.telegram.org/bots/api.
"""

from __future__ import annotations

import hmac
import html
import re
import secrets
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any, Final, cast

import anyio
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import (
    AiogramError,
    ClientDecodeError,
    TelegramAPIError,
    TelegramBadRequest,
    TelegramConflictError,
    TelegramMigrateToChat,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)
from aiogram.methods import TelegramMethod
from aiogram.types import (
    CallbackQuery,
    FSInputFile,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    ReplyParameters,
    Update,
)
from aiogram.utils.token import TokenValidationError
from aiohttp import ClientConnectorError
from msgspec import Meta

from openclaw_rpc.adapters.channels import telegram_messages as messages
from openclaw_rpc.channels import (
    Attachment,
    Channel,
    ChannelFault,
    ChannelSettings,
    HookReply,
    HookRequest,
    Message,
    NotAccepted,
    OutboundMessage,
    OutcomeUnknown,
    Probe,
    Receive,
    TryLater,
    Unauthorized,
)
from openclaw_rpc.domain.channels import markup
from openclaw_rpc.domain.channels.splitting import utf16_units

POLL_SECONDS: Final = 25
MAX_UPLOAD: Final = 50 << 20
PICTURES: Final = frozenset({".jpg", ".jpeg", ".png", ".webp"})
KINDS: Final = ["message", "callback_query"]
_TAG = re.compile(r"<[^>]+>")


class _RawUpdates(TelegramMethod[list[dict[str, Any]]]):
    """getUpdates, its updates not decoded yet."""

    __returning__ = list[dict[str, Any]]
    __api_method__ = "getUpdates"

    offset: int | None = None
    timeout: int | None = None
    allowed_updates: list[str] | None = None


class TelegramSettings(ChannelSettings, kw_only=True, frozen=True):
    """A bot of Telegram's."""

    token: Annotated[str, Meta(min_length=1, description="The bot's token, from @BotFather.")]
    api_url: Annotated[str, Meta(description="A Bot API server of your own.")] = "https://api.telegram.org"
    webhook_url: Annotated[
        str | None, Meta(description="The public address of /hooks/ID; without it the gateway polls.")
    ] = None


class Telegram(Channel):
    """A bot of Telegram's: long polling, or a webhook."""

    id = "telegram"
    name = "Telegram"
    settings_type = TelegramSettings
    default_policy = "pairing"
    max_length = 4096
    max_file = MAX_UPLOAD
    shows_buttons = True
    reports_connection = True
    settings: TelegramSettings

    def __init__(self) -> None:
        super().__init__()
        self._bot: Bot | None = None
        self._moved: dict[str, int] = {}
        self._hook_secret = secrets.token_urlsafe(32)

    def measure(self, text: str) -> int:
        """Telegram counts UTF-16, without its tags."""
        return utf16_units(html.unescape(_TAG.sub("", self.render(text))))

    def render(self, text: str) -> str:
        """Markdown in Telegram's HTML."""
        return markup.telegram(text)

    # ---- in ----

    async def probe(self) -> Probe:
        """Who the bot is, and where Telegram calls it though it is to be polled."""
        bot = self._made()
        try:
            async with _faults():
                me = await bot.get_me()
                hook = await bot.get_webhook_info()
        finally:
            await bot.session.close()
        failed = [f"Telegram could not call {hook.url}: {hook.last_error_message}"] if hook.last_error_message else []
        return Probe(account=f"@{me.username}", missing=failed if self.settings.webhook_url else ())

    def _made(self) -> Bot:
        """The client, for the session of whoever closes it."""
        session = AiohttpSession(api=TelegramAPIServer.from_base(self.settings.api_url.rstrip("/")))
        try:
            return Bot(self.settings.token, session=session)
        except TokenValidationError:
            raise Unauthorized("channels.*.token does not have the form of a bot's token") from None

    async def run(self, receive: Receive) -> None:
        """Poll, or let the platform call ``/hooks/ID``."""
        bot = self._bot = self._made()
        try:
            async with _faults():
                me = await bot.get_me()
                if self.settings.webhook_url:
                    await bot.set_webhook(
                        self.settings.webhook_url, secret_token=self._hook_secret, allowed_updates=KINDS
                    )
                else:
                    await bot.delete_webhook()
            self.connected(account=me.full_name, bot_username=me.username)
            if self.settings.webhook_url:
                await anyio.sleep_forever()
            await self._poll(bot, receive)
        finally:
            self._bot = None
            with anyio.CancelScope(shield=True):
                await bot.session.close()

    async def _poll(self, bot: Bot, receive: Receive) -> None:
        offset: int | None = None
        while True:
            updates = await self._updates(bot, offset)
            self.connected()
            await self._take(bot, updates, receive)
            if updates:
                offset = max(int(update["update_id"]) for update in updates) + 1

    async def _updates(self, bot: Bot, offset: int | None) -> list[dict[str, Any]]:
        """What is new."""
        async with _faults():
            ask = _RawUpdates(offset=offset, timeout=POLL_SECONDS, allowed_updates=KINDS)
            return await bot(ask, request_timeout=POLL_SECONDS + 15)

    async def answer_hook(self, request: HookRequest, receive: Receive) -> HookReply:
        """An update that Telegram brings."""
        given = request.headers.get("x-telegram-bot-api-secret-token", "")
        if not hmac.compare_digest(given.encode(), self._hook_secret.encode()):
            return HookReply(status=401)
        update = messages.decoded(request.body)
        if update is None:
            return HookReply(status=400)
        if self._bot is None:
            return HookReply(status=503)
        await self._take(self._bot, [update], receive)
        return HookReply(status=200)

    async def _take(self, bot: Bot, updates: Sequence[dict[str, Any]], receive: Receive) -> None:
        """Hand on what was written; what can't be read is logged and left out."""
        for raw in updates:
            try:
                update = Update.model_validate(raw, context={"bot": bot})
            except ValueError as error:
                self.log.warning("an update could not be read", update=raw.get("update_id"), error=type(error).__name__)
                continue
            message: Message | None = None
            if update.callback_query is not None:
                message = await self._pressed(bot, update.callback_query)
            elif update.message is not None:
                message = messages.read(update.message, bot, self)
            if message is not None:
                await receive(message)

    async def _pressed(self, bot: Bot, query: CallbackQuery) -> Message | None:
        """A button is a command of whoever pressed it."""
        with_message = query.message
        if not query.data or with_message is None:
            return None
        try:
            await bot.answer_callback_query(query.id)
        except AiogramError:
            self.log.debug("a button's press could not be confirmed")
        chat = with_message.chat
        return Message(
            id=f"button:{query.id}",
            sender=str(query.from_user.id),
            sender_name=query.from_user.full_name,
            chat=str(chat.id),
            group=chat.type != "private",
            text=query.data,
        )

    async def load(self, attachment: Attachment, most: int) -> bytes:
        """A file of the Bot API's."""
        return await messages.load(self._ready(), attachment, most)

    # ---- out ----

    async def send_message(self, to: str, message: OutboundMessage) -> object:
        """Send it, as plain text where Telegram does not take the marks."""
        bot, (chat, thread) = self._ready(), self._place(to)
        reply = _reply(message.reply_to)
        if message.file is not None:
            return await self._send_file(bot, to, message)
        keyboard = _keyboard(message)
        if message.preview is not None and await self._replace_preview(bot, chat, message, keyboard):
            return message.preview

        async def send(text: str, mode: str | None) -> object:
            sent = await bot.send_message(
                chat,
                text,
                message_thread_id=thread,
                parse_mode=mode,
                reply_parameters=reply,
                reply_markup=keyboard,
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            )
            return str(sent.message_id)

        async with _faults():
            try:
                return await send(self.render(message.text), "HTML")
            except TelegramMigrateToChat as moved:
                self._moved[to.partition("/")[0]] = moved.migrate_to_chat_id
                raise ChannelFault("the group has another id now") from None
            except TelegramBadRequest as refused:
                if "parse" not in refused.message and "entit" not in refused.message:
                    raise
                return await send(markup.plain(message.text), None)

    async def _replace_preview(
        self, bot: Bot, chat: int | str, message: OutboundMessage, keyboard: InlineKeyboardMarkup | None
    ) -> bool:
        """Whether the preview shows the text now; where it can't be edited any more, the text is sent anew."""
        async with _faults():
            try:
                await bot.edit_message_text(
                    self.render(message.text),
                    chat_id=chat,
                    message_id=int(message.preview or 0),
                    parse_mode="HTML",
                    reply_markup=keyboard,
                    link_preview_options=LinkPreviewOptions(is_disabled=True),
                )
            except TelegramBadRequest as refused:
                return "is not modified" in refused.message
            except (TelegramNetworkError, ClientDecodeError) as error:
                # Editing twice says nothing twice.
                raise ChannelFault(f"the answer could not be edited ({type(error).__name__})") from None
        return True

    async def _send_file(self, bot: Bot, to: str, message: OutboundMessage) -> object:
        chat, thread = self._place(to)
        path = message.file
        if path is None or not path.is_file():
            raise NotAccepted("the file is gone")
        if path.stat().st_size > MAX_UPLOAD:
            raise NotAccepted(f"Telegram takes files up to {MAX_UPLOAD >> 20} MB")
        send = (
            bot.send_photo if path.suffix.lower() in PICTURES and path.stat().st_size <= 10 << 20 else bot.send_document
        )
        async with _faults():
            sent = await send(
                chat,
                FSInputFile(path),
                message_thread_id=thread,
                reply_parameters=_reply(message.reply_to),
                caption=message.text[:1024] or None,
            )
        return str(sent.message_id)

    async def show_typing(self, to: str) -> None:
        """Telegram shows it for five seconds."""
        bot, (chat, thread) = self._ready(), self._place(to)
        async with _faults():
            await bot.send_chat_action(chat, "typing", message_thread_id=thread)

    async def begin_preview(self, to: str, text: str) -> str | None:
        """A message that grows with the answer."""
        bot, (chat, thread) = self._ready(), self._place(to)
        async with _faults():
            sent = await bot.send_message(chat, text[: self.max_length // 2], message_thread_id=thread)
        return str(sent.message_id)

    async def edit_preview(self, to: str, preview: str, text: str) -> None:
        """Let it grow."""
        bot, (chat, _) = self._ready(), self._place(to)
        async with _faults():
            try:
                await bot.edit_message_text(text[: self.max_length // 2], chat_id=chat, message_id=int(preview))
            except TelegramBadRequest as refused:
                if "is not modified" not in refused.message:
                    raise

    def _ready(self) -> Bot:
        if self._bot is None:
            raise ChannelFault("the channel is not connected")
        return self._bot

    def _place(self, to: str) -> tuple[int | str, int | None]:
        """The chat and the topic that ``CHAT/THREAD`` names."""
        chat, _, thread = to.partition("/")
        known: int | str = self._moved.get(chat, int(chat) if chat.lstrip("-").isdigit() else chat)
        return known, int(thread) if thread.isdigit() else None


def _reply(message_id: str | None) -> ReplyParameters | None:
    if message_id is None or not message_id.isdigit():
        return None
    return ReplyParameters(message_id=int(message_id), allow_sending_without_reply=True)


def _keyboard(message: OutboundMessage) -> InlineKeyboardMarkup | None:
    if not message.buttons:
        return None
    row = [InlineKeyboardButton(text=button.label, callback_data=button.command[:64]) for button in message.buttons]
    return InlineKeyboardMarkup(inline_keyboard=[row])


@asynccontextmanager
async def _faults() -> AsyncGenerator[None]:
    """aiogram's exceptions as the channel's own. Their texts hold no token; their causes' addresses would."""
    try:
        yield
    except TelegramRetryAfter as error:
        raise TryLater("Telegram asks for a pause", error.retry_after) from None
    except TelegramUnauthorizedError as error:
        raise Unauthorized(f"Telegram refuses the bot's token: {error.message}") from None
    except TelegramConflictError:
        raise ChannelFault("another program polls this bot, or a webhook is set") from None
    except TelegramNetworkError as error:
        if isinstance(error.__cause__, ClientConnectorError):
            raise ChannelFault("Telegram can't be reached") from None
        raise OutcomeUnknown("the connection broke before Telegram answered") from None
    except TelegramServerError as error:
        raise ChannelFault(f"Telegram failed: {error.message}") from None
    except ClientDecodeError as error:
        raise _undecodable(error) from None
    except TelegramAPIError as error:
        if "too many requests" in error.message.lower():
            raise TryLater("Telegram asks for a pause", 5) from None
        raise NotAccepted(f"Telegram refused: {error.message}") from None


def _undecodable(error: ClientDecodeError) -> ChannelFault:
    """Answers that aiogram can't read: a pause in fractions of a second, or a proxy's page."""
    data = error.data
    if isinstance(data, dict):
        answer = cast("dict[str, Any]", data)
        parameters = cast("dict[str, Any]", answer.get("parameters") or {})
        if answer.get("error_code") == 429:
            return TryLater("Telegram asks for a pause", float(parameters.get("retry_after", 5)))
    if isinstance(data, str) and data.lstrip().startswith("<"):
        return ChannelFault("Telegram's server answered with a page, not with its API")
    return OutcomeUnknown("Telegram's answer could not be read")
