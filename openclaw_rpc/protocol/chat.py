"""`chat.*`: ask an agent, follow what it says, stop it, read what was said."""

from typing import Annotated, Any, Literal

from msgspec import Meta

from openclaw_rpc.protocol.base import JsonObject, PageSize, Params, Rate, Result, RunId, Scope, SessionKey, Topic, When
from openclaw_rpc.protocol.errors import Conflict, KeyReused, NotFound, TooLarge
from openclaw_rpc.protocol.method import Event, Method

RunStatus = Literal["queued", "running", "completed", "aborted", "error", "interrupted"]
FinishReason = Literal["stop", "length", "tool_calls", "content_filter", "aborted", "error", "interrupted"]
MessageStatus = Literal["complete", "partial", "aborted", "error", "interrupted"]
Thinking = Literal["low", "medium", "high"]

IdempotencyKey = Annotated[
    str,
    Meta(min_length=1, max_length=255, description="The same key within 24 h, from any door, means the same run."),
]
TimeoutMs = Annotated[int, Meta(ge=1, le=86_400_000, description="Milliseconds.")]
Text = Annotated[str, Meta(min_length=1, max_length=4_000_000)]


class Usage(Result, frozen=True, kw_only=True):
    """Tokens as the provider counted them; estimated where it does not say.

    ``cachedTokens`` of the prompt's were read from the provider's cache, ``reasoningTokens`` of the completion's were
    reasoning.
    """

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    cached_tokens: int = 0
    reasoning_tokens: int = 0

    def plus(self, other: "Usage") -> "Usage":
        """Both together."""
        return Usage(
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
            total_tokens=self.total_tokens + other.total_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            reasoning_tokens=self.reasoning_tokens + other.reasoning_tokens,
        )


class Attachment(Params, frozen=True, kw_only=True):
    """Something that goes with a message: a file of the workspace, a picture, or text."""

    type: Literal["file", "image", "text"]
    path: Annotated[str, Meta(max_length=4096, description="`file`: its path in the workspace.")] | None = None
    url: Annotated[str, Meta(max_length=8192, description="`image`: http(s) or data URL.")] | None = None
    data: Annotated[str, Meta(description="`image`: base64.")] | None = None
    mime_type: Annotated[str, Meta(max_length=200)] | None = None
    name: Annotated[str, Meta(max_length=300)] | None = None
    text: Annotated[str, Meta(max_length=4_000_000, description="`text`: the text itself.")] | None = None


class RunOptions(Params, frozen=True, kw_only=True):
    """How a run is to go; what is left out comes from the agent, then from the provider."""

    stream: Annotated[bool, Meta(description="False: the answer comes as one `chat.delta`.")] = True
    model: Annotated[str, Meta(min_length=1, max_length=200, description="`model` or `provider/model`.")] | None = None
    thinking: Annotated[Thinking, Meta(description="The provider's reasoning effort.")] | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    max_tokens: Annotated[int, Meta(ge=1, le=10_000_000)] | None = None
    stop: Annotated[str | list[str], Meta(description="Texts at which the model stops.")] | None = None
    seed: int | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    frequency_penalty: Annotated[float, Meta(ge=-2, le=2)] | None = None
    presence_penalty: Annotated[float, Meta(ge=-2, le=2)] | None = None
    response_format: Annotated[JsonObject, Meta(description="As in OpenAI's Chat Completions.")] | None = None
    tool_choice: Annotated[Any, Meta(description="Of the first request to the model; then it chooses.")] = None
    parallel_tool_calls: bool | None = None
    timeout_ms: Annotated[TimeoutMs, Meta(description="Milliseconds after which the run ends as an error.")] | None = (
        None
    )
    system: Annotated[str, Meta(max_length=1_000_000, description="In place of the agent's prompt.")] | None = None
    instructions: (
        Annotated[str, Meta(max_length=1_000_000, description="Added to the end of the agent's prompt, for this run.")]
        | None
    ) = None
    if_busy: Annotated[
        Literal["queue", "reject", "interrupt"],
        Meta(description="When the session has a run already: wait for it, refuse, or abort it."),
    ] = "queue"


