/** The sessions, of which only those near the view are in the page. */
import { html, useEffect, useLayoutEffect, useRef, useState } from "../lib/html.js";
import { clock } from "../lib/format.js";
import { addressOf, go } from "../lib/router.js";
import { useStore } from "../lib/store.js";
import { t } from "../lib/words.js";
import { loadMore, nameOf, search, shown } from "./sessions.js";

const ROW = 52;
const AROUND = 8;

/** @param {{open: string | null}} props */
export function SessionList({ open }) {
  const sessions = useStore((state) => state.sessions);
  const keys = shown(sessions);
  const searching = sessions.query.trim() !== "";
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const [view, setView] = useState({ top: 0, height: 800 });
  const look = () => {
    const element = box.current;
    if (element) setView({ top: element.scrollTop, height: element.clientHeight });
  };
  useLayoutEffect(look, []);
  useEffect(() => {
    addEventListener("resize", look);
    return () => removeEventListener("resize", look);
  }, []);
  useEffect(() => {
    if (box.current) box.current.scrollTop = 0;
  }, [sessions.query]);
  const first = Math.max(Math.floor(view.top / ROW) - AROUND, 0);
  const last = Math.min(Math.ceil((view.top + view.height) / ROW) + AROUND, keys.length);
  const more = !searching && sessions.cursor !== null;
  useEffect(() => {
    if (more && last >= keys.length - AROUND && keys.length > 0) loadMore().catch(() => {});
  }, [more, last, keys.length]);
  const counted = searching ? keys.length : Math.max(sessions.total, keys.length);
  // A set whose size is not known has the size -1 in ARIA.
  const total = more && sessions.totalIsMore ? -1 : counted;
  return html`<nav aria-label=${t("Sessions")} class="sessions">
    <div class="sessions-top">
      <button type="button" class="primary" onClick=${() => go("#/chat")}>${t("New chat")}</button>
      <input id="search-sessions" type="search" aria-label=${t("Search sessions")} placeholder=${t("Search sessions")}
        value=${sessions.query} onInput=${(/** @type {any} */ event) => search(event.target.value)} />
    </div>
    <div class="sessions-scroll" ref=${box} onScroll=${look} tabindex="-1">
      <ul role="list" aria-label=${t("Sessions")}>
        ${first > 0 && html`<li role="none" aria-hidden="true" ref=${height(first * ROW)} />`}
        ${keys.slice(first, last).map((key, at) => html`<${Row} key=${key} session=${sessions.byKey[key]} open=${key === open}
          position=${first + at + 1} total=${total} />`)}
        ${last < keys.length && html`<li role="none" aria-hidden="true" ref=${height((keys.length - last) * ROW)} />`}
      </ul>
      ${keys.length === 0 && html`<p class="note">${searching ? (sessions.found ? t("Nothing found.") : t("Searching …")) : t("No sessions yet.")}</p>`}
    </div>
  </nav>`;
}

/** Sets an element's height; by script, since the page's policy allows no inline styles. @param {number} pixels */
function height(pixels) {
  return (/** @type {HTMLElement | null} */ element) => element && (element.style.height = `${pixels}px`);
}

/** @param {{session: any, open: boolean, position: number, total: number}} props */
function Row({ session, open, position, total }) {
  return html`<li aria-posinset=${position} aria-setsize=${total}>
    <a href=${addressOf(session.sessionKey)} aria-current=${open ? "page" : undefined}>${nameOf(session)}</a>
    <span class="when">${session.activeRunId ? html`<span class="busy" />` : ""}${clock(session.updatedAt)}</span>
  </li>`;
}
