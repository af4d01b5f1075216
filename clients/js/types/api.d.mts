// The API of openclaw_rpc 0.3.0, generated from its method table: `make gen`, not by hand.

/** An agent as `gateway.yaml` describes it. */
export interface AgentInfo {
  id: string;
  default: boolean;
  name?: string | null;
  description?: string | null;
  model?: string | null;
  tools?: Array<string>;
  skills?: Array<string>;
  /** @default true */
  memory?: boolean;
}

/** All agents, the default one first. */
export interface AgentList {
  nextCursor?: string | null;
  agents: Array<AgentInfo>;
}

/** A call that waits for a human: exactly this tool with exactly these params, once, until `expiresAt`. `read` is what its run had read from outside by then, pages and answers of MCP servers: they may have wanted it. With `asks` an MCP server asks a question while `tool` is in use, which is `params.question`: a JSON Schema of what `tool.approve` may answer as `content`. */
export interface ApprovalInfo {
  approvalId: string;
  runId: string;
  sessionKey: string;
  agentId: string;
  user: string;
  callId: string;
  tool: string;
  params: Record<string, unknown>;
  needsPin: boolean;
  /** A time in UTC, ISO 8601 with milliseconds. */
  createdAt: string;
  /** A time in UTC, ISO 8601 with milliseconds. */
  expiresAt: string;
  read?: Array<string>;
  asks?: Record<string, unknown> | null;
}

