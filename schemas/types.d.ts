// The API of openclaw_rpc 0.1.0, generated from its method table: `make gen`, not by hand.

/** An agent as `gateway.yaml` describes it. */
export interface AgentInfo {
  id: string;
  default: boolean;
  name?: string | null;
  description?: string | null;
  model?: string | null;
  tools?: Array<string>;
  skills?: Array<string>;
  memory?: boolean;
}

/** All agents, the default one first. */
export interface AgentList {
  agents: Array<AgentInfo>;
}

/** Something that goes with a message: a file of the workspace, a picture, or text. */
export interface Attachment {
  type: "file" | "image" | "text";
  /** `file`: its path in the workspace. */
  path?: string | null;
  /** `image`: http(s) or data URL. */
  url?: string | null;
  /** `image`: base64. */
  data?: string | null;
  mimeType?: string | null;
  name?: string | null;
  /** `text`: the text itself. */
  text?: string | null;
}

/** A channel. `account` and `botUsername` say as whom it speaks, once it is connected. */
export interface ChannelInfo {
  id: string;
  name: string;
  enabled: boolean;
  status: "connected" | "connecting" | "disabled" | "disconnected" | "error" | "not_configured";
  account?: string | null;
  botUsername?: string | null;
  /** A time in UTC, ISO 8601 with milliseconds. */
  connectedSince?: string | null;
  lastError?: string | null;
  messagesToday?: number | null;
}

/** All channels, built in and installed. */
export interface ChannelList {
  channels: Array<ChannelInfo>;
}

/** Which channel. */
export interface ChannelParams {
  channelId: string;
}

/** Which run to stop. */
export interface ChatAbortParams {
  /** The id that `chat.run` answered. */
  runId: string;
}

/** A piece of the answer. Pieces may come merged; joined, their text is always the same. */
export interface ChatDeltaEvent {
  sessionKey: string;
  runId: string;
  delta: string;
}

/** The final event of a run, exactly one, whatever happened to it. */
export interface ChatDoneEvent {
  sessionKey: string;
  runId: string;
  finishReason: "aborted" | "error" | "interrupted" | "length" | "stop";
  usage: Usage;
  model?: string | null;
  messageId?: string | null;
  error?: RunError | null;
}

/** Messages, oldest first; `nextCursor` leads to older ones, and is missing where there are none. */
export interface ChatHistory {
  messages: Array<ChatMessage>;
  nextCursor?: string | null;
}

/** Which session's messages; newest page first, `before` takes the page's `nextCursor`. */
export interface ChatHistoryParams {
  /** The client's name of a session. */
  sessionKey: string;
  /** How many items at the most. */
  limit?: number;
  before?: string | null;
}

/** A message put into a session without a run. */
export interface ChatInjectParams {
  /** The client's name of a session. */
  sessionKey: string;
  content: string;
  role?: "assistant" | "system" | "user";
  metadata?: Record<string, unknown>;
}

/** The message as it was kept. */
export interface ChatInjected {
  sessionKey: string;
  message: ChatMessage;
}

/** A message of a session. `status` says whether the whole was said, or what cut it short. */
export interface ChatMessage {
  messageId: string;
  role: "assistant" | "system" | "tool" | "user";
  content: string;
  /** A time in UTC, ISO 8601 with milliseconds. */
  createdAt: string;
  status: "aborted" | "complete" | "error" | "interrupted" | "partial";
  runId?: string | null;
  model?: string | null;
  toolCalls?: Array<Record<string, unknown>>;
  toolCallId?: string | null;
  attachments?: Array<Record<string, unknown>>;
  metadata?: Record<string, unknown>;
}

/** A message was added to a session. */
export interface ChatMessageEvent {
  sessionKey: string;
  message: ChatMessage;
  runId?: string | null;
}

