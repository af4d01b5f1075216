/** Webhooks: who is told of events, and what became of each delivery. */
import { Fragment, html, useState } from "../lib/html.js";
import { copyText } from "../lib/clipboard.js";
import { moment } from "../lib/format.js";
import { call } from "../lib/net.js";
import { t } from "../lib/words.js";
import { Dialog } from "../parts/dialog.js";
import { Fault, Waiting, useCall, useTask } from "../parts/load.js";
import { Remove } from "../parts/remove.js";
import { Badge, Table } from "../parts/table.js";

export default function Webhooks() {
  const list = useCall("webhook.list");
  const [making, setMaking] = useState(false);
  const [watched, setWatched] = useState("");
  const [said, setSaid] = useState("");
  const [fault, run, busy] = useTask();
  const hooks = list.data?.webhooks ?? [];
  /** @param {string} method @param {object} params */
  const change = (method, params) => run(async () => {
    await call(method, params);
    await list.reload();
  });
  /** @param {any} hook */
  const test = (hook) => run(async () => {
    const { status, error } = await call("webhook.test", { webhookId: hook.id });
    setSaid(t("{url} answered {answer}.", { url: hook.url, answer: status ?? error ?? "?" }));
  });
  return html`<${Fragment}>
    ${!list.unknown && html`<div class="row"><button type="button" class="primary" onClick=${() => setMaking(true)}>${t("New webhook")}</button></div>`}
    <${Fault} text=${fault} />
    ${said && html`<p role="status" class="card">${said}</p>`}
    ${list.data ? html`<${Table} name="Webhooks" heads=${["Address", "Events", "Status", ""]} keys=${hooks.map((/** @type {any} */ each) => each.id)}
      empty=${t("There are no webhooks yet.")} rows=${hooks.map((/** @type {any} */ each) => [
        each.url, each.events.join(", "),
        html`<${Badge} word=${each.enabled ? "enabled" : "disabled"} />${(each.disabledReason ?? each.lastError) && html`<p class="note">${each.disabledReason ?? each.lastError}</p>`}`,
        html`<div class="row">
          <button type="button" aria-label=${`${t("Deliveries")} ${each.url}`} onClick=${() => setWatched(each.id)}>${t("Deliveries")}</button>
          <button type="button" disabled=${busy} aria-label=${`${t("Test")} ${each.url}`} onClick=${() => test(each)}>${t("Test")}</button>
          <button type="button" disabled=${busy} aria-label=${`${each.enabled ? t("Disable") : t("Enable")} ${each.url}`}
            onClick=${() => change("webhook.update", { webhookId: each.id, enabled: !each.enabled })}>${each.enabled ? t("Disable") : t("Enable")}</button>
          <${Remove} label=${t("Delete {name}", { name: each.url })} text=${t("Deliveries that wait are dropped.")} onYes=${() => change("webhook.delete", { webhookId: each.id })} /></div>`,
      ])} />` : html`<${Waiting} of=${list} />`}
    ${watched && html`<${Deliveries} key=${watched} webhook=${watched} />`}
    ${making && html`<${NewWebhook} onClose=${() => { setMaking(false); list.reload(); }} />`}
  <//>`;
}

/** @param {{webhook: string}} props */
function Deliveries({ webhook }) {
  const list = useCall("webhook.deliveries", { webhookId: webhook, limit: 100 }, 5000);
  const [fault, run] = useTask();
  const deliveries = list.data?.deliveries ?? [];
  /** @param {string} id */
  const again = (id) => run(async () => {
    await call("webhook.redeliver", { webhookId: webhook, deliveryId: id });
    await list.reload();
  });
  return html`<section class="card">
    <h2>${t("Deliveries")}</h2>
    <${Fault} text=${fault} />
    ${list.data ? html`<${Table} name=${t("Deliveries")} heads=${["Event", "Status", "Tries", "Made", "Last error", ""]} empty=${t("Nothing was delivered yet.")}
      keys=${deliveries.map((/** @type {any} */ each) => each.id)} rows=${deliveries.map((/** @type {any} */ each) => [
        html`${each.event}<br /><code>${each.id}</code>`, html`<${Badge} word=${each.status} />`, each.attempts, each.createdAt ? moment(each.createdAt) : "",
        each.lastError ?? "", html`<button type="button" aria-label=${`${t("Send again")} ${each.id}`} onClick=${() => again(each.id)}>${t("Send again")}</button>`,
      ])} />` : html`<${Waiting} of=${list} />`}
  </section>`;
}

/** @param {{onClose: () => void}} props */
function NewWebhook({ onClose }) {
  const [url, setUrl] = useState("");
  const [events, setEvents] = useState("*");
  const [secret, setSecret] = useState("");
  const [fault, run, busy] = useTask();
  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    run(async () => {
      const made = await call("webhook.create", { url: url.trim(), events: events.split(/[\s,]+/).filter(Boolean) });
      if (made.secret) setSecret(made.secret);
      else onClose();
    });
  };
  if (secret) {
    return html`<${Dialog} label=${t("New webhook")} onClose=${onClose}>
      <div class="stack"><p>${t("Deliveries are signed with this secret (Standard Webhooks). It is shown this once.")}</p>
      <pre tabindex="0" role="group" aria-label=${t("Secret")}>${secret}</pre></div>
      <div class="row end"><button type="button" onClick=${() => copyText(secret)}>${t("Copy")}</button>
        <button type="button" class="primary" onClick=${onClose}>${t("Close")}</button></div>
    <//>`;
  }
  return html`<${Dialog} label=${t("New webhook")} onClose=${onClose}>
    <form onSubmit=${submit}>
      <label class="field"><span>URL</span><input type="text" inputmode="url" value=${url} onInput=${(/** @type {any} */ event) => setUrl(event.target.value)} /></label>
      <label class="field"><span>${t("Events, with commas between them; * is all")}</span>
        <input type="text" value=${events} onInput=${(/** @type {any} */ event) => setEvents(event.target.value)} /></label>
      <${Fault} text=${fault} />
      <div class="row end"><button type="button" onClick=${onClose}>${t("Cancel")}</button>
        <button type="submit" class="primary" disabled=${busy || !url.trim() || !events.trim()}>${t("Create")}</button></div>
    </form>
  <//>`;
}
