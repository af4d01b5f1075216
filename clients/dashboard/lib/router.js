/** Addresses: `#/chat/SESSION`, `#/logs` … Back and forward are the browser's own. */
import { get, update } from "./store.js";

export const PAGES = /** @type {const} */ ([
  "chat", "overview", "channels", "skills", "memory", "tasks", "webhooks", "tokens", "files", "logs", "config", "api",
]);

/** @param {string} hash @returns {import("./store.js").Route} */
export function parse(hash) {
  const [page = "", ...rest] = hash.replace(/^#\/?/, "").split("/");
  if (page !== "chat") return { page: PAGES.includes(/** @type {any} */ (page)) ? page : "chat", session: null };
  const session = rest.join("/");
  try {
    return { page, session: session ? decodeURIComponent(session) : null };
  } catch {
    return { page, session };
  }
}

/** The address of a session. @param {string} key */
export function addressOf(key) {
  return `#/chat/${encodeURIComponent(key)}`;
}

/** Go to an address. @param {string} hash @param {boolean} [replace] without a step back to where one was */
export function go(hash, replace = false) {
  if (replace) {
    history.replaceState(null, "", hash);
    follow();
  } else {
    location.hash = hash;
  }
}

function follow() {
  const route = parse(location.hash);
  const before = get().route;
  if (route.page !== before.page || route.session !== before.session) update({ route });
}

/** Follow the address from now on. */
export function startRouter() {
  if (!location.hash) history.replaceState(null, "", "#/chat");
  update({ route: parse(location.hash) });
  addEventListener("hashchange", follow);
}