/** A message to an agent, in a session that is made where there is none. */
export interface ChatRunParams {
  /** What the user says. */
  message: string;
  /** The client's name of a session. */
  sessionKey?: string | null;
  agentId?: string | null;
  options?: RunOptions;
  /** The same key within 24 h, from any door, means the same run. */
  idempotencyKey?: string | null;
  attachments?: Array<Attachment>;
  /** Where it came from. */
  channel?: string;
  metadata?: Record<string, unknown>;
}

/** A run left the queue. */
export interface ChatStartedEvent {
  sessionKey: string;
  runId: string;
  agentId: string;
  model?: string | null;
}

/** A piece of the model's reasoning, where the provider shows it. */
export interface ChatThinkingEvent {
  sessionKey: string;
  runId: string;
  delta: string;
}

/** Which run to wait for, and how long. */
export interface ChatWaitParams {
  /** The id that `chat.run` answered. */
  runId: string;
  /** Milliseconds. */
  timeoutMs?: number | null;
}

/** The configuration in force, snake_case as in the file; secrets read `***REDACTED***`. */
export interface ConfigDocument {
  config: Record<string, unknown>;
}

/** A part of the configuration, merged into the file; null takes a key away. */
export interface ConfigUpdateParams {
  config: Record<string, unknown>;
}

/** What changed, as dotted paths, and which of it waits for a restart. */
export interface ConfigUpdated {
  restartRequired: boolean;
  changed: Array<string>;
  needsRestart?: Array<string>;
}

/** The first frame on a socket: who the gateway takes the client for, and what it can do. */
export interface ConnectedEvent {
  clientId: string;
  gatewayVersion: string;
  capabilities: Array<string>;
  user: string;
  scopes: Array<string>;
}

/** No parameters. */
export type Empty = Record<string, never>;

/** The `error` of an answer; `data.code` is the code that HTTP uses. */
export interface ErrorBody {
  code: number;
  message: string;
  data: Record<string, unknown>;
}

/** What went wrong, for programs. Errors may add members of their own, such as `retryAfter` (s). */
export interface ErrorData {
  /** The same as over HTTP. */
  code: "conflict" | "forbidden" | "internal_error" | "invalid_request" | "not_found" | "provider_error" | "rate_limited" | "service_unavailable" | "timeout" | "too_large" | "unauthorized";
  /** Which field is wrong. */
  field?: string;
  /** What is wrong with it, or what is missing. */
  reason?: string;
}

/** The answer to a call that failed. */
export interface ErrorFrame {
  jsonrpc: string;
  error: ErrorBody;
  id: string | number | null;
}

/** An event as it goes over a socket: `epoch` and `seq` where it belongs to a stream. */
export interface EventFrame {
  type: string;
  data: unknown;
  epoch?: string;
  seq?: number;
}

/** One of `sessionKey`, `runId` and `topics`; `after` to go on where one was. */
export interface EventSubscribeParams {
  /** The client's name of a session. */
  sessionKey?: string | null;
  /** The id that `chat.run` answered. */
  runId?: string | null;
  topics?: Array<Topic> | null;
  after?: Position | null;
}

/** What to follow no longer; with nothing named, everything. */
export interface EventUnsubscribeParams {
  /** The client's name of a session. */
  sessionKey?: string | null;
  /** The id that `chat.run` answered. */
  runId?: string | null;
  topics?: Array<Topic> | null;
}

/** Where the gateway listens, and how clients prove who they are: `token`, `password` or `none`. */
export interface GatewayStatus {
  port: number;
  bind: string;
  auth: string;
}

/** Sent at intervals; `timestamp` in ms since 1970. */
export interface HeartbeatEvent {
  timestamp: number;
  status: string;
}

/** A run that is under way, and what it has said so far: with `epoch` and `seq`, a snapshot. */
export interface LiveRun {
  runId: string;
  status: string;
  text: string;
}

/** What the gateway is busy with now. */
export interface LoadStatus {
  connections: number;
  runsRunning: number;
  runsQueued: number;
}

/** A line of the log. `level` is debug, info, warn, error or critical; `fields`: what else it says. */
export interface LogEntry {
  /** A time in UTC, ISO 8601 with milliseconds. */
  timestamp: string;
  level: string;
  component: string;
  message: string;
  fields?: Record<string, unknown>;
}

