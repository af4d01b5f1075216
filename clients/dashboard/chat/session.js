/** Keeps the chat that is open up to date: loads it, follows its events, and takes it up again where it was. */
import { call, explain, follow } from "../lib/net.js";
import { whole } from "../lib/pages.js";
import { get, update } from "../lib/store.js";
import { applied, emptyChat, loaded, withEnd, withOlder } from "./model.js";

/** @typedef {import("./model.js").Chat} Chat */

const PAGE = 60;
const KEPT = 6;

/** @type {AbortController | null} */
let following = null;
/** Events that came and are not shown yet, with their session. @type {[string, import("./model.js").Event][]} */
let waiting = [];
let scheduled = false;

/** @param {string} key @param {(chat: Chat) => Chat} change */
export function change(key, change) {
  const before = get().chats[key];
  if (before) put(change(before));
}

/** @param {Chat} chat */
function put(chat) {
  const chats = { ...get().chats, [chat.key]: chat };
  const names = Object.keys(chats);
  const open = get().route.session;
  for (const name of names.slice(0, Math.max(names.length - KEPT, 0))) if (name !== chat.key && name !== open) delete chats[name];
  update({ chats });
}

/** Show a session, and follow it until another one is shown. @param {string} key */
export function open(key) {
  following?.abort();
  const own = (following = new AbortController());
  if (!get().chats[key]) put(emptyChat(key));
  run(key, own.signal).catch((error) => {
    if (!own.signal.aborted) change(key, (chat) => ({ ...chat, state: chat.items.length ? chat.state : "failed", fault: explain(error) }));
  });
}

/** Follow no session any more. */
export function leave() {
  following?.abort();
  following = null;
}

/** @param {string} key @param {AbortSignal} signal */
async function run(key, signal) {
  for (;;) {
    const after = await snapshot(key, signal);
    if (signal.aborted) return;
    let again = false;
    const part = new AbortController();
    const stop = () => part.abort();
    signal.addEventListener("abort", stop, { once: true });
    await follow({ sessionKey: key, ...(after ? { after } : {}) }, (event) => {
      if (signal.aborted || part.signal.aborted) return;
      if (event.type === "resync" || event.type === "session.reset") {
        again = true;
        part.abort();
      } else {
        waiting.push([key, event]);
        schedule();
      }
    }, part.signal);
    signal.removeEventListener("abort", stop);
    if (!again) return;
  }
}

/** Load what there is; where the stream stood then. @param {string} key @param {AbortSignal} signal */
async function snapshot(key, signal) {
  for (;;) {
    try {
      const detail = await call("session.get", { sessionKey: key, limit: PAGE }, { signal });
      detail.messages = await whole(key, detail.messages, { signal });
      if (signal.aborted) return null;
      waiting = waiting.filter(([other]) => other !== key);
      change(key, (chat) => loaded(chat, detail));
      ask(key).catch(() => {});
      return { epoch: detail.epoch, seq: detail.seq };
    } catch (error) {
      if (signal.aborted) return null;
      if (/** @type {any} */ (error)?.code !== "not_found") throw error;
      change(key, (chat) => ({ ...chat, state: "new" }));
      await created(key, signal);
      if (signal.aborted) return null;
    }
  }
}

/** Wait until a session that is not there yet is made: by this page, or by anybody. */
/** @param {string} key @param {AbortSignal} signal @returns {Promise<void>} */
function created(key, signal) {
  return new Promise((resolve) => {
    const done = () => {
      removeEventListener("openclaw:session", look);
      resolve();
    };
    const look = (/** @type {any} */ event) => event.detail === key && done();
    addEventListener("openclaw:session", look);
    signal.addEventListener("abort", done, { once: true });
  });
}

/** A run that failed without a word left no message: ask what became of it. @param {string} key */
async function ask(key) {
  const chat = get().chats[key];
  const last = chat?.items.at(-1);
  if (!chat || last?.role !== "user" || !last.runId || chat.running.includes(last.runId)) return;
  const state = await call("chat.wait", { runId: last.runId, timeoutMs: 1 });
  change(key, (now) => withEnd(now, state));
}

/** Put the events that came into their chats with the next picture, all of them at once. */
function schedule() {
  if (scheduled) return;
  scheduled = true;
  const flush = () => {
    scheduled = false;
    const events = waiting;
    waiting = [];
    for (const key of new Set(events.map(([each]) => each))) {
      change(key, (chat) => events.reduce((now, [of, event]) => (of === key ? applied(now, event) : now), chat));
    }
  };
  // A hidden page gets no pictures, but its title and its chat go on.
  if (document.visibilityState === "visible") requestAnimationFrame(flush);
  else setTimeout(flush, 100);
}

/** Load older messages. @param {string} key */
export async function loadOlder(key) {
  const chat = get().chats[key];
  if (!chat?.cursor || chat.older) return;
  change(key, (now) => ({ ...now, older: true }));
  try {
    const page = await call("chat.history", { sessionKey: key, limit: PAGE, before: chat.cursor });
    page.messages = await whole(key, page.messages);
    change(key, (now) => withOlder(now, page));
  } catch {
    change(key, (now) => ({ ...now, older: false }));
  }
}
