/** A message of yours, or what an agent said and did in one run. */
import { Fragment, classes, html, useEffect, useMemo, useRef, useState } from "../lib/html.js";
import { copyText } from "../lib/clipboard.js";
import { clock } from "../lib/format.js";
import { Markdown } from "../markdown/markdown.js";
import { useStore } from "../lib/store.js";
import { t } from "../lib/words.js";
import { askAgain, fork, retry } from "./actions.js";
import { textOf } from "./model.js";
import { Step } from "./step.js";

const DONE_MS = 1500;

/** @typedef {import("./model.js").Item} Item */

/** @param {{chat: string, item: Item}} props */
export function Message({ chat, item }) {
  const language = useStore((state) => state.language);
  // The same elements as long as nothing changed: a message that is not growing costs nothing while another one does.
  return useMemo(() => html`<${Whole} chat=${chat} item=${item} />`, [chat, item, language]);
}

/** What a run is at that has said nothing yet. @param {string | undefined} waits */
function work(waits) {
  if (waits === "loading_model") return t("Loading the model");
  return waits === "compacting" ? t("Summarising the conversation") : t("Working");
}

/** @param {{chat: string, item: Item}} props */
function Whole({ chat, item }) {
  const [editing, setEditing] = useState(false);
  const article = useRef(/** @type {HTMLElement | null} */ (null));
  const mine = item.role === "user";
  const who = mine ? t("You") : item.role === "assistant" ? t("Assistant") : t("System");
  useEffect(() => {
    /** @param {any} event */
    const edit = (event) => event.detail === item.id && setEditing(true);
    addEventListener("openclaw:edit", edit);
    return () => removeEventListener("openclaw:edit", edit);
  }, [item.id]);
  return html`<article class=${classes("message", item.role)} data-id=${item.id} aria-label=${`${who}, ${clock(item.at)}`} ref=${article}>
    <p class="who"><strong>${who}</strong> <time datetime=${item.at}>${clock(item.at)}</time>
      ${item.model && html`<span class="note">${item.model}</span>`}</p>
    ${editing ? html`<${Editor} chat=${chat} item=${item} onClose=${() => setEditing(false)} />` : html`<div class="bubble">
      ${item.parts.map((part, at) => html`<${Part} key=${at} part=${part} mine=${mine} growing=${item.growing && at === item.parts.length - 1} />`)}
      ${item.growing && item.parts.length === 0 && html`<p class="note thinking-dots">${work(item.waits)} …</p>`}
      <${Attachments} given=${item.attachments} />
    </div>`}
    ${item.status === "aborted" && html`<p class="note">${t("Stopped.")}</p>`}
    ${item.error && html`<p role="alert" class="fault">${reasonOf(item.error)}</p>`}
    ${!editing && !item.growing && html`<${Actions} chat=${chat} item=${item} onEdit=${() => setEditing(true)} />`}
  </article>`;
}

/** @param {{code: string, message: string}} error */
function reasonOf(error) {
  if (error.code === "interrupted") return t("The gateway was stopped before the answer was whole.");
  return error.message || error.code;
}

/** @param {{part: import("./model.js").Part, mine: boolean, growing: boolean}} props */
function Part({ part, mine, growing }) {
  if (part.type === "tool") return html`<${Step} step=${part} />`;
  if (part.type === "thinking") {
    return html`<details class="step thinking"><summary>${t("Reasoning")}</summary><p class="plain-text">${part.text}</p></details>`;
  }
  return mine ? html`<p class="plain-text">${part.text}</p>` : html`<${Markdown} text=${part.text} growing=${growing} />`;
}

const PICTURE = /^data:image\/(png|jpeg|gif|webp);base64,/;

/** @param {{given: import("../../js/types/api.mjs").MessageAttachment[]}} props */
function Attachments({ given }) {
  if (given.length === 0) return null;
  return html`<ul class="attachments" aria-label=${t("Attachments")}>
    ${given.map((each, at) => html`<li key=${at}><${Attachment} given=${each} /></li>`)}
  </ul>`;
}

/** A picture that came with its message is shown; one of another server's is a link, since nothing is loaded from there. */
/** @param {{given: import("../../js/types/api.mjs").MessageAttachment}} props */
function Attachment({ given }) {
  const name = given.name ?? (given.type === "image" ? t("Picture") : t("Attachment"));
  if (given.url && PICTURE.test(given.url)) return html`<img alt=${name} src=${given.url} />`;
  if (given.url && /^https?:/.test(given.url)) return html`<a href=${given.url} target="_blank" rel="noopener noreferrer">${given.name ?? given.url}</a>`;
  return html`<span class="file">${name}</span>`;
}

/** @param {{chat: string, item: Item, onEdit: () => void}} props */
function Actions({ chat, item, onEdit }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await copyText(textOf(item));
    setCopied(true);
    setTimeout(() => setCopied(false), DONE_MS);
  };
  return html`<div class="actions">
    <button type="button" data-done=${copied ? "" : undefined} onClick=${copy}>${t("Copy")}</button>
    ${item.role === "user" && html`<button type="button" onClick=${onEdit}>${t("Edit")}</button>`}
    ${item.role === "assistant" && html`<button type="button" onClick=${() => retry(chat, item)}>${t("Retry")}</button>`}
    <button type="button" onClick=${() => fork(chat, item)}>${t("Fork")}</button>
  </div>`;
}

/** @param {{chat: string, item: Item, onClose: () => void}} props */
function Editor({ chat, item, onClose }) {
  const [text, setText] = useState(textOf(item));
  const field = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  useEffect(() => field.current?.focus(), []);
  const save = () => {
    onClose();
    askAgain(chat, item, text);
  };
  /** @param {KeyboardEvent} event */
  const press = (event) => {
    if (event.key === "Escape") onClose();
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && text.trim()) save();
    else return;
    event.preventDefault();
  };
  return html`<${Fragment}>
    <textarea class="edit" ref=${field} aria-label=${t("Edit message")} rows="4" value=${text} onKeyDown=${press}
      onInput=${(/** @type {any} */ event) => setText(event.target.value)} />
    <div class="row end">
      <button type="button" onClick=${onClose}>${t("Cancel")}</button>
      <button type="button" class="primary" disabled=${!text.trim()} onClick=${save}>${t("Save")}</button>
    </div>
  <//>`;
}
