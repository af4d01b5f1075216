/** The question whether a tool may be used. Hiding it decides nothing; a button brings it back. */
import { Fragment, html, useEffect, useMemo, useState } from "../lib/html.js";
import { pretty } from "../lib/format.js";
import { update, useStore } from "../lib/store.js";
import { t } from "../lib/words.js";
import { Dialog } from "../parts/dialog.js";
import { PinField, explainPin } from "../parts/pin.js";
import { AskedFields, answerOf, askedOf } from "./asked.js";
import { approve, deny } from "./approvals.js";

export function ApprovalsButton() {
  const count = useStore((state) => state.approvals.length);
  if (count === 0) return null;
  return html`<button type="button" class="attention" onClick=${() => update({ approvalsHidden: false })}>
    ${t("Approvals ({n})", { n: count })}</button>`;
}

export function ApprovalDialog() {
  const first = useStore((state) => state.approvals[0]);
  const hidden = useStore((state) => state.approvalsHidden);
  if (!first || hidden) return null;
  return html`<${Question} key=${first.approvalId} approval=${first} />`;
}

/** @param {{approval: import("./approvals.js").Approval}} props */
function Question({ approval }) {
  const [pin, setPin] = useState("");
  const [fault, setFault] = useState("");
  const [busy, setBusy] = useState(false);
  const [values, setValues] = useState(/** @type {Record<string, any>} */ ({}));
  const fields = useMemo(() => askedOf(approval.asks), [approval.approvalId]);
  useEffect(() => setFault(""), [approval.approvalId]);
  /** @param {() => Promise<void>} decide */
  const run = async (decide) => {
    setBusy(true);
    setFault("");
    try {
      await decide();
    } catch (error) {
      setFault(explainPin(error));
      setPin("");
      setBusy(false);
    }
  };
  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    run(() => approve(approval, pin, answerOf(fields, values)));
  };
  const label = t("Approve {tool}", { tool: approval.tool });
  return html`<${Dialog} label=${label} wide onClose=${() => update({ approvalsHidden: true })}>
    <form onSubmit=${submit} class="approval">
      ${approval.asks ? html`<${Asking} params=${approval.params} />` : html`<${Parameters} approval=${approval} />`}
      ${fields.length > 0 && html`<${AskedFields} fields=${fields} values=${values}
        onPut=${(/** @type {string} */ name, /** @type {any} */ value) => setValues((before) => ({ ...before, [name]: value }))} />`}
      ${fault && html`<p role="alert" class="fault">${fault}</p>`}
      <div class="row end sticky">
        ${approval.needsPin && html`<${PinField} value=${pin} onInput=${setPin} />`}
        <button type="button" disabled=${busy} onClick=${() => run(() => deny(approval))}>${t("Deny")}</button>
        <button type="submit" class="primary" disabled=${busy || (approval.needsPin && !pin)}>${t("Approve")}</button>
      </div>
    </form>
  <//>`;
}

/** @param {{approval: import("./approvals.js").Approval}} props */
function Parameters({ approval }) {
  return html`<${Fragment}>
    <p>${t("The agent {agent} wants to use this tool, with exactly these parameters:", { agent: approval.agentId })}</p>
    <pre tabindex="0" role="group" aria-label=${t("Parameters")}>${pretty(approval.params)}</pre>
    ${(approval.read ?? []).length > 0 && html`<p class="note">${t("Its run has read this from outside, and may be doing what it asked for:")}</p>
      <ul class="note">${(approval.read ?? []).map((each) => html`<li key=${each}>${each}</li>`)}</ul>`}
  <//>`;
}

/** What an MCP server asks. @param {{params: any}} props */
function Asking({ params }) {
  const web = /^https?:/.test(params.url ?? "");
  return html`<${Fragment}>
    <p>${t("The MCP server {server} asks:", { server: params.server })}</p>
    <blockquote>${params.question}</blockquote>
    ${params.url && html`<p>${web ? html`<a href=${params.url} target="_blank" rel="noopener noreferrer">${params.url}</a>` : params.url}</p>`}
  <//>`;
}
