/**
 * A conversation as it is shown: items made of the messages that were kept, and of the events that come since. Pure: each
 * function answers a new chat and leaves the old one as it was.
 */

/**
 * @typedef {{type: "text" | "thinking", text: string}} TextPart
 * @typedef {{type: "tool", callId: string, tool: string, params: any, state: "running" | "done" | "failed", result?: any,
 *   error?: string, ms?: number}} ToolPart
 * @typedef {TextPart | ToolPart} Part
 *
 * @typedef {object} Item A message of a person, or all that an agent said and did in one run.
 * @property {string} id
 * @property {"user" | "assistant" | "system"} role
 * @property {string} at
 * @property {string | undefined} runId
 * @property {string | undefined} lastId The newest of the messages it is made of: where a fork would end.
 * @property {Part[]} parts
 * @property {import("../../js/types/api.mjs").MessageAttachment[]} attachments
 * @property {string} status
 * @property {boolean} growing
 * @property {string | undefined} model
 * @property {string} [waits] What it waits for, as `chat.status` calls it.
 * @property {{code: string, message: string} | undefined} error
 *
 * @typedef {object} Chat
 * @property {string} key
 * @property {"loading" | "ready" | "new" | "failed"} state
 * @property {string} fault Why it could not be loaded.
 * @property {any} info The session without its messages; null where there is none yet.
 * @property {Item[]} items The oldest first.
 * @property {string | null} cursor Leads to older messages.
 * @property {boolean} older Whether older messages are on their way.
 * @property {string[]} running The runs at work or waiting.
 *
 * @typedef {{type: string, data: any, epoch?: string, seq?: number}} Event
 */

/** @param {string} key @returns {Chat} */
export function emptyChat(key) {
  return { key, state: "loading", fault: "", info: null, items: [], cursor: null, older: false, running: [] };
}

/** @param {Partial<Item> & {id: string, role: Item["role"]}} given @returns {Item} */
function item(given) {
  return {
    at: new Date().toISOString(), runId: undefined, lastId: undefined, parts: [], attachments: [], status: "complete",
    growing: false, model: undefined, error: undefined, ...given,
  };
}

/** All that an item says, without its steps. @param {Item} shown */
export function textOf(shown) {
  return shown.parts.map((part) => (part.type === "text" ? part.text : "")).filter(Boolean).join("\n\n");
}

/** The items of messages as they were kept, the oldest first. @param {any[]} messages @returns {Item[]} */
export function itemsOf(messages) {
  /** @type {Item[]} */
  let items = [];
  for (const message of messages) items = withMessage(items, message);
  return items;
}

/** @param {Item[]} items @param {any} message */
function withMessage(items, message) {
  if (message.role === "tool") return withToolAnswer(items, message);
  if (message.role === "assistant") return withAnswer(items, message);
  if (items.some((each) => each.id === message.messageId)) return items;
  return [...items, item({
    id: message.messageId,
    role: message.role === "system" ? "system" : "user",
    at: message.createdAt,
    runId: message.runId,
    lastId: message.messageId,
    parts: [{ type: "text", text: message.content }],
    attachments: message.attachments ?? [],
    status: message.status,
  })];
}

/** @param {Item[]} items @param {any} message */
function withToolAnswer(items, message) {
  const error = failure(message.content);
  return changed(items, message.runId, (before) => ({
    ...before,
    lastId: message.messageId,
    parts: before.parts.map((part) => (part.type !== "tool" || part.callId !== message.toolCallId ? part : {
      ...part,
      state: error === undefined ? "done" : "failed",
      result: error === undefined ? parsed(message.content) : undefined,
      error,
      ms: message.durationMs ?? part.ms,
    })),
  }));
}

/** @param {Item[]} items @param {any} message */
function withAnswer(items, message) {
  const id = message.runId ? `run:${message.runId}` : message.messageId;
  if (items.some((each) => each.lastId === message.messageId)) return items;
  /** @type {Part[]} */
  const fresh = message.content ? [{ type: "text", text: message.content }] : [];
  for (const call of message.toolCalls ?? []) {
    fresh.push({
      type: "tool", callId: call.id, tool: call.function?.name ?? call.name ?? "", state: "running",
      params: parsed(call.function?.arguments ?? call.arguments ?? ""), ms: call.durationMs,
    });
  }
  /** @param {Item} before */
  const grown = (before) => ({
    ...before,
    lastId: message.messageId,
    parts: [...before.parts, ...fresh],
    status: message.status,
    model: message.model ?? before.model,
  });
  const blank = item({ id, role: "assistant", at: message.createdAt, runId: message.runId });
  return placed(items, id, message.runId, blank, grown);
}

