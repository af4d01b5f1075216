/// <reference lib="esnext.disposable" preserve="true" />
/**
 * Streams of events: a run's, which ends with its final event, and a subscription's, which goes on until it is left.
 *
 * Each remembers the last event that it saw, and subscribes behind it when the connection was lost: every event comes
 * once. Where the gateway has that history no more, an event `resync` says so.
 */
import { TOPICS } from "./table.js";

/**
 * @typedef {object} AnyEvent An event whose type this package may not know.
 * @property {string} type
 * @property {any} data
 * @property {string} [epoch]
 * @property {number} [seq]
 */

/**
 * What a stream yields: the gateway's events, and `resync` where some of them can't be had any more. `response` is what
 * a run has said so far.
 *
 * @typedef {import("../types/api.mjs").GatewayEvent | {
 *   type: "resync",
 *   data: {sessionKey?: string, runId?: string, topics?: string[], response?: string},
 *   epoch?: string,
 *   seq?: number,
 * }} StreamEvent
 */

/** @typedef {import("../types/api.mjs").Methods} Methods */
/** @typedef {import("./connection.js").Connection} Connection */
/** @typedef {{epoch: string, seq: number}} Position */

/**
 * What is pushed at one end and iterated at the other.
 *
 * @template [E=StreamEvent]
 * @implements {AsyncIterableIterator<E>}
 */
export class Stream {
  /** @type {AnyEvent[]} */
  #events = [];
  /** @type {{resolve: (result: any) => void, reject: (error: unknown) => void}[]} */
  #readers = [];
  /** @type {{error?: unknown} | undefined} */
  #over;
  /** @type {(() => void) | undefined} */
  #unsignal;

  /** @param {AbortSignal} [signal] */
  constructor(signal) {
    if (!signal) return;
    const abort = () => {
      this.leave();
      this.end(signal.reason, true);
    };
    this.#unsignal = () => signal.removeEventListener("abort", abort);
    if (signal.aborted) this.end(signal.reason, true);
    else signal.addEventListener("abort", abort, { once: true });
  }

  /** Whether nothing comes any more. */
  get over() {
    return this.#over !== undefined;
  }

