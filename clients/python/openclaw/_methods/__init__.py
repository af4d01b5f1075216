"""Every namespace of the table, as a client has it. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations


from typing import Any

from openclaw._async import AsyncCaller
from openclaw._sync import Caller
from openclaw._methods.agent import AsyncAgent, Agent
from openclaw._methods.audit import AsyncAudit, Audit
from openclaw._methods.browser import AsyncBrowser, Browser
from openclaw._methods.budget import AsyncBudget, Budget
from openclaw._methods.channel import AsyncChannel, Channel
from openclaw._methods.chat import AsyncChat, Chat
from openclaw._methods.command import AsyncCommand, Command
from openclaw._methods.config import AsyncConfig, Config
from openclaw._methods.conversation import AsyncConversation, Conversation
from openclaw._methods.dashboard import AsyncDashboard, Dashboard
from openclaw._methods.device import AsyncDevice, Device
from openclaw._methods.event import AsyncEvent, Event
from openclaw._methods.file import AsyncFile, File
from openclaw._methods.log import AsyncLog, Log
from openclaw._methods.mcp import AsyncMcp, Mcp
from openclaw._methods.memory import AsyncMemory, Memory
from openclaw._methods.model import AsyncModel, Model
from openclaw._methods.response import AsyncResponse, Response
from openclaw._methods.rpc import AsyncRpc, Rpc
from openclaw._methods.session import AsyncSession, Session
from openclaw._methods.skill import AsyncSkill, Skill
from openclaw._methods.system import AsyncSystem, System
from openclaw._methods.task import AsyncTask, Task
from openclaw._methods.token import AsyncToken, Token
from openclaw._methods.tool import AsyncTool, Tool
from openclaw._methods.usage import AsyncUsage, Usage
from openclaw._methods.web import AsyncWeb, Web
from openclaw._methods.webhook import AsyncWebhook, Webhook


class Methods(Caller):
    """All methods of the table."""

    def __init__(self, base_url: str | None = None, token: str | None = None, **options: Any) -> None:
        super().__init__(base_url, token, **options)
        self.agent = Agent(self)
        self.audit = Audit(self)
        self.browser = Browser(self)
        self.budget = Budget(self)
        self.channel = Channel(self)
        self.chat = Chat(self)
        self.command = Command(self)
        self.config = Config(self)
        self.conversation = Conversation(self)
        self.dashboard = Dashboard(self)
        self.device = Device(self)
        self.event = Event(self)
        self.file = File(self)
        self.log = Log(self)
        self.mcp = Mcp(self)
        self.memory = Memory(self)
        self.model = Model(self)
        self.response = Response(self)
        self.rpc = Rpc(self)
        self.session = Session(self)
        self.skill = Skill(self)
        self.system = System(self)
        self.task = Task(self)
        self.token = Token(self)
        self.tool = Tool(self)
        self.usage = Usage(self)
        self.web = Web(self)
        self.webhook = Webhook(self)


class AsyncMethods(AsyncCaller):
    """All methods of the table."""

    def __init__(self, base_url: str | None = None, token: str | None = None, **options: Any) -> None:
        super().__init__(base_url, token, **options)
        self.agent = AsyncAgent(self)
        self.audit = AsyncAudit(self)
        self.browser = AsyncBrowser(self)
        self.budget = AsyncBudget(self)
        self.channel = AsyncChannel(self)
        self.chat = AsyncChat(self)
        self.command = AsyncCommand(self)
        self.config = AsyncConfig(self)
        self.conversation = AsyncConversation(self)
        self.dashboard = AsyncDashboard(self)
        self.device = AsyncDevice(self)
        self.event = AsyncEvent(self)
        self.file = AsyncFile(self)
        self.log = AsyncLog(self)
        self.mcp = AsyncMcp(self)
        self.memory = AsyncMemory(self)
        self.model = AsyncModel(self)
        self.response = AsyncResponse(self)
        self.rpc = AsyncRpc(self)
        self.session = AsyncSession(self)
        self.skill = AsyncSkill(self)
        self.system = AsyncSystem(self)
        self.task = AsyncTask(self)
        self.token = AsyncToken(self)
        self.tool = AsyncTool(self)
        self.usage = AsyncUsage(self)
        self.web = AsyncWeb(self)
        self.webhook = AsyncWebhook(self)
