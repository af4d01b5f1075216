"""What methods take and answer, and what events carry. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations


from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from openclaw.types.agent import AgentInfo as AgentInfo
    from openclaw.types.agent import AgentList as AgentList
    from openclaw.types.tool import ApprovalInfo as ApprovalInfo
    from openclaw.types.tool import ApprovalList as ApprovalList
    from openclaw.types.chat import Attachment as Attachment
    from openclaw.types.audit import AuditPage as AuditPage
    from openclaw.types.audit import AuditQueryParams as AuditQueryParams
    from openclaw.types.audit import AuditRecord as AuditRecord
    from openclaw.types.audit import AuditVerdict as AuditVerdict
    from openclaw.types.command import BackgroundCommand as BackgroundCommand
    from openclaw.types.command import BackgroundList as BackgroundList
    from openclaw.types.browser import BrowserClickParams as BrowserClickParams
    from openclaw.types.browser import BrowserCloseParams as BrowserCloseParams
    from openclaw.types.browser import BrowserClosed as BrowserClosed
    from openclaw.types.browser import BrowserExecuteParams as BrowserExecuteParams
    from openclaw.types.browser import BrowserExecuted as BrowserExecuted
    from openclaw.types.browser import BrowserNavigateParams as BrowserNavigateParams
    from openclaw.types.browser import BrowserNavigated as BrowserNavigated
    from openclaw.types.browser import BrowserOpenParams as BrowserOpenParams
    from openclaw.types.browser import BrowserPage as BrowserPage
    from openclaw.types.browser import BrowserPicture as BrowserPicture
    from openclaw.types.browser import BrowserScreenshotParams as BrowserScreenshotParams
    from openclaw.types.browser import BrowserSnapshot as BrowserSnapshot
    from openclaw.types.browser import BrowserSnapshotParams as BrowserSnapshotParams
    from openclaw.types.browser import BrowserStatus as BrowserStatus
    from openclaw.types.browser import BrowserStatusParams as BrowserStatusParams
    from openclaw.types.browser import BrowserTypeParams as BrowserTypeParams
    from openclaw.types.budget import BudgetExceededEvent as BudgetExceededEvent
    from openclaw.types.budget import BudgetInfo as BudgetInfo
    from openclaw.types.budget import BudgetList as BudgetList
    from openclaw.types.budget import BudgetSet as BudgetSet
    from openclaw.types.budget import BudgetSetParams as BudgetSetParams
    from openclaw.types.budget import BudgetState as BudgetState
    from openclaw.types.budget import BudgetStatus as BudgetStatus
    from openclaw.types.budget import BudgetStatusParams as BudgetStatusParams
    from openclaw.types.chat import CalledFunction as CalledFunction
    from openclaw.types.channel import ChannelFile as ChannelFile
    from openclaw.types.channel import ChannelInfo as ChannelInfo
    from openclaw.types.channel import ChannelInstallParams as ChannelInstallParams
    from openclaw.types.channel import ChannelList as ChannelList
    from openclaw.types.channel import ChannelPairParams as ChannelPairParams
    from openclaw.types.channel import ChannelPaired as ChannelPaired
    from openclaw.types.channel import ChannelParams as ChannelParams
    from openclaw.types.channel import ChannelRemoved as ChannelRemoved
    from openclaw.types.channel import ChannelSendParams as ChannelSendParams
    from openclaw.types.channel import ChannelSent as ChannelSent
    from openclaw.types.chat import ChatAbortParams as ChatAbortParams
    from openclaw.types.chat import ChatDeltaEvent as ChatDeltaEvent
    from openclaw.types.chat import ChatDoneEvent as ChatDoneEvent
    from openclaw.types.chat import ChatHistory as ChatHistory
    from openclaw.types.chat import ChatHistoryParams as ChatHistoryParams
    from openclaw.types.chat import ChatInjectParams as ChatInjectParams
    from openclaw.types.chat import ChatInjected as ChatInjected
    from openclaw.types.chat import ChatMessage as ChatMessage
    from openclaw.types.chat import ChatMessageEvent as ChatMessageEvent
    from openclaw.types.chat import ChatRunParams as ChatRunParams
    from openclaw.types.chat import ChatStartedEvent as ChatStartedEvent
    from openclaw.types.chat import ChatStatusEvent as ChatStatusEvent
    from openclaw.types.chat import ChatThinkingEvent as ChatThinkingEvent
    from openclaw.types.chat import ChatWaitParams as ChatWaitParams
    from openclaw.types.system import ChoreStatus as ChoreStatus
    from openclaw.types.command import CommandExecuteParams as CommandExecuteParams
    from openclaw.types.command import CommandOutput as CommandOutput
    from openclaw.types.command import CommandOutputEvent as CommandOutputEvent
    from openclaw.types.command import CommandOutputParams as CommandOutputParams
    from openclaw.types.command import CommandResult as CommandResult
    from openclaw.types.command import CommandStartParams as CommandStartParams
    from openclaw.types.command import CommandStopParams as CommandStopParams
    from openclaw.types.config import ConfigChangedEvent as ConfigChangedEvent
    from openclaw.types.config import ConfigDocument as ConfigDocument
    from openclaw.types.config import ConfigSchema as ConfigSchema
    from openclaw.types.config import ConfigStatus as ConfigStatus
    from openclaw.types.config import ConfigUpdateParams as ConfigUpdateParams
    from openclaw.types.config import ConfigUpdated as ConfigUpdated
    from openclaw.types.event import ConnectedEvent as ConnectedEvent
    from openclaw.types.conversation import ConversationAddParams as ConversationAddParams
    from openclaw.types.conversation import ConversationCreateParams as ConversationCreateParams
    from openclaw.types.conversation import ConversationDeleted as ConversationDeleted
    from openclaw.types.conversation import ConversationInfo as ConversationInfo
    from openclaw.types.conversation import ConversationItem as ConversationItem
    from openclaw.types.conversation import ConversationItemParams as ConversationItemParams
    from openclaw.types.conversation import ConversationItems as ConversationItems
    from openclaw.types.conversation import ConversationItemsParams as ConversationItemsParams
    from openclaw.types.conversation import ConversationParams as ConversationParams
    from openclaw.types.conversation import ConversationUpdateParams as ConversationUpdateParams
    from openclaw.types.device import DeviceInfo as DeviceInfo
    from openclaw.types.device import DeviceList as DeviceList
    from openclaw.types.device import DeviceParams as DeviceParams
    from openclaw.types.device import DeviceRemoved as DeviceRemoved
    from openclaw.types.device import DeviceRevoked as DeviceRevoked
    from openclaw.types.device import DeviceRevokedEvent as DeviceRevokedEvent
    from openclaw.types.events import EVENTS as EVENTS
    from openclaw.types.chat import EarlierMessage as EarlierMessage
    from openclaw.types.base import Empty as Empty
    from openclaw.types.event import EventSubscribeParams as EventSubscribeParams
    from openclaw.types.event import EventUnsubscribeParams as EventUnsubscribeParams
    from openclaw.types.file import FileContent as FileContent
    from openclaw.types.file import FileDeleteParams as FileDeleteParams
    from openclaw.types.file import FileDeleted as FileDeleted
    from openclaw.types.file import FileEditParams as FileEditParams
    from openclaw.types.file import FileEdited as FileEdited
    from openclaw.types.file import FileEntry as FileEntry
    from openclaw.types.file import FileFound as FileFound
    from openclaw.types.file import FileListParams as FileListParams
    from openclaw.types.file import FileListing as FileListing
    from openclaw.types.file import FileMoveParams as FileMoveParams
    from openclaw.types.file import FileMoved as FileMoved
    from openclaw.types.file import FileReadParams as FileReadParams
    from openclaw.types.file import FileSearchParams as FileSearchParams
    from openclaw.types.file import FileWriteParams as FileWriteParams
    from openclaw.types.file import FileWritten as FileWritten
    from openclaw.types.file import FilesFound as FilesFound
    from openclaw.types.system import GatewayStatus as GatewayStatus
    from openclaw.types.event import HeartbeatEvent as HeartbeatEvent
    from openclaw.types.session import LiveRun as LiveRun
    from openclaw.types.system import LoadStatus as LoadStatus
    from openclaw.types.log import LogEntry as LogEntry
    from openclaw.types.log import LogLines as LogLines
    from openclaw.types.log import LogTailParams as LogTailParams
    from openclaw.types.mcp import McpServerInfo as McpServerInfo
    from openclaw.types.mcp import McpServerList as McpServerList
    from openclaw.types.memory import MemoryCompacted as MemoryCompacted
    from openclaw.types.memory import MemoryDeleteParams as MemoryDeleteParams
    from openclaw.types.memory import MemoryDeleted as MemoryDeleted
    from openclaw.types.memory import MemoryFileStats as MemoryFileStats
    from openclaw.types.memory import MemoryFound as MemoryFound
    from openclaw.types.memory import MemoryLogStats as MemoryLogStats
    from openclaw.types.memory import MemoryPruneParams as MemoryPruneParams
    from openclaw.types.memory import MemoryPruned as MemoryPruned
    from openclaw.types.memory import MemoryResults as MemoryResults
    from openclaw.types.memory import MemorySearchParams as MemorySearchParams
    from openclaw.types.memory import MemoryStats as MemoryStats
    from openclaw.types.memory import MemoryStoreParams as MemoryStoreParams
    from openclaw.types.memory import MemoryStored as MemoryStored
    from openclaw.types.chat import MessageAttachment as MessageAttachment
    from openclaw.types.chat import MessageToolCall as MessageToolCall
    from openclaw.types.system import MethodInfo as MethodInfo
    from openclaw.types.system import MethodList as MethodList
    from openclaw.types.model import ModelChunkEvent as ModelChunkEvent
    from openclaw.types.model import ModelCompleteParams as ModelCompleteParams
    from openclaw.types.model import ModelCompleted as ModelCompleted
    from openclaw.types.model import ModelEmbedParams as ModelEmbedParams
    from openclaw.types.model import ModelEmbedded as ModelEmbedded
    from openclaw.types.model import ModelInfo as ModelInfo
    from openclaw.types.model import ModelList as ModelList
    from openclaw.types.system import NodeStatus as NodeStatus
    from openclaw.types.channel import OutboxCounts as OutboxCounts
    from openclaw.types.base import Paged as Paged
    from openclaw.types.event import Position as Position
    from openclaw.types.system import ReasoningStatus as ReasoningStatus
    from openclaw.types.response import ResponseBody as ResponseBody
    from openclaw.types.response import ResponseCreateParams as ResponseCreateParams
    from openclaw.types.response import ResponseDeleted as ResponseDeleted
    from openclaw.types.response import ResponseFollowParams as ResponseFollowParams
    from openclaw.types.response import ResponseIdParams as ResponseIdParams
    from openclaw.types.response import ResponseItems as ResponseItems
    from openclaw.types.response import ResponseItemsParams as ResponseItemsParams
    from openclaw.types.response import ResponseStreamEvent as ResponseStreamEvent
    from openclaw.types.chat import RunAborted as RunAborted
    from openclaw.types.chat import RunAccepted as RunAccepted
    from openclaw.types.chat import RunError as RunError
    from openclaw.types.chat import RunOptions as RunOptions
    from openclaw.types.chat import RunState as RunState
    from openclaw.types.session import SessionCompactParams as SessionCompactParams
    from openclaw.types.session import SessionCompacted as SessionCompacted
    from openclaw.types.session import SessionCreateParams as SessionCreateParams
    from openclaw.types.session import SessionDeleted as SessionDeleted
    from openclaw.types.session import SessionDetail as SessionDetail
    from openclaw.types.session import SessionEvent as SessionEvent
    from openclaw.types.session import SessionForkParams as SessionForkParams
    from openclaw.types.session import SessionGetParams as SessionGetParams
    from openclaw.types.session import SessionGoneEvent as SessionGoneEvent
    from openclaw.types.session import SessionInfo as SessionInfo
    from openclaw.types.session import SessionKeyParams as SessionKeyParams
    from openclaw.types.session import SessionListParams as SessionListParams
    from openclaw.types.session import SessionPage as SessionPage
    from openclaw.types.session import SessionUpdateParams as SessionUpdateParams
    from openclaw.types.dashboard import SignInLink as SignInLink
    from openclaw.types.skill import SkillContent as SkillContent
    from openclaw.types.skill import SkillExecuteParams as SkillExecuteParams
    from openclaw.types.skill import SkillExecuted as SkillExecuted
    from openclaw.types.skill import SkillExecutedEvent as SkillExecutedEvent
    from openclaw.types.skill import SkillFound as SkillFound
    from openclaw.types.skill import SkillInfo as SkillInfo
    from openclaw.types.skill import SkillInstallParams as SkillInstallParams
    from openclaw.types.skill import SkillList as SkillList
    from openclaw.types.skill import SkillParams as SkillParams
    from openclaw.types.skill import SkillPermissions as SkillPermissions
    from openclaw.types.skill import SkillReadParams as SkillReadParams
    from openclaw.types.skill import SkillRemoved as SkillRemoved
    from openclaw.types.skill import SkillSearchParams as SkillSearchParams
    from openclaw.types.skill import SkillsFound as SkillsFound
    from openclaw.types.chat import StandsFor as StandsFor
    from openclaw.types.event import Subscribed as Subscribed
    from openclaw.types.system import SystemStatus as SystemStatus
    from openclaw.types.task import TaskAction as TaskAction
    from openclaw.types.task import TaskCreateParams as TaskCreateParams
    from openclaw.types.task import TaskDeleted as TaskDeleted
    from openclaw.types.task import TaskEvent as TaskEvent
    from openclaw.types.task import TaskInfo as TaskInfo
    from openclaw.types.task import TaskList as TaskList
    from openclaw.types.task import TaskParams as TaskParams
    from openclaw.types.task import TaskPreview as TaskPreview
    from openclaw.types.task import TaskPreviewParams as TaskPreviewParams
    from openclaw.types.task import TaskRun as TaskRun
    from openclaw.types.task import TaskRuns as TaskRuns
    from openclaw.types.task import TaskRunsParams as TaskRunsParams
    from openclaw.types.task import TaskTarget as TaskTarget
    from openclaw.types.task import TaskUpdateParams as TaskUpdateParams
    from openclaw.types.token import TokenCreateParams as TokenCreateParams
    from openclaw.types.token import TokenCreated as TokenCreated
    from openclaw.types.token import TokenInfo as TokenInfo
    from openclaw.types.token import TokenList as TokenList
    from openclaw.types.token import TokenRevokeParams as TokenRevokeParams
    from openclaw.types.token import TokenRevoked as TokenRevoked
    from openclaw.types.token import TokenRevokedEvent as TokenRevokedEvent
    from openclaw.types.tool import ToolApproveParams as ToolApproveParams
    from openclaw.types.tool import ToolApproved as ToolApproved
    from openclaw.types.chat import ToolCallEvent as ToolCallEvent
    from openclaw.types.tool import ToolDecidedEvent as ToolDecidedEvent
    from openclaw.types.tool import ToolDenied as ToolDenied
    from openclaw.types.tool import ToolDenyParams as ToolDenyParams
    from openclaw.types.tool import ToolInfo as ToolInfo
    from openclaw.types.tool import ToolInvokeParams as ToolInvokeParams
    from openclaw.types.tool import ToolInvoked as ToolInvoked
    from openclaw.types.tool import ToolList as ToolList
    from openclaw.types.tool import ToolListParams as ToolListParams
    from openclaw.types.chat import ToolOutput as ToolOutput
    from openclaw.types.chat import ToolResultEvent as ToolResultEvent
    from openclaw.types.chat import ToolUse as ToolUse
    from openclaw.types.event import Unsubscribed as Unsubscribed
    from openclaw.types.chat import Usage as Usage
    from openclaw.types.usage import UsageQueryParams as UsageQueryParams
    from openclaw.types.usage import UsageReport as UsageReport
    from openclaw.types.usage import UsageRow as UsageRow
    from openclaw.types.web import WebFetchParams as WebFetchParams
    from openclaw.types.web import WebPage as WebPage
    from openclaw.types.webhook import WebhookCreateParams as WebhookCreateParams
    from openclaw.types.webhook import WebhookDeleted as WebhookDeleted
    from openclaw.types.webhook import WebhookDeliveries as WebhookDeliveries
    from openclaw.types.webhook import WebhookDeliveriesParams as WebhookDeliveriesParams
    from openclaw.types.webhook import WebhookDelivery as WebhookDelivery
    from openclaw.types.webhook import WebhookInfo as WebhookInfo
    from openclaw.types.webhook import WebhookList as WebhookList
    from openclaw.types.webhook import WebhookParams as WebhookParams
    from openclaw.types.webhook import WebhookRedeliverParams as WebhookRedeliverParams
    from openclaw.types.webhook import WebhookTested as WebhookTested
    from openclaw.types.webhook import WebhookUpdateParams as WebhookUpdateParams

_NAMES = {
    "agent": (
        "AgentInfo AgentList "
    ),
    "audit": (
        "AuditPage AuditQueryParams AuditRecord AuditVerdict "
    ),
    "base": (
        "Empty Paged "
    ),
    "browser": (
        "BrowserClickParams BrowserCloseParams BrowserClosed BrowserExecuteParams BrowserExecuted "
        "BrowserNavigateParams BrowserNavigated BrowserOpenParams BrowserPage BrowserPicture "
        "BrowserScreenshotParams BrowserSnapshot BrowserSnapshotParams BrowserStatus BrowserStatusParams "
        "BrowserTypeParams "
    ),
    "budget": (
        "BudgetExceededEvent BudgetInfo BudgetList BudgetSet BudgetSetParams BudgetState BudgetStatus "
        "BudgetStatusParams "
    ),
    "channel": (
        "ChannelFile ChannelInfo ChannelInstallParams ChannelList ChannelPairParams ChannelPaired "
        "ChannelParams ChannelRemoved ChannelSendParams ChannelSent OutboxCounts "
    ),
    "chat": (
        "Attachment CalledFunction ChatAbortParams ChatDeltaEvent ChatDoneEvent ChatHistory ChatHistoryParams "
        "ChatInjectParams ChatInjected ChatMessage ChatMessageEvent ChatRunParams ChatStartedEvent "
        "ChatStatusEvent ChatThinkingEvent ChatWaitParams EarlierMessage MessageAttachment MessageToolCall "
        "RunAborted RunAccepted RunError RunOptions RunState StandsFor ToolCallEvent ToolOutput "
        "ToolResultEvent ToolUse Usage "
    ),
    "command": (
        "BackgroundCommand BackgroundList CommandExecuteParams CommandOutput CommandOutputEvent "
        "CommandOutputParams CommandResult CommandStartParams CommandStopParams "
    ),
    "config": (
        "ConfigChangedEvent ConfigDocument ConfigSchema ConfigStatus ConfigUpdateParams ConfigUpdated "
    ),
    "conversation": (
        "ConversationAddParams ConversationCreateParams ConversationDeleted ConversationInfo ConversationItem "
        "ConversationItemParams ConversationItems ConversationItemsParams ConversationParams "
        "ConversationUpdateParams "
    ),
    "dashboard": (
        "SignInLink "
    ),
    "device": (
        "DeviceInfo DeviceList DeviceParams DeviceRemoved DeviceRevoked DeviceRevokedEvent "
    ),
    "event": (
        "ConnectedEvent EventSubscribeParams EventUnsubscribeParams HeartbeatEvent Position Subscribed "
        "Unsubscribed "
    ),
    "events": (
        "EVENTS "
    ),
    "file": (
        "FileContent FileDeleteParams FileDeleted FileEditParams FileEdited FileEntry FileFound "
        "FileListParams FileListing FileMoveParams FileMoved FileReadParams FileSearchParams FileWriteParams "
        "FileWritten FilesFound "
    ),
    "log": (
        "LogEntry LogLines LogTailParams "
    ),
    "mcp": (
        "McpServerInfo McpServerList "
    ),
    "memory": (
        "MemoryCompacted MemoryDeleteParams MemoryDeleted MemoryFileStats MemoryFound MemoryLogStats "
        "MemoryPruneParams MemoryPruned MemoryResults MemorySearchParams MemoryStats MemoryStoreParams "
        "MemoryStored "
    ),
    "model": (
        "ModelChunkEvent ModelCompleteParams ModelCompleted ModelEmbedParams ModelEmbedded ModelInfo "
        "ModelList "
    ),
    "response": (
        "ResponseBody ResponseCreateParams ResponseDeleted ResponseFollowParams ResponseIdParams "
        "ResponseItems ResponseItemsParams ResponseStreamEvent "
    ),
    "session": (
        "LiveRun SessionCompactParams SessionCompacted SessionCreateParams SessionDeleted SessionDetail "
        "SessionEvent SessionForkParams SessionGetParams SessionGoneEvent SessionInfo SessionKeyParams "
        "SessionListParams SessionPage SessionUpdateParams "
    ),
    "skill": (
        "SkillContent SkillExecuteParams SkillExecuted SkillExecutedEvent SkillFound SkillInfo "
        "SkillInstallParams SkillList SkillParams SkillPermissions SkillReadParams SkillRemoved "
        "SkillSearchParams SkillsFound "
    ),
    "system": (
        "ChoreStatus GatewayStatus LoadStatus MethodInfo MethodList NodeStatus ReasoningStatus SystemStatus "
    ),
    "task": (
        "TaskAction TaskCreateParams TaskDeleted TaskEvent TaskInfo TaskList TaskParams TaskPreview "
        "TaskPreviewParams TaskRun TaskRuns TaskRunsParams TaskTarget TaskUpdateParams "
    ),
    "token": (
        "TokenCreateParams TokenCreated TokenInfo TokenList TokenRevokeParams TokenRevoked TokenRevokedEvent "
    ),
    "tool": (
        "ApprovalInfo ApprovalList ToolApproveParams ToolApproved ToolDecidedEvent ToolDenied ToolDenyParams "
        "ToolInfo ToolInvokeParams ToolInvoked ToolList ToolListParams "
    ),
    "usage": (
        "UsageQueryParams UsageReport UsageRow "
    ),
    "web": (
        "WebFetchParams WebPage "
    ),
    "webhook": (
        "WebhookCreateParams WebhookDeleted WebhookDeliveries WebhookDeliveriesParams WebhookDelivery "
        "WebhookInfo WebhookList WebhookParams WebhookRedeliverParams WebhookTested WebhookUpdateParams "
    ),
}
_PLACES = {name: module for module, names in _NAMES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    """A struct, from its module."""
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"openclaw.types.{place}"), name)
    return found