  /** @protected @param {AnyEvent} event */
  push(event) {
    if (this.#over) return;
    const reader = this.#readers.shift();
    if (reader) reader.resolve({ value: event, done: false });
    else this.#events.push(event);
  }

  /**
   * Nothing comes behind what was pushed.
   *
   * @protected
   * @param {unknown} [error] thrown to whoever iterates
   * @param {boolean} [now] whether what was pushed and not read is dropped
   */
  end(error, now = false) {
    if (this.#over) return;
    this.#unsignal?.();
    if (now) this.#events = [];
    const reader = error === undefined ? undefined : this.#readers.shift();
    reader?.reject(error);
    this.#over = reader || error === undefined ? {} : { error };
    for (const each of this.#readers.splice(0)) each.resolve({ value: undefined, done: true });
  }

  /** Stop what is behind the stream. @protected */
  leave() {}

  /** @returns {Promise<IteratorResult<E, undefined>>} */
  next() {
    const event = this.#events.shift();
    if (event) return Promise.resolve({ value: /** @type {any} */ (event), done: false });
    if (!this.#over) return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }));
    const { error } = this.#over;
    this.#over = {};
    return error === undefined ? Promise.resolve({ value: undefined, done: true }) : Promise.reject(error);
  }

  /** Leave the stream. @returns {Promise<IteratorResult<E, undefined>>} */
  async return() {
    this.close();
    return { value: undefined, done: true };
  }

  /** Leave the stream: what was not read is dropped. */
  close() {
    if (!this.#over) this.leave();
    this.end(undefined, true);
    this.#events = [];
  }

  async [Symbol.asyncDispose]() {
    this.close();
  }

  [Symbol.asyncIterator]() {
    return this;
  }
}

/**
 * A stream that comes over the connection.
 *
 * @extends {Stream<StreamEvent>}
 */
class Following extends Stream {
  /** The last event that was seen. @type {Position | undefined} */
  position;
  /** What is followed. @type {Subscribing} */
  what = {};
  /** Whether what was missed is still to come, so that nothing may come before it. @protected */
  resuming = false;
  /** @protected @type {Connection} */
  connection;

  /** @param {Connection} connection @param {AbortSignal} [signal] */
  constructor(connection, signal) {
    super(signal);
    this.connection = connection;
  }

  /** Whether an event was not seen yet; remembers it. @protected @param {AnyEvent} event */
  isNew({ epoch, seq }) {
    if (epoch === undefined || seq === undefined) return true;
    if (this.position && this.position.epoch === epoch && seq <= this.position.seq) return false;
    this.position = { epoch, seq };
    return true;
  }

  /** @protected @param {unknown} [error] @param {boolean} [now] */
  end(error, now) {
    super.end(error, now);
    this.connection?.unlisten(/** @type {any} */ (this));
  }

  /** @param {unknown} error */
  fail(error) {
    this.end(error);
  }
}

/** @typedef {Methods["chat.run"]["result"]} RunAccepted */

/** A run from its start to its final event. Leaving it aborts the run. */
export class RunStream extends Following {
  /** What the gateway answered: the run is on disk. @type {Promise<RunAccepted>} */
  accepted;
  /** @type {string | undefined} */
  runId;
  /** @type {string | undefined} */
  sessionKey;
  /** What came while the state of the run was asked for. @type {AnyEvent[] | undefined} */
  #held;
  #quit = new AbortController();

  /**
   * @param {Connection} connection
   * @param {Methods["chat.run"]["params"]} params
   * @param {import("./connection.js").CallOptions} [options]
   */
  constructor(connection, params, options = {}) {
    super(connection, options.signal);
    const settle = (/** @type {RunAccepted} */ answer) => this.#begin(answer);
    this.accepted = this.over
      ? Promise.reject(options.signal?.reason)
      : connection.call("chat.run", params, { ...options, signal: undefined, withdraw: this.#quit.signal, safe: true, settle });
    this.accepted.catch((error) => this.end(error));
  }

  /** @param {RunAccepted} answer */
  #begin({ runId, sessionKey, epoch, seq }) {
    this.runId = runId;
    this.what = { runId };
    this.sessionKey = sessionKey;
    this.position = { epoch, seq };
    if (!this.over) this.connection.listen(this);
  }

  /** @param {AnyEvent} event */
  hear(event) {
    if (event.data.runId !== this.runId || this.resuming) return;
    if (this.#held) {
      this.#held.push(event);
      return;
    }
    // However the numbers stand after a resync: the final event ends the stream.
    const done = event.type === "chat.done";
    if (!this.isNew(event) && !done) return;
    this.push(event);
    if (done) this.end();
  }

  resume() {
    this.resuming = true;
    const settle = (/** @type {Methods["event.subscribe"]["result"]} */ answer) => {
      this.resuming = false;
      if (answer.resync) this.#resync().catch((error) => this.end(error));
    };
    const params = { runId: this.runId, after: this.position };
    this.connection
      .call("event.subscribe", params, { first: true, timeoutMs: 0, settle })
      .catch((error) => this.end(error));
  }

  /** Tell what the run has come to, and go on from there. */
  async #resync() {
    this.#held = [];
    const { runId, sessionKey } = this;
    const ask = { timeoutMs: 0, maxRetries: Infinity };
    const state = await this.connection.call("chat.wait", { runId, timeoutMs: 1 }, ask);
    const ended = state.finishReason !== undefined && state.finishReason !== null;
    const detail = ended ? {} : await this.connection.call("session.get", { sessionKey, limit: 1 }, ask);
    const live = detail.live?.find((/** @type {{runId: string}} */ each) => each.runId === runId);
    const { epoch, seq } = detail;
    if (epoch !== undefined) this.position = { epoch, seq };
    this.push({ type: "resync", data: { runId, sessionKey, response: state.response ?? live?.text ?? "" }, epoch, seq });
    const held = this.#held;
    this.#held = undefined;
    for (const event of held) this.hear(event);
    if (!ended) return;
    const { finishReason, usage, model, messageId, error } = state;
    this.hear({ type: "chat.done", data: { runId, sessionKey, finishReason, usage, model, messageId, error } });
  }

  /** @protected */
  leave() {
    const { runId } = this;
    if (runId !== undefined) this.connection.call("chat.abort", { runId }, { safe: true }).catch(() => {});
    else {
      // If it was sent, the run is or will be there: wait for its id. If not, it is not sent at all.
      this.#quit.abort();
      this.accepted.then(() => this.leave(), () => {});
    }
  }
}

/**
 * @typedef {object} Subscribing One of `sessionKey`, `runId` and `topics`.
 * @property {string} [sessionKey]
 * @property {string} [runId]
 * @property {import("../types/api.mjs").Topic[]} [topics]
 * @property {Position} [after] The last event that was seen: what came since comes first.
 */

/** What happens in a session, in a run, or under topics. Leaving it aborts nothing. */
export class Subscription extends Following {
  /** Where the stream stood when it began. @type {Promise<Methods["event.subscribe"]["result"]>} */
  ready;
  /**
   * @param {Connection} connection
   * @param {Subscribing} what
   * @param {import("./connection.js").CallOptions} [options]
   */
  constructor(connection, { after, ...what }, options = {}) {
    super(connection, options.signal);
    this.what = what;
    this.position = after;
    const params = after ? { ...what, after: { epoch: after.epoch, seq: after.seq } } : what;
    this.ready = this.over
      ? Promise.reject(options.signal?.reason)
      : connection.call("event.subscribe", params, { ...options, settle: (answer) => this.#begin(answer, true) });
    this.ready.catch((error) => this.end(error));
  }

  /** @param {Methods["event.subscribe"]["result"]} answer @param {boolean} [first] */
  #begin({ epoch, seq, resync }, first) {
    this.resuming = false;
    if (this.over) return;
    if (first) this.connection.listen(this);
    if (resync) this.push({ type: "resync", data: { ...this.what }, epoch, seq });
    // Topics gather many streams, each with numbers of its own.
    if (!this.what.topics && (resync || !this.position)) this.position = { epoch, seq };
  }

  /** @param {AnyEvent} event */
  hear(event) {
    const { sessionKey, runId, topics } = this.what;
    const { data, type } = event;
    if (this.resuming) return;
    if (topics) {
      if (topics.includes(/** @type {any} */ (TOPICS[type]))) this.push(event);
      return;
    }
    const wanted = runId ? data.runId === runId : (data.sessionKey ?? data.session?.sessionKey) === sessionKey;
    if (!wanted || !this.isNew(event)) return;
    this.push(event);
    if (runId && type === "chat.done") this.end();
  }

  resume() {
    this.resuming = true;
    const params = { ...this.what, after: this.position ?? { epoch: "none", seq: 0 } };
    this.connection
      .call("event.subscribe", params, { first: true, timeoutMs: 0, settle: (answer) => this.#begin(answer) })
      .catch((error) => this.end(error));
  }

  /** @protected */
  leave() {
    this.connection.unsubscribe(this);
  }
}
