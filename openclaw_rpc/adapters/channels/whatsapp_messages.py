"""What Meta's Cloud API brings to a webhook, as far as it is looked at.

Source: developers.facebook.com/docs/whatsapp/cloud-api/webhooks/components.
"""

from __future__ import annotations

import msgspec


class ContactProfile(msgspec.Struct):
    """How somebody calls themselves."""

    name: str = ""


class Contact(msgspec.Struct):
    """Who wrote."""

    wa_id: str = ""
    user_id: str = ""
    profile: ContactProfile = msgspec.field(default_factory=ContactProfile)


class Media(msgspec.Struct):
    """A file."""

    id: str = ""
    mime_type: str = "application/octet-stream"
    caption: str = ""
    filename: str = ""


class Text(msgspec.Struct):
    """What was written."""

    body: str = ""


class ChosenReply(msgspec.Struct):
    """What was chosen: of a message's buttons, or of a list."""

    id: str = ""
    title: str = ""


class Interactive(msgspec.Struct):
    """An answer to buttons or a list."""

    button_reply: ChosenReply | None = None
    list_reply: ChosenReply | None = None


class PressedButton(msgspec.Struct):
    """An answer to a template's button."""

    payload: str = ""
    text: str = ""


class Incoming(msgspec.Struct):
    """A message. People who hide their number have an id in the place of ``from``."""

    id: str = ""
    type: str = ""
    sender: str = msgspec.field(default="", name="from")
    from_user_id: str = ""
    user_id: str = ""
    text: Text | None = None
    button: PressedButton | None = None
    interactive: Interactive | None = None
    image: Media | None = None
    document: Media | None = None
    audio: Media | None = None
    video: Media | None = None
    sticker: Media | None = None

    def who(self) -> str:
        """The sender's id."""
        return self.sender or self.from_user_id or self.user_id

    def words(self) -> str:
        """What was written, or chosen."""
        if self.text is not None:
            return self.text.body
        if self.button is not None:
            return self.button.payload or self.button.text
        if self.interactive is not None:
            choice = self.interactive.button_reply or self.interactive.list_reply or ChosenReply()
            return choice.id or choice.title
        media = self.media()
        return media.caption if media is not None else ""

    def media(self) -> Media | None:
        """The file that came with it."""
        return self.image or self.document or self.audio or self.video or self.sticker


class Metadata(msgspec.Struct):
    """To which number."""

    phone_number_id: str = ""


class Value(msgspec.Struct):
    """What happened to a number."""

    metadata: Metadata = msgspec.field(default_factory=Metadata)
    contacts: list[Contact] = []
    messages: list[msgspec.Raw] = []


class AccountChange(msgspec.Struct):
    """A change; ``field`` says of what."""

    field: str = ""
    value: msgspec.Raw = msgspec.Raw(b"{}")


class AccountEntry(msgspec.Struct):
    """An account."""

    changes: list[AccountChange] = []


class Notification(msgspec.Struct):
    """The body of a request."""

    entry: list[AccountEntry] = []