MODEL_OPTIONS = (
    "stop", "seed", "top_p", "frequency_penalty", "presence_penalty", "response_format", "tool_choice",
    "parallel_tool_calls",
)  # fmt: skip
"""Options that a model is told as they are."""


class EarlierMessage(Params, frozen=True, kw_only=True):
    """A message that was said elsewhere, before a session began here. Tool calls as Chat Completions has them."""

    role: Literal["user", "assistant", "system", "tool"]
    content: Annotated[str, Meta(max_length=4_000_000)] = ""
    tool_calls: list[JsonObject] = []
    tool_call_id: Annotated[str, Meta(max_length=200)] | None = None
    attachments: Annotated[list[Attachment], Meta(max_length=32)] = []


class ToolOutput(Params, frozen=True, kw_only=True):
    """What a tool of the client's answered: the call's id, the text that the model reads, and pictures beside it."""

    call_id: Annotated[str, Meta(min_length=1, max_length=200)]
    output: Annotated[str, Meta(max_length=4_000_000)] = ""
    attachments: Annotated[list[Attachment], Meta(max_length=32)] = []


class ChatRunParams(Params, frozen=True, kw_only=True):
    """A message to an agent, in a session that is created if it does not exist."""

    message: Annotated[Text, Meta(description="What the user says.")]
    session_key: SessionKey | None = None
    agent_id: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    options: RunOptions = RunOptions()
    idempotency_key: IdempotencyKey | None = None
    attachments: Annotated[list[Attachment], Meta(max_length=32)] = []
    channel: Annotated[str, Meta(min_length=1, max_length=100, description="Where it came from.")] = "api"
    metadata: JsonObject = {}
    history: Annotated[
        list[EarlierMessage],
        Meta(max_length=2000, description="What was said before; counts where the session has no messages yet."),
    ] = []
    tools: Annotated[
        list[JsonObject],
        Meta(
            max_length=256,
            description="Functions of the client's own, as Chat Completions has them: a call to one ends the run with"
            " `tool_calls`.",
        ),
    ] = []
    tool_outputs: Annotated[
        list[ToolOutput],
        Meta(max_length=256, description="What they answered. The turn that asked goes on; `message` is its question."),
    ] = []


class RunAccepted(Result, frozen=True, kw_only=True):
    """The run is on disk and will have exactly one final event; its events come after ``seq``.

    ``repeated``: it was begun before, with the same idempotency key, and may have ended.
    """

    run_id: str
    session_key: str
    status: Literal["accepted", "queued"]
    epoch: str
    seq: int
    repeated: bool = False


class ChatAbortParams(Params, frozen=True, kw_only=True):
    """Which run to stop."""

    run_id: RunId


class RunAborted(Result, frozen=True, kw_only=True):
    """``aborted`` is false where the run had ended already."""

    run_id: str
    aborted: bool
    status: RunStatus


class ChatWaitParams(Params, frozen=True, kw_only=True):
    """Which run to wait for, and how long."""

    run_id: RunId
    timeout_ms: TimeoutMs | None = None


class RunError(Result, frozen=True, kw_only=True):
    """Why a run ended in an error; ``details`` as an error of the table has them."""

    code: str
    message: str
    details: JsonObject = {}


class ToolUse(Result, frozen=True, kw_only=True):
    """A tool that a run used: what it was given, how long it took, its ``result`` or the ``error`` it failed with."""

    call_id: str
    tool: str
    duration_ms: int
    params: Any = None
    result: Any = None
    error: str | None = None
    client: Annotated[bool, Meta(description="The client's own, who is to run it.")] = False


class RunState(Result, frozen=True, kw_only=True):
    """The state of a run, and its result."""

    run_id: str
    session_key: str
    status: RunStatus
    agent_id: str
    created_at: When
    model: str | None = None
    finish_reason: FinishReason | None = None
    response: str | None = None
    reasoning: Annotated[str, Meta(description="What the model thought, where its provider shows it.")] | None = None
    message_id: str | None = None
    usage: Usage | None = None
    error: RunError | None = None
    tool_calls: list[ToolUse] = []
    skills_used: list[str] = []
    duration_ms: int | None = None