/** The last answer of a run, told while it streams: its text is there already, but for what was missed. */
/** @param {Item[]} items @param {any} message */
function withFinalAnswer(items, message) {
  const shown = items.find((each) => each.id === `run:${message.runId}`);
  if (!message.runId || !shown) return withAnswer(items, message);
  const last = shown.parts.at(-1);
  const said = last?.type === "text" ? last.text : "";
  const end = { lastId: message.messageId, status: message.status, model: message.model ?? shown.model };
  const isShown = said === message.content || (message.truncated && said.startsWith(message.content));
  if (isShown || !message.content) return changed(items, message.runId, (before) => ({ ...before, ...end }));
  const parts = last?.type === "text" ? shown.parts.slice(0, -1) : shown.parts;
  const whole = /** @type {Part} */ ({ type: "text", text: message.content });
  return changed(items, message.runId, (before) => ({ ...before, ...end, parts: [...parts, whole] }));
}

/**
 * The items with that of `id` changed; where there is none, `blank` is put behind what belongs to its run.
 *
 * @param {Item[]} items @param {string} id @param {string | undefined} runId @param {Item} blank
 * @param {(before: Item) => Item} change
 */
function placed(items, id, runId, blank, change) {
  const at = items.findIndex((each) => each.id === id);
  if (at >= 0) return items.with(at, change(/** @type {Item} */ (items[at])));
  const asked = runId ? items.findLastIndex((each) => each.runId === runId) : -1;
  const place = asked < 0 ? items.length : asked + 1;
  return [...items.slice(0, place), change(blank), ...items.slice(place)];
}

/** @param {Item[]} items @param {string | undefined} runId @param {(before: Item) => Item} change */
function changed(items, runId, change) {
  const at = items.findLastIndex((each) => each.role === "assistant" && each.runId === runId);
  return at < 0 ? items : items.with(at, change(/** @type {Item} */ (items[at])));
}

/** A session as `session.get` answers it. @param {Chat} chat @param {any} detail @returns {Chat} */
export function loaded(chat, detail) {
  const { messages, live = [], nextCursor = null, ...info } = detail;
  let items = itemsOf(messages);
  for (const run of live) {
    if (run.status === "queued") continue;
    items = running(items, run.runId, (before) => (run.text ? withText(before, "text", run.text) : before));
  }
  const ended = new Set(live.map((/** @type {any} */ run) => run.runId));
  items = items.map((each) => (each.role === "assistant" && !ended.has(each.runId) ? settled(each) : each));
  return { ...chat, state: "ready", fault: "", info, items, cursor: nextCursor, running: [...ended] };
}

/** Steps of a run that is over have no answer to come. @param {Item} shown @returns {Item} */
function settled(shown) {
  if (!shown.parts.some((part) => part.type === "tool" && part.state === "running")) return shown;
  const parts = shown.parts.map((part) => (part.type === "tool" && part.state === "running" ? { ...part, state: /** @type {const} */ ("failed") } : part));
  return { ...shown, parts };
}

/** Older messages before those that are there. @param {Chat} chat @param {any} page @returns {Chat} */
export function withOlder(chat, page) {
  const older = itemsOf(page.messages);
  const first = chat.items[0];
  const last = older.at(-1);
  // A run's messages may lie on both sides of the page's edge.
  if (first && last && first.role === "assistant" && first.id === last.id) {
    const joined = { ...first, at: last.at, parts: [...last.parts, ...first.parts] };
    return { ...chat, items: [...older.slice(0, -1), joined, ...chat.items.slice(1)], cursor: page.nextCursor ?? null, older: false };
  }
  return { ...chat, items: [...older, ...chat.items], cursor: page.nextCursor ?? null, older: false };
}

/** The items with the answer of a run that is under way changed. */
/** @param {Item[]} items @param {string} runId @param {(before: Item) => Item} change */
function running(items, runId, change) {
  const id = `run:${runId}`;
  const blank = item({ id, role: "assistant", runId });
  return placed(items, id, runId, blank, (before) => ({ ...change(before), growing: true }));
}

