/** What is done with a chat: ask, stop, fork, edit, ask again, rename, export, delete. */
import { call, explain } from "../lib/net.js";
import { whole } from "../lib/pages.js";
import { keep } from "../lib/prefs.js";
import { addressOf, go } from "../lib/router.js";
import { get, update } from "../lib/store.js";
import { t } from "../lib/words.js";
import { textOf } from "./model.js";
import { newId, send } from "./outbox.js";
import { change, loadOlder } from "./session.js";

/** @typedef {import("./model.js").Item} Item */

/** A short message at the edge of the page. @param {string} text */
export function toast(text) {
  update({ toast: text });
}

/** @param {() => Promise<unknown>} task */
async function told(task) {
  try {
    await task();
  } catch (error) {
    toast(explain(error));
  }
}

/**
 * Say something, in a session or in a new one.
 *
 * @param {string | null} key
 * @param {string} text
 * @param {any[]} attachments
 * @param {{agentId?: string, model?: string}} chosen for a new session
 */
export function ask(key, text, attachments, chosen) {
  const session = key ?? `chat-${newId()}`;
  const known = key !== null && get().chats[key]?.state !== "new";
  send({ key: session, text, attachments, begin: known ? null : chosen });
  if (key === null) go(addressOf(session));
}

/** Stop the runs of a session, the one at work and those that wait. @param {string} key */
export async function stop(key) {
  const running = get().chats[key]?.running ?? [];
  await told(() => Promise.all([...running].reverse().map((runId) => call("chat.abort", { runId }))));
}

/**
 * The session in which a message can be said anew: a fork that ends before it.
 *
 * @param {string} key @param {Item} item
 */
async function before(key, item) {
  let items = get().chats[key]?.items ?? [];
  if (items[0] === item && get().chats[key]?.cursor) {
    await loadOlder(key);
    items = get().chats[key]?.items ?? [];
  }
  const previous = items[items.indexOf(item) - 1];
  const info = get().chats[key]?.info;
  if (!previous?.lastId) {
    const { sessionKey } = await call("session.create", {
      channel: "dashboard", ...(info?.agentId ? { agentId: info.agentId } : {}), ...(info?.model ? { model: info.model } : {}),
      ...(info?.title ? { title: info.title } : {}),
    });
    return sessionKey;
  }
  return (await call("session.fork", { sessionKey: key, messageId: previous.lastId })).sessionKey;
}

/** Ask a message again, in other words or the same, in a fork. @param {string} key @param {Item} item @param {string} text */
export function askAgain(key, item, text) {
  return told(async () => {
    const session = await before(key, item);
    send({ key: session, text, attachments: item.attachments, begin: null });
    go(addressOf(session));
  });
}

/** Ask for another answer, in a fork. @param {string} key @param {Item} answer */
export function retry(key, answer) {
  const items = get().chats[key]?.items ?? [];
  const asked = items.slice(0, items.indexOf(answer)).findLast((each) => each.role === "user");
  if (asked) askAgain(key, asked, textOf(asked));
  else toast(t("There is no question to ask again."));
}

/** Go on differently from a message. @param {string} key @param {Item} item */
export function fork(key, item) {
  return told(async () => {
    const made = await call("session.fork", { sessionKey: key, ...(item.lastId ? { messageId: item.lastId } : {}) });
    go(addressOf(made.sessionKey));
  });
}

/** @param {string} key @param {{title?: string | null, model?: string | null, agentId?: string}} changes */
export function set(key, changes) {
  return told(async () => {
    const info = await call("session.update", { sessionKey: key, ...changes });
    change(key, (chat) => ({ ...chat, info }));
  });
}

/** @param {string} key */
export function remove(key) {
  return told(async () => {
    await call("session.delete", { sessionKey: key });
    keep(`draft.${key}`, "");
    if (get().route.session === key) go("#/chat");
  });
}

/** Save a session, whole, as Markdown. @param {string} key @param {string} title */
export function exportMarkdown(key, title) {
  return told(async () => {
    /** @type {any[]} */
    let messages = [];
    let cursor;
    do {
      const page = await call("chat.history", { sessionKey: key, limit: 1000, ...(cursor ? { before: cursor } : {}) });
      messages = [...await whole(key, page.messages), ...messages];
      cursor = page.nextCursor;
    } while (cursor);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([asMarkdown(title, messages)], { type: "text/markdown" }));
    link.download = `${title.replace(/[^\p{L}\p{N} ._-]/gu, "_").slice(0, 80) || "chat"}.md`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  });
}

/** @param {string} title @param {any[]} messages */
export function asMarkdown(title, messages) {
  const parts = messages.filter((each) => each.role !== "tool").map((each) => {
    const who = each.role === "user" ? t("You") : each.role === "assistant" ? t("Assistant") : each.role;
    const calls = (each.toolCalls ?? []).map((/** @type {any} */ one) => `> ${t("Tool")} \`${one.function?.name ?? one.name}\` ${one.function?.arguments ?? ""}`);
    return [`## ${who}, ${each.createdAt}`, each.content, ...calls].filter(Boolean).join("\n\n");
  });
  return `# ${title}\n\n${parts.join("\n\n")}\n`;
}
