"""What can be typed with `/` in a chat. Whatever else begins so goes to the gateway, which has commands of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from openclaw import APIError
from openclaw_rpc.cli.chat.attaching import attachment_of
from openclaw_rpc.cli.chat.earlier import show_last, title_of
from openclaw_rpc.cli.errors import CliError

if TYPE_CHECKING:
    from openclaw_rpc.cli.chat.approvals import ApprovalPrompts
    from openclaw_rpc.cli.chat.talk import ChatTurns
    from openclaw_rpc.cli.chat.window import ChatWindow

LISTED = 20


@dataclass(frozen=True, slots=True)
class SlashCommand:
    """A command: what stands behind it, and its line in `/help`."""

    takes: str
    doc: str


ENTRIES: Mapping[str, SlashCommand] = {
    "help": SlashCommand("", "this list"),
    "model": SlashCommand("[NAME]", "list the models, or ask another one"),
    "agent": SlashCommand("[ID]", "list the agents, or ask another one"),
    "new": SlashCommand("", "begin a new session"),
    "sessions": SlashCommand("[KEY|NUMBER|WORDS]", "list sessions, find some, or go on with one"),
    "attach": SlashCommand("[FILE]", "send a file with the next message"),
    "image": SlashCommand("FILE|URL", "send a picture with the next message"),
    "approve": SlashCommand("", "decide about what waits for approval"),
    "clear": SlashCommand("", "clear the terminal, not the session"),
    "quit": SlashCommand("", "leave, as Ctrl-D does"),
}
LEAVE = {"quit", "exit"}
KEYS = """
Enter sends. Alt-Enter begins a line, and so does Enter behind an opening \"\"\".
Ctrl-C clears what is half typed, then stops the answer. Ctrl-D leaves.
Any other / goes to the gateway: /compact summarises the session. Without a
model its offline agent knows /status, /time, /calc and /NAME of each tool."""


class SlashCommands:
    """Does what was typed behind a slash. ``attached`` goes with the next message."""

    def __init__(self, talk: ChatTurns, window: ChatWindow, approvals: ApprovalPrompts) -> None:
        self.attached: list[dict[str, Any]] = []
        self._talk = talk
        self._window = window
        self._approvals = approvals
        self._listed: list[str] = []
        self._do: dict[str, Callable[[str], Awaitable[None]]] = {
            "help": self._help,
            "model": self._model,
            "agent": self._agent,
            "new": self._new,
            "sessions": self._sessions,
            "attach": self._attach,
            "image": self._image,
            "approve": self._approve,
            "clear": self._clear,
        }

    def knows(self, text: str) -> bool:
        """Whether a line is a command of these."""
        return text.startswith("/") and text[1:].partition(" ")[0].strip() in self._do

    async def do(self, text: str) -> None:
        """Do what a line says.

        Raises:
            CliError: that can't be done.
        """
        name, _, rest = text[1:].partition(" ")
        try:
            await self._do[name.strip()](rest.strip())
        except APIError as error:
            raise CliError(error.message, code=error.code, field=error.field) from None

    async def _help(self, _: str) -> None:
        width = max(len(f"{name} {entry.takes}") for name, entry in ENTRIES.items())
        lines = [f"/{f'{name} {entry.takes}'.ljust(width)}  {entry.doc}" for name, entry in ENTRIES.items()]
        self._say("\n".join(lines) + KEYS)

    async def _model(self, name: str) -> None:
        options: dict[str, Any] = self._talk.params.setdefault("options", {})
        if name:
            options["model"] = name
            self._window.note(f"(model: {name})")
            return
        chosen = options.get("model")
        models = (await self._talk.client.model.list()).models
        self._say("\n".join(f"{'*' if one.id == chosen else ' '} {one.id}" for one in models) or "There are no models.")

    async def _agent(self, name: str) -> None:
        agents = (await self._talk.client.agent.list()).agents
        if not name:
            chosen = self._talk.params.get("agentId")
            self._say(
                "\n".join(
                    f"{'*' if one.id == chosen or (chosen is None and one.default) else ' '} {one.id}"
                    f"  {one.description or one.name or ''}".rstrip()
                    for one in agents
                )
            )
            return
        if all(one.id != name for one in agents):
            raise CliError(f"There is no agent {name!r}.", hint=f"There are: {', '.join(one.id for one in agents)}")
        self._talk.params["agentId"] = name
        self._window.note(f"(agent: {name})")

    async def _new(self, _: str) -> None:
        self._talk.params.pop("sessionKey", None)
        self._window.note("(a new session begins with the next message)")

    async def _sessions(self, words: str) -> None:
        if words.isdecimal() and 0 < int(words) <= len(self._listed):
            words = self._listed[int(words) - 1]
        if words and await show_last(self._talk.client, self._window, words):
            self._talk.params["sessionKey"] = words
            return
        found = (await self._talk.client.session.list(limit=LISTED, text=words or None)).sessions
        self._listed = [one.session_key for one in found]
        here = self._talk.session_key
        lines = [
            f"{'*' if one.session_key == here else ' '}{number:3} {one.session_key}  {title_of(one)}".rstrip()
            for number, one in enumerate(found, 1)
        ]
        self._say("\n".join(lines) or "There are no such sessions.")

    async def _attach(self, name: str) -> None:
        if name:
            self.attached.append(attachment_of(name))
        self._say(f"with the next message: {', '.join(one['name'] for one in self.attached) or 'nothing'}")

    async def _image(self, name: str) -> None:
        if not name:
            raise CliError("Which picture? /image FILE or /image URL")
        self.attached.append(attachment_of(name, picture=True))
        await self._attach("")

    async def _approve(self, _: str) -> None:
        if not await self._approvals.look(self._talk.session_key):
            self._say("Nothing waits for approval.")

    async def _clear(self, _: str) -> None:
        self._window.clear()

    def _say(self, text: str) -> None:
        self._window.print(self._window.page.text(text))