/** @param {Item} before @param {"text" | "thinking"} type @param {string} text @returns {Item} */
function withText(before, type, text) {
  const last = before.parts.at(-1);
  if (last?.type === type) return { ...before, parts: before.parts.with(-1, { type, text: last.text + text }) };
  return { ...before, parts: [...before.parts, { type, text }] };
}

/** The chat after an event of its session. @param {Chat} chat @param {Event} event @returns {Chat} */
export function applied(chat, { type, data }) {
  switch (type) {
    case "chat.message": {
      const runs = data.message.role === "user" && data.runId ? begun(chat, data.runId) : chat;
      const add = data.message.role === "assistant" ? withFinalAnswer : withMessage;
      return { ...runs, items: add(chat.items, data.message) };
    }
    case "chat.started":
      return { ...begun(chat, data.runId), items: running(chat.items, data.runId, (before) => ({ ...before, parts: [], model: data.model ?? before.model })) };
    case "chat.status":
      return { ...chat, items: running(chat.items, data.runId, (before) => ({ ...before, waits: data.status })) };
    case "chat.delta":
    case "chat.thinking": {
      const kind = type === "chat.delta" ? "text" : "thinking";
      return { ...chat, items: running(chat.items, data.runId, (before) => withText(before, kind, data.delta)) };
    }
    case "tool.call":
      return { ...chat, items: running(chat.items, data.runId, (before) => withCall(before, data)) };
    case "tool.result":
      return { ...chat, items: changed(chat.items, data.runId, (before) => withResult(before, data)) };
    case "chat.done":
      return ended(chat, data);
    case "session.updated":
      return { ...chat, info: data.session };
    default:
      return chat;
  }
}

/** @param {Chat} chat @param {string} runId @returns {Chat} */
export function begun(chat, runId) {
  return chat.running.includes(runId) ? chat : { ...chat, running: [...chat.running, runId] };
}

/** @param {Item} before @param {any} data @returns {Item} */
function withCall(before, data) {
  if (before.parts.some((part) => part.type === "tool" && part.callId === data.callId)) return before;
  const step = /** @type {ToolPart} */ ({ type: "tool", callId: data.callId, tool: data.tool, params: data.params, state: "running" });
  return { ...before, parts: [...before.parts, step] };
}

/** @param {Item} before @param {any} data @returns {Item} */
function withResult(before, data) {
  const parts = before.parts.map((part) => (part.type !== "tool" || part.callId !== data.callId ? part : {
    ...part,
    state: /** @type {"done" | "failed"} */ (data.error === undefined ? "done" : "failed"),
    result: data.result,
    error: data.error,
    ms: data.durationMs,
  }));
  return { ...before, parts };
}

/** @param {Chat} chat @param {any} data @returns {Chat} */
function ended(chat, data) {
  const left = chat.running.filter((runId) => runId !== data.runId);
  const failed = data.finishReason === "error" || data.finishReason === "interrupted";
  /** @param {Item} before */
  const close = (before) => settled({
    ...before,
    growing: false,
    lastId: data.messageId ?? before.lastId,
    status: data.finishReason === "stop" || data.finishReason === "length" ? "complete" : data.finishReason,
    model: data.model ?? before.model,
    error: failed ? (data.error ?? { code: data.finishReason, message: data.finishReason }) : undefined,
  });
  const blank = item({ id: `run:${data.runId}`, role: "assistant", runId: data.runId });
  const items = placed(chat.items, blank.id, data.runId, blank, close);
  return { ...chat, running: left, items: items.filter((each) => each.parts.length > 0 || each.error || each.role !== "assistant" || each.growing || each.status === "aborted") };
}

/** What a run that ended before this page was opened came to, where it left no message. */
/** @param {Chat} chat @param {any} state @returns {Chat} */
export function withEnd(chat, state) {
  if (state.status === "completed" || state.status === "running" || state.status === "queued") return chat;
  return ended(chat, { ...state, finishReason: state.finishReason ?? state.status });
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Why a tool failed, where its kept answer says so. @param {string} text */
function failure(text) {
  return text.startsWith("error: ") ? text.slice("error: ".length) : undefined;
}
