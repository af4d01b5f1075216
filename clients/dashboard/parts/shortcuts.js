/** Keys that work on every page, and the dialog that lists them. */
import { Fragment, html, useEffect, useState } from "../lib/html.js";
import { go } from "../lib/router.js";
import { get } from "../lib/store.js";
import { t } from "../lib/words.js";
import { Dialog } from "./dialog.js";

const APPLE = /Mac|iPhone|iPad/.test(navigator.platform);
const COMMAND = APPLE ? "⌘" : "Ctrl";
/** @type {[string, string][]} */
const KEYS = [
  ["Enter", "Send the message"],
  ["Shift+Enter", "A new line"],
  ["Escape", "Stop the answer, from the message"],
  ["↑", "Edit your last message, from an empty one"],
  [`${COMMAND}+K`, "Search sessions"],
  [`${COMMAND}+Shift+O`, "New chat"],
  ["/", "Go to the message"],
  ["?", "Keyboard shortcuts"],
];

/** Put the focus on an element of the chat, which is opened first. @param {string} id */
function focusInChat(id) {
  if (get().route.page !== "chat") go("#/chat");
  setTimeout(() => document.getElementById(id)?.focus());
}

/** @param {EventTarget | null} target */
function writes(target) {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

export function Shortcuts() {
  const [open, setOpen] = useState(false);
  useEffect(() => {
    /** @param {KeyboardEvent} event */
    const press = (event) => {
      const command = event.ctrlKey || event.metaKey;
      const key = event.key.toLowerCase();
      if (event.isComposing || event.altKey) return;
      if (command && !event.shiftKey && key === "k") focusInChat("search-sessions");
      else if (command && event.shiftKey && key === "o") {
        go("#/chat");
        focusInChat("message");
      } else if (command || writes(event.target) || document.querySelector("dialog[open]")) return;
      else if (event.key === "/") focusInChat("message");
      else if (event.key === "?") setOpen(true);
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
  if (!open) return null;
  return html`<${Dialog} label=${t("Keyboard shortcuts")} onClose=${() => setOpen(false)}>
    <dl class="keys">${KEYS.map(([keys, meaning]) => html`<${Fragment} key=${keys}>
      <dt><kbd>${keys}</kbd></dt><dd>${t(meaning)}</dd><//>`)}</dl>
    <div class="row end"><button type="button" onClick=${() => setOpen(false)}>${t("Close")}</button></div>
  <//>`;
}