/** Lines, oldest first. */
export interface LogLines {
  logs: Array<LogEntry>;
}

/** The newest `lines` of at least `level`. */
export interface LogTailParams {
  lines?: number;
  level?: "debug" | "error" | "info" | "warn";
  /** A date or a time, ISO 8601; UTC where no zone is given. */
  since?: string | null;
  component?: string | null;
}

/** A row of the table, in short. */
export interface MethodInfo {
  name: string;
  doc: string;
  scope: string;
  rate: string;
  emits: Array<string>;
  errors: Array<string>;
}

/** All rows. */
export interface MethodList {
  methods: Array<MethodInfo>;
}

/** A model. `created` in s since 1970; `error` where its provider could not be asked. */
export interface ModelInfo {
  id: string;
  provider: string;
  ownedBy: string;
  created: number;
  default?: boolean;
  error?: string | null;
}

/** All models, the primary provider's configured one first. */
export interface ModelList {
  models: Array<ModelInfo>;
}

/** An event for a client of the subprotocol `jsonrpc`; params are the data, with epoch and seq in it. */
export interface NotificationFrame {
  jsonrpc: string;
  method: string;
  params: unknown;
}

/** Where a client was in a stream: the `epoch` and `seq` of the last event it saw. */
export interface Position {
  epoch: string;
  seq: number;
}

/** The primary provider, and what went through all of them since the start. */
export interface ReasoningStatus {
  primaryProvider: string;
  primaryModel: string;
  totalRequests: number;
  avgLatencyMs: number;
}

/** A call, or a notification where `id` is missing. `params` and `id` stay raw. */
export interface RequestFrame {
  method: string;
  params?: unknown;
  id?: string | number | null;
  jsonrpc?: string;
  type?: string;
}

/** The answer to a call. */
export interface ResultFrame {
  jsonrpc: string;
  result: unknown;
  id: string | number | null;
}

/** `aborted` is false where the run had ended already. */
export interface RunAborted {
  runId: string;
  aborted: boolean;
  status: "aborted" | "completed" | "error" | "interrupted" | "queued" | "running";
}

/** The run is on disk and will have exactly one final event; its events come after `seq`. */
export interface RunAccepted {
  runId: string;
  sessionKey: string;
  status: "accepted" | "queued";
  epoch: string;
  seq: number;
}

/** Why a run ended in an error. */
export interface RunError {
  code: string;
  message: string;
}

/** How a run is to go; what is left out comes from the agent, then from the provider. */
export interface RunOptions {
  /** False: the answer comes as one `chat.delta`. */
  stream?: boolean;
  /** `model` or `provider/model`. */
  model?: string | null;
  /** The provider's reasoning effort. */
  thinking?: "high" | "low" | "medium" | null;
  temperature?: number | null;
  maxTokens?: number | null;
  /** The run is ended as an error after so many ms. */
  timeoutMs?: number | null;
  /** In place of the agent's prompt. */
  system?: string | null;
  /** When the session has a run already: wait for it, refuse, or abort it. */
  ifBusy?: "interrupt" | "queue" | "reject";
}

/** How a run stands, and what it came to. */
export interface RunState {
  runId: string;
  sessionKey: string;
  status: "aborted" | "completed" | "error" | "interrupted" | "queued" | "running";
  agentId: string;
  /** A time in UTC, ISO 8601 with milliseconds. */
  createdAt: string;
  model?: string | null;
  finishReason?: "aborted" | "error" | "interrupted" | "length" | "stop" | null;
  response?: string | null;
  messageId?: string | null;
  usage?: Usage | null;
  error?: RunError | null;
  toolCalls?: Array<Record<string, unknown>>;
  skillsUsed?: Array<string>;
  durationMs?: number | null;
}

/** What a token may do; a row names the one it needs. */
export type Scope = "admin" | "chat" | "read" | "tools";

