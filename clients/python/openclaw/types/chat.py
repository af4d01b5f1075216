"""What `chat.*` takes and answers. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from openclaw.types._base import UNSET, Any, Literal, Struct, UnsetType, field


class Usage(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Tokens as the provider counted them; estimated where it does not say.

    `cachedTokens` of the prompt's were read from the provider's cache, `reasoningTokens` of the completion's were
    reasoning.
    """

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    cached_tokens: int = 0
    reasoning_tokens: int = 0


class Attachment(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Something that goes with a message: a file of the workspace, a picture, or text."""

    type: Literal["file", "image", "text"]
    path: str | None = None
    """`file`: its path in the workspace."""
    url: str | None = None
    """`image`: http(s) or data URL."""
    data: str | None = None
    """`image`: base64."""
    mime_type: str | None = None
    name: str | None = None
    text: str | None = None
    """`text`: the text itself."""


class RunOptions(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """How a run is to go; what is left out comes from the agent, then from the provider."""

    stream: bool = True
    """False: the answer comes as one `chat.delta`."""
    model: str | None = None
    """`model` or `provider/model`."""
    thinking: Literal["high", "low", "medium"] | None = None
    """The provider's reasoning effort."""
    temperature: float | None = None
    max_tokens: int | None = None
    stop: str | list[str] | None = None
    """Texts at which the model stops."""
    seed: int | None = None
    top_p: float | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    response_format: dict[str, Any] | None = None
    """As in OpenAI's Chat Completions."""
    tool_choice: Any = None
    """Of the first request to the model; then it chooses."""
    parallel_tool_calls: bool | None = None
    timeout_ms: int | None = None
    """Milliseconds after which the run ends as an error."""
    system: str | None = None
    """In place of the agent's prompt."""
    instructions: str | None = None
    """Added to the end of the agent's prompt, for this run."""
    if_busy: Literal["interrupt", "queue", "reject"] = "queue"
    """When the session has a run already: wait for it, refuse, or abort it."""


class EarlierMessage(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A message that was said elsewhere, before a session began here. Tool calls as Chat Completions has them."""

    role: Literal["assistant", "system", "tool", "user"]
    content: str = ""
    tool_calls: list[dict[str, Any]] | UnsetType = UNSET
    tool_call_id: str | None = None
    attachments: list[Attachment | dict[str, Any]] | UnsetType = UNSET


class ToolOutput(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """What a tool of the client's answered: the call's id, the text that the model reads, and pictures beside it."""

    call_id: str
    output: str = ""
    attachments: list[Attachment | dict[str, Any]] | UnsetType = UNSET


class ChatRunParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A message to an agent, in a session that is created if it does not exist."""

    message: str
    """What the user says."""
    session_key: str | None = None
    """The client's name of a session."""
    agent_id: str | None = None
    options: RunOptions | dict[str, Any] | UnsetType = UNSET
    idempotency_key: str | None = None
    """The same key within 24 h, from any door, means the same run."""
    attachments: list[Attachment | dict[str, Any]] | UnsetType = UNSET
    channel: str = "api"
    """Where it came from."""
    metadata: dict[str, Any] | UnsetType = UNSET
    history: list[EarlierMessage | dict[str, Any]] | UnsetType = UNSET
    """What was said before; counts where the session has no messages yet."""
    tools: list[dict[str, Any]] | UnsetType = UNSET
    """Functions of the client's own, as Chat Completions has them: a call to one ends the run with `tool_calls`."""
    tool_outputs: list[ToolOutput | dict[str, Any]] | UnsetType = UNSET
    """What they answered. The turn that asked goes on; `message` is its question."""


class RunAccepted(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """The run is on disk and will have exactly one final event; its events come after `seq`.

    `repeated`: it was begun before, with the same idempotency key, and may have ended.
    """

    run_id: str
    session_key: str
    status: Literal["accepted", "queued"]
    epoch: str
    seq: int
    repeated: bool = False


class ChatAbortParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Which run to stop."""

    run_id: str
    """The id that `chat.run` returned."""


class RunAborted(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """`aborted` is false where the run had ended already."""

    run_id: str
    aborted: bool
    status: Literal["aborted", "completed", "error", "interrupted", "queued", "running"]


class ChatWaitParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Which run to wait for, and how long."""

    run_id: str
    """The id that `chat.run` returned."""
    timeout_ms: int | None = None
    """Milliseconds."""


class RunError(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Why a run ended in an error; `details` as an error of the table has them."""

    code: str
    message: str
    details: dict[str, Any] = {}


class ToolUse(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A tool that a run used: what it was given, how long it took, its `result` or the `error` it failed with."""

    call_id: str
    tool: str
    duration_ms: int
    params: Any = None
    result: Any = None
    error: str | None = None
    client: bool = False
    """The client's own, who is to run it."""


class RunState(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """The state of a run, and its result."""

    run_id: str
    session_key: str
    status: Literal["aborted", "completed", "error", "interrupted", "queued", "running"]
    agent_id: str
    created_at: str
    """A time in UTC, ISO 8601 with milliseconds."""
    model: str | None = None
    finish_reason: Literal["aborted", "content_filter", "error", "interrupted", "length", "stop", "tool_calls"] | None = None
    response: str | None = None
    reasoning: str | None = None
    """What the model thought, where its provider shows it."""
    message_id: str | None = None
    usage: Usage | None = None
    error: RunError | None = None
    tool_calls: list[ToolUse] = []
    skills_used: list[str] = []
    duration_ms: int | None = None


class CalledFunction(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """The tool that a model calls, and its arguments as the model wrote them: a JSON object, mostly."""

    name: str
    arguments: str = ""


class MessageToolCall(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A tool call that an `assistant` message asks for; the `tool` message with this `id` has what came of it."""

    id: str
    function: CalledFunction
    type: Literal["function"] = "function"


class MessageAttachment(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """What goes with a message, as it is kept: a picture's `url` (http, https or data), or a `text`, such as what a
    file of the workspace held.
    """

    type: Literal["image", "text"]
    name: str | None = None
    url: str | None = None
    text: str | None = None


class StandsFor(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """What a summary takes the place of: the messages up to `upto`, how many of them there are."""

    upto: str
    messages: int


class ChatMessage(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A message of a session. `status` says whether the whole was said, or what cut it short."""

    message_id: str
    role: Literal["assistant", "system", "tool", "user"]
    content: str
    created_at: str
    """A time in UTC, ISO 8601 with milliseconds."""
    status: Literal["aborted", "complete", "error", "interrupted", "partial"]
    run_id: str | None = None
    model: str | None = None
    tool_calls: list[MessageToolCall] = []
    tool_call_id: str | None = None
    attachments: list[MessageAttachment] = []
    metadata: dict[str, Any] = {}
    duration_ms: int | None = None
    """Of a `tool` message: how long the tool took."""
    provider_details: dict[str, Any] = {}
    """What the provider added and gets back; `provider` names it."""
    truncated: bool = False
    """It was too long for one message, and long texts in it are cut."""
    size: int | None = None
    """Of all of `content` in characters, where it is cut."""
    next_offset: int | None = None
    """Where its content goes on: `chat.history {messageId, offset}`."""
    stands_for: StandsFor | None = None
    """Of a summary: the model is told it in their place."""


class ChatHistoryParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Which session's messages; newest page first, `before` takes the page's `nextCursor`.

    With `messageId` that message alone: all of it, however long, or with `offset` a part of its content.
    """

    session_key: str
    """The client's name of a session."""
    limit: int = 50
    """How many items at most."""
    before: str | None = None
    message_id: str | None = None
    offset: int | None = None
    """In characters; a message's `nextOffset`."""


class ChatHistory(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Messages, oldest first; `nextCursor` leads to older ones, and is missing where there are none."""

    messages: list[ChatMessage]
    next_cursor: str | None = None


class ChatInjectParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A message put into a session without a run."""

    session_key: str
    """The client's name of a session."""
    content: str
    role: Literal["assistant", "system", "user"] = "assistant"
    metadata: dict[str, Any] | UnsetType = UNSET


class ChatInjected(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """The message as it was kept."""

    session_key: str
    message: ChatMessage


class ChatMessageEvent(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A message was added to a session."""

    session_key: str
    message: ChatMessage
    run_id: str | None = None


class ChatStartedEvent(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A run left the queue."""

    session_key: str
    run_id: str
    agent_id: str
    model: str | None = None


class ChatDeltaEvent(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A piece of the answer. Pieces may come merged; joined, their text is always the same."""

    session_key: str
    run_id: str
    delta: str


class ChatThinkingEvent(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A piece of the model's reasoning, where the provider shows it."""

    session_key: str
    run_id: str
    delta: str


class ToolCallEvent(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """The agent is about to use a tool."""

    session_key: str
    run_id: str
    call_id: str
    tool: str
    params: Any
    skill: str | None = None
    client: bool = False
    """The client's own: the run ends, and goes on with its output."""
    truncated: bool = False
    """Long texts in it are cut."""


class ToolResultEvent(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A tool answered, or failed with `error`."""

    session_key: str
    run_id: str
    call_id: str
    tool: str
    duration_ms: int
    result: Any = None
    error: str | None = None
    skill: str | None = None
    truncated: bool = False
    """Long texts in it are cut."""


class ChatStatusEvent(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """What a run waits for, before its model says a word; `message` says it in a few words."""

    session_key: str
    run_id: str
    status: Literal["compacting", "loading_model"]
    message: str


class ChatDoneEvent(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """The final event of a run, exactly one, whatever happened to it."""

    session_key: str
    run_id: str
    finish_reason: Literal["aborted", "content_filter", "error", "interrupted", "length", "stop", "tool_calls"]
    usage: Usage
    model: str | None = None
    message_id: str | None = None
    error: RunError | None = None