class CalledFunction(Result, frozen=True, kw_only=True):
    """The tool that a model calls, and its arguments as the model wrote them: a JSON object, mostly."""

    name: str
    arguments: str = ""


class MessageToolCall(Result, frozen=True, kw_only=True, omit_defaults=False):
    """A tool call that an `assistant` message asks for; the `tool` message with this ``id`` has what came of it."""

    id: str
    function: CalledFunction
    type: Literal["function"] = "function"


class MessageAttachment(Result, frozen=True, kw_only=True):
    """What goes with a message, as it is kept: a picture's ``url`` (http, https or data), or a ``text``, such as what
    a file of the workspace held."""

    type: Literal["image", "text"]
    name: str | None = None
    url: str | None = None
    text: str | None = None


class StandsFor(Result, frozen=True, kw_only=True):
    """What a summary takes the place of: the messages up to ``upto``, how many of them there are."""

    upto: str
    messages: int


class ChatMessage(Result, frozen=True, kw_only=True):
    """A message of a session. ``status`` says whether the whole was said, or what cut it short."""

    message_id: str
    role: Literal["user", "assistant", "system", "tool"]
    content: str
    created_at: When
    status: MessageStatus
    run_id: str | None = None
    model: str | None = None
    tool_calls: list[MessageToolCall] = []
    tool_call_id: str | None = None
    attachments: list[MessageAttachment] = []
    metadata: JsonObject = {}
    duration_ms: Annotated[int, Meta(description="Of a `tool` message: how long the tool took.")] | None = None
    provider_details: Annotated[
        JsonObject, Meta(description="What the provider added and gets back; `provider` names it.")
    ] = {}
    truncated: Annotated[bool, Meta(description="It was too long for one message, and long texts in it are cut.")] = (
        False
    )
    size: Annotated[int, Meta(description="Of all of `content` in characters, where it is cut.")] | None = None
    next_offset: (
        Annotated[int, Meta(description="Where its content goes on: `chat.history {messageId, offset}`.")] | None
    ) = None
    stands_for: Annotated[StandsFor, Meta(description="Of a summary: the model is told it in their place.")] | None = (
        None
    )


class ChatHistoryParams(Params, frozen=True, kw_only=True):
    """Which session's messages; newest page first, ``before`` takes the page's ``nextCursor``.

    With ``messageId`` that message alone: all of it, however long, or with ``offset`` a part of its content.
    """

    session_key: SessionKey
    limit: PageSize = 50
    before: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    message_id: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    offset: Annotated[int, Meta(ge=0, le=2**53, description="In characters; a message's `nextOffset`.")] | None = None


class ChatHistory(Result, frozen=True, kw_only=True):
    """Messages, oldest first; ``nextCursor`` leads to older ones, and is missing where there are none."""

    messages: list[ChatMessage]
    next_cursor: str | None = None


class ChatInjectParams(Params, frozen=True, kw_only=True):
    """A message put into a session without a run."""

    session_key: SessionKey
    content: Text
    role: Literal["user", "assistant", "system"] = "assistant"
    metadata: JsonObject = {}


class ChatInjected(Result, frozen=True, kw_only=True):
    """The message as it was kept."""

    session_key: str
    message: ChatMessage


class ChatMessageEvent(Result, frozen=True, kw_only=True):
    """A message was added to a session."""

    session_key: str
    message: ChatMessage
    run_id: str | None = None


class ChatStartedEvent(Result, frozen=True, kw_only=True):
    """A run left the queue."""

    session_key: str
    run_id: str
    agent_id: str
    model: str | None = None


class ChatDeltaEvent(Result, frozen=True, kw_only=True):
    """A piece of the answer. Pieces may come merged; joined, their text is always the same."""

    session_key: str
    run_id: str
    delta: str


