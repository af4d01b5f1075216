/**
 * The connection to the gateway: one client for the page, which signs in with its cookie, comes back when it is lost, and
 * goes on with its streams where they were.
 */
import { OpenClaw } from "../../js/src/index.js";
import { t } from "./words.js";
import { get, update } from "./store.js";

/** Where the gateway is: where this page came from, below a proxy's prefix as well. */
export const BASE = new URL(".", location.href.split("#")[0]).href.replace(/\/$/, "");

/** @type {InstanceType<typeof OpenClaw> | null} */
let client = null;
/** @type {Set<() => void>} */
const onOpen = new Set();

/** Do something now, if connected, and each time that the connection is open again. @param {() => void} task */
export function whenOpen(task) {
  onOpen.add(task);
  if (get().connection === "open") task();
  return () => void onOpen.delete(task);
}

/** Connect. @param {(error: unknown) => void} refused called when the gateway lets this page in no more */
export function connect(refused) {
  client = new OpenClaw({ baseUrl: BASE });
  const own = client;
  own.on("state", (state, error) => {
    if (client !== own) return;
    update({ connection: state });
    if (state === "open") for (const task of [...onOpen]) task();
    if (state === "closed") refused(error);
  });
}

/** Close the connection, on signing out. */
export function disconnect() {
  const closing = client;
  client = null;
  closing?.close();
  update({ connection: "closed" });
}

/**
 * Call a method of the gateway.
 *
 * @param {string} method
 * @param {object} [params]
 * @param {{signal?: AbortSignal, timeoutMs?: number}} [options]
 * @returns {Promise<any>}
 */
export function call(method, params = {}, options = {}) {
  if (!client) return Promise.reject(new Error(t("You are signed out.")));
  return /** @type {any} */ (client).call(method, params, options);
}

/**
 * Follow a session or topics until `signal` aborts.
 *
 * @param {object} what what `event.subscribe` takes
 * @param {(event: {type: string, data: any, epoch?: string, seq?: number}) => void} hear
 * @param {AbortSignal} signal
 */
export async function follow(what, hear, signal) {
  if (!client || signal.aborted) return;
  try {
    for await (const event of /** @type {any} */ (client).subscribe(what, { signal })) hear(event);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** Whether an error only says that the network is gone. @param {unknown} error */
export function isNetwork(error) {
  const name = error instanceof Error ? error.constructor.name : "";
  return name === "ConnectionFailedError" || name === "DeadlineError" || name === "ServiceUnavailableError";
}

/** An error in words for people. @param {any} error */
export function explain(error) {
  if (error?.code === "rate_limited") return t("Too many calls. Try again in {s} s.", { s: error.retryAfter ?? 60 });
  if (isUnknownMethod(error)) return t("This gateway has no such method.");
  if (isNetwork(error)) return t("The gateway can't be reached.");
  return error?.message ? String(error.message) : String(error);
}

/** Whether the gateway does not know a method at all. @param {any} error */
export function isUnknownMethod(error) {
  return error?.code === "not_found" && /there is no method/.test(error.message ?? "");
}
