"""What connects the gateway with the outside by itself: channels, webhooks, tasks, and the outbox under them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from openclaw_rpc.adapters.channels.registry import ChannelFolder
from openclaw_rpc.adapters.logs import Logs
from openclaw_rpc.adapters.tasks import LoopTasks
from openclaw_rpc.adapters.webhooks.caller import WebhookCaller
from openclaw_rpc.app.chores import Work
from openclaw_rpc.app.features import Feature
from openclaw_rpc.app.tools import AgentTools
from openclaw_rpc.config.paths import Paths
from openclaw_rpc.config.settings import Settings
from openclaw_rpc.domain.channels.asking import ChatApprovals
from openclaw_rpc.domain.channels.channel import ChannelFault
from openclaw_rpc.domain.channels.commands import ChatCommands, ChatSessions
from openclaw_rpc.domain.channels.files import InboxFiles
from openclaw_rpc.domain.channels.inbound import Inbound
from openclaw_rpc.domain.channels.link import Link
from openclaw_rpc.domain.channels.outbox import ChannelSender, InboundSender
from openclaw_rpc.domain.channels.pairing import Pairings
from openclaw_rpc.domain.channels.presence import Presence
from openclaw_rpc.domain.channels.replies import Replies, ReplyPart
from openclaw_rpc.domain.channels.service import Channels
from openclaw_rpc.domain.clock import Clock
from openclaw_rpc.domain.delivery import DeliveryLoop, seconds_of
from openclaw_rpc.domain.events.bus import Bus, Filter
from openclaw_rpc.domain.events.change import Change, Delivery, DeliveryKind
from openclaw_rpc.domain.events.published import DELTAS, Published
from openclaw_rpc.domain.events.streams import Streams
from openclaw_rpc.domain.nearest import meant
from openclaw_rpc.domain.ports import ConfigFile, Log, Store
from openclaw_rpc.domain.records import ReplyTo, RunRecord
from openclaw_rpc.domain.runs.service import Runs
from openclaw_rpc.domain.sessions import Sessions
from openclaw_rpc.domain.tasks.actions import TaskActions, TaskToolUse, TokenScopes
from openclaw_rpc.domain.tasks.clockwork import Clockwork
from openclaw_rpc.domain.tasks.records import TASK, Task
from openclaw_rpc.domain.tasks.service import Tasks
from openclaw_rpc.domain.tokens import KnownTokens
from openclaw_rpc.domain.tools.tasks import TaskTools
from openclaw_rpc.domain.web import FetchRequest
from openclaw_rpc.domain.webhooks.service import KIND as WEBHOOK
from openclaw_rpc.domain.webhooks.service import Webhooks, WebhookSender
from openclaw_rpc.methods.channel import ChannelMethods
from openclaw_rpc.methods.task import TaskMethods
from openclaw_rpc.methods.webhook import WebhookMethods
from openclaw_rpc.protocol import table
from openclaw_rpc.protocol.channel import ChannelInfo
from openclaw_rpc.protocol.channel import changed as channel_changed
from openclaw_rpc.protocol.errors import GatewayError, InvalidRequest, NotFound
from openclaw_rpc.protocol.log import log_line
from openclaw_rpc.protocol.method import Event
from openclaw_rpc.protocol.task import TaskEvent, TaskInfo
from openclaw_rpc.protocol.tool import tool_approval
from openclaw_rpc.rpc.bind import Namespace

FETCH_SECONDS = 60.0


class Outside(Feature):
    """Channels, webhooks and tasks."""

    of_one = frozenset({"channels", "tasks", "outbox:channel", "outbox:inbound"})

    def __init__(
        self,
        settings: Settings,
        store: Store,
        streams: Streams,
        bus: Bus,
        tools: AgentTools,
        tasks: LoopTasks,
        clock: Clock,
        logs: Logs,
    ) -> None:
        self.settings = settings
        self._store = store
        self._streams = streams
        self._bus = bus
        self._tools = tools
        self._tasks = tasks
        self._clock = clock
        self._logs = logs
        self._replies = Replies(clock)
        self._log: Log = logs.get("channels")
        self.webhooks = Webhooks(
            store,
            store.documents,
            WebhookCaller(tools.outbound),
            lambda: tools.policy,
            lambda: self.settings.webhooks,
            clock,
            tuple(table.events()),
        )
        # Before the first run is ended: what a crash broke off is told to the chats that wait for it.
        streams.planner = Plans(self.webhooks, self._replies)

    async def build(
        self,
        stack: AsyncExitStack,
        paths: Paths,
        config: ConfigFile,
        runs: Runs,
        sessions: Sessions,
        tokens: KnownTokens,
    ) -> None:
        """Make every part; what has to be closed is left to ``stack``."""
        self._sessions = sessions
        await self.webhooks.open()
        self._build_channels(paths, config, runs, sessions)
        await self._build_tasks(runs, tokens)
        senders = (
            ChannelSender(self._store, self._replies, self._presence, FilesOfUsers(self._tools)),
            InboundSender(self._replies, self._inbound),
            WebhookSender(self.webhooks, lambda: self.settings.webhooks),
        )
        deliveries, log = self._store.deliveries, self._logs.get("outbox")
        self._outboxes = {each.kind: DeliveryLoop(deliveries, each, self._clock, log) for each in senders}
        approvals = ChatApprovals(self._store, self._replies, self._tasks.start)
        deliveries.kept = self._wake
        stack.callback(self._bus.subscribe(Filter(names=frozenset({tool_approval.name})), approvals))
        planner = WebhookPlanner(self.webhooks, self._store, self._tasks)
        stack.callback(self._bus.subscribe(Filter(names=WebhookPlanner.hears), planner))

    def _build_channels(self, paths: Paths, config: ConfigFile, runs: Runs, sessions: Sessions) -> None:
        self._presence = Presence(self._bus, self._tasks.start, self._log)
        commands = ChatCommands(ChatSessions(sessions, runs), self._tools.approvals)
        files = InboxFiles(self._tools.files, self._tools.transcriber, self._log)
        pairings = Pairings(self._store, self._replies, self._clock)
        self._inbound = Inbound(self._store, runs, self._replies, pairings, commands, files, self._presence, self._log)
        kinds = ChannelFolder(paths.channels, self._log)

        def link(channel_id: str, changed: Callable[[Link], None]) -> Link:
            return Link(channel_id, kinds, self._clock, self._log, self._fetch, changed)

        self.channels = Channels(
            lambda: self.settings.channels,
            kinds,
            link,
            self._store,
            self._replies,
            self._inbound,
            config,
            self._tools.files,
        )
        self.channels.changed = self._channel_changed

    def _channel_changed(self, info: ChannelInfo) -> None:
        self._bus.publish(Published(channel_changed, info, user=""))

    async def _build_tasks(self, runs: Runs, tokens: KnownTokens) -> None:
        self.tasks = Tasks(self._store.documents, self._clock, self._check_task)
        await self.tasks.open()
        standing = TokenScopes(tokens, self._clock)
        self._tools.toolbox.add(TaskTools(self.tasks, self._chat_of, standing.named, self._clock))
        actions = TaskActions(
            self._store, runs, TaskToolUse(self._tools.skills, self._tools.toolbox), standing, self._outgoing
        )
        self.clockwork = Clockwork(
            self.tasks,
            self._store,
            actions,
            self.webhooks.caused,
            self._tell_task,
            self._spawn,
            self._clock,
            self._logs.get("tasks"),
        )

    def _spawn(self, work: Callable[[], Awaitable[None]]) -> None:
        async def run() -> None:
            await work()

        self._tasks.start(run())

    async def _chat_of(self, run_id: str) -> ReplyTo | None:
        """The chat that a run is answered in."""
        run = await self._store.find_run(run_id)
        return run.reply if run is not None else None

    def _check_task(self, task: TaskInfo) -> None:
        """Refuse a task whose answer goes to a channel that is not there, or whose agent is not."""
        links = self._replies.links
        if task.deliver is not None and (to := task.deliver.channel_id) not in links:
            said = f"there is no channel {to!r}{meant(to, links)}"
            raise InvalidRequest(said, field="deliver.channelId", reason="unknown")
        agent_id = task.action.params.get("agentId")
        if task.action.type == "message" and agent_id is not None:
            try:
                self._tools.agents.get(str(agent_id))
            except NotFound as error:
                raise InvalidRequest(error.message, field="action.params.agentId", reason="unknown agent") from None

    def _outgoing(self, channel_id: str, to: str, text: str) -> Sequence[Delivery]:
        return self._replies.parts(channel_id, ReplyPart(to=to), text)

    def _tell_task(self, row: Event[TaskEvent], data: TaskEvent, task: Task, *, kept: bool) -> None:
        self._bus.publish(Published(row, data, user=task.creator.user, kept=kept))

    async def _fetch(self, url: str, *, most: int, headers: Mapping[str, str] | None = None) -> bytes:
        """Fetch a file for a channel, through the outbound guard."""
        try:
            request = FetchRequest(url=url, headers=headers or {}, max_bytes=most, seconds=FETCH_SECONDS)
            found = await self._tools.fetcher.fetch(request)
        except GatewayError as error:
            raise ChannelFault(error.message) from None
        if found.status != 200:
            raise ChannelFault(f"the file's server answered {found.status}")
        if found.truncated:
            raise ChannelFault(f"the file is larger than {most >> 20} MB")
        return found.body

    def _wake(self, kinds: Collection[DeliveryKind]) -> None:
        for kind in kinds:
            self._outboxes[kind].wake()

    @property
    def dead(self) -> dict[str, int]:
        """How many deliveries of each kind failed for good since the start."""
        return {kind: loop.dead for kind, loop in self._outboxes.items()}

    def namespaces(self) -> Iterable[Namespace]:
        """The handlers of its rows."""
        return (
            ChannelMethods(self.channels),
            WebhookMethods(self.webhooks),
            TaskMethods(self.tasks, self.clockwork),
        )

    def chores(self) -> Iterable[tuple[str, Work]]:
        """What goes on by itself."""
        yield "channels", self.channels.serve
        yield "tasks", self._keep_time
        for kind, outbox in self._outboxes.items():
            yield f"outbox:{kind}", outbox.serve

    async def _keep_time(self) -> None:
        await self.tasks.open()
        await self.clockwork.serve()

    def apply(self, settings: Settings) -> None:
        """Take what changed in the configuration."""
        self.settings = settings
        self.channels.apply()

    async def look_again(self, kind: str) -> None:
        """Another process of the gateway changed documents of a kind."""
        if kind == TASK:
            await self.tasks.open()
            self.clockwork.look_again()
        elif kind == WEBHOOK:
            await self.webhooks.open()

    async def recover(self) -> None:
        """Another process of the gateway is gone: what it was sending is settled."""
        await self._outboxes["webhook"].recover()
        self._outboxes["webhook"].wake()


class Plans:
    """Says what has to be sent because of an event: webhooks' calls, answers to chats."""

    def __init__(self, webhooks: Webhooks, replies: Replies) -> None:
        self._webhooks = webhooks
        self._replies = replies

    def deliveries(self, event: Published, channel: str) -> Sequence[Delivery]:
        """The calls that an event causes."""
        return self._webhooks.caused(event.row.name, event.data, event.user, channel)

    def replies(self, run: RunRecord) -> Sequence[Delivery]:
        """The answer to the chat that a run came from."""
        return self._replies.of(run)


