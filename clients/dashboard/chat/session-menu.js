/** What can be done with the open session as a whole. */
import { html, useEffect, useRef, useState } from "../lib/html.js";
import { t } from "../lib/words.js";
import { Confirm, Dialog } from "../parts/dialog.js";
import { exportMarkdown, remove, set } from "./actions.js";
import { nameOf } from "./sessions.js";

/** @param {{session: any}} props */
export function SessionMenu({ session }) {
  const [open, setOpen] = useState(false);
  const [asking, setAsking] = useState(/** @type {"" | "rename" | "delete"} */ (""));
  const whole = useRef(/** @type {HTMLElement | null} */ (null));
  const button = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    if (!open) return;
    /** @type {any} */ (whole.current?.querySelector("[role=menuitem]"))?.focus();
    /** @param {Event} event */
    const outside = (event) => !whole.current?.contains(/** @type {Node} */ (event.target)) && setOpen(false);
    addEventListener("pointerdown", outside);
    return () => removeEventListener("pointerdown", outside);
  }, [open]);
  /** @param {() => void} action */
  const pick = (action) => () => {
    setOpen(false);
    button.current?.focus();
    action();
  };
  /** @param {KeyboardEvent} event */
  const press = (event) => {
    const items = /** @type {HTMLElement[]} */ ([...(whole.current?.querySelectorAll("[role=menuitem]") ?? [])]);
    const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) items[(at + step + items.length) % items.length]?.focus();
    else if (event.key === "Home") items[0]?.focus();
    else if (event.key === "End") items.at(-1)?.focus();
    else if (event.key === "Escape" || event.key === "Tab") setOpen(false);
    else return;
    if (event.key === "Escape") button.current?.focus();
    if (event.key !== "Tab") event.preventDefault();
  };
  const key = session.sessionKey;
  /** @type {[string, () => void][]} */
  const items = [
    ["Rename", () => setAsking("rename")],
    ["Export Markdown", () => exportMarkdown(key, nameOf(session))],
    ["Delete", () => setAsking("delete")],
  ];
  return html`<div class="menu-of" ref=${whole} onKeyDown=${press}>
    <button type="button" ref=${button} aria-haspopup="menu" aria-expanded=${String(open)} aria-label=${t("Session menu")}
      onClick=${() => setOpen(!open)}>⋯</button>
    ${open && html`<div role="menu" aria-label=${t("Session menu")}>
      ${items.map(([name, action]) => html`<button type="button" role="menuitem" tabindex="-1" key=${name} onClick=${pick(action)}>${t(name)}</button>`)}
    </div>`}
    ${asking === "rename" && html`<${Rename} session=${session} onClose=${() => setAsking("")} />`}
    ${asking === "delete" && html`<${Confirm} label=${t("Delete {name}?", { name: nameOf(session) })} action=${t("Delete")} cancel=${t("Cancel")}
      text=${t("The session and its messages are gone for good.")}
      onYes=${() => remove(key)} onClose=${() => setAsking("")} />`}
  </div>`;
}

/** @param {{session: any, onClose: () => void}} props */
function Rename({ session, onClose }) {
  const [title, setTitle] = useState(session.title ?? "");
  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    set(session.sessionKey, { title: title.trim() || null });
    onClose();
  };
  return html`<${Dialog} label=${t("Rename")} onClose=${onClose}>
    <form onSubmit=${submit}>
      <label><span>${t("Title")}</span>
        <input autofocus maxlength="300" value=${title} onInput=${(/** @type {any} */ event) => setTitle(event.target.value)} /></label>
      <div class="row end">
        <button type="button" onClick=${onClose}>${t("Cancel")}</button>
        <button type="submit" class="primary">${t("Save")}</button>
      </div>
    </form>
  <//>`;
}