/** A new session; a key is made up where none is given. */
export interface SessionCreateParams {
  /** The client's name of a session. */
  sessionKey?: string | null;
  agentId?: string | null;
  /** `model` or `provider/model`. */
  model?: string | null;
  title?: string | null;
  channel?: string;
  /** Names and values of the client's own. */
  labels?: Record<string, string>;
  context?: Record<string, unknown>;
}

/** The session, its messages, runs and events are gone. */
export interface SessionDeleted {
  sessionKey: string;
  deleted: boolean;
}

/** A session with its newest messages, oldest first; `epoch` and `seq` say where its stream stands. */
export interface SessionDetail {
  sessionKey: string;
  agentId: string;
  channel: string;
  user: string;
  /** A time in UTC, ISO 8601 with milliseconds. */
  createdAt: string;
  /** A time in UTC, ISO 8601 with milliseconds. */
  updatedAt: string;
  messageCount: number;
  title?: string | null;
  summary?: string | null;
  model?: string | null;
  labels?: Record<string, string>;
  context?: Record<string, unknown>;
  activeRunId?: string | null;
  messages: Array<ChatMessage>;
  epoch: string;
  seq: number;
  nextCursor?: string | null;
  live?: Array<LiveRun>;
  usage?: Usage | null;
}

/** The session as it is now. */
export interface SessionEvent {
  session: SessionInfo;
}

/** A copy up to and including `messageId` (all messages where it is missing). */
export interface SessionForkParams {
  /** The client's name of a session. */
  sessionKey: string;
  messageId?: string | null;
  /** The client's name of a session. */
  newSessionKey?: string | null;
}

/** Which session, and how many of its newest messages. */
export interface SessionGetParams {
  /** The client's name of a session. */
  sessionKey: string;
  /** How many items at the most. */
  limit?: number;
}

/** The session that was deleted or emptied. */
export interface SessionGoneEvent {
  sessionKey: string;
}

/** A session, without its messages. `activeRunId` is there while a run is at work or waits. */
export interface SessionInfo {
  sessionKey: string;
  agentId: string;
  channel: string;
  user: string;
  /** A time in UTC, ISO 8601 with milliseconds. */
  createdAt: string;
  /** A time in UTC, ISO 8601 with milliseconds. */
  updatedAt: string;
  messageCount: number;
  title?: string | null;
  summary?: string | null;
  model?: string | null;
  labels?: Record<string, string>;
  context?: Record<string, unknown>;
  activeRunId?: string | null;
}

/** Which session. */
export interface SessionKeyParams {
  /** The client's name of a session. */
  sessionKey: string;
}

/** Filters, all of which must hold, and the page that is wanted. */
export interface SessionListParams {
  /** How many items at the most. */
  limit?: number;
  /** The last page's `nextCursor`. */
  cursor?: string | null;
  /** In place of a cursor. */
  offset?: number;
  channel?: string | null;
  agentId?: string | null;
  /** Updated at or after. */
  since?: string | null;
  /** Updated before. */
  until?: string | null;
  /** In the title, key or messages. */
  text?: string | null;
  /** Another user's; for admins of the owner alone. */
  user?: string | null;
}

/** Sessions, the last used first. */
export interface SessionPage {
  sessions: Array<SessionInfo>;
  total: number;
  nextCursor?: string | null;
}

/** What to change; null takes a value away. */
export interface SessionUpdateParams {
  /** The client's name of a session. */
  sessionKey: string;
  title?: string | null;
  /** `model` or `provider/model`. */
  model?: string | null;
  agentId?: string;
  /** Names and values of the client's own. */
  labels?: Record<string, string>;
}

/** Where the stream stands. `resync`: what came since `after` can't be had; ask `session.get`. */
export interface Subscribed {
  epoch: string;
  seq: number;
  resync: boolean;
}

/** The gateway's state. `uptime` in s; `channels`: each one's status. */
export interface SystemStatus {
  status: string;
  version: string;
  uptime: number;
  gateway: GatewayStatus;
  channels: Record<string, string>;
  reasoning: ReasoningStatus;
  load: LoadStatus;
}

