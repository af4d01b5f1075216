"""A channel: what connects a chat platform with the gateway. Public as `openclaw_rpc.channels`."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Protocol

import msgspec
from msgspec import Meta

from openclaw_rpc.domain.channels.markup import plain

Policy = Literal["open", "allowlist", "pairing"]


class ChannelSettings(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What every channel's section in `gateway.yaml` may say; a channel with keys of its own inherits from it."""

    type: Annotated[str, Meta(description="The kind of the channel, where the section has another name.")] = ""
    enabled: Annotated[bool, Meta(description="Whether it is started.")] = True
    policy: Annotated[Policy, Meta(description="Who may write: anybody, those in `allow`, or whoever is paired.")] = (
        "pairing"
    )
    allow: Annotated[list[str | int], Meta(description="Ids of those who may write.")] = []
    owners: Annotated[list[str | int], Meta(description="Ids of the owner: own memory and approvals, no pairing.")] = []
    group_sessions: Annotated[
        Literal["sender", "chat"], Meta(description="Whether a group is a session a sender, or one for all.")
    ] = "sender"
    agent: Annotated[str | None, Meta(description="The agent that answers; else the default one.")] = None


class Attachment(msgspec.Struct, kw_only=True, frozen=True):
    """A file that came with a message. ``ref`` is what the channel's ``load`` needs to fetch it."""

    name: str
    ref: str
    mime_type: str = "application/octet-stream"
    kind: Literal["file", "image", "voice"] = "file"
    size: int | None = None


class Message(msgspec.Struct, kw_only=True):
    """A message from outside.

    Attributes:
        sender: Who wrote, by the platform's id.
        text: What was written, a mention of the bot cut out.
        chat: Where it was written; left out, it is a private chat, named like its sender.
        id: The platform's id of the message, unique in the chat: a message is answered once, however often it comes.
        thread: The topic or thread of the chat.
        group: Whether others read along.
        addressed: Whether the bot is meant. In a group, what is not addressed starts nothing.
        to: Where an answer goes; left out, the chat and its thread.
        album: What files that were sent together have in common: they come as messages of their own, and are one run.
    """

    sender: str
    text: str = ""
    chat: str | None = None
    id: str | None = None
    thread: str | None = None
    group: bool = False
    addressed: bool = True
    sender_name: str = ""
    to: str | None = None
    album: str | None = None
    attachments: Sequence[Attachment] = ()


class Button(msgspec.Struct, kw_only=True, frozen=True):
    """A choice below a message: pressing it sends ``command`` as if its presser had written it."""

    label: str
    command: str


class OutboundMessage(msgspec.Struct, kw_only=True, frozen=True):
    """A message to a chat: Markdown within the channel's ``max_length``, or a file.

    ``id`` is the same at each try, for platforms that deduplicate. ``reply_to`` is the id of the message it answers,
    ``preview`` that of a preview which the text takes the place of.
    """

    id: str
    text: str = ""
    file: Path | None = None
    reply_to: str | None = None
    preview: str | None = None
    buttons: Sequence[Button] = ()


class Probe(msgspec.Struct, kw_only=True, frozen=True):
    """What the platform says of the settings: as whom the gateway would be there, and what is missing."""

    account: str = ""
    missing: Sequence[str] = ()


class HookRequest(msgspec.Struct, kw_only=True, frozen=True):
    """A request to ``/hooks/ID``; the names of ``headers`` are in lower case."""

    method: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


class HookReply(msgspec.Struct, kw_only=True, frozen=True):
    """The answer to it: JSON where ``body`` is no text."""

    status: int = 200
    body: Any = None


class ChannelFault(Exception):
    """Something did not work; the text says what, without secrets. By itself: tried again, ever later."""


class TryLater(ChannelFault):
    """The platform asks for a pause of ``seconds``: for one chat, or for ``everything`` that is sent."""

    def __init__(self, message: str, seconds: float, *, everything: bool = False) -> None:
        super().__init__(message)
        self.seconds = seconds
        self.everything = everything


class NotAccepted(ChannelFault):
    """The platform refused for good: the message is failed."""


class OutcomeUnknown(ChannelFault):
    """The request went out and no answer came: sending again might say it twice."""


class Unauthorized(ChannelFault):
    """A token is wrong or a permission is missing: not tried again until something changes."""


