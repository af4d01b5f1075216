/// <reference lib="esnext.disposable" preserve="true" />
/** The client: calls by name, runs and subscriptions over one WebSocket, and whole answers over HTTP. */
import { Connection } from "./connection.js";
import { RunError } from "./errors.js";
import { EventSource, Rest, newKey } from "./rest.js";
import { RunStream, Subscription } from "./streams.js";

/** @typedef {import("../types/api.mjs").Methods} Methods */
/** @typedef {import("./connection.js").CallOptions} CallOptions */
/** @typedef {import("./connection.js").State} State */
/** @typedef {import("./streams.js").StreamEvent} StreamEvent */

/**
 * @typedef {object} ClientOptions
 * @property {string} [baseUrl] Where the gateway is; else `OPENCLAW_URL`, a page's own origin, or this machine's.
 * @property {string} [token] Else `GATEWAY_AUTH_TOKEN`. A page that is signed in by its cookie needs none.
 * @property {string} [apiKey] The same as `token`.
 * @property {typeof WebSocket} [WebSocket] Where there is none, as in Node 20: that of the package `ws`.
 * @property {typeof fetch} [fetch]
 * @property {number} [timeoutMs] How long a call may take (60 s); `chat.stream` and `subscribe` take as long as they do.
 * @property {number} [maxRetries] How often a call is tried again (2).
 */

/** @typedef {{signal?: AbortSignal, timeoutMs?: number, maxRetries?: number}} Options */
/** @typedef {import("./streams.js").Stream<StreamEvent> & {runId?: string | undefined}} Run */

/**
 * @typedef {object} Message
 * @property {string} id
 * @property {string} conversationId
 * @property {string} role
 * @property {string} content
 * @property {string[]} skillsUsed
 * @property {{input: number, output: number, total: number}} tokens
 * @property {number} latencyMs
 * @property {string} model
 */

/**
 * @typedef {object} MessageChunk
 * @property {string} type `start`, `token`, `skill_call`, `skill_result`, `tool_call`, `tool_result`, `end`; `resync`: the
 *   tokens before it do not count, since the run began again or, as its `message` says, some can't be had any more
 * @property {string} content The piece of a `token`, else empty.
 * @property {string} [skill]
 * @property {string} [tool]
 * @property {string} [status]
 * @property {string} [message]
 * @property {string} [conversationId]
 * @property {{input: number, output: number, total: number}} [tokens]
 */

/** @typedef {{promptTokens: number, completionTokens: number, totalTokens: number}} Usage */
/** @typedef {{response: string, runId: string, sessionKey: string, usage: Usage, finishReason: string, model?: string}} AgentAnswer */
/** @typedef {{content: string, messageId: string, sessionId: string, runId: string, actions: Record<string, unknown>[]}} Sent */
/** @typedef {{type: "text" | "code" | "resync", content: string, language?: string}} Part */

const RUN_MS = 300_000;

export class OpenClawClient {
  /** @type {Connection} */
  #connection;
  #rest;
  /** The client's own conversation, for verbs that name none. */
  #own = `js-${newKey()}`;

