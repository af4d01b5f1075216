/** Tasks: what the gateway does at its time, and how it went. */
import { Fragment, html, useEffect, useState } from "../lib/html.js";
import { moment, pretty } from "../lib/format.js";
import { call, follow } from "../lib/net.js";
import { t } from "../lib/words.js";
import { Dialog } from "../parts/dialog.js";
import { Fault, Waiting, useCall, useTask } from "../parts/load.js";
import { Remove } from "../parts/remove.js";
import { Badge, Table } from "../parts/table.js";

export default function Tasks() {
  const list = useCall("task.list");
  const [making, setMaking] = useState(false);
  const [watched, setWatched] = useState("");
  const [fault, run, busy] = useTask();
  useEffect(() => {
    const leaving = new AbortController();
    follow({ topics: ["tasks"] }, (event) => {
      if (event.type.startsWith("task.")) list.reload();
    }, leaving.signal).catch(() => {});
    return () => leaving.abort();
  }, []);
  const tasks = list.data?.tasks ?? [];
  /** @param {string} method @param {object} params */
  const change = (method, params) => run(async () => {
    await call(method, params);
    await list.reload();
  });
  return html`<${Fragment}>
    ${!list.unknown && html`<div class="row"><button type="button" class="primary" onClick=${() => setMaking(true)}>${t("New task")}</button></div>`}
    <${Fault} text=${fault} />
    ${list.data ? html`<${Table} name=${t("Tasks")} heads=${["Task", "When", "Does", "Next", "Last", ""]} keys=${tasks.map((/** @type {any} */ each) => each.id)}
      empty=${t("There are no tasks yet.")} rows=${tasks.map((/** @type {any} */ each) => [
        html`<strong>${each.name}</strong>${!each.enabled && html` <${Badge} word="disabled" />`}`,
        html`<code>${each.schedule ?? (each.every ? `every ${each.every}` : each.at)}</code> <span class="note">${each.timezone ?? ""}</span>`,
        html`${each.action.type}<p class="note">${each.action.name ?? each.action.params?.content ?? ""}</p>`,
        each.nextRunAt ? moment(each.nextRunAt) : "–",
        each.lastStatus ? html`<${Badge} word=${each.lastStatus} />` : "",
        html`<div class="row">
          <button type="button" disabled=${busy} aria-label=${`${t("Run")} ${each.name}`} onClick=${() => change("task.run", { taskId: each.id })}>${t("Run")}</button>
          <button type="button" aria-label=${`${t("History")} ${each.name}`} onClick=${() => setWatched(each.id)}>${t("History")}</button>
          <button type="button" disabled=${busy} aria-label=${`${each.enabled ? t("Disable") : t("Enable")} ${each.name}`}
            onClick=${() => change("task.update", { taskId: each.id, enabled: !each.enabled })}>${each.enabled ? t("Disable") : t("Enable")}</button>
          <${Remove} label=${t("Delete {name}", { name: each.name })} text=${t("The task and its history are deleted.")} onYes=${() => change("task.delete", { taskId: each.id })} /></div>`,
      ])} />` : html`<${Waiting} of=${list} />`}
    ${watched && html`<${Runs} key=${watched} task=${watched} />`}
    ${making && html`<${NewTask} onClose=${() => { setMaking(false); list.reload(); }} />`}
  <//>`;
}

/** @param {{task: string}} props */
function Runs({ task }) {
  const list = useCall("task.runs", { taskId: task }, 5000);
  const runs = list.data?.runs ?? [];
  return html`<section class="card">
    <h2>${t("History")}</h2>
    ${list.data ? html`<${Table} name=${t("History")} heads=${["Due", "Began", "Status", "Output"]} empty=${t("It has not run yet.")}
      keys=${runs.map((/** @type {any} */ each, /** @type {number} */ at) => each.id ?? at)} rows=${runs.map((/** @type {any} */ each) => [
        moment(each.scheduledAt), each.startedAt ? moment(each.startedAt) : "", html`<${Badge} word=${each.status} />`,
        html`<span class="plain-text">${each.error ?? pretty(each.output ?? "")}</span>`,
      ])} />` : html`<${Waiting} of=${list} />`}
  </section>`;
}

/** @param {{onClose: () => void}} props */
function NewTask({ onClose }) {
  const [name, setName] = useState("");
  const [kind, setKind] = useState("schedule");
  const [when, setWhen] = useState("0 9 * * *");
  const [content, setContent] = useState("");
  const [fault, run, busy] = useTask();
  const timezone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    const action = { type: "message", params: { content } };
    if (await run(() => call("task.create", { name: name.trim(), [kind]: when.trim(), action, ...(kind === "schedule" ? { timezone } : {}) }))) onClose();
  };
  return html`<${Dialog} label=${t("New task")} onClose=${onClose}>
    <form onSubmit=${submit}>
      <label class="field"><span>${t("Name")}</span><input type="text" value=${name} onInput=${(/** @type {any} */ event) => setName(event.target.value)} /></label>
      <label class="field"><span>${t("Kind of time")}</span>
        <select value=${kind} onChange=${(/** @type {any} */ event) => setKind(event.target.value)}>
          <option value="schedule">${t("cron, in {zone}", { zone: timezone })}</option><option value="every">${t("at an interval: 30s, 5m, 2h, 1d")}</option>
          <option value="at">${t("once, at an ISO 8601 time")}</option>
        </select></label>
      <label class="field"><span>${t("When")}</span><input type="text" value=${when} onInput=${(/** @type {any} */ event) => setWhen(event.target.value)} /></label>
      <label class="field"><span>${t("What the agent is asked then")}</span>
        <textarea rows="3" value=${content} onInput=${(/** @type {any} */ event) => setContent(event.target.value)} /></label>
      <${Fault} text=${fault} />
      <div class="row end"><button type="button" onClick=${onClose}>${t("Cancel")}</button>
        <button type="submit" class="primary" disabled=${busy || !name.trim() || !when.trim() || !content.trim()}>${t("Create")}</button></div>
    </form>
  <//>`;
}
