/** A step of an agent: the tool that it used, what it gave it, what came back. */
import { classes, html } from "../lib/html.js";
import { milliseconds, pretty } from "../lib/format.js";
import { t } from "../lib/words.js";

const LONGEST = 20_000;

/** @param {{step: import("./model.js").ToolPart}} props */
export function Step({ step }) {
  const label = t("Tool {name}", { name: step.tool });
  return html`<details class=${classes("step", step.state)} role="group" aria-label=${label}>
    <summary><code>${step.tool}</code> <span class="state">${t(step.state)}</span>
      ${step.ms !== undefined && html` <span class="note">${milliseconds(step.ms)}</span>`}</summary>
    <h4>${t("Parameters")}</h4>
    <pre tabindex="0" role="group" aria-label=${t("Parameters")}>${cut(pretty(step.params))}</pre>
    ${step.state !== "running" && html`<h4>${t("Result")}</h4><${Result} step=${step} />`}
  </details>`;
}

/** @param {{step: import("./model.js").ToolPart}} props */
function Result({ step }) {
  if (step.error !== undefined) return html`<p class="fault">${step.error}</p>`;
  const result = step.result;
  if (result?.data && /^image\/(png|jpeg|gif|webp)$/.test(result.mimeType ?? "")) {
    return html`<img class="result" alt=${t("Picture")} src=${`data:${result.mimeType};base64,${result.data}`} />`;
  }
  return html`<pre tabindex="0" role="group" aria-label=${t("Result")}>${cut(pretty(result ?? ""))}</pre>`;
}

/** @param {string} text */
function cut(text) {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}\n… ${t("{n} more characters", { n: text.length - LONGEST })}` : text;
}