Receive = Callable[[Message], Awaitable[None]]
"""Takes a message from outside. Returns when it is on disk: only then confirm it to the platform."""


class Fetch(Protocol):
    """Fetches what the platform names, through the gateway's outbound guard."""

    async def __call__(self, url: str, *, most: int, headers: Mapping[str, str] | None = None) -> bytes:
        """At most ``most`` bytes; redirects get no headers.

        Raises:
            ChannelFault: it can't be had; the text says why.
        """
        ...


class Channel:
    """A way to a chat platform. What the gateway sets before ``run``: ``data_dir``, ``settings``, ``log``,
    and ``fetch``, which gets files through the outbound guard."""

    id: ClassVar[str]
    name: ClassVar[str]
    settings_type: ClassVar[type[ChannelSettings]] = ChannelSettings
    default_policy: ClassVar[Policy] = "open"
    max_length: ClassVar[int] = 4000
    """The longest text of one message, by ``measure``."""
    max_file: ClassVar[int] = 0
    """The largest file that it sends, in bytes; 0 where it sends none. Files that an agent made follow its answer."""
    shows_buttons: ClassVar[bool] = False
    """Whether it shows a message's buttons; else their commands are written below it."""
    deduplicates: ClassVar[bool] = False
    """Whether the platform notices a message of the same id: what broke off is sent again then."""
    reports_connection: ClassVar[bool] = False
    """Whether it says itself when it is connected (`connected`, `disconnected`); else it is while ``run`` runs."""

    data_dir: Path
    settings: Any
    log: Any
    fetch: Fetch

    def __init__(self) -> None:
        self.account: str | None = None
        self.bot_username: str | None = None
        self.on_connection: Callable[[bool, str | None], None] = _nobody

    async def run(self, receive: Receive) -> None:
        """Stay until cancelled; hand every message from outside to ``receive``.

        Raises:
            Unauthorized: it is not to be started again before something changes.
            ChannelFault: it is started again, ever later.
        """
        raise NotImplementedError

    async def probe(self) -> Probe | None:
        """Ask the platform whether it takes the settings, and change nothing there; None where it can't be asked so.

        Asked of a channel that does not run, for `openclaw doctor`.

        Raises:
            ChannelFault: it does not take them, or can't be reached.
        """
        return None

    async def send_message(self, to: str, message: OutboundMessage) -> object:
        """Send a message to the chat ``to``; returns when the platform took it, with its id where there is one.

        Raises:
            ChannelFault: one of its kinds, or it by itself. Any other exception counts as `OutcomeUnknown`.
        """
        raise NotImplementedError

    async def load(self, attachment: Attachment, most: int) -> bytes:
        """Fetch a file that came with a message, of at most ``most`` bytes; asked when its sender may write.

        Raises:
            ChannelFault: it can't be had; its text is told to the sender.
        """
        raise ChannelFault(f"{attachment.name} can't be fetched from this channel")

    async def answer_hook(self, request: HookRequest, receive: Receive) -> HookReply:
        """Answer the platform's request to ``/hooks/ID``; its signature is to be verified here."""
        return HookReply(status=404)

    async def show_typing(self, to: str) -> None:
        """Show the chat that an answer is being made; called every few seconds, faults are ignored."""

    async def mark_read(self, to: str, message_id: str) -> None:
        """Show the sender that a message was read; faults are ignored."""

    async def begin_preview(self, to: str, text: str) -> str | None:
        """Show the beginning of an answer; its id where `edit_preview` can change it."""

    async def edit_preview(self, to: str, preview: str, text: str) -> None:
        """Change what `begin_preview` showed."""

    def render(self, text: str) -> str:
        """Markdown in the platform's own form; by itself, text without marks."""
        return plain(text)

    def measure(self, text: str) -> int:
        """How long a text of Markdown is for the platform."""
        return len(self.render(text))

    def connected(self, *, account: str | None = None, bot_username: str | None = None) -> None:
        """Say that the platform is reached, and as whom."""
        self.account, self.bot_username = account or self.account, bot_username or self.bot_username
        self.on_connection(True, None)

    def disconnected(self, why: str) -> None:
        """Say that the platform is not reached; ``run`` goes on trying."""
        self.on_connection(False, why)


def _nobody(_connected: bool, _why: str | None) -> None:
    """Nobody listens."""
