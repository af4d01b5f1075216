/**
 * A table with a name, its rows, and what is said where there are none. On a phone a row is a card, each cell with its head
 * (`.listing`); the roles keep it a table for whoever hears it.
 */
import { html } from "../lib/html.js";
import { t } from "../lib/words.js";

/**
 * @param {{name: string, heads: string[], rows: any[][], keys: string[], empty: string}} props `heads` in English; an empty
 *   one is for buttons
 */
export function Table({ name, heads, rows, keys, empty }) {
  return html`<div class="card scroll" tabindex="0" role="group" aria-label=${name}>
    <table class="listing" role="table" aria-label=${name}>
      <thead role="rowgroup"><tr role="row">${heads.map((head, at) => html`<th key=${at} role="columnheader" scope="col" class=${head ? "" : "narrow"}>
        ${t(head || "Actions")}</th>`)}</tr></thead>
      <tbody role="rowgroup">${rows.map((row, at) => html`<tr key=${keys[at]} role="row">${row.map((cell, column) => html`<td key=${column}
        role="cell" data-head=${t(heads[column] ?? "")} class=${heads[column] ? "" : "narrow"}>${cell === "" ? null : html`<div>${cell}</div>`}</td>`)}</tr>`)}</tbody>
    </table>
    ${rows.length === 0 && html`<p class="note">${empty}</p>`}
  </div>`;
}

const GOOD = new Set(["connected", "enabled", "active", "completed", "delivered", "ok", "installed"]);
const BAD = new Set(["error", "failed", "dead", "revoked", "expired", "missed"]);

/** A word for how something is. @param {{word: string}} props */
export function Badge({ word }) {
  return html`<span class=${`badge ${GOOD.has(word) ? "good" : BAD.has(word) ? "bad" : ""}`}>${t(word).replaceAll("_", " ")}</span>`;
}