class ChatThinkingEvent(Result, frozen=True, kw_only=True):
    """A piece of the model's reasoning, where the provider shows it."""

    session_key: str
    run_id: str
    delta: str


class ToolCallEvent(Result, frozen=True, kw_only=True):
    """The agent is about to use a tool."""

    session_key: str
    run_id: str
    call_id: str
    tool: str
    params: Any
    skill: str | None = None
    client: Annotated[bool, Meta(description="The client's own: the run ends, and goes on with its output.")] = False
    truncated: Annotated[bool, Meta(description="Long texts in it are cut.")] = False


class ToolResultEvent(Result, frozen=True, kw_only=True):
    """A tool answered, or failed with ``error``."""

    session_key: str
    run_id: str
    call_id: str
    tool: str
    duration_ms: int
    result: Any = None
    error: str | None = None
    skill: str | None = None
    truncated: Annotated[bool, Meta(description="Long texts in it are cut.")] = False


class ChatStatusEvent(Result, frozen=True, kw_only=True):
    """What a run waits for, before its model says a word; ``message`` says it in a few words."""

    session_key: str
    run_id: str
    status: Literal["loading_model", "compacting"]
    message: str


class ChatDoneEvent(Result, frozen=True, kw_only=True):
    """The final event of a run, exactly one, whatever happened to it."""

    session_key: str
    run_id: str
    finish_reason: FinishReason
    usage: Usage
    model: str | None = None
    message_id: str | None = None
    error: RunError | None = None


chat_message = Event("chat.message", ChatMessageEvent, "A message was added.", lasting=True, topic=Topic.MESSAGES)
BEGINS_AGAIN = "the run begins again: what it had said does not count"
chat_started = Event("chat.started", ChatStartedEvent, "A run began.", lasting=True)
chat_delta = Event("chat.delta", ChatDeltaEvent, "A piece of the answer.")
chat_thinking = Event("chat.thinking", ChatThinkingEvent, "A piece of the reasoning.")
chat_status = Event("chat.status", ChatStatusEvent, "A run waits for something.")
tool_call = Event("tool.call", ToolCallEvent, "A tool is about to run.", lasting=True)
tool_result = Event("tool.result", ToolResultEvent, "A tool has run.", lasting=True)
chat_done = Event("chat.done", ChatDoneEvent, "A run ended.", lasting=True)

run = Method(
    name="chat.run",
    params=ChatRunParams,
    result=RunAccepted,
    doc="Ask an agent. The message is on disk before the answer; the caller is subscribed to the run's events.",
    scope=Scope.CHAT,
    rate=Rate.MESSAGES,
    emits=(chat_message, chat_started, chat_status, chat_delta, chat_thinking, tool_call, tool_result, chat_done),
    errors=(NotFound, Conflict, KeyReused, TooLarge),
    in_session=True,
)
abort = Method(
    name="chat.abort",
    params=ChatAbortParams,
    result=RunAborted,
    doc="Stop a run at once, the model's stream and running tools included. What was said is kept.",
    scope=Scope.CHAT,
    emits=(chat_done,),
    errors=(NotFound,),
    in_session=True,
)
wait = Method(
    name="chat.wait",
    params=ChatWaitParams,
    result=RunState,
    doc="Wait until a run has ended, or for `timeoutMs`, and tell its state then.",
    scope=Scope.CHAT,
    errors=(NotFound,),
    safe=True,
    in_session=True,
)
history = Method(
    name="chat.history",
    params=ChatHistoryParams,
    result=ChatHistory,
    pages="messages",
    backwards=True,
    doc="The messages of a session, page by page from the newest.",
    scope=Scope.READ,
    errors=(NotFound,),
    in_session=True,
)
inject = Method(
    name="chat.inject",
    params=ChatInjectParams,
    result=ChatInjected,
    doc="Put a message into a session without asking the agent.",
    scope=Scope.CHAT,
    rate=Rate.MESSAGES,
    emits=(chat_message,),
    errors=(NotFound,),
)

METHODS = (run, abort, wait, history, inject)
