/**
 * Messages on their way. Each has a key of its own, by which the gateway knows it: it may be sent again after a lost
 * connection or a reload, and is asked once.
 */
import { call, explain, isNetwork, whenOpen } from "../lib/net.js";
import { keep, recall } from "../lib/prefs.js";
import { get, update } from "../lib/store.js";
import { begun } from "./model.js";
import { change } from "./session.js";

/**
 * @typedef {object} Outgoing
 * @property {string} id The idempotency key.
 * @property {string} key The session.
 * @property {string} text
 * @property {any[]} attachments As `chat.run` takes them.
 * @property {{agentId?: string, model?: string} | null} begin How the session is to be made, where it is new.
 * @property {"sending" | "waiting" | "failed"} state
 * @property {string} fault
 */

const KEPT_CHARACTERS = 1_000_000;
const TITLE_CHARACTERS = 60;

/** An id that nobody guesses; `crypto.randomUUID` is missing where there is no TLS. */
export function newId() {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {Outgoing[]} outbox */
function put(outbox) {
  update({ outbox });
  const text = outbox.length ? JSON.stringify(outbox) : "";
  if (text.length < KEPT_CHARACTERS) keep("outbox", text);
}

/** @param {string} id @param {Partial<Outgoing>} changes */
function mark(id, changes) {
  put(get().outbox.map((each) => (each.id === id ? { ...each, ...changes } : each)));
}

/** Take up what was on its way when the page was left. @param {AbortSignal} signal */
export function startOutbox(signal) {
  try {
    const kept = JSON.parse(recall("outbox") ?? "[]");
    put(kept.map((/** @type {Outgoing} */ each) => (each.state === "failed" ? each : { ...each, state: "waiting" })));
  } catch {
    put([]);
  }
  const stop = whenOpen(() => {
    for (const each of get().outbox) if (each.state === "waiting") deliver(each.id);
  });
  signal.addEventListener("abort", stop);
}

/** Send a message. @param {Omit<Outgoing, "id" | "state" | "fault">} message */
export function send(message) {
  const id = `dash-${newId()}`;
  put([...get().outbox, { ...message, id, state: "sending", fault: "" }]);
  deliver(id);
}

/** Send a message that failed again; the gateway has refused its key. @param {string} id */
export function resend(id) {
  const fresh = `dash-${newId()}`;
  mark(id, { id: fresh, state: "sending", fault: "" });
  deliver(fresh);
}

/** @param {string} id */
export function discard(id) {
  put(get().outbox.filter((each) => each.id !== id));
}

/** @param {string} id */
async function deliver(id) {
  const message = get().outbox.find((each) => each.id === id);
  if (!message) return;
  mark(id, { state: get().connection === "open" ? "sending" : "waiting" });
  try {
    if (message.begin) await begin(message);
    const { key, text, attachments } = message;
    const accepted = await call("chat.run", { message: text, sessionKey: key, channel: "dashboard", attachments, idempotencyKey: id });
    change(key, (chat) => begun(chat, accepted.runId));
    dispatchEvent(new CustomEvent("openclaw:session", { detail: key }));
    discard(id);
  } catch (error) {
    if (isNetwork(error)) mark(id, { state: "waiting" });
    else mark(id, { state: "failed", fault: explain(error) });
  }
}

/** The beginning of a message, as a title. @param {string} text */
function titleOf(text) {
  const line = text.trim().split("\n")[0]?.trim() ?? "";
  return line.length <= TITLE_CHARACTERS ? line : `${line.slice(0, TITLE_CHARACTERS).replace(/\s+\S*$/, "")} …`;
}

/** Make the session of a first message, which it is named by. @param {Outgoing} message */
async function begin(message) {
  const title = titleOf(message.text);
  try {
    await call("session.create", { sessionKey: message.key, channel: "dashboard", ...(title ? { title } : {}), ...message.begin });
  } catch (error) {
    // It was made before, and the answer was lost.
    if (/** @type {any} */ (error)?.code !== "conflict") throw error;
  }
  mark(message.id, { begin: null });
}
