/**
 * One WebSocket that carries all calls and all events, and comes back when it is lost.
 *
 * A call that was sent and not answered is sent again only where that is safe; streams (`streams.js`) subscribe again
 * behind the last event that they saw.
 */
import { ConnectionFailedError, DeadlineError, OpenClawError, apiError } from "./errors.js";
import { SAFE } from "./table.js";

/** @typedef {"connecting" | "open" | "reconnecting" | "closed"} State */

/**
 * @typedef {object} CallOptions
 * @property {AbortSignal} [signal] Ends the waiting; the call rejects with the signal's own reason.
 * @property {number} [timeoutMs] How long to wait for the answer, a lost connection included; 0 waits for ever.
 * @property {number} [maxRetries] In place of the client's.
 */

/**
 * @typedef {object} CallDetails
 * @property {boolean} [safe] Whether it may be sent again; else the table says so.
 * @property {boolean} [first] Whether it goes before others, and dies with its connection: it takes up a stream.
 * @property {AbortSignal} [withdraw] Ends the waiting as long as the call was not sent.
 * @property {(result: any) => void} [settle] Hears the result in the turn in which it arrives, before any event.
 */

/**
 * @typedef {object} Listener Whoever takes events: a stream.
 * @property {import("./streams.js").Subscribing} what
 * @property {(event: import("./streams.js").AnyEvent) => void} hear
 * @property {() => void} resume Subscribe again, on a new connection.
 * @property {(error: unknown) => void} fail
 */

/**
 * @typedef {object} ConnectionOptions
 * @property {string} url `http://host:port`, without a slash at its end.
 * @property {string | undefined} token
 * @property {typeof WebSocket | undefined} WebSocket
 * @property {typeof fetch} fetch
 * @property {number} timeoutMs
 * @property {number} maxRetries
 */

/**
 * @typedef {object} Pending A call that was not answered.
 * @property {string} method
 * @property {object} params
 * @property {number} retriesLeft How many connections may fail, and how many refusals for now may come.
 * @property {number} resendsLeft How often it may be sent again after a lost connection; 0 where that is not safe.
 * @property {boolean} over Whether nobody waits for it any more.
 * @property {boolean} first
 * @property {(result: any) => void} settle
 * @property {(error: unknown) => void} reject
 */

const MOST_IN_FLIGHT = 60;
const MOST_RESENDS = 10;
const FIRST_DELAY_MS = 250;
const MOST_DELAY_MS = 10_000;
const GREETING_MS = 10_000;
const SILENCE_MS = 30_000;
const IDLE_MS = 250;
/** Close codes after which coming back is of no use, and what they mean. */
const REFUSALS = new Map([
  [1007, "invalid_request"],
  [1009, "too_large"],
  [4001, "unauthorized"],
  [4002, "unauthorized"],
]);
const SERVER_SIDE = typeof (/** @type {any} */ (globalThis).process?.versions?.node) === "string";

export class Connection {
  /** @type {State} */
  state = "connecting";
  /** @type {Set<(state: State, error?: unknown) => void>} */
  watchers = new Set();
  /** @type {WebSocket | undefined} */
  #socket;
  #greeted = false;
  /** Whether anything came over it; one that is closed before has to be waited for longer. */
  #useful = false;
  #number = 0;
  /** Calls that wait to be sent. @type {Pending[]} */
  #queue = [];
  /** Calls that were sent, by their ids. @type {Map<number, Pending>} */
  #sent = new Map();
  /** @type {Set<Listener>} */
  #listeners = new Set();
  #failures = 0;
  /** Bytes that the gateway takes as one message. */
  #most = Infinity;
  /** Until the next try. @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** Until an idle socket is closed. @type {ReturnType<typeof setTimeout> | undefined} */
  #idle;
  /** Until silence is looked into. @type {ReturnType<typeof setTimeout> | undefined} */
  #watch;
  /** Why it is closed for good. @type {unknown} */
  #ended;

