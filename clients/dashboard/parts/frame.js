/** What stands around every page: the pages' links, the connection, language and theme, signing out. */
import { signOut } from "../lib/access.js";
import { Fragment, classes, html, useEffect, useRef, useState } from "../lib/html.js";
import { chooseLanguage, chooseTheme } from "../lib/look.js";
import { PAGES } from "../lib/router.js";
import { update, useStore } from "../lib/store.js";
import { t } from "../lib/words.js";
import { ApprovalDialog, ApprovalsButton } from "../chat/approval-dialog.js";
import { startApprovals } from "../chat/approvals.js";
import { ChatPage } from "../chat/page.js";
import { startOutbox } from "../chat/outbox.js";
import { startSessions } from "../chat/sessions.js";
import { PinDialog } from "./pin-dialog.js";
import { Shortcuts } from "./shortcuts.js";
import { SignIn } from "./sign-in.js";

const NAMES = /** @type {Record<string, string>} */ ({
  chat: "Chat", overview: "Overview", channels: "Channels", skills: "Skills", memory: "Memory", tasks: "Tasks",
  webhooks: "Webhooks", tokens: "Tokens", files: "Files", logs: "Logs", config: "Config", api: "API",
});
const STATES = { connecting: "Connecting", reconnecting: "Connecting", open: "Connected", closed: "Offline" };
const TOAST_MS = 6000;

export function Frame() {
  const access = useStore((state) => state.access);
  useStore((state) => state.language);
  if (access === "checking") return null;
  return access === "out" ? html`<${SignIn} />` : html`<${Inside} />`;
}

function Inside() {
  useEffect(() => {
    const leaving = new AbortController();
    startSessions(leaving.signal);
    startApprovals(leaving.signal);
    startOutbox(leaving.signal);
    return () => leaving.abort();
  }, []);
  const page = useStore((state) => state.route.page);
  return html`<${Fragment}>
    <a class="skip" href="#main" onClick=${skip}>${t("Skip to content")}</a>
    <div class="frame">
      <${Side} page=${page} />
      <main id="main" tabindex=${page === "chat" ? "-1" : "0"} class=${classes("main", page === "chat" && "of-chat")}>
        ${page === "chat" ? html`<${ChatPage} />` : html`<${Page} key=${page} page=${page} />`}
      </main>
    </div>
    <${ApprovalDialog} />
    <${PinDialog} />
    <${Shortcuts} />
    <${Toast} />
  <//>`;
}

/** @param {Event} event */
function skip(event) {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

/** @param {{page: string}} props */
function Side({ page }) {
  const [open, setOpen] = useState(false);
  const language = useStore((state) => state.language);
  const theme = useStore((state) => state.theme);
  useEffect(() => setOpen(false), [page]);
  const offline = !useOnline();
  const connection = useStore((state) => state.connection);
  const word = offline ? "Offline" : STATES[connection];
  return html`<header class=${classes("side", open && "open")}>
    <div class="side-top">
      <strong class="brand"><span class="mark" aria-hidden="true" />OpenClaw</strong>
      <${ApprovalsButton} />
      <span class="connection" role="status" aria-label=${t("Connection")} data-state=${word}>${t(word)}</span>
      <button type="button" class="menu" aria-expanded=${String(open)} onClick=${() => setOpen(!open)}>${t("Menu")}</button>
    </div>
    <div class="side-rest">
      <nav aria-label=${t("Pages")}>
        ${PAGES.map((each) => html`<a key=${each} href=${`#/${each}`} aria-current=${each === page ? "page" : undefined}
          onClick=${() => setOpen(false)}>${t(NAMES[each] ?? each)}</a>`)}
      </nav>
      <div class="side-end">
        <label><span>${t("Language")}</span>
          <select value=${language} onChange=${(/** @type {any} */ event) => chooseLanguage(event.target.value)}>
            <option value="en">English</option><option value="zh-CN">中文</option>
          </select></label>
        <label><span>${t("Theme")}</span>
          <select value=${theme} onChange=${(/** @type {any} */ event) => chooseTheme(event.target.value)}>
            <option value="system">${t("System")}</option><option value="light">${t("Light")}</option>
            <option value="dark">${t("Dark")}</option>
          </select></label>
        <button type="button" onClick=${signOut}>${t("Sign out")}</button>
      </div>
    </div>
  </header>`;
}

function useOnline() {
  const [online, setOnline] = useState(navigator.onLine);
  useEffect(() => {
    const look = () => setOnline(navigator.onLine);
    addEventListener("online", look);
    addEventListener("offline", look);
    return () => {
      removeEventListener("online", look);
      removeEventListener("offline", look);
    };
  }, []);
  return online;
}

/** A page that is loaded when it is first opened. @param {{page: string}} props */
function Page({ page }) {
  const [shown, setShown] = useState(/** @type {any} */ (null));
  const [fault, setFault] = useState("");
  const heading = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    import(`../pages/${page}.js`).then(
      (module) => setShown(() => module.default),
      () => setFault(t("This page could not be loaded. Reload to try again.")),
    );
    document.title = `${t(NAMES[page] ?? page)} · OpenClaw`;
  }, []);
  return html`<div class="page">
    <h1 ref=${heading}>${t(NAMES[page] ?? page)}</h1>
    ${fault && html`<p role="alert" class="fault">${fault}</p>`}
    ${shown ? html`<${shown} />` : !fault && html`<p class="note">${t("Loading …")}</p>`}
  </div>`;
}

function Toast() {
  const text = useStore((state) => state.toast);
  useEffect(() => {
    if (!text) return;
    const timer = setTimeout(() => update({ toast: "" }), TOAST_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return html`<div class=${classes("toast", Boolean(text) && "shown")}>
    ${text && html`<span role="alert">${text}</span>
      <button type="button" onClick=${() => update({ toast: "" })}>${t("Close")}</button>`}
  </div>`;
}
