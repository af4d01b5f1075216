"""A conversation as a run's model is told of it: from the last summary on, the run's own question and steps last."""

from __future__ import annotations

from collections.abc import Sequence

from openclaw_rpc.domain.pictures import newest
from openclaw_rpc.domain.runs.compaction import COMMAND
from openclaw_rpc.domain.runs.context import SUMMARY_FORMS, conversation, since_summary
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.chat import ChatMessage

HISTORY = 500
"""How many of a session's newest messages are looked at."""


class Talk:
    """What was said in a session before a run's question, the question, and what the run did since.

    ``kept`` are the session's newest messages; ``older``: there are more, which nobody looks at.
    """

    def __init__(self, kept: Sequence[ChatMessage], run_id: str, *, older: bool = False) -> None:
        self._kept = list(kept)
        self._run_id = run_id
        self._steps: list[JsonObject] = []
        self.told = since_summary(so_far(self._kept, run_id))
        self.forms = conversation(self.told)
        newest(self.forms)
        self.cut = older and not any(message.stands_for is not None for message in self.told)
        """Whether something was said that neither the messages nor a summary tell."""
        self.compacted = False
        """Whether a summary was tried in this run."""

    @property
    def before(self) -> list[ChatMessage]:
        """What was told before the run's own question."""
        return [message for message in self.told if message.run_id != self._run_id]

    @property
    def own(self) -> list[JsonObject]:
        """The run's question and steps, as the model takes them."""
        last = max((at for at, form in enumerate(self.forms) if form["role"] == "user"), default=0)
        return self.forms[last:]

    @property
    def pinned(self) -> int:
        """How many of the first forms are a summary, which is never left out."""
        return SUMMARY_FORMS if self.told and self.told[0].stands_for is not None else 0

    def go_on(self, steps: Sequence[JsonObject]) -> None:
        """The run went on. Its model is shown the newest pictures alone."""
        before = len(self.forms) - len(self._steps)
        self._steps += steps
        newest(self._steps)
        self.forms[before:] = self._steps

    def summarise(self, summary: ChatMessage) -> None:
        """A summary takes the place of what it stands for."""
        self._kept.append(summary)
        self.told = since_summary(so_far(self._kept, self._run_id))
        self.forms = [*conversation(self.told), *self._steps]
        newest(self.forms)


def so_far(kept: Sequence[ChatMessage], run_id: str) -> list[ChatMessage]:
    """The conversation that a run answers: each question with its answer, and its own question last.

    Runs that waited have their questions on disk before the answers they waited for. Questions behind the run's own
    belong to runs that wait still, and are none of its business.
    """
    turns: dict[str, list[ChatMessage]] = {}
    own: list[ChatMessage] = []
    for message in kept:
        if message.run_id == run_id:
            own.append(message)
        elif message.run_id is None:
            turns[message.message_id] = [message]
        elif message.run_id in turns or not (own and message.role == "user"):
            turns.setdefault(message.run_id, []).append(message)
    told = [turn for turn in turns.values() if not is_command(turn[0])]
    return [message for turn in (*told, own) for message in turn]


def is_command(message: ChatMessage) -> bool:
    """Whether a message was meant for the gateway, and is no part of the conversation."""
    return message.role == "user" and message.content.startswith("/") and COMMAND.fullmatch(message.content) is not None
