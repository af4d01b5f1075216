/** Budgets as they stand: a bar each, and what is left in words. */
import { html } from "../lib/html.js";
import { moment, number } from "../lib/format.js";
import { t } from "../lib/words.js";

/** @typedef {import("../../js/types/api.d.mts").BudgetState} State */

/** @param {{of: State[]}} props */
export function Budgets({ of }) {
  return html`<section class="card">
    <h2>${t("Budgets")}</h2>
    <ul class="budgets">
      ${of.map((state) => html`<${Budget} key=${`${state.budget}/${state.subject ?? ""}`} of=${state} />`)}
    </ul>
  </section>`;
}

/** @param {{of: State}} props */
function Budget({ of }) {
  const name = of.subject === undefined ? of.budget : `${of.budget} · ${of.subject}`;
  const digits = of.unit === "cost" ? 2 : 0;
  const amounts = { left: number(of.left, digits), limit: number(of.limit, digits), until: moment(of.resetAt * 1000) };
  const words = of.unit === "cost" ? "{left} of {limit} left until {until}" : "{left} of {limit} tokens left until {until}";
  const spent = of.limit - of.left;
  return html`<li>
    <strong>${name}</strong>
    <meter min="0" max=${of.limit || 1} high=${0.8 * of.limit} optimum="0" value=${of.limit ? spent : 1} aria-label=${name}></meter>
    <span class="note">${t(words, amounts)}</span>
  </li>`;
}