/** A name to revoke it by; all scopes but `admin` where none is named; it never expires where no time is given. */
export interface TokenCreateParams {
  name: string;
  scopes?: Array<Scope> | null;
  /** A number and s, m, h, d or w. */
  expiresIn?: string | null;
  user?: string;
}

/** The token itself, shown this once: a JWT (RFC 7519) signed HS256. */
export interface TokenCreated {
  name: string;
  user: string;
  scopes: Array<Scope>;
  /** A time in UTC, ISO 8601 with milliseconds. */
  createdAt: string;
  /** A time in UTC, ISO 8601 with milliseconds. */
  expiresAt?: string | null;
  revoked?: boolean;
  token: string;
}

/** A token, without itself. */
export interface TokenInfo {
  name: string;
  user: string;
  scopes: Array<Scope>;
  /** A time in UTC, ISO 8601 with milliseconds. */
  createdAt: string;
  /** A time in UTC, ISO 8601 with milliseconds. */
  expiresAt?: string | null;
  revoked?: boolean;
}

/** All tokens that were made, the newest first. */
export interface TokenList {
  tokens: Array<TokenInfo>;
}

/** The token's name. */
export interface TokenRevokeParams {
  name: string;
}

/** It is refused from now on; sockets that it opened are closed. */
export interface TokenRevoked {
  name: string;
  revoked: boolean;
}

/** The agent is about to use a tool. */
export interface ToolCallEvent {
  sessionKey: string;
  runId: string;
  callId: string;
  tool: string;
  params: unknown;
  skill?: string | null;
}

/** A tool answered, or failed with `error`. */
export interface ToolResultEvent {
  sessionKey: string;
  runId: string;
  callId: string;
  tool: string;
  durationMs: number;
  result?: unknown;
  error?: string | null;
  skill?: string | null;
}

/** What `event.subscribe` can follow across sessions. */
export type Topic = "channels" | "logs" | "messages" | "sessions" | "tasks";

/** How many subscriptions were ended. */
export interface Unsubscribed {
  removed: number;
}

/** Tokens as the provider counted them; estimated where it does not say. */
export interface Usage {
  promptTokens: number;
  completionTokens: number;
  totalTokens: number;
}

/** What to add up, by what, and from when to when. */
export interface UsageQueryParams {
  by?: "agent" | "day" | "model" | "session" | "token";
  /** A date or a time, ISO 8601; UTC where no zone is given. */
  since?: string | null;
  /** A date or a time, ISO 8601; UTC where no zone is given. */
  until?: string | null;
  sessionKey?: string | null;
  agentId?: string | null;
  model?: string | null;
  limit?: number;
  /** Another user's; for admins of the owner alone. */
  user?: string | null;
}

/** The rows, and their sum. */
export interface UsageReport {
  rows: Array<UsageRow>;
  total: UsageRow;
}

/** Sums over one day, session, agent, token or model. `cost` only where prices are configured. */
export interface UsageRow {
  key: string;
  requests: number;
  promptTokens: number;
  completionTokens: number;
  totalTokens: number;
  avgLatencyMs: number;
  cost?: number | null;
}

