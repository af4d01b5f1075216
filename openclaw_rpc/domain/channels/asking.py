"""Approvals in the owner's chat: what an agent wants to do, with two buttons."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import msgspec

from openclaw_rpc.domain.channels.channel import Button
from openclaw_rpc.domain.channels.link import Link
from openclaw_rpc.domain.channels.replies import Replies, ReplyPart
from openclaw_rpc.domain.events.change import Change
from openclaw_rpc.domain.events.published import Published
from openclaw_rpc.domain.ports import Store
from openclaw_rpc.protocol.tool import ApprovalInfo

MAX_PARAMS = 1500


class ChatApprovals:
    """Asks the owner where a run came from a chat."""

    def __init__(
        self,
        store: Store,
        replies: Replies,
        spawn: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        self._store = store
        self._replies = replies
        self._spawn = spawn

    def hear(self, event: Published) -> None:
        """A call waits for somebody."""
        if isinstance(event.data, ApprovalInfo):
            self._spawn(self._ask(event.data))

    async def _ask(self, approval: ApprovalInfo) -> None:
        run = await self._store.find_run(approval.run_id)
        link = self._replies.links.get(run.reply.channel) if run is not None and run.reply is not None else None
        if run is None or run.reply is None or link is None:
            return
        to = _owners_chat(link, run.reply.sender, run.reply.to)
        if to is None:
            return
        params = msgspec.json.format(msgspec.json.encode(approval.params), indent=1).decode()[:MAX_PARAMS]
        pin = f"\n\nIt needs the PIN: /approve {approval.approval_id} PIN" if approval.needs_pin else ""
        text = f"May I use **{approval.tool}**?\n\n```json\n{params}\n```{pin}"
        deny = Button(label="Deny", command=f"/deny {approval.approval_id}")
        approve = Button(label="Approve", command=f"/approve {approval.approval_id}")
        buttons = [deny] if approval.needs_pin else [approve, deny]
        if link.channel is not None and not link.channel.shows_buttons:
            text = "\n\n".join((text, *(f"{each.label}: `{each.command}`" for each in buttons)))
        await self._store.commit(
            Change(deliveries=self._replies.parts(link.id, ReplyPart(to=to, buttons=buttons), text))
        )


def _owners_chat(link: Link, sender: str, to: str) -> str | None:
    """Where the owner is asked: in the chat, where the owner asked; else in the first owner's own."""
    owners = [str(each) for each in link.settings.owners]
    if sender in owners:
        return to
    return owners[0] if owners else None
