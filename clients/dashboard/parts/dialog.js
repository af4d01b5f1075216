/** A modal dialog: the browser's own, which keeps the focus inside; it goes back where it was when the dialog closes. */
import { html, useEffect, useRef } from "../lib/html.js";

/**
 * @param {{label: string, role?: "dialog" | "alertdialog", onClose: () => void, children?: any, wide?: boolean}} props
 *   `onClose` is also called for Escape.
 */
export function Dialog({ label, role = "dialog", onClose, children, wide = false }) {
  const element = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => {
    const dialog = element.current;
    const before = document.activeElement;
    dialog?.showModal();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  /** @param {Event} event */
  const cancel = (event) => {
    event.preventDefault();
    onClose();
  };
  return html`<dialog ref=${element} role=${role === "alertdialog" ? role : undefined} aria-label=${label}
    class=${wide ? "wide" : ""} onCancel=${cancel}>
    <h2>${label}</h2>
    ${children}
  </dialog>`;
}

/**
 * A question before something is lost.
 *
 * @param {{label: string, text: string, action: string, onYes: () => void, onClose: () => void, cancel: string}} props
 */
export function Confirm({ label, text, action, onYes, onClose, cancel }) {
  return html`<${Dialog} label=${label} role="alertdialog" onClose=${onClose}>
    <p>${text}</p>
    <div class="row end">
      <button type="button" onClick=${onClose}>${cancel}</button>
      <button type="button" class="danger" onClick=${() => { onYes(); onClose(); }}>${action}</button>
    </div>
  <//>`;
}