/** Every method: what it takes and what it answers. */
export interface Methods {
  /** The agents that `chat.run` can be addressed to. */
  "agent.list": { params: Empty; result: AgentList };
  /** All channels and how they stand. */
  "channel.list": { params: Empty; result: ChannelList };
  /** How a channel stands. */
  "channel.status": { params: ChannelParams; result: ChannelInfo };
  /** Stop a run at once, the model's stream and running tools included. What was said is kept. */
  "chat.abort": { params: ChatAbortParams; result: RunAborted };
  /** The messages of a session, page by page from the newest. */
  "chat.history": { params: ChatHistoryParams; result: ChatHistory };
  /** Put a message into a session without asking the agent. */
  "chat.inject": { params: ChatInjectParams; result: ChatInjected };
  /** Ask an agent. The message is on disk before the answer; the caller is subscribed to the run's events. */
  "chat.run": { params: ChatRunParams; result: RunAccepted };
  /** Wait until a run has ended, or for `timeoutMs`, and say how it stands then. */
  "chat.wait": { params: ChatWaitParams; result: RunState };
  /** The configuration in force, without its secrets. */
  "config.get": { params: Empty; result: ConfigDocument };
  /** Change a part of `gateway.yaml`. It applies at once, but for port, bind and storage. */
  "config.update": { params: ConfigUpdateParams; result: ConfigUpdated };
  /** Follow a session, a run or topics. With `after`, first all that came since, in order, then what comes. */
  "event.subscribe": { params: EventSubscribeParams; result: Subscribed };
  /** Follow something no longer. */
  "event.unsubscribe": { params: EventUnsubscribeParams; result: Unsubscribed };
  /** The newest lines of the log. To follow it, subscribe to the topic `logs`. */
  "log.tail": { params: LogTailParams; result: LogLines };
  /** The models of all providers; a provider that does not answer is listed with its configured model. */
  "model.list": { params: Empty; result: ModelList };
  /** The OpenRPC document of this gateway (OpenRPC 1.3.2). */
  "rpc.discover": { params: Empty; result: Record<string, unknown> };
  /** Make a session before its first message. */
  "session.create": { params: SessionCreateParams; result: SessionInfo };
  /** Delete a session and all that belongs to it; its runs are aborted first. */
  "session.delete": { params: SessionKeyParams; result: SessionDeleted };
  /** Copy a session, whole or up to a message, to go on differently. */
  "session.fork": { params: SessionForkParams; result: SessionInfo };
  /** A session, its newest messages, and the run that is under way: the snapshot after a `resync`. */
  "session.get": { params: SessionGetParams; result: SessionDetail };
  /** The caller's sessions, the last used first, filtered and paged. */
  "session.list": { params: SessionListParams; result: SessionPage };
  /** Remove a session's messages and keep its settings; its runs are aborted first. */
  "session.reset": { params: SessionKeyParams; result: SessionInfo };
  /** Change a session's title, model, agent or labels. */
  "session.update": { params: SessionUpdateParams; result: SessionInfo };
  /** Every method, with the scope and the rate it needs. */
  "system.methods": { params: Empty; result: MethodList };
  /** How the gateway is. */
  "system.status": { params: Empty; result: SystemStatus };
  /** Make a token for a client. */
  "token.create": { params: TokenCreateParams; result: TokenCreated };
  /** The tokens that were made. */
  "token.list": { params: Empty; result: TokenList };
  /** Take a token back. */
  "token.revoke": { params: TokenRevokeParams; result: TokenRevoked };
  /** Tokens, cost and latency, added up per day, session, agent, token or model. */
  "usage.query": { params: UsageQueryParams; result: UsageReport };
}

/** Every event: what it carries. */
export interface Events {
  /** The client of `/ws` is known; in the place of `connected`. */
  "auth_success": ConnectedEvent;
  /** A piece of the answer. */
  "chat.delta": ChatDeltaEvent;
  /** A run ended. */
  "chat.done": ChatDoneEvent;
  /** A message was added. */
  "chat.message": ChatMessageEvent;
  /** A run began. */
  "chat.started": ChatStartedEvent;
  /** A piece of the reasoning. */
  "chat.thinking": ChatThinkingEvent;
  /** The socket is open and its client known. */
  "connected": ConnectedEvent;
  /** The gateway is alive. */
  "heartbeat": HeartbeatEvent;
  /** A line was written to the log. */
  "log.line": LogEntry;
  /** A session was deleted. */
  "session.deleted": SessionGoneEvent;
  /** A session's messages were removed. */
  "session.reset": SessionGoneEvent;
  /** A session was made or changed. */
  "session.updated": SessionEvent;
  /** A tool is about to run. */
  "tool.call": ToolCallEvent;
  /** A tool has run. */
  "tool.result": ToolResultEvent;
}
