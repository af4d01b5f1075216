/** The list of sessions: its pages, what changes in it, and searching it. */
import { call, follow, whenOpen } from "../lib/net.js";
import { get, update } from "../lib/store.js";

/**
 * @typedef {object} SessionsState
 * @property {Record<string, any>} byKey
 * @property {string[]} order Keys, the last used first.
 * @property {number} total
 * @property {boolean} totalIsMore There are more than `total`.
 * @property {string | null} cursor Leads to more.
 * @property {boolean} loading
 * @property {string} query What is searched for.
 * @property {string[] | null} found Keys that the gateway found by it.
 */

const FIRST_PAGE = 100;
const PAGE = 1000;
const SEARCH_MS = 120;

/** @param {Partial<SessionsState>} changes */
function put(changes) {
  update({ sessions: { ...get().sessions, ...changes } });
}

/** What a session is called. @param {any} session */
export function nameOf(session) {
  return session?.title || session?.sessionKey || "";
}

/** @param {Record<string, any>} byKey */
function ordered(byKey) {
  return Object.values(byKey).sort((a, b) => (a.updatedAt < b.updatedAt ? 1 : a.updatedAt > b.updatedAt ? -1 : 0)).map((each) => each.sessionKey);
}

async function refresh() {
  const page = await call("session.list", { limit: FIRST_PAGE });
  const { byKey } = get().sessions;
  const fresh = Object.fromEntries(page.sessions.map((/** @type {any} */ each) => [each.sessionKey, each]));
  const known = get().sessions.cursor === null && Object.keys(byKey).length >= page.total;
  // All were loaded before: what the first page does not hold is still there, unless it was deleted meanwhile.
  const merged = known || !page.nextCursor ? fresh : { ...byKey, ...fresh };
  put({ byKey: merged, order: ordered(merged), total: page.total, totalIsMore: page.totalIsMore ?? false, cursor: page.nextCursor ?? null });
}

/** Load more sessions, as the list is scrolled. */
export async function loadMore() {
  const { cursor, loading } = get().sessions;
  if (!cursor || loading) return;
  put({ loading: true });
  try {
    const page = await call("session.list", { limit: PAGE, cursor });
    const byKey = { ...get().sessions.byKey };
    for (const each of page.sessions) byKey[each.sessionKey] = each;
    put({ byKey, order: ordered(byKey), cursor: page.nextCursor ?? null, total: Math.max(page.total, Object.keys(byKey).length) });
  } finally {
    put({ loading: false });
  }
}

/** The keys with one of them before the first that is `older`. */
/** @param {string[]} order @param {string} key @param {(other: string) => boolean} older */
function moved(order, key, older) {
  const rest = order.filter((other) => other !== key);
  const at = rest.findIndex(older);
  return rest.toSpliced(at < 0 ? rest.length : at, 0, key);
}

/** @param {{type: string, data: any}} event */
function hear({ type, data }) {
  const { byKey, order, total } = get().sessions;
  if (type === "session.updated") {
    const { session } = data;
    const key = session.sessionKey;
    const first = order[0] === key && session.updatedAt >= byKey[key].updatedAt;
    put({
      byKey: { ...byKey, [key]: session },
      order: first ? order : moved(order, key, (other) => byKey[other].updatedAt <= session.updatedAt),
      total: key in byKey ? total : total + 1,
    });
    dispatchEvent(new CustomEvent("openclaw:session", { detail: session.sessionKey }));
  } else if (type === "session.deleted" && data.sessionKey in byKey) {
    const { [data.sessionKey]: _, ...rest } = byKey;
    put({ byKey: rest, order: order.filter((key) => key !== data.sessionKey), total: total - 1 });
  }
}

/** Load the list, and follow it. @param {AbortSignal} signal */
export function startSessions(signal) {
  const stop = whenOpen(() => void refresh().catch(() => {}));
  signal.addEventListener("abort", stop);
  follow({ topics: ["sessions"] }, hear, signal).catch(() => {});
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
let searches = 0;

/** Search: at once in what is loaded, then in everything that was said. @param {string} query */
export function search(query) {
  put({ query, found: null });
  clearTimeout(timer);
  const text = query.trim();
  const own = ++searches;
  if (!text) return;
  timer = setTimeout(async () => {
    try {
      const page = await call("session.list", { text, limit: FIRST_PAGE });
      if (own !== searches) return;
      const byKey = { ...get().sessions.byKey };
      for (const each of page.sessions) byKey[each.sessionKey] ??= each;
      put({ byKey, found: page.sessions.map((/** @type {any} */ each) => each.sessionKey) });
    } catch {
      if (own === searches) put({ found: [] });
    }
  }, SEARCH_MS);
}

/** The keys that are shown: all, or those that fit what is searched for. @param {SessionsState} sessions */
export function shown({ byKey, order, query, found }) {
  const wanted = query.trim().toLowerCase();
  if (!wanted) return order;
  const fits = order.filter((key) => key.toLowerCase().includes(wanted) || nameOf(byKey[key]).toLowerCase().includes(wanted));
  if (!found) return fits;
  const seen = new Set(fits);
  return [...fits, ...found.filter((key) => !seen.has(key) && key in byKey)];
}
