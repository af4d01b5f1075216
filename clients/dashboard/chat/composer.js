/** Where one writes: the message, what goes with it, who answers. */
import { html, useEffect, useLayoutEffect, useRef, useState } from "../lib/html.js";
import { explain } from "../lib/net.js";
import { keep, recall } from "../lib/prefs.js";
import { get, useStore } from "../lib/store.js";
import { t } from "../lib/words.js";
import { ask, set, stop, toast } from "./actions.js";
import { attach } from "./files.js";

const TALLEST = 240;
const DRAFT_MS = 250;

/** @param {{session: string | null}} props */
export function Composer({ session }) {
  const slot = `draft.${session ?? ""}`;
  const [text, setText] = useState(recall(slot) ?? "");
  // What is kept as a draft: also when the page is left before what was written last is shown.
  const latest = useRef(text);
  const [files, setFiles] = useState(/** @type {import("./files.js").Attached[]} */ ([]));
  const [chosen, setChosen] = useState(/** @type {{agentId?: string, model?: string}} */ ({}));
  const running = useStore((state) => (session ? (state.chats[session]?.running.length ?? 0) : 0));
  const field = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  const picker = useRef(/** @type {HTMLInputElement | null} */ (null));
  useEffect(() => {
    if (matchMedia("(pointer: fine)").matches && !document.querySelector("dialog[open]")) field.current?.focus();
    performance.mark("openclaw:ready");
  }, []);
  useEffect(() => {
    const save = () => keep(slot, latest.current);
    const timer = setTimeout(save, DRAFT_MS);
    addEventListener("pagehide", save);
    return () => {
      clearTimeout(timer);
      removeEventListener("pagehide", save);
      save();
    };
  }, [text]);
  useLayoutEffect(() => {
    const area = field.current;
    if (!area) return;
    area.style.height = "auto";
    area.style.height = `${Math.min(area.scrollHeight, TALLEST)}px`;
  }, [text]);
  /** @param {string} now */
  const write = (now) => {
    latest.current = now;
    setText(now);
  };
  const sendable = text.trim() !== "";
  const submit = () => {
    if (!sendable) return;
    write("");
    keep(slot, "");
    setFiles([]);
    ask(session, text, files.map((each) => each.attachment), chosen);
  };
  /** @param {Iterable<File>} given */
  const add = async (given) => {
    for (const file of [...given]) {
      try {
        const attached = await attach(file);
        setFiles((before) => [...before, attached]);
      } catch (error) {
        toast(explain(error));
      }
    }
  };
  /** @param {KeyboardEvent} event */
  const press = (event) => {
    // 229: some browsers say so, and not isComposing, for the Enter that ends a composition.
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Enter" && !event.shiftKey) submit();
    else if (event.key === "Escape" && running && session) stop(session);
    else if (event.key === "ArrowUp" && text === "") editLast(session);
    else return;
    event.preventDefault();
  };
  /** @param {any} event */
  const paste = (event) => {
    const given = [...(event.clipboardData?.files ?? [])];
    if (given.length === 0) return;
    event.preventDefault();
    add(given);
  };
  /** @param {any} event */
  const drop = (event) => {
    event.preventDefault();
    add(event.dataTransfer?.files ?? []);
  };
  return html`<form class="composer" onSubmit=${(/** @type {Event} */ event) => { event.preventDefault(); submit(); }}
    onDragOver=${(/** @type {Event} */ event) => event.preventDefault()} onDrop=${drop}>
    ${files.length > 0 && html`<ul class="attachments" aria-label=${t("Attachments")}>${files.map((each) => html`<li key=${each.id}>
      ${each.preview ? html`<img alt="" src=${each.preview} />` : ""}<span class="file">${each.name}</span>
      <button type="button" aria-label=${t("Remove {name}", { name: each.name })}
        onClick=${() => setFiles((before) => before.filter((one) => one !== each))}>×</button></li>`)}</ul>`}
    <textarea id="message" ref=${field} rows="1" aria-label=${t("Message")} placeholder=${t("Write a message …")} value=${text}
      onInput=${(/** @type {any} */ event) => write(event.target.value)} onKeyDown=${press} onPaste=${paste} />
    <div class="row">
      <button type="button" onClick=${() => picker.current?.click()}>${t("Attach")}</button>
      <input ref=${picker} type="file" multiple hidden aria-hidden="true" tabindex="-1" onChange=${(/** @type {any} */ event) => { add(event.target.files ?? []); event.target.value = ""; }} />
      <${Choices} session=${session} chosen=${chosen} onChoose=${setChosen} />
      <span class="grow" />
      ${running > 0 && session && html`<button type="button" class="danger" onClick=${() => stop(session)}>${t("Stop")}</button>`}
      <button type="submit" class="primary" disabled=${!sendable}>${t("Send")}</button>
    </div>
  </form>`;
}

/** Edit the last message that was said in this session. @param {string | null} session */
function editLast(session) {
  const items = session ? (get().chats[session]?.items ?? []) : [];
  const last = items.findLast((each) => each.role === "user");
  if (last) dispatchEvent(new CustomEvent("openclaw:edit", { detail: last.id }));
}

/**
 * Who answers: of a new session chosen before its first message, of an old one changed at once.
 *
 * @param {{session: string | null, chosen: {agentId?: string, model?: string}, onChoose: (chosen: any) => void}} props
 */
function Choices({ session, chosen, onChoose }) {
  const { agents, models } = useStore((state) => state.choices);
  const info = useStore((state) => (session ? (state.chats[session]?.info ?? state.sessions.byKey[session]) : null));
  const agent = (info ? info.agentId : chosen.agentId) ?? agents.find((each) => each.default)?.id ?? "";
  const model = (info ? info.model : chosen.model) ?? "";
  const usual = models.find((each) => each.default)?.id;
  /** @param {{agentId?: string, model?: string | null}} changes */
  const choose = (changes) => {
    if (session && info) set(session, changes);
    else onChoose({ ...chosen, ...changes, ...(changes.model === null ? { model: undefined } : {}) });
  };
  return html`<span class="choices">
    <select aria-label=${t("Agent")} value=${agent} onChange=${(/** @type {any} */ event) => choose({ agentId: event.target.value })}>
      ${known(agents.map((each) => [each.id, each.name ?? each.id]), agent)}
    </select>
    <select aria-label=${t("Model")} value=${model} onChange=${(/** @type {any} */ event) => choose({ model: event.target.value || null })}>
      <option value="">${usual ? t("Usual model ({name})", { name: usual }) : t("Usual model")}</option>
      ${known(models.map((each) => [each.id, each.id]), model)}
    </select>
  </span>`;
}

/** The options, with the chosen one even where it is not offered. @param {string[][]} offered @param {string} chosen */
function known(offered, chosen) {
  const all = !chosen || offered.some(([id]) => id === chosen) ? offered : [...offered, [chosen, chosen]];
  return all.map(([id, name]) => html`<option key=${id} value=${id}>${name}</option>`);
}
