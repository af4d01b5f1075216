/** Answers that come in pages and parts, since no message is larger than common clients take: put together. */
import { call } from "./net.js";

/** A list, all pages of it joined. */
/** @param {string} method @param {object} [params] @param {object} [options] */
export async function all(method, params = {}, options = {}) {
  const first = await call(method, params, options);
  if (!first.nextCursor) return first;
  const name = Object.keys(first).find((key) => Array.isArray(first[key])) ?? "";
  let { nextCursor, [name]: items } = first;
  while (nextCursor) {
    const page = await call(method, { ...params, cursor: nextCursor }, options);
    items = [...items, ...page[name]];
    nextCursor = page.nextCursor;
  }
  return { ...first, [name]: items, nextCursor };
}

/** Messages, those whose texts were cut in whole. */
/** @param {string} sessionKey @param {any[]} messages @param {object} [options] */
export function whole(sessionKey, messages, options = {}) {
  return Promise.all(messages.map(async (message) => {
    if (!message.truncated) return message;
    const found = await call("chat.history", { sessionKey, messageId: message.messageId }, options);
    return found.messages[0];
  }));
}
