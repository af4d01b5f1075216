"""What the domain asks of tools: what a model is told of them, for whom they work, and how they are used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from openclaw_rpc.protocol.base import JsonObject, Scope


class ToolSpec(msgspec.Struct, kw_only=True, frozen=True):
    """A tool as the model is told of it: ``parameters`` is a JSON Schema of an object.

    Calls of one turn run side by side where all their tools are ``parallel``. ``skill`` is the slug of the skill
    that brought the tool.
    """

    name: str
    description: str
    parameters: JsonObject
    parallel: bool = True
    skill: str | None = None


class RunContext(msgspec.Struct, kw_only=True, frozen=True):
    """For whom a run works: what tools may look at and act as. ``pin`` is what came with an HTTP request.

    ``token`` is the name of the token that asked. A ``guest`` is somebody whom the user lets in over a chat.
    """

    run_id: str
    session_id: str
    session_key: str
    user: str
    scopes: frozenset[Scope]
    agent_id: str
    message: str
    pin: str | None = None
    token: str = ""
    guest: bool = False
    channel: str = ""

    @property
    def memory_user(self) -> str:
        """Under whose name things are remembered and found."""
        return guests_memory(self.user, self.session_key) if self.guest else self.user


def guests_memory(user: str, session_key: str) -> str:
    """The name under which what a guest says is remembered: nobody finds it but in that session."""
    return f"{user}\n{session_key}"


class Preparation(msgspec.Struct, kw_only=True, frozen=True):
    """What a run is given before the model is asked: more of a prompt, tools, and the skills it was told to use."""

    system: Sequence[str] = ()
    tools: Sequence[ToolSpec] = ()
    skills: Sequence[str] = ()


class Toolbox(Protocol):
    """What agents can do besides talking."""

    async def prepare(self, context: RunContext) -> Preparation:
        """What belongs to a run of that agent with that message."""
        ...

    def widened(self, preparation: Preparation, context: RunContext) -> Preparation:
        """The same, with the tools that the run has found since."""
        ...

    async def use(self, name: str, params: JsonObject, context: RunContext, call_id: str) -> Any:
        """Use a tool; its result as JSON-like data, or that `WithPictures`. Cancelling ends it, its children too.

        Raises:
            GatewayError: it failed; the message goes to the model as text.
        """
        ...

    async def read_attachment(self, path: str, context: RunContext) -> str:
        """The text of a file of the workspace that came with a message.

        Raises:
            NotFound, InvalidRequest, TooLarge: as they say.
        """
        ...