  /** @param {ClientOptions} [options] */
  constructor({ baseUrl, token, apiKey, ...rest } = {}) {
    const environ = /** @type {any} */ (globalThis).process?.env ?? {};
    const origin = globalThis.location?.origin;
    const here = origin?.startsWith("http") ? origin : "http://127.0.0.1:18789";
    const options = {
      url: (baseUrl ?? environ.OPENCLAW_URL ?? here).replace(/\/+$/, ""),
      token: token ?? apiKey ?? environ.GATEWAY_AUTH_TOKEN,
      WebSocket: rest.WebSocket ?? globalThis.WebSocket,
      fetch: rest.fetch ?? globalThis.fetch.bind(globalThis),
      timeoutMs: rest.timeoutMs ?? 60_000,
      maxRetries: rest.maxRetries ?? 2,
    };
    this.#connection = new Connection(options);
    this.#rest = new Rest(options);
    this.chat = { stream: this.#stream.bind(this) };
    this.agent = { run: this.#agentRun.bind(this) };
    this.messages = { send: this.#send.bind(this), stream: this.#parts.bind(this) };
  }

  /** How the connection is: `connecting` until the first call. @returns {State} */
  get state() {
    return this.#connection.state;
  }

  /**
   * Hear how the connection is, each time that changes; with `closed` comes the reason.
   *
   * @param {"state"} _event
   * @param {(state: State, error?: unknown) => void} hear
   * @returns {() => void} hears no more
   */
  on(_event, hear) {
    const { watchers } = this.#connection;
    watchers.add(hear);
    return () => void watchers.delete(hear);
  }

  /**
   * Call a method of the table.
   *
   * @template {keyof Methods} M
   * @param {M} method
   * @param {Methods[M]["params"]} [params]
   * @param {Options} [options]
   * @returns {Promise<Methods[M]["result"]>}
   */
  call(method, params, options) {
    return this.#connection.call(method, params, options);
  }

  /**
   * Follow a session, a run, or topics; with `after`, first all that came since. Leaving the loop aborts nothing.
   *
   * @param {import("./streams.js").Subscribing} what
   * @param {Options} [options]
   */
  subscribe(what, options) {
    return new Subscription(this.#connection, what, options);
  }

  /** Close the connection: what waits for something fails. */
  close() {
    this.#connection.close();
  }

  async [Symbol.asyncDispose]() {
    this.close();
  }

  /**
   * Ask an agent, and iterate the run's events; `chat.done` is the last. Leaving the loop aborts the run.
   *
   * @param {Methods["chat.run"]["params"]} params
   * @param {Options} [options]
   * @returns {Run}
   */
  #stream(params, options) {
    const whole = { sessionKey: this.#own, idempotencyKey: newKey(), ...params };
    if (this.#connection.possible) return new RunStream(this.#connection, whole, options);
    return new EventSource(this.#rest, "/v1/agent/run/stream", whole, eventOf, options?.signal);
  }

  /**
   * Ask an agent and wait for its answer.
   *
   * @param {string} text
   * @param {Options & {conversationId?: string, metadata?: Record<string, unknown>}} [options]
   * @returns {Promise<Message>}
   */
  async message(text, { conversationId = this.#own, metadata = {}, ...options } = {}) {
    const timeoutMs = options.timeoutMs ?? RUN_MS;
    const body = { channel: "api", message: text, conversation_id: conversationId, metadata, timeout_ms: timeoutMs };
    const said = await this.#rest.post("/api/v1/message", body, { ...options, timeoutMs: timeoutMs + 5000 });
    finished(said.id, said.finish_reason);
    const { conversation_id, skills_used, latency_ms, finish_reason, message_id, ...rest } = said;
    return { ...rest, conversationId: conversation_id, skillsUsed: skills_used, latencyMs: latency_ms };
  }

  /**
   * Ask an agent and iterate the pieces of its answer.
   *
   * @param {string} text
   * @param {Options & {conversationId?: string, metadata?: Record<string, unknown>}} [options]
   * @returns {import("./streams.js").Stream<MessageChunk>}
   */
  messageStream(text, { conversationId = this.#own, metadata = {}, signal } = {}) {
    const body = { channel: "api", message: text, conversation_id: conversationId, metadata };
    /** @type {any} */
    let fault;
    /** @type {import("./rest.js").Spelling} */
    const spell = (_, { conversation_id, ...chunk }) => {
      if (chunk.type === "error") fault = { code: chunk.error, message: chunk.message };
      if (chunk.type === "error") return {};
      const end = chunk.type === "end";
      if (end) finished(chunk.id, chunk.finish_reason, fault);
      return { event: { content: "", ...chunk, ...(conversation_id && { conversationId: conversation_id }) }, end };
    };
    return new EventSource(this.#rest, "/api/v1/message", body, spell, signal);
  }

  /**
   * @param {{message: string, sessionKey?: string, agentId?: string, options?: Methods["chat.run"]["params"]["options"]}} params
   * @param {Options} [options]
   * @returns {Promise<AgentAnswer>}
   */
  async #agentRun(params, options = {}) {
    const timeoutMs = options.timeoutMs ?? RUN_MS;
    const body = { sessionKey: this.#own, ...params, timeoutMs };
    const said = await this.#rest.post("/v1/agent/run", body, { ...options, timeoutMs: timeoutMs + 5000 });
    finished(said.runId, said.finishReason);
    return said;
  }

  /**
   * @param {{content: string, sessionId?: string}} message
   * @param {Options} [options]
   * @returns {Promise<Sent>}
   */
  async #send({ content, sessionId = this.#own }, options = {}) {
    const timeoutMs = options.timeoutMs ?? RUN_MS;
    const body = { content, timeoutMs };
    const said = await this.#rest.post(messages(sessionId), body, { ...options, timeoutMs: timeoutMs + 5000 });
    finished(said.runId, said.finishReason);
    const { response, ...rest } = said;
    return { ...rest, ...response };
  }

  /**
   * @param {{content: string, sessionId?: string}} message
   * @param {Options} [options]
   * @returns {Promise<import("./streams.js").Stream<Part>>}
   */
  async #parts({ content, sessionId = this.#own }, { signal } = {}) {
    /** @type {any} */
    let fault;
    /** @type {import("./rest.js").Spelling} */
    const spell = (_, part) => {
      if (part.type === "error") fault = { ...part.error, code: part.error.code.toLowerCase() };
      const end = part.type === "done";
      if (end) finished(part.runId, part.finishReason, fault);
      return ["text", "code", "resync"].includes(part.type) ? { event: { content: "", ...part } } : { end };
    };
    return new EventSource(this.#rest, `${messages(sessionId)}/stream`, { content }, spell, signal);
  }
}

/** The same client; the name that reference 002 has for it. */
export class OpenClaw extends OpenClawClient {}

/** @param {string} sessionId */
function messages(sessionId) {
  return `/api/sessions/${encodeURIComponent(sessionId)}/messages`;
}

/** Refuse a run that did not come to an answer. @param {string} runId @param {string} reason @param {any} [fault] */
function finished(runId, reason, fault) {
  if (reason === "error" || reason === "aborted" || reason === "interrupted") throw new RunError(runId, reason, fault);
}

/** An event of `/v1/agent/run/stream` as it comes over a socket. @type {import("./rest.js").Spelling} */
function eventOf(name, data, [, epoch, seq]) {
  const type = { delta: "chat.delta", done: "chat.done" }[name] ?? name;
  return { event: { type, data, epoch, seq: seq && Number(seq) }, end: type === "chat.done" };
}