  /** @param {ConnectionOptions} options */
  constructor(options) {
    this.options = options;
    if (!SERVER_SIDE && typeof globalThis.addEventListener === "function") {
      globalThis.addEventListener("offline", this.#offline);
      globalThis.addEventListener("online", this.#online);
    }
  }

  /** Whether there is a WebSocket to use. */
  get possible() {
    return this.options.WebSocket !== undefined;
  }

  /**
   * @param {string} method
   * @param {object} [params]
   * @param {CallOptions & CallDetails} [options]
   * @returns {Promise<any>}
   */
  call(method, params = {}, options = {}) {
    const { signal, timeoutMs = this.options.timeoutMs, maxRetries = this.options.maxRetries } = options;
    return new Promise((resolve, reject) => {
      if (!this.possible) {
        throw new OpenClawError(`${method} needs a WebSocket: give one as the option WebSocket (npm install ws)`);
      }
      if (this.#ended !== undefined) throw this.#ended;
      signal?.throwIfAborted();
      /** @type {ReturnType<typeof setTimeout> | undefined} */
      let timer;
      const end = () => {
        pending.over = true;
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
      };
      /** @type {Pending} */
      const pending = {
        method,
        params,
        retriesLeft: maxRetries,
        resendsLeft: (options.safe ?? SAFE.has(method)) ? MOST_RESENDS : 0,
        over: false,
        first: options.first ?? false,
        settle: (result) => {
          end();
          options.settle?.(result);
          resolve(result);
        },
        reject: (error) => {
          end();
          reject(error);
        },
      };
      /** @param {unknown} reason */
      const leave = (reason) => {
        this.#drop(pending);
        pending.reject(reason);
      };
      const abort = () => leave(signal?.reason);
      const withdraw = () => this.#queue.includes(pending) && leave(options.withdraw?.reason);
      options.withdraw?.addEventListener("abort", withdraw, { once: true });
      signal?.addEventListener("abort", abort, { once: true });
      if (timeoutMs > 0 && timeoutMs < 2 ** 31) {
        timer = setTimeout(() => leave(new DeadlineError(`${method} was not answered within ${timeoutMs} ms`)), timeoutMs);
      }
      if (pending.first) this.#queue.unshift(pending);
      else this.#queue.push(pending);
      this.#pump();
    });
  }

  /** @param {Listener} listener */
  listen(listener) {
    this.#listeners.add(listener);
  }

  /** @param {Listener} listener */
  unlisten(listener) {
    this.#listeners.delete(listener);
    this.#rest();
  }

  /** Let the gateway send no more of what a listener followed and nobody else does. @param {Listener} leaving */
  unsubscribe(leaving) {
    const others = [...this.#listeners].filter((each) => each !== leaving).map((each) => each.what);
    const { sessionKey, runId, topics } = leaving.what;
    const rest = topics?.filter((topic) => !others.some((other) => other.topics?.includes(topic)));
    const shared = others.some((o) => !o.topics && o.sessionKey === sessionKey && o.runId === runId);
    if (!this.#greeted || (rest ? rest.length === 0 : shared)) return;
    this.call("event.unsubscribe", { sessionKey, runId, topics: rest }).catch(() => {});
  }

  /** End all that waits, and close. @param {unknown} [error] what those are told who wait */
  close(error = new OpenClawError("the client was closed")) {
    if (this.#ended !== undefined) return;
    this.#ended = error;
    clearTimeout(this.#timer);
    globalThis.removeEventListener?.("offline", this.#offline);
    globalThis.removeEventListener?.("online", this.#online);
    this.#detach()?.close(1000);
    this.#become("closed", error);
    for (const pending of [...this.#queue.splice(0), ...this.#sent.values()]) pending.reject(error);
    this.#sent.clear();
    for (const listener of this.#listeners) listener.fail(error);
    this.#listeners.clear();
  }

  get #busy() {
    return this.#queue.length > 0 || this.#sent.size > 0 || this.#listeners.size > 0;
  }

  #pump() {
    if (this.#ended !== undefined) return;
    if (!this.#socket) {
      if (this.#timer === undefined) this.#dial();
      return;
    }
    if (!this.#greeted) return;
    while (this.#queue.length > 0 && this.#sent.size < MOST_IN_FLIGHT) {
      const pending = /** @type {Pending} */ (this.#queue.shift());
      const { method, params } = pending;
      const text = JSON.stringify({ jsonrpc: "2.0", id: ++this.#number, method, params });
      const size = text.length * 3 > this.#most ? new TextEncoder().encode(text).length : 0;
      if (size > this.#most) {
        // it would cost the connection
        const message = `${method} would take ${size} bytes, and the gateway takes ${this.#most}`;
        pending.reject(apiError({ code: "too_large", message, details: { limit: this.#most, size } }));
        continue;
      }
      this.#sent.set(this.#number, pending);
      this.#socket.send(text);
    }
    this.#rest();
  }

  /** Where a socket would keep the process alive, close it once nobody needs it. */
  #rest() {
    if (!SERVER_SIDE || this.#busy || !this.#greeted) return;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      if (this.#busy) return;
      this.#detach()?.close(1000);
      this.#become("connecting");
    }, IDLE_MS);
  }

  #dial() {
    const { url, token, WebSocket: Socket } = this.options;
    if (!Socket) return;
    // A browser's WebSocket takes no headers: the token goes into the first frame, which /ws waits for. A page that is
    // signed in by its cookie needs none. The subprotocol makes every frame a JSON-RPC one.
    const address = url.replace(/^http/, "ws") + (token ? "/ws" : "/");
    /** @type {WebSocket} */
    let socket;
    try {
      socket = new Socket(address, ["jsonrpc"]);
    } catch (error) {
      this.close(new OpenClawError(`${url} is not the address of a gateway: ${/** @type {Error} */ (error).message}`));
      return;
    }
    this.#socket = socket;
    this.#greeted = this.#useful = false;
    this.#watch = setTimeout(() => this.#lost(), GREETING_MS);
    socket.onopen = () => token && socket.send(JSON.stringify({ type: "auth", token }));
    socket.onmessage = (message) => this.#read(String(message.data));
    socket.onerror = () => this.#lost();
    socket.onclose = (closed) => this.#lost(closed.code, closed.reason);
  }

  /** Take the socket's handlers away, so that nothing of it is heard any more. */
  #detach() {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#greeted = false;
    clearTimeout(this.#watch);
    clearTimeout(this.#idle);
    // The package ws throws an error that nobody hears.
    if (socket) socket.onopen = socket.onmessage = socket.onclose = socket.onerror = () => {};
    return socket;
  }

  /** @param {string} text */
  #read(text) {
    const frame = JSON.parse(text);
    this.#heard();
    this.#useful = this.#greeted;
    if (typeof frame.method === "string") {
      const { epoch, seq, ...data } = frame.params;
      if (frame.method === "connected" || frame.method === "auth_success") this.#begin(data.maxMessageBytes);
      for (const listener of [...this.#listeners]) listener.hear({ type: frame.method, data, epoch, seq });
      return;
    }
    const pending = this.#sent.get(frame.id);
    if (!pending) return;
    this.#sent.delete(frame.id);
    if (frame.error) this.#failed(pending, frame.error);
    else pending.settle(frame.result);
    this.#pump();
  }

  /** @param {number} [most] */
  #begin(most = Infinity) {
    this.#greeted = true;
    this.#most = most;
    this.#become("open");
    for (const listener of [...this.#listeners]) listener.resume();
    this.#pump();
  }

  /** @param {Pending} pending @param {any} error */
  #failed(pending, error) {
    const { code, field, reason, retryAfter, requestId, ...details } = { ...error.data?.details, ...error.data };
    const failure = apiError({ code: code ?? String(error.code), message: error.message, field, reason, retryAfter, requestId, details });
    const passing = code === "rate_limited" || code === "service_unavailable";
    if (!passing || pending.retriesLeft <= 0) {
      pending.reject(failure);
      return;
    }
    // It was refused before anything was done: the same call again is safe, whatever it is.
    pending.retriesLeft -= 1;
    setTimeout(() => {
      if (pending.over) return;
      this.#queue.push(pending);
      this.#pump();
    }, Math.max(retryAfter ?? 0, 0.25) * 1000);
  }

  /** @param {Pending} pending */
  #drop(pending) {
    this.#queue = this.#queue.filter((each) => each !== pending);
    for (const [id, each] of this.#sent) if (each === pending) this.#sent.delete(id);
    this.#rest();
  }

  /** Ask for a sign of life where there was none for long: a network can go without a word. */
  #heard() {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => {
      this.#socket?.send('{"jsonrpc":"2.0","id":0,"method":"agent.list","params":{}}');
      this.#watch = setTimeout(() => this.#lost(), GREETING_MS);
      unref(this.#watch);
    }, SILENCE_MS);
    unref(this.#watch);
  }

  /** @param {number} [code] @param {string} [reason] */
  async #lost(code, reason) {
    const greeted = this.#greeted;
    const socket = this.#detach();
    if (!socket) return;
    if (code === undefined) socket.close();
    const refusal = REFUSALS.get(code ?? 0);
    if (refusal) {
      this.close(apiError({ code: refusal, message: `the gateway closed the connection: ${reason || code}` }));
      return;
    }
    this.#sort();
    this.#failures = this.#useful ? 0 : this.#failures + 1;
    if (greeted) {
      this.#become("reconnecting");
      if (!this.#busy) return;
    }
    if (this.#failures > 0) this.#retry(Math.min(FIRST_DELAY_MS * 2 ** (this.#failures - 1), MOST_DELAY_MS));
    else this.#dial();
    if (greeted) return;
    // A refused handshake tells a browser nothing: HTTP says whether it is worth another try.
    const no = await this.#refused();
    if (no) this.close(no);
    else this.#giveUp();
  }

  /** What was sent and may be sent again goes back into the queue; the rest fails. */
  #sort() {
    const again = [];
    for (const pending of this.#sent.values()) {
      if (pending.first) continue; // its stream asks again by itself
      if (pending.resendsLeft-- > 0) again.push(pending);
      else pending.reject(new ConnectionFailedError(`the connection was lost before ${pending.method} was answered`));
    }
    this.#sent.clear();
    this.#queue = [...again, ...this.#queue.filter((pending) => !pending.first)];
  }

  /** @param {number} delay */
  #retry(delay) {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#busy) this.#dial();
      else this.#become("connecting");
    }, delay * (0.5 + Math.random() / 2));
  }

  /** Calls whose tries are used up fail; streams go on. */
  #giveUp() {
    for (const pending of [...this.#queue]) {
      if (pending.retriesLeft-- > 0) continue;
      this.#drop(pending);
      pending.reject(new ConnectionFailedError(`no gateway answers at ${this.options.url}`));
    }
    if (!this.#busy) clearTimeout(this.#timer), (this.#timer = undefined);
  }

  async #refused() {
    const { url, token } = this.options;
    try {
      const headers = token ? { Authorization: `Bearer ${token}` } : undefined;
      // Only 401 says so for sure: a token that may chat in one session may not ask for the gateway's status.
      const { status } = await this.options.fetch(`${url}/status`, { headers, signal: AbortSignal.timeout(GREETING_MS) });
      return status === 401
        ? apiError({ code: "unauthorized", status, message: `the gateway at ${url} does not know this token` })
        : undefined;
    } catch {
      return undefined;
    }
  }

  /** @param {State} state @param {unknown} [error] */
  #become(state, error) {
    if (this.state === state) return;
    this.state = state;
    for (const watcher of this.watchers) watcher(state, error);
  }

  #offline = () => void this.#lost();

  #online = () => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#busy) this.#pump();
  };
}

/** @param {any} timer where timers keep a process alive, this one does not */
function unref(timer) {
  timer?.unref?.();
}
