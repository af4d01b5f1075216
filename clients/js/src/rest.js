/** The gateway over HTTP: answers, and server-sent events that go on where they broke off. */
import { APIError, ConnectionFailedError, DeadlineError, OpenClawError, RunError, apiError } from "./errors.js";
import { Stream } from "./streams.js";

/** @typedef {import("./connection.js").CallOptions} CallOptions */

const PASSING = new Set([408, 429, 502, 503, 504]);
const FIRST_DELAY_MS = 250;
const MOST_DELAY_MS = 10_000;

/** A key that is used once: the same request again means the same run. */
export function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Rest {
  /** @param {import("./connection.js").ConnectionOptions} options */
  constructor(options) {
    this.options = options;
  }

  /**
   * Ask, and ask again where that may help.
   *
   * @param {string} path
   * @param {object} body
   * @param {CallOptions} [options]
   * @returns {Promise<any>}
   */
  async post(path, body, options = {}) {
    const { signal, timeoutMs = 0, maxRetries = this.options.maxRetries } = options;
    const deadline = timeoutMs > 0 ? AbortSignal.timeout(timeoutMs) : undefined;
    const both = signal && deadline ? AbortSignal.any([signal, deadline]) : (signal ?? deadline);
    const headers = { "Idempotency-Key": newKey() };
    try {
      const response = await this.send(path, body, { headers, signal: both, maxRetries });
      return await response.json();
    } catch (error) {
      if (deadline?.aborted && !signal?.aborted) {
        throw new DeadlineError(`POST ${path} was not answered within ${timeoutMs} ms`);
      }
      throw error;
    }
  }

  /**
   * @param {string} path
   * @param {object} body
   * @param {{headers: Record<string, string>, signal?: AbortSignal | undefined, maxRetries?: number}} options
   * @returns {Promise<Response>}
   */
  async send(path, body, { headers, signal, maxRetries = this.options.maxRetries }) {
    const { url, token } = this.options;
    /** @type {Record<string, string>} */
    const authorization = token ? { Authorization: `Bearer ${token}` } : {};
    for (let tries = 0; ; tries++) {
      /** @type {unknown} */
      let failure;
      let wait = Math.min(FIRST_DELAY_MS * 2 ** tries, MOST_DELAY_MS) * (0.5 + Math.random() / 2);
      signal?.throwIfAborted();
      try {
        const response = await this.options.fetch(url + path, {
          method: "POST",
          headers: { "Content-Type": "application/json", ...authorization, ...headers },
          body: JSON.stringify(body),
          signal: signal ?? null,
        });
        if (response.ok) return response;
        failure = await failureOf(response);
        if (!(failure instanceof APIError) || !PASSING.has(response.status) || failure.details.runId) throw failure;
        if (failure.retryAfter !== undefined) wait = failure.retryAfter * 1000;
      } catch (error) {
        if (signal?.aborted) throw signal.reason;
        if (error instanceof OpenClawError) throw error;
        failure ??= new ConnectionFailedError(`no gateway answers at ${url}`, { cause: error });
      }
      if (tries >= maxRetries) throw failure;
      await pause(wait, signal);
    }
  }
}

/**
 * @callback Spelling What an event is to who iterates, and whether it is the last; what it throws ends the stream.
 * @param {string} name
 * @param {any} data
 * @param {string[]} id its run, epoch and seq
 * @returns {{event?: any, end?: boolean}}
 */

/**
 * A stream of server-sent events, each with an id; after a lost connection it goes on behind the last one.
 *
 * @template E
 * @extends {Stream<E>}
 */
export class EventSource extends Stream {
  /** The run's id, once its first event has come. @type {string | undefined} */
  runId;
  #rest;
  #path;
  #body;
  /** @type {Spelling} */
  #spell;
  #quit = new AbortController();

  /**
   * @param {Rest} rest
   * @param {string} path
   * @param {object} body
   * @param {Spelling} spell
   * @param {AbortSignal} [signal]
   */
  constructor(rest, path, body, spell, signal) {
    super(signal);
    this.#rest = rest;
    this.#path = path;
    this.#body = body;
    this.#spell = spell;
    if (!this.over) this.#read().catch((error) => this.end(error));
  }

  async #read() {
    /** @type {Record<string, string>} */
    const headers = { Accept: "text/event-stream", "Idempotency-Key": newKey() };
    const { signal } = this.#quit;
    for (let failures = 0; ; failures++) {
      const response = await this.#rest.send(this.#path, this.#body, { headers, signal });
      try {
        for await (const { event = "", data, id } of eventsOf(response)) {
          if (id !== undefined) {
            headers["Last-Event-ID"] = id;
            failures = 0;
            this.runId = id.split("/")[0];
          }
          const said = this.#spell(event, JSON.parse(data), id?.split("/") ?? []);
          if (said.event) this.push(said.event);
          if (said.end) return this.end();
        }
      } catch (error) {
        if (signal.aborted || error instanceof OpenClawError) throw error;
        if (failures > this.#rest.options.maxRetries) throw new ConnectionFailedError("the connection was lost", { cause: error });
      }
      if (failures > this.#rest.options.maxRetries) throw new ConnectionFailedError("the connection was lost");
      await pause(FIRST_DELAY_MS * failures, signal);
    }
  }

  /** Stop reading, and the run. @protected */
  leave() {
    this.#quit.abort(new OpenClawError("the stream was left"));
    if (!this.runId) return;
    this.#rest.send(`/v1/runs/${encodeURIComponent(this.runId)}/abort`, {}, { headers: {} }).catch(() => {});
  }
}

/**
 * The events of an answer (WHATWG HTML, 9.2.6).
 *
 * @param {Response} response
 * @returns {AsyncGenerator<{event?: string, data: string, id?: string}>}
 */
async function* eventsOf(response) {
  const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
  const decoder = new TextDecoder();
  let held = "";
  /** @type {Record<string, string>} */
  let fields = {};
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const lines = (held + decoder.decode(value, { stream: true })).split("\n");
      held = lines.pop() ?? "";
      for (const line of lines) {
        if (line === "") {
          if (fields.data !== undefined) yield /** @type {any} */ (fields);
          fields = {};
          continue;
        }
        const at = line.indexOf(":");
        if (at > 0) fields[line.slice(0, at)] = line.slice(at + 1).trim();
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/**
 * The error of an answer, in the words of any of the gateway's dialects: `{error: {code, message}}` with `param` or
 * `details`, or `{error, message, details}`. Where it names a run, the run failed, and not the request.
 *
 * @param {Response} response
 */
async function failureOf(response) {
  /** @type {any} */
  let body;
  try {
    body = await response.json();
  } catch {
    body = {};
  }
  const said = typeof body.error === "object" && body.error !== null ? body.error : { ...body, code: body.error };
  const details = said.details ?? {};
  const code = String(said.code ?? `http_${response.status}`).toLowerCase();
  const message = String(said.message ?? `HTTP ${response.status}`);
  const header = response.headers.get("Retry-After");
  const runId = details.runId ?? details.run_id;
  if (runId && response.status !== 408) return new RunError(runId, "error", { code, message });
  return apiError({
    code,
    message,
    status: response.status,
    field: said.param ?? details.field ?? undefined,
    reason: details.reason,
    requestId: response.headers.get("X-Request-Id") ?? undefined,
    retryAfter: header === null ? undefined : Number(header),
    details: { ...details, ...(runId ? { runId } : {}) },
  });
}

/** @param {number} ms @param {AbortSignal} [signal] @returns {Promise<void>} */
function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", abort, { once: true });
  });
}
