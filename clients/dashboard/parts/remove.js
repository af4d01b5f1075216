/** A button that asks before it removes something. */
import { Fragment, html, useState } from "../lib/html.js";
import { t } from "../lib/words.js";
import { Confirm } from "./dialog.js";

/** @param {{label: string, text: string, onYes: () => void, verb?: string}} props `label` names the thing: "Delete a.txt" */
export function Remove({ label, text, onYes, verb = "Delete" }) {
  const [asking, setAsking] = useState(false);
  return html`<${Fragment}>
    <button type="button" class="danger" aria-label=${label} onClick=${() => setAsking(true)}>${t(verb)}</button>
    ${asking && html`<${Confirm} label=${`${label}?`} text=${text} action=${t(verb)} cancel=${t("Cancel")} onYes=${onYes} onClose=${() => setAsking(false)} />`}
  <//>`;
}