/** The caller's calls that wait, the oldest first; everybody's for the owner's admin tokens. */
export interface ApprovalList {
  nextCursor?: string | null;
  approvals: Array<ApprovalInfo>;
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

/** Records, the newest first. */
export interface AuditPage {
  records: Array<AuditRecord>;
  nextCursor?: string | null;
}

/** Filters, all of which must hold, and the page that is wanted. `since` <= at < `until`. */
export interface AuditQueryParams {
  /** At or after. */
  since?: string | null;
  /** Before. */
  until?: string | null;
  /** Only uses of that tool. */
  tool?: string | null;
  /** Only that user's. */
  user?: string | null;
  /** Only those that came to that. */
  outcome?: "approved" | "asked" | "begun" | "cancelled" | "denied" | "done" | "expired" | "failed" | "pin_locked" | "pin_wrong" | "withdrawn" | null;
  /** How many items at most. @default 100 */
  limit?: number;
  /** The last page's `nextCursor`. */
  cursor?: string | null;
}

/** A record of the audit log. `seq` counts from 1; `previous` is the SHA-256 of the record before, in hex. `user` is whose tools they are, or a random id where that user was deleted; `token` the name of the token that acted or decided. `params` are shortened and without secrets; `paramsDigest` is the SHA-256 of all of them. */
export interface AuditRecord {
  /** A time in UTC, ISO 8601 with milliseconds. */
  at: string;
  user: string;
  outcome: "approved" | "asked" | "begun" | "cancelled" | "denied" | "done" | "expired" | "failed" | "pin_locked" | "pin_wrong" | "withdrawn";
  /** @default "" */
  tool?: string;
  /** @default 0 */
  seq?: number;
  /** @default "" */
  previous?: string;
  /** @default "" */
  token?: string;
  /** @default "" */
  runId?: string;
  /** @default "" */
  sessionKey?: string;
  /** @default "" */
  agentId?: string;
  /** @default "" */
  callId?: string;
  /** @default "" */
  approvalId?: string;
  params?: unknown;
  /** @default "" */
  paramsDigest?: string;
  /** @default "" */
  reason?: string;
  durationMs?: number | null;
}

/** Whether the log is unchanged; `fault` says what is wrong, `seq` where. `pruned` older records are gone, as `retention.audit` says. */
export interface AuditVerdict {
  intact: boolean;
  records: number;
  /** @default 0 */
  pruned?: number;
  fault?: string | null;
  seq?: number | null;
}

/** A command in the background. What it is once it has ended: `exitCode` and `stoppedBy` as `CommandResult`. `error` says why it could not be run at all. `sessionKey` is that of the run that started it. */
export interface BackgroundCommand {
  commandId: string;
  command: string;
  running: boolean;
  /** A time in UTC, ISO 8601 with milliseconds. */
  startedAt: string;
  sessionKey?: string | null;
  /** @default false */
  keep?: boolean;
  exitCode?: number | null;
  stoppedBy?: "memory" | "processes" | "run" | "session" | "stop" | "timeout" | null;
  error?: string | null;
}

/** The caller's, those that run and some that have ended, the oldest first. */
export interface BackgroundList {
  nextCursor?: string | null;
  commands: Array<BackgroundCommand>;
}

/** What to click; waited for until it can be. */
export interface BrowserClickParams {
  /** The PIN that was set with `openclaw pin set`. */
  pin?: string | null;
  /** CSS, or another of Playwright's selector engines. */
  selector: string;
  /** @default "left" */
  button?: "left" | "middle" | "right";
  /** @default 1 */
  count?: number;
  /** Cookies, storage and pages of its own, kept on disk. @default "default" */
  profile?: string;
  /** A page of the profile; else the last used. */
  pageId?: string | null;
  /** Milliseconds. @default 30000 */
  timeoutMs?: number;
}

/** A page, or the profile with all its pages. */
export interface BrowserCloseParams {
  /** Cookies, storage and pages of its own, kept on disk. @default "default" */
  profile?: string;
  /** A page of the profile; else the last used. */
  pageId?: string | null;
}

/** How many pages were closed. */
export interface BrowserClosed {
  closed: number;
}

/** JavaScript, an expression or a function's body, run in the page. */
export interface BrowserExecuteParams {
  /** The PIN that was set with `openclaw pin set`. */
  pin?: string | null;
  script: string;
  /** Cookies, storage and pages of its own, kept on disk. @default "default" */
  profile?: string;
  /** A page of the profile; else the last used. */
  pageId?: string | null;
  /** Milliseconds. @default 30000 */
  timeoutMs?: number;
}

/** The script's value, as JSON. */
export interface BrowserExecuted {
  result: unknown;
  url: string;
}

/** Where to, in the page that was used last. */
export interface BrowserNavigateParams {
  /** The PIN that was set with `openclaw pin set`. */
  pin?: string | null;
  /** http or https. */
  url: string;
  /** Cookies, storage and pages of its own, kept on disk. @default "default" */
  profile?: string;
  /** A page of the profile; else the last used. */
  pageId?: string | null;
  /** When the element counts as found. @default "load" */
  waitUntil?: "commit" | "domcontentloaded" | "load" | "networkidle";
  /** Milliseconds. @default 30000 */
  timeoutMs?: number;
}

/** Where the page is now; `httpStatus` where it came over HTTP. */
export interface BrowserNavigated {
  pageId: string;
  profile: string;
  url: string;
  title: string;
  success: boolean;
  httpStatus?: number | null;
}

/** Where to, in a page of its own. */
export interface BrowserOpenParams {
  /** The PIN that was set with `openclaw pin set`. */
  pin?: string | null;
  /** http or https. */
  url: string;
  /** Cookies, storage and pages of its own, kept on disk. @default "default" */
  profile?: string;
  /** Milliseconds. @default 30000 */
  timeoutMs?: number;
}

/** An open page. */
export interface BrowserPage {
  pageId: string;
  profile: string;
  url: string;
  title: string;
}

/** A picture: `data` is base64, `width` and `height` in pixels. */
export interface BrowserPicture {
  mimeType: string;
  data: string;
  width: number;
  height: number;
  url: string;
}

/** Of what: an element, the whole page, or what is in view. */
export interface BrowserScreenshotParams {
  /** The PIN that was set with `openclaw pin set`. */
  pin?: string | null;
  /** CSS, or another of Playwright's selector engines. */
  selector?: string | null;
  /** @default false */
  fullPage?: boolean;
  /** Cookies, storage and pages of its own, kept on disk. @default "default" */
  profile?: string;
  /** A page of the profile; else the last used. */
  pageId?: string | null;
  /** Milliseconds. @default 30000 */
  timeoutMs?: number;
}

/** The page as its accessibility tree has it: what a model reads in place of a picture (ARIA, in YAML). */
export interface BrowserSnapshot {
  pageId: string;
  profile: string;
  url: string;
  title: string;
  snapshot: string;
  truncated: boolean;
}

/** Which page. */
export interface BrowserSnapshotParams {
  /** The PIN that was set with `openclaw pin set`. */
  pin?: string | null;
  /** Cookies, storage and pages of its own, kept on disk. @default "default" */
  profile?: string;
  /** A page of the profile; else the last used. */
  pageId?: string | null;
  /** @default 50000 */
  maxCharacters?: number;
}

/** Whether there is a browser, whether it runs, and which of the caller's pages are open. `status`: `running`, `stopped` (it starts when it is needed) or `unavailable` (`reason` says what to do). */
export interface BrowserStatus {
  status: "running" | "stopped" | "unavailable";
  pages: Array<BrowserPage>;
  executable?: string | null;
  version?: string | null;
  reason?: string | null;
  /** A time in UTC, ISO 8601 with milliseconds. */
  since?: string | null;
}

/** Nothing to say. */
export type BrowserStatusParams = Record<string, never>;

/** What to type, and where; `submit` presses Enter. */
export interface BrowserTypeParams {
  /** The PIN that was set with `openclaw pin set`. */
  pin?: string | null;
  /** CSS, or another of Playwright's selector engines. */
  selector: string;
  text: string;
  /** Empty the field first. @default true */
  clear?: boolean;
  /** @default false */
  submit?: boolean;
  /** Cookies, storage and pages of its own, kept on disk. @default "default" */
  profile?: string;
  /** A page of the profile; else the last used. */
  pageId?: string | null;
  /** Milliseconds. @default 30000 */
  timeoutMs?: number;
}

/** A request was refused since a budget has too little left: told once a period for each subject. */
export interface BudgetExceededEvent {
  budget: string;
  per: "agent" | "gateway" | "token" | "user";
  period: "day" | "month";
  unit: "cost" | "tokens";
  limit: number;
  used: number;
  /** When the period ends, in s since 1970. */
  resetAt: number;
  subject?: string | null;
}

/** A budget as `gateway.yaml` has it: `tokens` or `cost` a day or a month (UTC), one for each of `per`. */
export interface BudgetInfo {
  name: string;
  per: "agent" | "gateway" | "token" | "user";
  period: "day" | "month";
  tokens?: number | null;
  cost?: number | null;
  only?: Array<string>;
}

/** All budgets, by their names. */
export interface BudgetList {
  nextCursor?: string | null;
  budgets: Array<BudgetInfo>;
}

/** The budget that is in force now; `removed` once no budget has that name. */
export interface BudgetSet {
  budget?: BudgetInfo | null;
  /** @default false */
  removed?: boolean;
}

/** A budget, new or in the place of the one of its name: `tokens` or `cost`; or `remove` it. */
export interface BudgetSetParams {
  name: string;
  /** Tokens that models may read and write. */
  tokens?: number | null;
  /** Money, in the currency of `prices`; what has no price costs nothing. */
  cost?: number | null;
  /** One budget for all, or one for each of these. @default "gateway" */
  per?: "agent" | "gateway" | "token" | "user";
  /** How long it is for, in UTC. @default "day" */
  period?: "day" | "month";
  /** The users, tokens or agents that it is for; else for each of them. */
  only?: Array<string>;
  /** Take it away. @default false */
  remove?: boolean;
}

/** How a budget stands for one user, token or agent (`subject`), or for the gateway. `used` was used in this period; `held` is kept for requests under way, by an estimate. */
export interface BudgetState {
  budget: string;
  per: "agent" | "gateway" | "token" | "user";
  period: "day" | "month";
  unit: "cost" | "tokens";
  limit: number;
  used: number;
  held: number;
  left: number;
  /** When the period ends, in s since 1970. */
  resetAt: number;
  subject?: string | null;
}

/** Budgets as they stand, those with the least left first. */
export interface BudgetStatus {
  nextCursor?: string | null;
  budgets: Array<BudgetState>;
}

/** Which of them. The owner's admin tokens see all, others only those that count their own use. */
export interface BudgetStatusParams {
  /** The last page's `nextCursor`. */
  cursor?: string | null;
  /** The budget of that name. */
  budget?: string | null;
  /** Another user's; only for the owner's admin tokens. */
  user?: string | null;
  /** How many at most. @default 100 */
  limit?: number;
}

/** The tool that a model calls, and its arguments as the model wrote them: a JSON object, mostly. */
export interface CalledFunction {
  name: string;
  /** @default "" */
  arguments?: string;
}

/** A file of the workspace. */
export interface ChannelFile {
  path: string;
  /** @default "file" */
  type?: "file";
}

/** A channel. `account` and `botUsername` say as whom it speaks, once it is connected. `messagesToday` counts those from outside since midnight, UTC. */
export interface ChannelInfo {
  id: string;
  name: string;
  enabled: boolean;
  status: "connected" | "connecting" | "disabled" | "disconnected" | "error" | "not_configured";
  type?: string | null;
  account?: string | null;
  botUsername?: string | null;
  /** A time in UTC, ISO 8601 with milliseconds. */
  connectedSince?: string | null;
  lastError?: string | null;
  messagesToday?: number | null;
  outbox?: OutboxCounts | null;
}

/** A Python file, or a folder with `__init__.py`, that holds a class derived from `Channel`; or the name of a package that is installed and brings one. */
export interface ChannelInstallParams {
  /** On the gateway's machine; else a package's name. */
  path: string;
}

/** All channels, built in and installed. */
export interface ChannelList {
  nextCursor?: string | null;
  channels: Array<ChannelInfo>;
}

/** The code that a stranger was given. */
export interface ChannelPairParams {
  /** The channel's name in `gateway.yaml`. */
  channelId: string;
  code: string;
}

/** Who may write from now on. */
export interface ChannelPaired {
  channelId: string;
  sender: string;
}

/** Which channel. */
export interface ChannelParams {
  /** The channel's name in `gateway.yaml`. */
  channelId: string;
}

/** The channel is gone; its own files stay. */
export interface ChannelRemoved {
  id: string;
  removed: boolean;
}

/** What to say to whom. `text` is Markdown; a text that is too long for one message is split. */
export interface ChannelSendParams {
  /** The channel's name in `gateway.yaml`. */
  channelId: string;
  /** A chat by the platform's id; `CHAT/THREAD` for a thread. */
  to: string;
  /** @default "" */
  text?: string;
  attachments?: Array<ChannelFile>;
  idempotencyKey?: string | null;
}

/** The message is on disk, and is sent as soon as the platform takes it: `deliveryIds`, a part each. */
export interface ChannelSent {
  channelId: string;
  to: string;
  status: "queued";
  deliveryIds: Array<string>;
}

/** Which run to stop. */
export interface ChatAbortParams {
  /** The id that `chat.run` returned. */
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
  finishReason: "aborted" | "content_filter" | "error" | "interrupted" | "length" | "stop" | "tool_calls";
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

/** Which session's messages; newest page first, `before` takes the page's `nextCursor`. With `messageId` that message alone: all of it, however long, or with `offset` a part of its content. */
export interface ChatHistoryParams {
  /** The client's name of a session. */
  sessionKey: string;
  /** How many items at most. @default 50 */
  limit?: number;
  before?: string | null;
  messageId?: string | null;
  /** In characters; a message's `nextOffset`. */
  offset?: number | null;
}

/** A message put into a session without a run. */
export interface ChatInjectParams {
  /** The client's name of a session. */
  sessionKey: string;
  content: string;
  /** @default "assistant" */
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
  toolCalls?: Array<MessageToolCall>;
  toolCallId?: string | null;
  attachments?: Array<MessageAttachment>;
  metadata?: Record<string, unknown>;
  /** Of a `tool` message: how long the tool took. */
  durationMs?: number | null;
  /** What the provider added and gets back; `provider` names it. */
  providerDetails?: Record<string, unknown>;
  /** It was too long for one message, and long texts in it are cut. @default false */
  truncated?: boolean;
  /** Of all of `content` in characters, where it is cut. */
  size?: number | null;
  /** Where its content goes on: `chat.history {messageId, offset}`. */
  nextOffset?: number | null;
  standsFor?: StandsFor | null;
}

/** A message was added to a session. */
export interface ChatMessageEvent {
  sessionKey: string;
  message: ChatMessage;
  runId?: string | null;
}

/** A message to an agent, in a session that is created if it does not exist. */
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
  /** Where it came from. @default "api" */
  channel?: string;
  metadata?: Record<string, unknown>;
  /** What was said before; counts where the session has no messages yet. */
  history?: Array<EarlierMessage>;
  /** Functions of the client's own, as Chat Completions has them: a call to one ends the run with `tool_calls`. */
  tools?: Array<Record<string, unknown>>;
  /** What they answered. The turn that asked goes on; `message` is its question. */
  toolOutputs?: Array<ToolOutput>;
}

/** A run left the queue. */
export interface ChatStartedEvent {
  sessionKey: string;
  runId: string;
  agentId: string;
  model?: string | null;
}

/** What a run waits for, before its model says a word; `message` says it in a few words. */
export interface ChatStatusEvent {
  sessionKey: string;
  runId: string;
  status: "compacting" | "loading_model";
  message: string;
}

/** A piece of the model's reasoning, where the provider shows it. */
export interface ChatThinkingEvent {
  sessionKey: string;
  runId: string;
  delta: string;
}

/** Which run to wait for, and how long. */
export interface ChatWaitParams {
  /** The id that `chat.run` returned. */
  runId: string;
  /** Milliseconds. */
  timeoutMs?: number | null;
}

/** A piece of background work: `waiting` until it is started again after it failed, `done` if nothing is left. `failures` counts since the start of the gateway; `error` is what it failed with the last time. */
export interface ChoreStatus {
  state: "done" | "running" | "waiting";
  failures: number;
  error: string | null;
}

/** A line for the shell, and where and how to run it. */
export interface CommandExecuteParams {
  /** The PIN that was set with `openclaw pin set`. */
  pin?: string | null;
  /** Run by bash, or by `/bin/sh`. */
  command: string;
  /** The working directory, a folder of the workspace. @default "/" */
  cwd?: string;
  /** Milliseconds until it is ended. @default 30000 */
  timeout?: number;
  /** Environment variables, besides the few that are always set. */
  env?: Record<string, string>;
  /** Its standard input. */
  stdin?: string | null;
  /** Send what it writes at once, as `command.output`. @default false */
  stream?: boolean;
  /** Comes back in each piece. */
  callId?: string | null;
}

/** What a command wrote from the cursor on. `cursor` is where the next call goes on, `more` whether there is more already. `missed` characters were there and are kept no longer. */
export interface CommandOutput {
  commandId: string;
  command: string;
  running: boolean;
  /** A time in UTC, ISO 8601 with milliseconds. */
  startedAt: string;
  sessionKey?: string | null;
  /** @default false */
  keep?: boolean;
  exitCode?: number | null;
  stoppedBy?: "memory" | "processes" | "run" | "session" | "stop" | "timeout" | null;
  error?: string | null;
  stdout: string;
  stderr: string;
  cursor: number;
  /** @default false */
  more?: boolean;
  /** @default 0 */
  missed?: number;
}

/** A piece of what a command writes, as it comes. */
export interface CommandOutputEvent {
  stream: "stderr" | "stdout";
  text: string;
  callId?: string | null;
}

/** Which command, and from where on to read what it wrote. */
export interface CommandOutputParams {
  /** The id that `command.start` returned. */
  commandId: string;
  /** Where to go on: the `cursor` of the last answer. 0 is the beginning; -2000 are the last 2000 characters. @default 0 */
  cursor?: number;
  /** Characters at most. @default 20000 */
  limit?: number;
  /** Milliseconds to wait where there is nothing new and it still runs. @default 0 */
  wait?: number;
}

/** What a command wrote and how it ended. Bytes that are not UTF-8 are replaced by U+FFFD. `exitCode` is 128 and the signal's number where a signal ended it, and -1 where the gateway ended it: `stoppedBy` says why then. `truncated`: it wrote more than is kept of stdout or stderr. */
export interface CommandResult {
  stdout: string;
  stderr: string;
  exitCode: number;
  durationMs: number;
  timedOut: boolean;
  truncated: boolean;
  stoppedBy?: "memory" | "output" | "processes" | "timeout" | null;
}

/** A line for the shell that goes on in the background, its standard input empty. */
export interface CommandStartParams {
  /** The PIN that was set with `openclaw pin set`. */
  pin?: string | null;
  /** Run by bash, or by `/bin/sh`. */
  command: string;
  /** The working directory, a folder of the workspace. @default "/" */
  cwd?: string;
  /** Milliseconds until it is ended. @default 3600000 */
  timeout?: number;
  /** Environment variables, besides the few that are always set. */
  env?: Record<string, string>;
  /** Let it go on when the run that starts it ends, until its session goes. @default false */
  keep?: boolean;
}

/** Which command. */
export interface CommandStopParams {
  /** The id that `command.start` returned. */
  commandId: string;
}

/** Other settings apply, whoever changed them: the dotted paths, and those of them that wait for a restart. */
export interface ConfigChangedEvent {
  changed: Array<string>;
  needsRestart?: Array<string>;
}

/** The configuration in force, snake_case as in the file; secrets read `***REDACTED***`. */
export interface ConfigDocument {
  config: Record<string, unknown>;
}

/** What `gateway.yaml` may say, as a JSON Schema; `restart`: paths that are read at the start alone. */
export interface ConfigSchema {
  schema: Record<string, unknown>;
  restart: Array<string>;
}

/** The file that the gateway took, and how it and what is in force differ. `error` is why the file as it stands was refused; `edited`: it was edited a moment ago and not looked at yet. `needsRestart` are the dotted paths that wait for a restart, `overridden` those for which the command line that started the gateway takes precedence. */
export interface ConfigStatus {
  path: string;
  exists: boolean;
  /** @default false */
  edited?: boolean;
  error?: string | null;
  needsRestart?: Array<string>;
  overridden?: Array<string>;
}

/** A part of the configuration, merged into the file; null takes a key away. `${NAME}` is written as text, not as a variable. Settings that start a program, name a file of the host or forget what is kept (`mcp.servers.*.command`, `storage`, `retention`, …) need the PIN. */
export interface ConfigUpdateParams {
  config: Record<string, unknown>;
  /** The PIN that was set with `openclaw pin set`. */
  pin?: string | null;
}

/** What changed, as dotted paths, and which of it waits for a restart. */
export interface ConfigUpdated {
  restartRequired: boolean;
  changed: Array<string>;
  needsRestart?: Array<string>;
}

/** The first frame on a socket: who the client is, and what it can do. A frame of more than `maxMessageBytes` would close the socket with 1009: whoever knows that need not send it. */
export interface ConnectedEvent {
  clientId: string;
  gatewayVersion: string;
  capabilities: Array<string>;
  user: string;
  scopes: Array<string>;
  maxMessageBytes: number;
}

/** Which conversation, and what was said in it. */
export interface ConversationAddParams {
  /** The `id` of a conversation. */
  conversationId: string;
  /** Items as OpenAI's Responses have them, in their order. */
  items: Array<unknown>;
}

/** What was said already, where there is any. */
export interface ConversationCreateParams {
  /** Items as OpenAI's Responses have them, in their order. */
  items?: Array<unknown>;
  /** Texts of your own by their names. */
  metadata?: Record<string, string>;
}

/** It is gone, and its items are. */
export interface ConversationDeleted {
  id: string;
  deleted: boolean;
}

/** A conversation. */
export interface ConversationInfo {
  id: string;
  /** A time in UTC, ISO 8601 with milliseconds. */
  createdAt: string;
  metadata?: Record<string, string>;
}

/** An item. */
export interface ConversationItem {
  item: unknown;
}

/** Which item of which conversation. */
export interface ConversationItemParams {
  /** The `id` of a conversation. */
  conversationId: string;
  /** The `id` of an item. */
  itemId: string;
}

/** Items, and whether there are more. */
export interface ConversationItems {
  items: Array<unknown>;
  /** @default false */
  hasMore?: boolean;
}

/** Which conversation's items, page by page; `after` is an item's id. */
export interface ConversationItemsParams {
  /** The `id` of a conversation. */
  conversationId: string;
  /** @default 20 */
  limit?: number;
  /** @default "desc" */
  order?: "asc" | "desc";
  after?: string | null;
}

/** Which conversation. */
export interface ConversationParams {
  /** The `id` of a conversation. */
  conversationId: string;
}

/** Which conversation, and its metadata from now on. */
export interface ConversationUpdateParams {
  /** The `id` of a conversation. */
  conversationId: string;
  /** Texts of your own by their names. */
  metadata?: Record<string, string>;
}

/** A device of a user. `token` names the token that it signed in with last, `scopes` are what it was granted. `revoked`: the token that it was given when it signed in is refused, whether it comes alone or with the other. */
export interface DeviceInfo {
  deviceId: string;
  user: string;
  token: string;
  scopes: Array<Scope>;
  /** A time in UTC, ISO 8601 with milliseconds. */
  createdAt: string;
  /** A time in UTC, ISO 8601 with milliseconds. */
  lastSeenAt: string;
  /** @default false */
  revoked?: boolean;
  name?: string | null;
  platform?: string | null;
  client?: string | null;
}

/** All devices; who was seen last comes first. */
export interface DeviceList {
  nextCursor?: string | null;
  devices: Array<DeviceInfo>;
}

/** Which device. */
export interface DeviceParams {
  /** The SHA-256 of its key, in hexadecimal. */
  deviceId: string;
}

/** It is forgotten, and its token refused; sockets that it opened are closed. */
export interface DeviceRemoved {
  deviceId: string;
  removed: boolean;
}

/** Its token is refused from now on; sockets that it opened are closed. */
export interface DeviceRevoked {
  deviceId: string;
  revoked: boolean;
}

/** A device's token was revoked, or the device was removed. */
export interface DeviceRevokedEvent {
  deviceId: string;
  user: string;
}

/** A message that was said elsewhere, before a session began here. Tool calls as Chat Completions has them. */
export interface EarlierMessage {
  role: "assistant" | "system" | "tool" | "user";
  /** @default "" */
  content?: string;
  toolCalls?: Array<Record<string, unknown>>;
  toolCallId?: string | null;
  attachments?: Array<Attachment>;
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
  /** The error's code, as over HTTP. */
  code: "budget_exceeded" | "conflict" | "forbidden" | "internal_error" | "invalid_request" | "not_found" | "provider_error" | "rate_limited" | "service_unavailable" | "timeout" | "too_large" | "unauthorized";
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
  /** @default "" */
  epoch?: string;
  /** @default 0 */
  seq?: number;
}

/** One of `sessionKey`, `runId` and `topics`; `after` says where to go on. */
export interface EventSubscribeParams {
  /** The client's name of a session. */
  sessionKey?: string | null;
  /** The id that `chat.run` returned. */
  runId?: string | null;
  topics?: Array<Topic> | null;
  after?: Position | null;
}

/** What to stop following; everything where nothing is named. */
export interface EventUnsubscribeParams {
  /** The client's name of a session. */
  sessionKey?: string | null;
  /** The id that `chat.run` returned. */
  runId?: string | null;
  topics?: Array<Topic> | null;
}

/** What a file holds. `nextOffset` is there where the file goes on behind this part. */
export interface FileContent {
  path: string;
  content: string;
  encoding: "base64" | "text";
  /** Of the whole file, in bytes. */
  size: number;
  /** A time in UTC, ISO 8601 with milliseconds. */
  modifiedAt: string;
  nextOffset?: number | null;
}

/** A file, a link, or a folder: an empty one, or with `recursive` all that is in it. */
export interface FileDeleteParams {
  /** The PIN that was set with `openclaw pin set`. */
  pin?: string | null;
  /** A path in the workspace: `/Documents/notes.md`. */
  path: string;
  /** A folder with all that is in it. @default false */
  recursive?: boolean;
}

/** It is gone. A link's target stays. */
export interface FileDeleted {
  path: string;
  deleted: boolean;
}

/** A change of a text file: `old` replaced by `new`, or a unified diff. */
export interface FileEditParams {
  /** The PIN that was set with `openclaw pin set`. */
  pin?: string | null;
  /** A path in the workspace: `/Documents/notes.md`. */
  path: string;
  /** What is replaced: exactly as it stands there, and only once. */
  old?: string | null;
  /** What takes its place. */
  new?: string | null;
  /** Replace `old` wherever it stands. @default false */
  all?: boolean;
  /** A unified diff of this one file. */
  diff?: string | null;
}

/** The file is changed on disk, as a whole. `changes` counts the places. */
export interface FileEdited {
  path: string;
  /** In bytes, now. */
  size: number;
  changes: number;
}

/** A file, a folder or a link. `size` in bytes, 0 for a folder. */
export interface FileEntry {
  name: string;
  path: string;
  type: "directory" | "file" | "link" | "other";
  size: number;
  /** A time in UTC, ISO 8601 with milliseconds. */
  modifiedAt: string;
}

/** A file, folder or link that fits, or a line in it: `line` counts from 1, `text` is cut where it is long. */
export interface FileFound {
  path: string;
  type: "directory" | "file" | "link" | "other";
  size: number;
  /** A time in UTC, ISO 8601 with milliseconds. */
  modifiedAt: string;
  line?: number | null;
  text?: string | null;
}

/** Which folder. */
export interface FileListParams {
  /** The last page's `nextCursor`. */
  cursor?: string | null;
  /** A folder in the workspace; `/` is all of it. @default "/" */
  path?: string;
  /** With all folders below. @default false */
  recursive?: boolean;
  /** How many entries at most. @default 1000 */
  limit?: number;
  /** The PIN that was set with `openclaw pin set`. */
  pin?: string | null;
}

/** What a folder holds, by name; `truncated` where there is more than was asked for. */
export interface FileListing {
  nextCursor?: string | null;
  path: string;
  entries: Array<FileEntry>;
  /** @default false */
  truncated?: boolean;
}

/** From where to where; folders that are missing there are made. */
export interface FileMoveParams {
  /** The PIN that was set with `openclaw pin set`. */
  pin?: string | null;
  /** A path in the workspace: `/Documents/notes.md`. */
  from: string;
  /** A path in the workspace: `/Documents/notes.md`. */
  to: string;
  /** Replace a file that is there. @default false */
  overwrite?: boolean;
}

/** It is there now. */
export interface FileMoved {
  from: string;
  to: string;
}

/** Which file, and which part of it where it is large. */
export interface FileReadParams {
  /** The PIN that was set with `openclaw pin set`. */
  pin?: string | null;
  /** A path in the workspace: `/Documents/notes.md`. */
  path: string;
  /** `text` is UTF-8; `base64` takes any bytes. @default "text" */
  encoding?: "base64" | "text";
  /** Where to begin, in bytes. @default 0 */
  offset?: number;
  /** How many bytes at most. */
  limit?: number | null;
}

/** Files and folders whose names fit `pattern`; with `content`, the lines in files that have it. */
export interface FileSearchParams {
  /** The last page's `nextCursor`. */
  cursor?: string | null;
  /** A glob: `*.md` fits names in any folder below, `src/** /*.py` paths; `?`, `[a-z]`, `{a,b}` work. */
  pattern: string;
  /** A folder in the workspace; `/` is all of it. @default "/" */
  path?: string;
  /** What to look for in the files. */
  content?: string | null;
  /** Whether `content` is a regular expression (Python's). @default false */
  regex?: boolean;
  /** How many items at most. @default 100 */
  limit?: number;
  /** The PIN that was set with `openclaw pin set`. */
  pin?: string | null;
}

/** A file's new content, which replaces the old one at once and as a whole, or is added to it. */
export interface FileWriteParams {
  /** The PIN that was set with `openclaw pin set`. */
  pin?: string | null;
  /** A path in the workspace: `/Documents/notes.md`. */
  path: string;
  content: string;
  /** What `content` is: text, kept as UTF-8, or base64. @default "text" */
  encoding?: "base64" | "text";
  /** Make the folders that are missing. @default true */
  createParents?: boolean;
  /** Add to the end. @default false */
  append?: boolean;
}

/** The file is on disk. `created`: there was none before. */
export interface FileWritten {
  path: string;
  /** In bytes, now. */
  size: number;
  created: boolean;
}

/** What was found, by path. `truncated`: there may be more than these `total` results. */
export interface FilesFound {
  nextCursor?: string | null;
  path: string;
  pattern: string;
  results: Array<FileFound>;
  total: number;
  /** @default false */
  truncated?: boolean;
}

/** Where the gateway listens, and how clients prove who they are: `token`, `password` or `none`. */
export interface GatewayStatus {
  port: number;
  bind: string;
  auth: string;
  /** Every address that it really listens at, as `host:port`. */
  addresses?: Array<string>;
}

/** Sent at intervals; `timestamp` in ms since 1970. */
export interface HeartbeatEvent {
  timestamp: number;
  status: string;
}

/** A run that is under way, and what it has said so far: with `epoch` and `seq`, a snapshot. Of a long text the newest part: it begins at the character `offset`. */
export interface LiveRun {
  runId: string;
  status: string;
  text: string;
  /** @default 0 */
  offset?: number;
}

/** What the gateway is busy with now. */
export interface LoadStatus {
  connections: number;
  runsRunning: number;
  runsQueued: number;
  /** Resident; missing where the system does not tell. */
  memoryBytes?: number | null;
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
  nextCursor?: string | null;
  logs: Array<LogEntry>;
}

/** The newest `lines` of at least `level`. */
export interface LogTailParams {
  /** The last page's `nextCursor`. */
  cursor?: string | null;
  /** @default 50 */
  lines?: number;
  /** @default "info" */
  level?: "debug" | "error" | "info" | "warn";
  /** A date or a time, ISO 8601; UTC where no zone is given. */
  since?: string | null;
  component?: string | null;
}

/** An MCP server of `gateway.yaml`. `tools` are their names as agents are offered them. `title` and `version` are what it says of itself, `protocol` the revision of MCP that was agreed on, `error` why it is not there, `restarts` how often it was started anew, `since` when it became ready. `leftOut` are tools of it that can't be offered, with the reason. */
export interface McpServerInfo {
  name: string;
  transport: "http" | "stdio";
  status: "disabled" | "failed" | "ready" | "starting";
  tools: Array<string>;
  restarts: number;
  title?: string | null;
  version?: string | null;
  protocol?: string | null;
  /** A time in UTC, ISO 8601 with milliseconds. */
  since?: string | null;
  error?: string | null;
  leftOut?: Record<string, string>;
}

/** All that are configured, by name. */
export interface McpServerList {
  nextCursor?: string | null;
  servers: Array<McpServerInfo>;
}

/** How many entries of the log went into how many files. */
export interface MemoryCompacted {
  files: number;
  entries: number;
}

/** Which memory. */
export interface MemoryDeleteParams {
  /** The client's name of a memory. */
  key: string;
}

/** It is gone, from the dated files too. */
export interface MemoryDeleted {
  key: string;
  deleted: boolean;
}

/** The dated files. */
export interface MemoryFileStats {
  files: number;
  /** In MiB. */
  sizeMb: number;
  /** A time in UTC, ISO 8601 with milliseconds. */
  lastCompaction?: string | null;
}

/** A memory that matches; `score` is over 0 and at most 1, `type` is `wal` or `compacted`. `kind` is `note` for what was stored, `conversation` for a turn of `sessionKey`. */
export interface MemoryFound {
  key: string;
  value: unknown;
  /** How well it matches, up to 1. */
  score: number;
  /** A time in UTC, ISO 8601 with milliseconds. */
  createdAt: string;
  type: string;
  kind: string;
  metadata?: Record<string, unknown>;
  tags?: Array<string>;
  sessionKey?: string | null;
}

/** What was stored and is not compacted yet. */
export interface MemoryLogStats {
  entries: number;
  /** In MiB. */
  sizeMb: number;
  /** A time in UTC, ISO 8601 with milliseconds. */
  oldestEntry?: string | null;
}

/** What to remove for good; nothing without `confirm: true`. */
export interface MemoryPruneParams {
  /** Everything that was stored before. */
  before: string;
  /** Where. @default "all" */
  type?: "all" | "compacted" | "wal";
  /** Must be true. @default false */
  confirm?: boolean;
}

/** How many memories were removed. */
export interface MemoryPruned {
  removed: number;
}

/** What was found, the best first. */
export interface MemoryResults {
  nextCursor?: string | null;
  results: Array<MemoryFound>;
}

/** Words to look for, and filters, all of which must hold. `since` <= createdAt < `until`. */
export interface MemorySearchParams {
  /** The last page's `nextCursor`. */
  cursor?: string | null;
  /** Any of its words, or a key's beginning. */
  query: string;
  /** How many items at most. @default 10 */
  limit?: number;
  /** Where to look. @default "all" */
  type?: "all" | "compacted" | "wal";
  /** Stored at or after. */
  since?: string | null;
  /** Stored before. */
  until?: string | null;
  /** The `category` of the metadata. */
  category?: string | null;
}

/** How much the caller's memory holds, and where. */
export interface MemoryStats {
  wal: MemoryLogStats;
  compacted: MemoryFileStats;
  /** In MiB. */
  totalSizeMb: number;
}

/** What to remember. `value` is any JSON of up to 1 MiB; `metadata.category` can be searched by. */
export interface MemoryStoreParams {
  /** The client's name of a memory. */
  key: string;
  value: unknown;
  /** Facts about the value; up to 64 KiB of JSON. */
  metadata?: Record<string, unknown>;
  /** Words of the client's own; they are found too. */
  tags?: Array<string>;
}

/** It is on disk. `replaced` says that the key had another value before, which is gone. */
export interface MemoryStored {
  key: string;
  /** A time in UTC, ISO 8601 with milliseconds. */
  createdAt: string;
  replaced: boolean;
}

/** What goes with a message, as it is kept: a picture's `url` (http, https or data), or a `text`, such as what a file of the workspace held. */
export interface MessageAttachment {
  type: "image" | "text";
  name?: string | null;
  url?: string | null;
  text?: string | null;
}

/** A tool call that an `assistant` message asks for; the `tool` message with this `id` has what came of it. */
export interface MessageToolCall {
  id: string;
  function: CalledFunction;
  /** @default "function" */
  type?: "function";
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
  nextCursor?: string | null;
  methods: Array<MethodInfo>;
}

/** A chunk of a streamed completion, as the provider sent it. */
export interface ModelChunkEvent {
  chunk: unknown;
  requestId?: string | null;
}

/** A request of OpenAI's Chat Completions; the provider gets it as it is. */
export interface ModelCompleteParams {
  /** The request, an object with at least `messages`. */
  body: unknown;
  /** Repeated in the events of this call. */
  requestId?: string | null;
}

/** `body` is the provider's answer; of a streamed one the chunks were sent before, and `finished` is true. */
export interface ModelCompleted {
  body?: unknown | null;
  usage?: Usage | null;
  /** @default false */
  finished?: boolean;
}

/** A request of OpenAI's Embeddings; the provider gets it as it is. */
export interface ModelEmbedParams {
  /** The request, an object with at least `input`. */
  body: unknown;
}

/** The provider's answer. */
export interface ModelEmbedded {
  body: unknown;
}

/** A model. `created` in s since 1970; `error` where its provider could not be asked. */
export interface ModelInfo {
  id: string;
  provider: string;
  ownedBy: string;
  created: number;
  /** @default false */
  default?: boolean;
  error?: string | null;
}

/** All models, the primary provider's configured one first. `direct`: whether `model.*` may ask them. */
export interface ModelList {
  nextCursor?: string | null;
  models: Array<ModelInfo>;
  /** @default true */
  direct?: boolean;
}

/** A process of the gateway: its name, and how it was when it last told. The dead are shown for an hour. */
export interface NodeStatus {
  node: string;
  status: "dead" | "draining" | "ready";
  version: string;
  /** A time in UTC, ISO 8601 with milliseconds. */
  startedAt: string;
  /** How long ago it last said that it is alive, in ms. */
  beatMs: number;
  runsRunning: number;
  runsQueued: number;
  connections: number;
}

/** An event for a client of the subprotocol `jsonrpc`; params are the data, with epoch and seq in it. */
export interface NotificationFrame {
  jsonrpc: string;
  method: string;
  params: unknown;
}

/** Messages that wait, that were refused for good, and of which nobody knows whether they arrived. */
export interface OutboxCounts {
  /** @default 0 */
  waiting?: number;
  /** @default 0 */
  failed?: number;
  /** @default 0 */
  unknown?: number;
}

/** Which page of the list; the first where no cursor is given. */
export interface Paged {
  /** The last page's `nextCursor`. */
  cursor?: string | null;
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
  /** Of the newest answers: half took no longer. @default 0.0 */
  latencyP50Ms?: number;
  /** Of the newest answers: 95 % took no longer. @default 0.0 */
  latencyP95Ms?: number;
}

/** A call, or a notification where `id` is missing. `params` and `id` stay raw. */
export interface RequestFrame {
  method: string;
  params?: unknown;
  id?: string | number | null;
  jsonrpc?: string;
  type?: string;
}

/** The response in its present state; missing where its events were sent before. */
export interface ResponseBody {
  body?: unknown | null;
}

/** A request of OpenAI's Responses. With `run`, that run of an agent is the answer, else a model is asked. A run that names no session belongs to the one in which all that was said before was said: that of the `previous_response_id`, the one that `conversationKey` names, or one that is found by it. */
export interface ResponseCreateParams {
  /** The request, an object with at least `input`. */
  body: unknown;
  run?: ChatRunParams | null;
  /** The client's name of a session. */
  conversationKey?: string | null;
  /** Repeated in the events of this call. */
  requestId?: string | null;
}

/** It is gone. */
export interface ResponseDeleted {
  responseId: string;
  deleted: boolean;
}

/** Which response's events, those after the `sequence_number` `startingAfter`. */
export interface ResponseFollowParams {
  /** The `id` of a response. */
  responseId: string;
  /** @default -1 */
  startingAfter?: number;
  /** Repeated in the events of this call. */
  requestId?: string | null;
}

/** Which response. */
export interface ResponseIdParams {
  /** The `id` of a response. */
  responseId: string;
}

/** A page of items. */
export interface ResponseItems {
  items: Array<unknown>;
  /** @default false */
  hasMore?: boolean;
}

/** Which response's input, page by page; `after` is an item's id. */
export interface ResponseItemsParams {
  /** The `id` of a response. */
  responseId: string;
  /** @default 20 */
  limit?: number;
  /** @default "desc" */
  order?: "asc" | "desc";
  after?: string | null;
}

/** An event of a response, with its `type` and `sequence_number`, to the connection that asked. */
export interface ResponseStreamEvent {
  event: unknown;
  requestId?: string | null;
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

/** The run is on disk and will have exactly one final event; its events come after `seq`. `repeated`: it was begun before, with the same idempotency key, and may have ended. */
export interface RunAccepted {
  runId: string;
  sessionKey: string;
  status: "accepted" | "queued";
  epoch: string;
  seq: number;
  /** @default false */
  repeated?: boolean;
}

/** Why a run ended in an error; `details` as an error of the table has them. */
export interface RunError {
  code: string;
  message: string;
  details?: Record<string, unknown>;
}

/** How a run is to go; what is left out comes from the agent, then from the provider. */
export interface RunOptions {
  /** False: the answer comes as one `chat.delta`. @default true */
  stream?: boolean;
  /** `model` or `provider/model`. */
  model?: string | null;
  /** The provider's reasoning effort. */
  thinking?: "high" | "low" | "medium" | null;
  temperature?: number | null;
  maxTokens?: number | null;
  /** Texts at which the model stops. */
  stop?: string | Array<string> | null;
  seed?: number | null;
  topP?: number | null;
  frequencyPenalty?: number | null;
  presencePenalty?: number | null;
  /** As in OpenAI's Chat Completions. */
  responseFormat?: Record<string, unknown> | null;
  /** Of the first request to the model; then it chooses. */
  toolChoice?: unknown;
  parallelToolCalls?: boolean | null;
  /** Milliseconds after which the run ends as an error. */
  timeoutMs?: number | null;
  /** In place of the agent's prompt. */
  system?: string | null;
  /** Added to the end of the agent's prompt, for this run. */
  instructions?: string | null;
  /** When the session has a run already: wait for it, refuse, or abort it. @default "queue" */
  ifBusy?: "interrupt" | "queue" | "reject";
}

/** The state of a run, and its result. */
export interface RunState {
  runId: string;
  sessionKey: string;
  status: "aborted" | "completed" | "error" | "interrupted" | "queued" | "running";
  agentId: string;
  /** A time in UTC, ISO 8601 with milliseconds. */
  createdAt: string;
  model?: string | null;
  finishReason?: "aborted" | "content_filter" | "error" | "interrupted" | "length" | "stop" | "tool_calls" | null;
  response?: string | null;
  /** What the model thought, where its provider shows it. */
  reasoning?: string | null;
  messageId?: string | null;
  usage?: Usage | null;
  error?: RunError | null;
  toolCalls?: Array<ToolUse>;
  skillsUsed?: Array<string>;
  durationMs?: number | null;
}

/** What a token may do; a row names the one it needs. */
export type Scope = "admin" | "chat" | "read" | "tools";

/** Which session's messages are to be summarised, and what matters most. */
export interface SessionCompactParams {
  /** The client's name of a session. */
  sessionKey: string;
  /** What the summary must not lose. */
  instructions?: string | null;
}

/** `message` is the summary; it stands for `messages` others. There is none where nothing was said yet. */
export interface SessionCompacted {
  sessionKey: string;
  compacted: boolean;
  messages: number;
  message?: ChatMessage | null;
}

/** A new session; a key is made up where none is given. */
export interface SessionCreateParams {
  /** The client's name of a session. */
  sessionKey?: string | null;
  agentId?: string | null;
  /** `model` or `provider/model`. */
  model?: string | null;
  title?: string | null;
  /** @default "api" */
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
  /** Leave `messageId` itself out, so that it can be said anew. @default false */
  before?: boolean;
  /** The client's name of a session. */
  newSessionKey?: string | null;
}

/** Which session, and how many of its newest messages. */
export interface SessionGetParams {
  /** The client's name of a session. */
  sessionKey: string;
  /** How many items at most. @default 200 */
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
  /** How many items at most. @default 50 */
  limit?: number;
  /** The last page's `nextCursor`. */
  cursor?: string | null;
  /** In place of a cursor. @default 0 */
  offset?: number;
  channel?: string | null;
  agentId?: string | null;
  /** Updated at or after. */
  since?: string | null;
  /** Updated before. */
  until?: string | null;
  /** In the title, key or messages. */
  text?: string | null;
  /** Another user's; only for the owner's admin tokens. */
  user?: string | null;
}

/** Sessions, the last used first. Of very many not all are counted: `totalIsMore` says that there are more. */
export interface SessionPage {
  sessions: Array<SessionInfo>;
  /** How many match, counted up to 10,000. */
  total: number;
  /** @default false */
  totalIsMore?: boolean;
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

/** A link that signs a browser in, once. `path` begins at the gateway's address: `/login#code=…`. */
export interface SignInLink {
  path: string;
  /** Seconds. */
  expiresIn: number;
}

/** A skill's instructions, or what is in a file of its folder. `folder` is where its files are on the gateway's machine, and in commands of agents; `files` are their paths in it. `nextOffset` is there where a file goes on behind this part. */
export interface SkillContent {
  name: string;
  content: string;
  /** Of the whole, in bytes. */
  size: number;
  path?: string | null;
  folder?: string | null;
  files?: Array<string>;
  allowedTools?: Array<string>;
  nextOffset?: number | null;
}

/** A tool of a skill and its arguments, used as the session's agent would. */
export interface SkillExecuteParams {
  /** The skill's slug. */
  name: string;
  /** The name of one of its tools. */
  action: string;
  /** The tool's arguments, as its JSON Schema says. */
  params?: Record<string, unknown>;
  /** The client's name of a session. */
  sessionKey?: string | null;
  /** The PIN that was set with `openclaw pin set`. */
  pin?: string | null;
}

/** What the tool answered, whole, and how long it took. */
export interface SkillExecuted {
  name: string;
  action: string;
  result: unknown;
  durationMs: number;
  callId: string;
}

/** A skill was used: one of its tools, or, where `action` is missing, its prompt by `@slug`. */
export interface SkillExecutedEvent {
  skill: string;
  status: "completed" | "failed";
  user: string;
  /** @default 0 */
  durationMs?: number;
  action?: string | null;
  runId?: string | null;
  sessionKey?: string | null;
  error?: string | null;
}

/** A skill that fits; the better it fits, the earlier it comes. */
export interface SkillFound {
  slug: string;
  name: string;
  description: string;
  installed: boolean;
  source: "installed" | "registry";
  version?: string | null;
}

/** A skill. `slug` is its name in calls and after `@`, `name` what people call it. `tools` are its tools' names; `invocations` counts uses of them and of its prompt. `source` is where it was installed from; a skill that was put into the folder by hand has none. `unmet` says what it needs and does not find, `warnings` what is odd about how it is written. `modelInvocable` is false where its author wants only people to call it, `userInvocable` where only models are to; `allowedTools` are the tools it means to use. */
export interface SkillInfo {
  slug: string;
  name: string;
  version: string;
  status: "active" | "broken" | "disabled" | "ineligible";
  enabled: boolean;
  description: string;
  permissions: SkillPermissions;
  /** A time in UTC, ISO 8601 with milliseconds. */
  installedAt: string;
  invocations: number;
  tools: Array<string>;
  /** A time in UTC, ISO 8601 with milliseconds. */
  lastUsed?: string | null;
  source?: string | null;
  error?: string | null;
  unmet?: Array<string>;
  warnings?: Array<string>;
  /** @default true */
  modelInvocable?: boolean;
  /** @default true */
  userInvocable?: boolean;
  allowedTools?: Array<string>;
}

/** What to install and where from. `name` is needed where it comes from a registry. What lies on this machine must be called `name` and be of `version` where they are given. */
export interface SkillInstallParams {
  /** The skill's slug. */
  name?: string | null;
  /** As its author describes it. */
  version?: string | null;
  /** A folder, a zip or a JSON file on the gateway's machine; `clawhub` or the address of the configured registry, which is also asked where nothing is said. */
  source?: string | null;
  /** Replace another skill of the same version, and take one that the registry warns of. @default false */
  force?: boolean;
}

/** All that are installed, by slug. */
export interface SkillList {
  nextCursor?: string | null;
  skills: Array<SkillInfo>;
  total: number;
}

/** Which skill. */
export interface SkillParams {
  /** The skill's slug. */
  name: string;
}

/** What a skill's commands may do: reach the network, use the user's workspace, be lines for a shell. */
export interface SkillPermissions {
  /** @default false */
  network?: boolean;
  /** @default false */
  filesystem?: boolean;
  /** @default false */
  shell?: boolean;
}

/** Which skill, and which file of its folder; its instructions where no file is named. */
export interface SkillReadParams {
  /** The skill's slug. */
  name: string;
  /** A file of the skill's folder: `references/api.md`. */
  path?: string | null;
  /** Where to begin in the file, in bytes. @default 0 */
  offset?: number;
  /** How many bytes of it at most. @default 1048576 */
  limit?: number;
}

/** It is gone. */
export interface SkillRemoved {
  name: string;
  removed: boolean;
}

/** Words to look for. */
export interface SkillSearchParams {
  /** The last page's `nextCursor`. */
  cursor?: string | null;
  /** Words of its name or description. */
  query: string;
  /** How many at most. @default 20 */
  limit?: number;
}

/** Those that are installed, then the registry's. `registryError` says why there are none of the latter. */
export interface SkillsFound {
  nextCursor?: string | null;
  results: Array<SkillFound>;
  total: number;
  registryError?: string | null;
}

/** What a summary takes the place of: the messages up to `upto`, how many of them there are. */
export interface StandsFor {
  upto: string;
  messages: number;
}

/** Where the stream stands. `resync`: what came since `after` can't be had; ask `session.get`. */
export interface Subscribed {
  epoch: string;
  seq: number;
  resync: boolean;
}

/** The gateway's state. `uptime` in s; `channels`: each one's status; `chores`: background work by name. `node` is the process that answered; all but `nodes` is its own. */
export interface SystemStatus {
  status: string;
  version: string;
  uptime: number;
  gateway: GatewayStatus;
  channels: Record<string, string>;
  reasoning: ReasoningStatus;
  load: LoadStatus;
  chores: Record<string, ChoreStatus>;
  node: string;
  /** All processes of the gateway. */
  nodes: Array<NodeStatus>;
  /** Problems that do not stop the gateway, but need attention. */
  warnings?: Array<string>;
}

/** What is done. `message`: `params.content` is asked in the session `task:ID`, or in `params.sessionKey`. `skill`: the tool `params.action` of the skill `name` with the other params. `command`: `params.command`. */
export interface TaskAction {
  type: "command" | "message" | "skill";
  name?: string | null;
  params?: Record<string, unknown>;
}

/** What to do and when: exactly one of `schedule`, `every` and `at`. `overlap`: what becomes of a time at which the last run is not over yet; `missed`: whether a time that passed while the gateway was off is made up for, once. */
export interface TaskCreateParams {
  name: string;
  action: TaskAction;
  /** Five fields, or six with seconds first; or `@daily` and the like. */
  schedule?: string | null;
  /** `30s`, `5m`, `2h`, `1d`. */
  every?: string | null;
  /** ISO 8601; a time of the task's zone where it names none. */
  at?: string | null;
  /** IANA's name of a time zone; else UTC. */
  timezone?: string | null;
  /** @default "skip" */
  overlap?: "allow" | "skip";
  /** @default "skip" */
  missed?: "once" | "skip";
  deliver?: TaskTarget | null;
  /** @default true */
  enabled?: boolean;
}

/** The task is gone; a run of it that is under way goes on. */
export interface TaskDeleted {
  id: string;
  deleted: boolean;
}

/** A task began, or how it ended. */
export interface TaskEvent {
  taskId: string;
  name: string;
  /** A time in UTC, ISO 8601 with milliseconds. */
  scheduledAt: string;
  runId?: string | null;
  error?: string | null;
  output?: unknown;
}

/** A task. `nextRunAt` is left out where there is no next time. */
export interface TaskInfo {
  id: string;
  name: string;
  action: TaskAction;
  enabled: boolean;
  overlap: "allow" | "skip";
  missed: "once" | "skip";
  /** A time in UTC, ISO 8601 with milliseconds. */
  createdAt: string;
  timezone: string;
  schedule?: string | null;
  every?: string | null;
  at?: string | null;
  deliver?: TaskTarget | null;
  /** A time in UTC, ISO 8601 with milliseconds. */
  nextRunAt?: string | null;
  /** A time in UTC, ISO 8601 with milliseconds. */
  lastRunAt?: string | null;
  lastStatus?: "completed" | "error" | "missed" | "running" | "skipped" | null;
}

/** All tasks of the user, the newest first. */
export interface TaskList {
  nextCursor?: string | null;
  tasks: Array<TaskInfo>;
}

/** Which task. */
export interface TaskParams {
  taskId: string;
}

/** The next times, in UTC. */
export interface TaskPreview {
  times: Array<string>;
}

/** A schedule to be looked at. */
export interface TaskPreviewParams {
  /** Five fields, or six with seconds first; or `@daily` and the like. */
  schedule?: string | null;
  /** `30s`, `5m`, `2h`, `1d`. */
  every?: string | null;
  /** ISO 8601; a time of the task's zone where it names none. */
  at?: string | null;
  /** IANA's name of a time zone; else UTC. */
  timezone?: string | null;
  /** @default 5 */
  count?: number;
}

/** A time at which a task was due. `output` is its result; `runId` the agent's run, where there was one. */
export interface TaskRun {
  id: string;
  /** A time in UTC, ISO 8601 with milliseconds. */
  scheduledAt: string;
  status: "completed" | "error" | "missed" | "running" | "skipped";
  /** A time in UTC, ISO 8601 with milliseconds. */
  startedAt?: string | null;
  /** A time in UTC, ISO 8601 with milliseconds. */
  finishedAt?: string | null;
  runId?: string | null;
  error?: string | null;
  output?: unknown;
}

/** Its times, the newest first. */
export interface TaskRuns {
  nextCursor?: string | null;
  runs: Array<TaskRun>;
}

/** Of which task, how many. */
export interface TaskRunsParams {
  /** The last page's `nextCursor`. */
  cursor?: string | null;
  taskId: string;
  /** @default 100 */
  limit?: number;
}

/** The chat that a task's result goes to. */
export interface TaskTarget {
  /** The channel's name in `gateway.yaml`. */
  channelId: string;
  /** A chat by the platform's id; `CHAT/THREAD` for a thread. */
  to: string;
}

/** What to change; a new `schedule`, `every` or `at` takes the place of the old one. */
export interface TaskUpdateParams {
  taskId: string;
  name?: string | null;
  action?: TaskAction | null;
  /** Five fields, or six with seconds first; or `@daily` and the like. */
  schedule?: string | null;
  /** `30s`, `5m`, `2h`, `1d`. */
  every?: string | null;
  /** ISO 8601; a time of the task's zone where it names none. */
  at?: string | null;
  /** IANA's name of a time zone; else UTC. */
  timezone?: string | null;
  overlap?: "allow" | "skip" | null;
  missed?: "once" | "skip" | null;
  deliver?: TaskTarget | null;
  enabled?: boolean | null;
}

/** A name to revoke it by; all scopes but `admin` where none is named; it never expires where no time is given. */
export interface TokenCreateParams {
  name: string;
  scopes?: Array<Scope> | null;
  /** A number and s, m, h, d or w. */
  expiresIn?: string | null;
  /** @default "owner" */
  user?: string;
  /** For somebody else's browser: the token may speak in these sessions, and nothing more. */
  sessions?: Array<string> | null;
  /** For a front end with many users: the header in which it names the user it asks for. */
  endUserHeader?: string | null;
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
  /** @default false */
  revoked?: boolean;
  sessions?: Array<string> | null;
  token: string;
  endUserHeader?: string | null;
}

/** A token, but for its secret. With `sessions` it is valid in these alone. */
export interface TokenInfo {
  name: string;
  user: string;
  scopes: Array<Scope>;
  /** A time in UTC, ISO 8601 with milliseconds. */
  createdAt: string;
  /** A time in UTC, ISO 8601 with milliseconds. */
  expiresAt?: string | null;
  /** @default false */
  revoked?: boolean;
  sessions?: Array<string> | null;
}

/** All tokens that were made, the newest first. */
export interface TokenList {
  nextCursor?: string | null;
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

/** A token was revoked: its name and its user. */
export interface TokenRevokedEvent {
  name: string;
  user: string;
}

/** Which call may go on, and the PIN where it needs one. */
export interface ToolApproveParams {
  /** The id that `tool.approval` named. */
  approvalId: string;
  /** The PIN that was set with `openclaw pin set`. */
  pin?: string | null;
  /** The answer to a question of an MCP server, as `asks` wants it. */
  content?: Record<string, unknown> | null;
}

/** The call goes on. */
export interface ToolApproved {
  approvalId: string;
  approved: boolean;
}

/** The agent is about to use a tool. */
export interface ToolCallEvent {
  sessionKey: string;
  runId: string;
  callId: string;
  tool: string;
  params: unknown;
  skill?: string | null;
  /** The client's own: the run ends, and goes on with its output. @default false */
  client?: boolean;
  /** Long texts in it are cut. @default false */
  truncated?: boolean;
}

/** A call waits no longer. */
export interface ToolDecidedEvent {
  approvalId: string;
  runId: string;
  sessionKey: string;
  tool: string;
  outcome: "approved" | "cancelled" | "denied" | "expired";
  reason?: string | null;
}

/** The call fails. */
export interface ToolDenied {
  approvalId: string;
  denied: boolean;
}

/** Which call must not go on; the agent is told the reason. */
export interface ToolDenyParams {
  /** The id that `tool.approval` named. */
  approvalId: string;
  /** What the agent is told. */
  reason?: string | null;
}

/** A tool. `parameters` is a JSON Schema; `source` says what brought it, `skill` the skill's slug. `dangerous` tools change things or reach out; with `needsPin` a human's PIN is asked for. */
export interface ToolInfo {
  name: string;
  description: string;
  parameters: Record<string, unknown>;
  dangerous: boolean;
  policy: "allow" | "ask" | "deny";
  /** @default false */
  needsPin?: boolean;
  source?: string | null;
  skill?: string | null;
}

/** A tool and its arguments, used as the session's agent would. `pin` in place of the header X-OpenClaw-Pin. */
export interface ToolInvokeParams {
  name: string;
  /** The tool's arguments, as its JSON Schema says. */
  params?: Record<string, unknown>;
  /** The client's name of a session. */
  sessionKey?: string | null;
  /** The PIN that was set with `openclaw pin set`. */
  pin?: string | null;
}

/** What the tool answered, whole, and how long it took. */
export interface ToolInvoked {
  callId: string;
  tool: string;
  result: unknown;
  durationMs: number;
}

/** The agent's tools, by name. */
export interface ToolList {
  nextCursor?: string | null;
  agentId: string;
  tools: Array<ToolInfo>;
}

/** Whose tools; the default agent's where none is named. */
export interface ToolListParams {
  /** The last page's `nextCursor`. */
  cursor?: string | null;
  agentId?: string | null;
}

/** What a tool of the client's answered: the call's id, the text that the model reads, and pictures beside it. */
export interface ToolOutput {
  callId: string;
  /** @default "" */
  output?: string;
  attachments?: Array<Attachment>;
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
  /** Long texts in it are cut. @default false */
  truncated?: boolean;
}

/** A tool that a run used: what it was given, how long it took, its `result` or the `error` it failed with. */
export interface ToolUse {
  callId: string;
  tool: string;
  durationMs: number;
  params?: unknown;
  result?: unknown;
  error?: string | null;
  /** The client's own, who is to run it. @default false */
  client?: boolean;
}

/** What `event.subscribe` can follow across sessions. */
export type Topic = "channels" | "gateway" | "logs" | "messages" | "sessions" | "tasks";

/** How many subscriptions were ended. */
export interface Unsubscribed {
  removed: number;
}

/** Tokens as the provider counted them; estimated where it does not say. `cachedTokens` of the prompt's were read from the provider's cache, `reasoningTokens` of the completion's were reasoning. */
export interface Usage {
  promptTokens: number;
  completionTokens: number;
  totalTokens: number;
  /** @default 0 */
  cachedTokens?: number;
  /** @default 0 */
  reasoningTokens?: number;
}

/** What to add up, by what, and from when to when. */
export interface UsageQueryParams {
  /** The last page's `nextCursor`. */
  cursor?: string | null;
  /** What each row is for. @default "day" */
  by?: "agent" | "day" | "model" | "provider" | "session" | "token" | "user";
  /** A date or a time, ISO 8601; UTC where no zone is given. */
  since?: string | null;
  /** A date or a time, ISO 8601; UTC where no zone is given. */
  until?: string | null;
  /** Only that session's. */
  sessionKey?: string | null;
  /** Only that agent's. */
  agentId?: string | null;
  /** Only that model's. */
  model?: string | null;
  /** How many rows at most. @default 100 */
  limit?: number;
  /** Another user's; only for the owner's admin tokens. */
  user?: string | null;
}

/** The rows, their sum, and what is left of the budgets, those with the least left first (`budget.status`). */
export interface UsageReport {
  nextCursor?: string | null;
  rows: Array<UsageRow>;
  total: UsageRow;
  budgets?: Array<BudgetState>;
}

/** Sums over one day, session, agent, user, token, provider or model. `cost` only where prices are configured. `cachedTokens` are part of the prompts', `reasoningTokens` of the completions'. */
export interface UsageRow {
  key: string;
  requests: number;
  promptTokens: number;
  completionTokens: number;
  totalTokens: number;
  avgLatencyMs: number;
  cost?: number | null;
  /** @default 0 */
  cachedTokens?: number;
  /** @default 0 */
  reasoningTokens?: number;
}

/** Which page, and how it is wanted. */
export interface WebFetchParams {
  /** The PIN that was set with `openclaw pin set`. */
  pin?: string | null;
  /** An http or https URL. */
  url: string;
  /** How much of it is read, in bytes. @default 1000000 */
  maxBytes?: number;
  /** `text`: what a reader sees; `markdown`: with headings, lists and links; `html`: the page's source; `raw`: the body of any text type as it came. @default "text" */
  format?: "html" | "markdown" | "raw" | "text";
}

/** A page. `url` is where redirects led; `truncated`: it is longer than was read. */
export interface WebPage {
  url: string;
  status: number;
  contentType: string;
  text: string;
  truncated: boolean;
  title?: string | null;
}

/** Where to call and why: `event` or `events`. With `ordered` an event waits until the one before arrived. */
export interface WebhookCreateParams {
  /** http:// or https://. */
  url: string;
  /** An event's name, or `prefix.*`. */
  event?: string | null;
  events?: Array<string> | null;
  /** `whsec_` and base64 of 24 to 64 bytes. */
  secret?: string | null;
  /** @default true */
  enabled?: boolean;
  /** @default false */
  ordered?: boolean;
}

/** The webhook is gone, and what waited for it. */
export interface WebhookDeleted {
  id: string;
  deleted: boolean;
}

/** Calls, the newest first. */
export interface WebhookDeliveries {
  nextCursor?: string | null;
  deliveries: Array<WebhookDelivery>;
}

/** Of which webhook, and how they stand. */
export interface WebhookDeliveriesParams {
  /** The last page's `nextCursor`. */
  cursor?: string | null;
  webhookId: string;
  status?: "dead" | "delivered" | "pending" | null;
  /** @default 100 */
  limit?: number;
}

/** A call; `id` is its `webhook-id`, the same at each try. */
export interface WebhookDelivery {
  id: string;
  event: string;
  status: "dead" | "delivered" | "pending";
  attempts: number;
  /** A time in UTC, ISO 8601 with milliseconds. */
  createdAt: string;
  /** A time in UTC, ISO 8601 with milliseconds. */
  nextAt?: string | null;
  lastError?: string | null;
}

/** A webhook. `secret` is shown once, where the gateway made it; `lastError` is that of the last try. */
export interface WebhookInfo {
  id: string;
  url: string;
  events: Array<string>;
  enabled: boolean;
  /** A time in UTC, ISO 8601 with milliseconds. */
  createdAt: string;
  /** @default false */
  ordered?: boolean;
  secret?: string | null;
  disabledReason?: string | null;
  lastError?: string | null;
}

/** All webhooks, the newest first. */
export interface WebhookList {
  nextCursor?: string | null;
  webhooks: Array<WebhookInfo>;
}

/** Which webhook. */
export interface WebhookParams {
  webhookId: string;
}

/** Which call to make again, under the same `webhook-id`. */
export interface WebhookRedeliverParams {
  webhookId: string;
  deliveryId: string;
}

/** What the other side answered to one `webhook.test`: `status` is its HTTP status, or `error` says why not. */
export interface WebhookTested {
  id: string;
  delivered: boolean;
  status?: number | null;
  error?: string | null;
}

/** What to change. `secret: true` makes a new one; the old one signs beside it for a day. */
export interface WebhookUpdateParams {
  webhookId: string;
  /** http:// or https://. */
  url?: string | null;
  events?: Array<string> | null;
  /** `whsec_` and base64 of 24 to 64 bytes. */
  secret?: true | string | null;
  enabled?: boolean | null;
  ordered?: boolean | null;
}

/** Every method and its errors. */
export interface Methods {
  /** The agents that `chat.run` can be addressed to. */
  "agent.list": {
    params: Paged;
    result: AgentList;
    errors: "forbidden" | "internal_error" | "invalid_request" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** What dangerous tools did, and who allowed it. For the owner's admin tokens. */
  "audit.query": {
    params: AuditQueryParams;
    result: AuditPage;
    errors: "forbidden" | "internal_error" | "invalid_request" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Read the whole audit log and check that nothing in it was changed or removed. For the owner's admin tokens. */
  "audit.verify": {
    params: Empty;
    result: AuditVerdict;
    errors: "forbidden" | "internal_error" | "invalid_request" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Click an element. */
  "browser.click": {
    params: BrowserClickParams;
    result: BrowserPage;
    errors: "conflict" | "forbidden" | "internal_error" | "invalid_request" | "not_found" | "provider_error" | "rate_limited" | "service_unavailable" | "timeout" | "unauthorized";
  };
  /** Close a page, or a profile with all its pages; what the profile keeps on disk stays. */
  "browser.close": {
    params: BrowserCloseParams;
    result: BrowserClosed;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Run JavaScript in a page. */
  "browser.execute": {
    params: BrowserExecuteParams;
    result: BrowserExecuted;
    errors: "conflict" | "forbidden" | "internal_error" | "invalid_request" | "not_found" | "provider_error" | "rate_limited" | "service_unavailable" | "timeout" | "too_large" | "unauthorized";
  };
  /** Navigate the page that was used last to another address; open one if no page is open. */
  "browser.navigate": {
    params: BrowserNavigateParams;
    result: BrowserNavigated;
    errors: "conflict" | "forbidden" | "internal_error" | "invalid_request" | "not_found" | "provider_error" | "rate_limited" | "service_unavailable" | "timeout" | "unauthorized";
  };
  /** Open a page. Starts the browser if it does not run. */
  "browser.open": {
    params: BrowserOpenParams;
    result: BrowserNavigated;
    errors: "conflict" | "forbidden" | "internal_error" | "invalid_request" | "not_found" | "provider_error" | "rate_limited" | "service_unavailable" | "timeout" | "unauthorized";
  };
  /** A screenshot of a page, as PNG. */
  "browser.screenshot": {
    params: BrowserScreenshotParams;
    result: BrowserPicture;
    errors: "conflict" | "forbidden" | "internal_error" | "invalid_request" | "not_found" | "provider_error" | "rate_limited" | "service_unavailable" | "timeout" | "too_large" | "unauthorized";
  };
  /** A page in words, as assistive technology reads it. */
  "browser.snapshot": {
    params: BrowserSnapshotParams;
    result: BrowserSnapshot;
    errors: "conflict" | "forbidden" | "internal_error" | "invalid_request" | "not_found" | "provider_error" | "rate_limited" | "service_unavailable" | "timeout" | "unauthorized";
  };
  /** Whether there is a browser, and which pages are open. */
  "browser.status": {
    params: BrowserStatusParams;
    result: BrowserStatus;
    errors: "forbidden" | "internal_error" | "invalid_request" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Type into an element. */
  "browser.type": {
    params: BrowserTypeParams;
    result: BrowserPage;
    errors: "conflict" | "forbidden" | "internal_error" | "invalid_request" | "not_found" | "provider_error" | "rate_limited" | "service_unavailable" | "timeout" | "unauthorized";
  };
  /** The budgets that are configured. */
  "budget.list": {
    params: Paged;
    result: BudgetList;
    errors: "forbidden" | "internal_error" | "invalid_request" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Set or remove a budget: it is written into `gateway.yaml` and holds for the next request to a model. */
  "budget.set": {
    params: BudgetSetParams;
    result: BudgetSet;
    errors: "conflict" | "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** What is used and what is left of the budgets, those with the least left first. */
  "budget.status": {
    params: BudgetStatusParams;
    result: BudgetStatus;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Switch a channel off; it stays off after a restart. What waits to be sent stays. */
  "channel.disable": {
    params: ChannelParams;
    result: ChannelInfo;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Switch a channel on; it stays on after a restart. */
  "channel.enable": {
    params: ChannelParams;
    result: ChannelInfo;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Install a channel that somebody wrote: its code runs in the gateway from then on. */
  "channel.install": {
    params: ChannelInstallParams;
    result: ChannelInfo;
    errors: "conflict" | "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** All channels and their state. */
  "channel.list": {
    params: Paged;
    result: ChannelList;
    errors: "forbidden" | "internal_error" | "invalid_request" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Let a stranger in who was given this code. */
  "channel.pair": {
    params: ChannelPairParams;
    result: ChannelPaired;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Remove an installed channel. */
  "channel.remove": {
    params: ChannelParams;
    result: ChannelRemoved;
    errors: "conflict" | "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Send a message to a chat. It is on disk before the answer, and is sent once. */
  "channel.send": {
    params: ChannelSendParams;
    result: ChannelSent;
    errors: "conflict" | "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** The state of a channel. */
  "channel.status": {
    params: ChannelParams;
    result: ChannelInfo;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Stop a run at once, the model's stream and running tools included. What was said is kept. */
  "chat.abort": {
    params: ChatAbortParams;
    result: RunAborted;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** The messages of a session, page by page from the newest. */
  "chat.history": {
    params: ChatHistoryParams;
    result: ChatHistory;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Put a message into a session without asking the agent. */
  "chat.inject": {
    params: ChatInjectParams;
    result: ChatInjected;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Ask an agent. The message is on disk before the answer; the caller is subscribed to the run's events. */
  "chat.run": {
    params: ChatRunParams;
    result: RunAccepted;
    errors: "conflict" | "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "too_large" | "unauthorized";
  };
  /** Wait until a run has ended, or for `timeoutMs`, and tell its state then. */
  "chat.wait": {
    params: ChatWaitParams;
    result: RunState;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Run a command in the workspace, in a sandbox where the machine supports one. One that takes too long is ended, which is a result, too. */
  "command.execute": {
    params: CommandExecuteParams;
    result: CommandResult;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** The commands in the background. */
  "command.list": {
    params: Paged;
    result: BackgroundList;
    errors: "forbidden" | "internal_error" | "invalid_request" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Read what a command in the background wrote, from a cursor on, and whether it still runs; waits for more if asked to. */
  "command.output": {
    params: CommandOutputParams;
    result: CommandOutput;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Start a command that goes on in the background: a server, a watcher, a long build. It ends with the run that starts it unless it is kept, and always with the gateway. */
  "command.start": {
    params: CommandStartParams;
    result: BackgroundCommand;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** End a command in the background and all that it started; what it wrote can still be read. */
  "command.stop": {
    params: CommandStopParams;
    result: BackgroundCommand;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** The configuration in force, without its secrets. */
  "config.get": {
    params: Empty;
    result: ConfigDocument;
    errors: "forbidden" | "internal_error" | "invalid_request" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Take `gateway.yaml` and `.env` as they stand now, not only when an edit is noticed, and say what changed. */
  "config.reload": {
    params: Empty;
    result: ConfigUpdated;
    errors: "conflict" | "forbidden" | "internal_error" | "invalid_request" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** What `gateway.yaml` may say: names, types, bounds, defaults, and what each is for. */
  "config.schema": {
    params: Empty;
    result: ConfigSchema;
    errors: "forbidden" | "internal_error" | "invalid_request" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Which file is in force, whether it was refused, and what of it waits for a restart. */
  "config.status": {
    params: Empty;
    result: ConfigStatus;
    errors: "forbidden" | "internal_error" | "invalid_request" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Change a part of `gateway.yaml`. It applies at once, but for port, bind and storage. */
  "config.update": {
    params: ConfigUpdateParams;
    result: ConfigUpdated;
    errors: "conflict" | "forbidden" | "internal_error" | "invalid_request" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Add items to the end of a conversation. */
  "conversation.add": {
    params: ConversationAddParams;
    result: ConversationItems;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Make a conversation; `conversation` of `response.create` goes on with it and adds to it. */
  "conversation.create": {
    params: ConversationCreateParams;
    result: ConversationInfo;
    errors: "forbidden" | "internal_error" | "invalid_request" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Remove a conversation with its items; the session in which an agent answered stays. */
  "conversation.delete": {
    params: ConversationParams;
    result: ConversationDeleted;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** A conversation. */
  "conversation.get": {
    params: ConversationParams;
    result: ConversationInfo;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** One item of a conversation. */
  "conversation.item": {
    params: ConversationItemParams;
    result: ConversationItem;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** What was said in a conversation. */
  "conversation.items": {
    params: ConversationItemsParams;
    result: ConversationItems;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Remove an item from a conversation. */
  "conversation.remove": {
    params: ConversationItemParams;
    result: ConversationInfo;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Change a conversation's metadata. */
  "conversation.update": {
    params: ConversationUpdateParams;
    result: ConversationInfo;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** A link to the dashboard that works once, with the caller's own user and scopes. */
  "dashboard.link": {
    params: Empty;
    result: SignInLink;
    errors: "forbidden" | "internal_error" | "invalid_request" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** The devices that signed in with a key of their own; everybody's for the owner's admin tokens. */
  "device.list": {
    params: Paged;
    result: DeviceList;
    errors: "forbidden" | "internal_error" | "invalid_request" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Forget a device, and revoke the token that it was given. */
  "device.remove": {
    params: DeviceParams;
    result: DeviceRemoved;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Revoke the token that a device was given. With its user's token it can sign in again, and is given another. */
  "device.revoke": {
    params: DeviceParams;
    result: DeviceRevoked;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Follow a session, a run or topics. With `after`, first all that came since, in order, then what comes. */
  "event.subscribe": {
    params: EventSubscribeParams;
    result: Subscribed;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Stop following something. */
  "event.unsubscribe": {
    params: EventUnsubscribeParams;
    result: Unsubscribed;
    errors: "forbidden" | "internal_error" | "invalid_request" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Delete a file, a link or a folder of the workspace. */
  "file.delete": {
    params: FileDeleteParams;
    result: FileDeleted;
    errors: "conflict" | "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Change a part of a text file: one text for another, or by a unified diff. All of it, or nothing. */
  "file.edit": {
    params: FileEditParams;
    result: FileEdited;
    errors: "conflict" | "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "too_large" | "unauthorized";
  };
  /** What a folder of the workspace holds. */
  "file.list": {
    params: FileListParams;
    result: FileListing;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Move or rename a file or a folder within the workspace. */
  "file.move": {
    params: FileMoveParams;
    result: FileMoved;
    errors: "conflict" | "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** What a file of the workspace holds. */
  "file.read": {
    params: FileReadParams;
    result: FileContent;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "too_large" | "unauthorized";
  };
  /** Find files of the workspace by name, and by what is in them. */
  "file.search": {
    params: FileSearchParams;
    result: FilesFound;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "timeout" | "unauthorized";
  };
  /** Make or replace a file of the workspace, or add to it. */
  "file.write": {
    params: FileWriteParams;
    result: FileWritten;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "too_large" | "unauthorized";
  };
  /** The newest lines of the log. To follow it, subscribe to the topic `logs`. */
  "log.tail": {
    params: LogTailParams;
    result: LogLines;
    errors: "forbidden" | "internal_error" | "invalid_request" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** The MCP servers that are configured, how they are, and which tools they bring. */
  "mcp.list": {
    params: Paged;
    result: McpServerList;
    errors: "forbidden" | "internal_error" | "invalid_request" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Fold the caller's log into dated files now. */
  "memory.compact": {
    params: Empty;
    result: MemoryCompacted;
    errors: "forbidden" | "internal_error" | "invalid_request" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Forget a memory. */
  "memory.delete": {
    params: MemoryDeleteParams;
    result: MemoryDeleted;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Forget all that was stored before a time. */
  "memory.prune": {
    params: MemoryPruneParams;
    result: MemoryPruned;
    errors: "forbidden" | "internal_error" | "invalid_request" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** The memories that hold any of the words, ranked by how many and how rare they are. */
  "memory.search": {
    params: MemorySearchParams;
    result: MemoryResults;
    errors: "forbidden" | "internal_error" | "invalid_request" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** How much is remembered: in the log and in the dated files. */
  "memory.stats": {
    params: Empty;
    result: MemoryStats;
    errors: "forbidden" | "internal_error" | "invalid_request" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Remember a value under a key; a value that the key had before is replaced. */
  "memory.store": {
    params: MemoryStoreParams;
    result: MemoryStored;
    errors: "forbidden" | "internal_error" | "invalid_request" | "rate_limited" | "service_unavailable" | "too_large" | "unauthorized";
  };
  /** Ask a model, without an agent: bodies as in OpenAI's Chat Completions. Disconnecting cancels the request. */
  "model.complete": {
    params: ModelCompleteParams;
    result: ModelCompleted;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "provider_error" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Turn texts into vectors: bodies as in OpenAI's Embeddings. */
  "model.embed": {
    params: ModelEmbedParams;
    result: ModelEmbedded;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "provider_error" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** The models of all providers; a provider that does not answer is listed with its configured model. */
  "model.list": {
    params: Paged;
    result: ModelList;
    errors: "forbidden" | "internal_error" | "invalid_request" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Stop a response; what was said is kept. */
  "response.cancel": {
    params: ResponseIdParams;
    result: ResponseBody;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Answer an input. Unless `store` is false, the response is kept and can be continued. */
  "response.create": {
    params: ResponseCreateParams;
    result: ResponseBody;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "provider_error" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Remove a response; one that is under way is stopped. */
  "response.delete": {
    params: ResponseIdParams;
    result: ResponseDeleted;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** The events of a response: those that were, then those that come, to its end. */
  "response.follow": {
    params: ResponseFollowParams;
    result: ResponseBody;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** A response in its present state. */
  "response.get": {
    params: ResponseIdParams;
    result: ResponseBody;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** What a response was an answer to. */
  "response.items": {
    params: ResponseItemsParams;
    result: ResponseItems;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** The OpenRPC document of this gateway (OpenRPC 1.3.2). */
  "rpc.discover": {
    params: Empty;
    result: Record<string, unknown>;
    errors: "forbidden" | "internal_error" | "invalid_request" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Have the agent's model summarise a session: from then on it is told the summary in place of the messages. */
  "session.compact": {
    params: SessionCompactParams;
    result: SessionCompacted;
    errors: "conflict" | "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Make a session before its first message. */
  "session.create": {
    params: SessionCreateParams;
    result: SessionInfo;
    errors: "conflict" | "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Delete a session and all that belongs to it; its runs are aborted first. */
  "session.delete": {
    params: SessionKeyParams;
    result: SessionDeleted;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Copy a session, whole or up to a message, to go on differently. */
  "session.fork": {
    params: SessionForkParams;
    result: SessionInfo;
    errors: "conflict" | "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** A session, its newest messages, and the run that is under way: the snapshot after a `resync`. */
  "session.get": {
    params: SessionGetParams;
    result: SessionDetail;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** The caller's sessions, the last used first, filtered and paged. */
  "session.list": {
    params: SessionListParams;
    result: SessionPage;
    errors: "forbidden" | "internal_error" | "invalid_request" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Remove a session's messages and keep its settings; its runs are aborted first. */
  "session.reset": {
    params: SessionKeyParams;
    result: SessionInfo;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Change a session's title, model, agent or labels. */
  "session.update": {
    params: SessionUpdateParams;
    result: SessionInfo;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Stop offering a skill to agents; its files stay. */
  "skill.disable": {
    params: SkillParams;
    result: SkillInfo;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Offer a skill to agents again. */
  "skill.enable": {
    params: SkillParams;
    result: SkillInfo;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Use a skill's tool directly. Policies and the PIN hold as for agents. */
  "skill.execute": {
    params: SkillExecuteParams;
    result: SkillExecuted;
    errors: "conflict" | "forbidden" | "internal_error" | "invalid_request" | "not_found" | "provider_error" | "rate_limited" | "service_unavailable" | "timeout" | "unauthorized";
  };
  /** Install a skill from a folder, a zip or a registry, or replace it by another version; all of it or nothing. */
  "skill.install": {
    params: SkillInstallParams;
    result: SkillInfo;
    errors: "conflict" | "forbidden" | "internal_error" | "invalid_request" | "not_found" | "provider_error" | "rate_limited" | "service_unavailable" | "timeout" | "too_large" | "unauthorized";
  };
  /** The skills that are installed; those that can't be used too, with what is wrong with them. */
  "skill.list": {
    params: Paged;
    result: SkillList;
    errors: "forbidden" | "internal_error" | "invalid_request" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Read a skill's instructions, or a file of its folder. */
  "skill.read": {
    params: SkillReadParams;
    result: SkillContent;
    errors: "conflict" | "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Remove a skill and its files. */
  "skill.remove": {
    params: SkillParams;
    result: SkillRemoved;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Look for skills among those that are installed and in the registry. */
  "skill.search": {
    params: SkillSearchParams;
    result: SkillsFound;
    errors: "forbidden" | "internal_error" | "invalid_request" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Every method, with the scope and the rate it needs. */
  "system.methods": {
    params: Paged;
    result: MethodList;
    errors: "forbidden" | "internal_error" | "invalid_request" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** The state of the gateway. */
  "system.status": {
    params: Empty;
    result: SystemStatus;
    errors: "forbidden" | "internal_error" | "invalid_request" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Do something on a schedule. Each time is due once, over restarts and daylight saving. */
  "task.create": {
    params: TaskCreateParams;
    result: TaskInfo;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Remove a task and its history. */
  "task.delete": {
    params: TaskParams;
    result: TaskDeleted;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** One task. */
  "task.get": {
    params: TaskParams;
    result: TaskInfo;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** All tasks. */
  "task.list": {
    params: Paged;
    result: TaskList;
    errors: "forbidden" | "internal_error" | "invalid_request" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** The next times of a schedule. */
  "task.preview": {
    params: TaskPreviewParams;
    result: TaskPreview;
    errors: "forbidden" | "internal_error" | "invalid_request" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Do it now, besides its times. */
  "task.run": {
    params: TaskParams;
    result: TaskRun;
    errors: "conflict" | "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** The times at which a task was due, and what came of them. */
  "task.runs": {
    params: TaskRunsParams;
    result: TaskRuns;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Change a task, switch it on or off. */
  "task.update": {
    params: TaskUpdateParams;
    result: TaskInfo;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Make a token for a client. */
  "token.create": {
    params: TokenCreateParams;
    result: TokenCreated;
    errors: "conflict" | "forbidden" | "internal_error" | "invalid_request" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** The tokens that were created. */
  "token.list": {
    params: Paged;
    result: TokenList;
    errors: "forbidden" | "internal_error" | "invalid_request" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Revoke a token. */
  "token.revoke": {
    params: TokenRevokeParams;
    result: TokenRevoked;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Let a call that waits go on, once. Five wrong PINs lock the caller out for a while. */
  "tool.approve": {
    params: ToolApproveParams;
    result: ToolApproved;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Refuse a call that waits; the agent is told so. */
  "tool.deny": {
    params: ToolDenyParams;
    result: ToolDenied;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Use a tool directly. Policies and the PIN hold as for agents; the caller's own call counts as its approval. */
  "tool.invoke": {
    params: ToolInvokeParams;
    result: ToolInvoked;
    errors: "conflict" | "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "timeout" | "unauthorized";
  };
  /** The tools of an agent, and what each needs before it is used. */
  "tool.list": {
    params: ToolListParams;
    result: ToolList;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** The calls that wait for a human. */
  "tool.pending": {
    params: Paged;
    result: ApprovalList;
    errors: "forbidden" | "internal_error" | "invalid_request" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Tokens, cost and latency, added up per day, session, agent, user, token, provider or model. */
  "usage.query": {
    params: UsageQueryParams;
    result: UsageReport;
    errors: "forbidden" | "internal_error" | "invalid_request" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Fetch a page of the web as readable text. Loopback, private and link-local addresses are refused unless `outbound.allow_private_hosts` names them. */
  "web.fetch": {
    params: WebFetchParams;
    result: WebPage;
    errors: "forbidden" | "internal_error" | "invalid_request" | "provider_error" | "rate_limited" | "service_unavailable" | "timeout" | "unauthorized";
  };
  /** Call a URL at each event of these names, signed the Standard Webhooks way, at least once. */
  "webhook.create": {
    params: WebhookCreateParams;
    result: WebhookInfo;
    errors: "forbidden" | "internal_error" | "invalid_request" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Remove a webhook and what waits for it. */
  "webhook.delete": {
    params: WebhookParams;
    result: WebhookDeleted;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** The calls of a webhook, including those that failed. */
  "webhook.deliveries": {
    params: WebhookDeliveriesParams;
    result: WebhookDeliveries;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** One webhook. */
  "webhook.get": {
    params: WebhookParams;
    result: WebhookInfo;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** All webhooks, without secrets. */
  "webhook.list": {
    params: Paged;
    result: WebhookList;
    errors: "forbidden" | "internal_error" | "invalid_request" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Make a call again, with the same body and `webhook-id`. */
  "webhook.redeliver": {
    params: WebhookRedeliverParams;
    result: WebhookDelivery;
    errors: "conflict" | "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Call it once, with `webhook.test`, and say what came back. */
  "webhook.test": {
    params: WebhookParams;
    result: WebhookTested;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
  /** Change a webhook, switch it on or off, or make a new secret. */
  "webhook.update": {
    params: WebhookUpdateParams;
    result: WebhookInfo;
    errors: "forbidden" | "internal_error" | "invalid_request" | "not_found" | "rate_limited" | "service_unavailable" | "unauthorized";
  };
}

/** Every event: what it carries. */
export interface Events {
  /** The client of `/ws` is known; instead of `connected`. */
  "auth_success": ConnectedEvent;
  /** A budget has too little left for a request. */
  "budget.exceeded": BudgetExceededEvent;
  /** A channel's state changed. */
  "channel.changed": ChannelInfo;
  /** A piece of the answer. */
  "chat.delta": ChatDeltaEvent;
  /** A run ended. */
  "chat.done": ChatDoneEvent;
  /** A message was added. */
  "chat.message": ChatMessageEvent;
  /** A run began. */
  "chat.started": ChatStartedEvent;
  /** A run waits for something. */
  "chat.status": ChatStatusEvent;
  /** A piece of the reasoning. */
  "chat.thinking": ChatThinkingEvent;
  /** A command wrote something; sent to the connection that runs it. */
  "command.output": CommandOutputEvent;
  /** The configuration was changed. */
  "config.changed": ConfigChangedEvent;
  /** The socket is open and its client known. */
  "connected": ConnectedEvent;
  /** A device's token was revoked, or it was removed. */
  "device.revoked": DeviceRevokedEvent;
  /** The gateway is alive. */
  "heartbeat": HeartbeatEvent;
  /** A line was written to the log. */
  "log.line": LogEntry;
  /** A piece of a model's answer, to the connection that asked. */
  "model.chunk": ModelChunkEvent;
  /** A step of a response. */
  "response.event": ResponseStreamEvent;
  /** A session was deleted. */
  "session.deleted": SessionGoneEvent;
  /** A session's messages were removed. */
  "session.reset": SessionGoneEvent;
  /** A session was made or changed. */
  "session.updated": SessionEvent;
  /** A skill was used. */
  "skill.executed": SkillExecutedEvent;
  /** A task is done. */
  "task.completed": TaskEvent;
  /** A task could not be done. */
  "task.failed": TaskEvent;
  /** A task began. */
  "task.started": TaskEvent;
  /** A token was revoked by a client of the gateway. */
  "token.revoked": TokenRevokedEvent;
  /** A call waits until `tool.approve` or `tool.deny`. */
  "tool.approval": ApprovalInfo;
  /** A tool is about to run. */
  "tool.call": ToolCallEvent;
  /** A call that waited was decided. */
  "tool.decided": ToolDecidedEvent;
  /** A tool has run. */
  "tool.result": ToolResultEvent;
}

/** An event as it comes; `epoch` and `seq` where it belongs to a stream that can be resumed. */
export interface EventEnvelope<T extends keyof Events> {
  type: T;
  data: Events[T];
  epoch?: string;
  seq?: number;
}

/** Any event, told apart by its `type`. */
export type GatewayEvent = { [T in keyof Events]: EventEnvelope<T> }[keyof Events];
