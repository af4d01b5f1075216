/** The messages of a session: a window onto its items that stays where the reader is, or at the end. */
import { Fragment, html, useEffect, useLayoutEffect, useRef, useState } from "../lib/html.js";
import { useStore } from "../lib/store.js";
import { t } from "../lib/words.js";
import { Message } from "./message.js";
import { Pending } from "./pending.js";
import { loadOlder, open } from "./session.js";

const MOST = 150;
const STEP = 50;
const NEAR = 600;
const AT_END = 60;

/** @param {{session: string | null}} props */
export function Log({ session }) {
  const chat = useStore((state) => (session ? state.chats[session] : undefined));
  const outbox = useStore((state) => state.outbox);
  const pending = outbox.filter((each) => each.key === session);
  const items = chat?.items ?? [];
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const inside = useRef(/** @type {HTMLElement | null} */ (null));
  const atEnd = useRef(true);
  const anchor = useRef(/** @type {{id: string, top: number} | null} */ (null));
  const [away, setAway] = useState(false);
  // The window is told by its last item, so that older ones that arrive do not move it; null: it ends where the items do.
  const [until, setUntil] = useState(/** @type {string | null} */ (null));
  const [size, setSize] = useState(STEP);
  const found = until === null ? -1 : items.findIndex((each) => each.id === until);
  const end = found < 0 ? items.length : found + 1;
  const begin = Math.max(end - size, 0);

  const toEnd = () => {
    const element = box.current;
    if (element) element.scrollTop = element.scrollHeight;
  };
  /** Remember what is at the top of the view, to put it back there when something above it changes. */
  const remember = () => {
    const element = box.current;
    const top = element?.getBoundingClientRect().top ?? 0;
    const first = [...(inside.current?.querySelectorAll("article[data-id]") ?? [])].find((each) => each.getBoundingClientRect().bottom > top);
    anchor.current = first instanceof HTMLElement ? { id: first.dataset.id ?? "", top: first.getBoundingClientRect().top - top } : null;
  };
  const scrolled = () => {
    const element = box.current;
    if (!element) return;
    const rest = element.scrollHeight - element.scrollTop - element.clientHeight;
    atEnd.current = end === items.length && rest < AT_END;
    if (away === atEnd.current) setAway(!atEnd.current);
    remember();
    if (element.scrollTop < NEAR) {
      if (begin > 0) grow();
      else if (session && chat?.cursor && !chat.older) loadOlder(session);
    } else if (rest < NEAR && end < items.length) {
      setUntil(items[Math.min(end + STEP, items.length) - 1]?.id ?? null);
      if (end + STEP >= items.length) setUntil(null);
    }
  };
  const grow = () => {
    if (size < MOST) setSize(size + STEP);
    else setUntil(items[end - 1 - STEP]?.id ?? null);
  };

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    if (atEnd.current) toEnd();
    else if (anchor.current) {
      const { id, top } = anchor.current;
      const kept = inside.current?.querySelector(`article[data-id="${CSS.escape(id)}"]`);
      if (kept) element.scrollTop += kept.getBoundingClientRect().top - element.getBoundingClientRect().top - top;
    }
  }, [items, begin, end, pending.length]);
  useEffect(() => {
    const observer = new ResizeObserver(() => atEnd.current && toEnd());
    if (inside.current) observer.observe(inside.current);
    if (box.current) observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  // Older ones were asked for while the view was near the top: show them.
  useEffect(() => {
    if (begin > 0 && box.current && box.current.scrollTop < NEAR && !atEnd.current) grow();
  }, [items.length]);

  const busy = items.some((each) => each.growing) || (chat?.running.length ?? 0) > 0;
  const empty = items.length === 0 && pending.length === 0;
  const jump = () => {
    setUntil(null);
    setSize(STEP);
    atEnd.current = true;
    setAway(false);
    requestAnimationFrame(toEnd);
  };
  return html`<div class="log-frame">
    <div class="log" role="log" aria-label=${t("Messages")} aria-busy=${String(busy)} aria-live="off" tabindex="0" ref=${box} onScroll=${scrolled}>
      <div class="log-inside" ref=${inside}>
        ${(chat?.older || (begin === 0 && chat?.cursor)) && html`<p class="note center">${t("Loading …")}</p>`}
        ${empty && html`<${Empty} session=${session} chat=${chat} />`}
        ${items.slice(begin, end).map((each) => html`<${Message} key=${each.id} chat=${session} item=${each} />`)}
        ${end === items.length && pending.map((each) => html`<${Pending} key=${each.id} message=${each} />`)}
      </div>
    </div>
    ${away && html`<button type="button" class="jump" onClick=${jump}>${t("Jump to latest")}</button>`}
  </div>`;
}

/** @param {{session: string | null, chat: import("./model.js").Chat | undefined}} props */
function Empty({ session, chat }) {
  const model = useStore((state) => state.choices.models.find((each) => each.default)?.id);
  if (session && chat?.state === "failed") {
    return html`<div class="empty"><p role="alert" class="fault">${chat.fault}</p>
      <button type="button" onClick=${() => open(session)}>${t("Retry")}</button></div>`;
  }
  if (session && (!chat || chat.state === "loading")) return html`<p class="note center">${t("Loading …")}</p>`;
  return html`<div class="empty">
    <${Fragment}><p class="greeting">${t("What shall we do?")}</p>
    <p class="note">${model ? t("{model} answers.", { model }) : t("Write a message below. /help lists what the gateway can do without a model.")}</p><//>
  </div>`;
}
