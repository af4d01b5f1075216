"""The interface of a channel: what connects a chat platform with the gateway.

A channel of your own is one file with one class::

    from openclaw_rpc.channels import Channel, Message

    class Pager(Channel):
        id = "pager"
        name = "Pager"

        async def run(self, receive):
            async for page in my_pages():
                await receive(Message(id=page.id, sender=page.number, text=page.text))

        async def send_message(self, to, message):
            await my_send(to, message.text)

It is installed with ``openclaw channels install FILE``, or found by the entry point group ``openclaw_rpc.channels``.
The gateway starts it, restarts it with a growing pause, splits long answers, keeps what is to be sent until it is sent.
"""

from openclaw_rpc.domain.channels.channel import (
    Attachment,
    Button,
    Channel,
    ChannelFault,
    ChannelSettings,
    Fetch,
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

__all__ = [
    "Attachment",
    "Button",
    "Channel",
    "ChannelFault",
    "ChannelSettings",
    "Fetch",
    "HookReply",
    "HookRequest",
    "Message",
    "NotAccepted",
    "OutboundMessage",
    "OutcomeUnknown",
    "Probe",
    "Receive",
    "TryLater",
    "Unauthorized",
]
