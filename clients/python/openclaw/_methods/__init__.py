"""Every namespace of the table, as a client has it. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations


from functools import cached_property
from typing import TYPE_CHECKING

from openclaw._async import AsyncCaller
from openclaw._sync import Caller

if TYPE_CHECKING:
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

    @cached_property
    def agent(self) -> Agent:
        """`agent.*`."""
        from openclaw._methods.agent import Agent

        return Agent(self)

    @cached_property
    def audit(self) -> Audit:
        """`audit.*`."""
        from openclaw._methods.audit import Audit

        return Audit(self)

    @cached_property
    def browser(self) -> Browser:
        """`browser.*`."""
        from openclaw._methods.browser import Browser

        return Browser(self)

    @cached_property
    def budget(self) -> Budget:
        """`budget.*`."""
        from openclaw._methods.budget import Budget

        return Budget(self)

    @cached_property
    def channel(self) -> Channel:
        """`channel.*`."""
        from openclaw._methods.channel import Channel

        return Channel(self)

    @cached_property
    def chat(self) -> Chat:
        """`chat.*`."""
        from openclaw._methods.chat import Chat

        return Chat(self)

    @cached_property
    def command(self) -> Command:
        """`command.*`."""
        from openclaw._methods.command import Command

        return Command(self)

    @cached_property
    def config(self) -> Config:
        """`config.*`."""
        from openclaw._methods.config import Config

        return Config(self)

    @cached_property
    def conversation(self) -> Conversation:
        """`conversation.*`."""
        from openclaw._methods.conversation import Conversation

        return Conversation(self)

    @cached_property
    def dashboard(self) -> Dashboard:
        """`dashboard.*`."""
        from openclaw._methods.dashboard import Dashboard

        return Dashboard(self)

    @cached_property
    def device(self) -> Device:
        """`device.*`."""
        from openclaw._methods.device import Device

        return Device(self)

    @cached_property
    def event(self) -> Event:
        """`event.*`."""
        from openclaw._methods.event import Event

        return Event(self)

    @cached_property
    def file(self) -> File:
        """`file.*`."""
        from openclaw._methods.file import File

        return File(self)

    @cached_property
    def log(self) -> Log:
        """`log.*`."""
        from openclaw._methods.log import Log

        return Log(self)

    @cached_property
    def mcp(self) -> Mcp:
        """`mcp.*`."""
        from openclaw._methods.mcp import Mcp

        return Mcp(self)

    @cached_property
    def memory(self) -> Memory:
        """`memory.*`."""
        from openclaw._methods.memory import Memory

        return Memory(self)

    @cached_property
    def model(self) -> Model:
        """`model.*`."""
        from openclaw._methods.model import Model

        return Model(self)

    @cached_property
    def response(self) -> Response:
        """`response.*`."""
        from openclaw._methods.response import Response

        return Response(self)

    @cached_property
    def rpc(self) -> Rpc:
        """`rpc.*`."""
        from openclaw._methods.rpc import Rpc

        return Rpc(self)

    @cached_property
    def session(self) -> Session:
        """`session.*`."""
        from openclaw._methods.session import Session

        return Session(self)

    @cached_property
    def skill(self) -> Skill:
        """`skill.*`."""
        from openclaw._methods.skill import Skill

        return Skill(self)

    @cached_property
    def system(self) -> System:
        """`system.*`."""
        from openclaw._methods.system import System

        return System(self)

    @cached_property
    def task(self) -> Task:
        """`task.*`."""
        from openclaw._methods.task import Task

        return Task(self)

    @cached_property
    def token(self) -> Token:
        """`token.*`."""
        from openclaw._methods.token import Token

        return Token(self)

    @cached_property
    def tool(self) -> Tool:
        """`tool.*`."""
        from openclaw._methods.tool import Tool

        return Tool(self)

    @cached_property
    def usage(self) -> Usage:
        """`usage.*`."""
        from openclaw._methods.usage import Usage

        return Usage(self)

    @cached_property
    def web(self) -> Web:
        """`web.*`."""
        from openclaw._methods.web import Web

        return Web(self)

    @cached_property
    def webhook(self) -> Webhook:
        """`webhook.*`."""
        from openclaw._methods.webhook import Webhook

        return Webhook(self)


class AsyncMethods(AsyncCaller):
    """All methods of the table."""

    @cached_property
    def agent(self) -> AsyncAgent:
        """`agent.*`."""
        from openclaw._methods.agent import AsyncAgent

        return AsyncAgent(self)

    @cached_property
    def audit(self) -> AsyncAudit:
        """`audit.*`."""
        from openclaw._methods.audit import AsyncAudit

        return AsyncAudit(self)

    @cached_property
    def browser(self) -> AsyncBrowser:
        """`browser.*`."""
        from openclaw._methods.browser import AsyncBrowser

        return AsyncBrowser(self)

    @cached_property
    def budget(self) -> AsyncBudget:
        """`budget.*`."""
        from openclaw._methods.budget import AsyncBudget

        return AsyncBudget(self)

    @cached_property
    def channel(self) -> AsyncChannel:
        """`channel.*`."""
        from openclaw._methods.channel import AsyncChannel

        return AsyncChannel(self)

    @cached_property
    def chat(self) -> AsyncChat:
        """`chat.*`."""
        from openclaw._methods.chat import AsyncChat

        return AsyncChat(self)

    @cached_property
    def command(self) -> AsyncCommand:
        """`command.*`."""
        from openclaw._methods.command import AsyncCommand

        return AsyncCommand(self)

    @cached_property
    def config(self) -> AsyncConfig:
        """`config.*`."""
        from openclaw._methods.config import AsyncConfig

        return AsyncConfig(self)

    @cached_property
    def conversation(self) -> AsyncConversation:
        """`conversation.*`."""
        from openclaw._methods.conversation import AsyncConversation

        return AsyncConversation(self)

    @cached_property
    def dashboard(self) -> AsyncDashboard:
        """`dashboard.*`."""
        from openclaw._methods.dashboard import AsyncDashboard

        return AsyncDashboard(self)

    @cached_property
    def device(self) -> AsyncDevice:
        """`device.*`."""
        from openclaw._methods.device import AsyncDevice

        return AsyncDevice(self)

    @cached_property
    def event(self) -> AsyncEvent:
        """`event.*`."""
        from openclaw._methods.event import AsyncEvent

        return AsyncEvent(self)

    @cached_property
    def file(self) -> AsyncFile:
        """`file.*`."""
        from openclaw._methods.file import AsyncFile

        return AsyncFile(self)

    @cached_property
    def log(self) -> AsyncLog:
        """`log.*`."""
        from openclaw._methods.log import AsyncLog

        return AsyncLog(self)

    @cached_property
    def mcp(self) -> AsyncMcp:
        """`mcp.*`."""
        from openclaw._methods.mcp import AsyncMcp

        return AsyncMcp(self)

    @cached_property
    def memory(self) -> AsyncMemory:
        """`memory.*`."""
        from openclaw._methods.memory import AsyncMemory

        return AsyncMemory(self)

    @cached_property
    def model(self) -> AsyncModel:
        """`model.*`."""
        from openclaw._methods.model import AsyncModel

        return AsyncModel(self)

    @cached_property
    def response(self) -> AsyncResponse:
        """`response.*`."""
        from openclaw._methods.response import AsyncResponse

        return AsyncResponse(self)

    @cached_property
    def rpc(self) -> AsyncRpc:
        """`rpc.*`."""
        from openclaw._methods.rpc import AsyncRpc

        return AsyncRpc(self)

    @cached_property
    def session(self) -> AsyncSession:
        """`session.*`."""
        from openclaw._methods.session import AsyncSession

        return AsyncSession(self)

    @cached_property
    def skill(self) -> AsyncSkill:
        """`skill.*`."""
        from openclaw._methods.skill import AsyncSkill

        return AsyncSkill(self)

    @cached_property
    def system(self) -> AsyncSystem:
        """`system.*`."""
        from openclaw._methods.system import AsyncSystem

        return AsyncSystem(self)

    @cached_property
    def task(self) -> AsyncTask:
        """`task.*`."""
        from openclaw._methods.task import AsyncTask

        return AsyncTask(self)

    @cached_property
    def token(self) -> AsyncToken:
        """`token.*`."""
        from openclaw._methods.token import AsyncToken

        return AsyncToken(self)

    @cached_property
    def tool(self) -> AsyncTool:
        """`tool.*`."""
        from openclaw._methods.tool import AsyncTool

        return AsyncTool(self)

    @cached_property
    def usage(self) -> AsyncUsage:
        """`usage.*`."""
        from openclaw._methods.usage import AsyncUsage

        return AsyncUsage(self)

    @cached_property
    def web(self) -> AsyncWeb:
        """`web.*`."""
        from openclaw._methods.web import AsyncWeb

        return AsyncWeb(self)

    @cached_property
    def webhook(self) -> AsyncWebhook:
        """`webhook.*`."""
        from openclaw._methods.webhook import AsyncWebhook

        return AsyncWebhook(self)