class WebhookPlanner:
    """Hears what is no part of a session's history: the calls that it causes are kept by themselves.

    A line of the log is not heard: one that is about webhooks must not cause another. Nor are deltas, which are always
    kept with their run.
    """

    hears = frozenset(table.events()) - {row.name for row in (*DELTAS, log_line)}

    def __init__(self, webhooks: Webhooks, store: Store, tasks: LoopTasks) -> None:
        self._webhooks = webhooks
        self._store = store
        self._tasks = tasks

    def hear(self, event: Published) -> None:
        """Take an event."""
        if event.seq or event.kept:
            return
        found = self._webhooks.caused(event.row.name, event.data, event.user)
        if found:
            self._tasks.start(self._keep(found))

    async def _keep(self, found: list[Delivery]) -> None:
        await self._store.commit(Change(deliveries=found))


class FilesOfUsers:
    """Where files of workspaces lie."""

    def __init__(self, tools: AgentTools) -> None:
        self._tools = tools

    async def place(self, user: str, path: str) -> Path:
        """A file's path on this machine."""
        await self._tools.files.attachable(user, path)
        return Path(await self._tools.workspaces.of(user).folder(())) / path.lstrip("/")

    async def made(self, user: str, path: str, since: str) -> tuple[str, int] | None:
        """A file that was written since then."""
        try:
            shown, piece = await self._tools.files.look(user, path)
        except GatewayError:
            return None
        written = piece.size > 0 and piece.modified >= seconds_of(since)
        return (shown, piece.size) if written else None
