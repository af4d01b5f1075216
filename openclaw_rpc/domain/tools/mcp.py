"""The tools of MCP servers, as tools of agents."""

from __future__ import annotations

import mimetypes
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from openclaw_rpc.domain.clock import new_id
from openclaw_rpc.domain.files import Files
from openclaw_rpc.domain.mcp import McpServers, OfferedTool, Parts, Question, Reply, nobody
from openclaw_rpc.domain.pictures import Picture, WithPictures, picture_of
from openclaw_rpc.domain.ports import Log
from openclaw_rpc.domain.tools.approvals import Approvals
from openclaw_rpc.domain.tools.base import MadeTools, Tool
from openclaw_rpc.domain.tools.files import RESULTS
from openclaw_rpc.domain.tools.pin import PinGuard
from openclaw_rpc.domain.tools.policy import UNWATCHED
from openclaw_rpc.domain.tools.ports import RunContext, ToolSpec
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.errors import Forbidden, GatewayError
from openclaw_rpc.protocol.file import FileWriteParams

MAX_DESCRIPTION: Final = 4000
MAX_QUESTION: Final = 4000

Asked = Callable[[RunContext, OfferedTool, Question], Awaitable[Reply]]
"""Asks the people of a run what a server wants to know while its tool is in use."""


class Questions:
    """What MCP servers ask, as approvals: yes, with values where they are asked for, or no."""

    def __init__(self, approvals: Approvals, pins: PinGuard, log: Log) -> None:
        self._approvals = approvals
        self._pins = pins
        self._log = log

    async def __call__(self, context: RunContext, tool: OfferedTool, question: Question) -> Reply:
        """Ask; nobody is asked in a run that nobody watches."""
        if context.channel in UNWATCHED:
            return await nobody(question)
        params: JsonObject = {"server": tool.server, "question": question.message[:MAX_QUESTION]}
        if question.url is not None:
            params["url"] = question.url[:MAX_QUESTION]
        pin = self._pins.guards(tool.name)
        try:
            grant = await self._approvals.ask(
                context, new_id("call"), tool.name, params, needs_pin=pin, asks=question.wants
            )
        except Forbidden as error:
            return Reply(action="decline" if error.reason == "denied" else "cancel")
        except GatewayError as error:
            self._log.warning("a question of an MCP server could not be asked", server=tool.server, error=error.message)
            return await nobody(question)
        return Reply(action="accept", content=grant.content)


class McpTools:
    """What the servers that are there offer. To be asked after all other sources.

    They add nothing to a prompt: what a server says of itself is no part of ours.
    """

    name = "mcp"
    bounded = True

    def __init__(self, servers: McpServers, files: Files, asked: Asked | None = None) -> None:
        """What has tools.

        Args:
            servers: The servers.
            files: Where pictures go that they answer.
            asked: Asks people what servers want to know of them; nobody is asked where it is None.
        """
        self._servers = servers
        self._files = files
        self._asked = asked
        self._made = MadeTools()

    async def tools(self, context: RunContext) -> Sequence[Tool]:
        """A tool for each; dangerous unless its server says that it changes nothing."""
        offered = await self._servers.tools()
        return self._made.of(offered, lambda: [self._tool(one) for one in offered])

    async def _told(self, offered: OfferedTool, answer: Parts, context: RunContext) -> Any:
        """Texts, and pictures and the like as files of the workspace: as text they would be noise to a model. What it
        can look at comes beside it."""
        said: list[str] = []
        pictures: list[Picture] = []
        for part in answer.parts:
            if isinstance(part, str):
                said.append(part)
                continue
            picture = picture_of(part.data)
            if picture is not None:
                pictures.append(picture)
            kind = part.mime_type.partition(";")[0].strip().lower()
            ending = mimetypes.guess_extension(kind) or ".bin"
            path = f"{RESULTS}/{offered.server}-{new_id('')[-12:]}{ending}"
            params = FileWriteParams(path=path, content=part.data, encoding="base64")
            try:
                written = await self._files.write(context.user, params)
                said.append(f"[{kind}, {written.size} bytes: {written.path}]")
            except GatewayError as error:
                said.append(f"[{kind}, which could not be kept: {error.message}]")
        text = "\n".join(said)
        return WithPictures(result=text, pictures=pictures) if pictures else text

    def _tool(self, offered: OfferedTool) -> Tool:
        remote = offered.remote

        async def run(params: JsonObject, context: RunContext) -> Any:
            async def ask(question: Question) -> Reply:
                return await nobody(question) if self._asked is None else await self._asked(context, offered, question)

            answer = await self._servers.call(offered, params, ask)
            return await self._told(offered, answer, context) if isinstance(answer, Parts) else answer

        return Tool(
            spec=ToolSpec(
                name=offered.name,
                description=(remote.description or remote.name)[:MAX_DESCRIPTION],
                parameters=remote.parameters,
                parallel=remote.read_only,
            ),
            run=run,
            dangerous=not remote.read_only,
            outside=True,
            untimed=True,
            searched=True,
        )
