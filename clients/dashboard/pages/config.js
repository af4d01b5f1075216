/** Config: what `gateway.yaml` says, as a form; the difference is shown before it is saved. */
import { Fragment, classes, html, useMemo, useState } from "../lib/html.js";
import { call } from "../lib/net.js";
import { t } from "../lib/words.js";
import { Dialog } from "../parts/dialog.js";
import { Fault, Waiting, useCall } from "../parts/load.js";
import { PinField, explainPin, wantsPin } from "../parts/pin.js";
import { HIDDEN, fieldsOf, patchOf, read, shown } from "./config-fields.js";

/** @typedef {import("./config-fields.js").Field} Field */

export default function Config() {
  const document = useCall("config.get");
  const schema = useCall("config.schema");
  const [changes, setChanges] = useState(/** @type {Record<string, any>} */ ({}));
  const [filter, setFilter] = useState("");
  const [reviewing, setReviewing] = useState(false);
  const [said, setSaid] = useState("");
  const fields = useMemo(
    () => (schema.data && document.data ? fieldsOf(schema.data.schema, schema.data.schema, document.data.config, "") : []),
    [schema.data, document.data],
  );
  if (!document.data) return html`<${Waiting} of=${document} />`;
  if (!schema.data) return html`<${Waiting} of=${schema} />`;
  /** @param {Field} field @param {any} value */
  const put = (field, value) => {
    setSaid("");
    setChanges(({ [field.path]: _, ...rest }) => (JSON.stringify(value) === JSON.stringify(field.value) ? rest : { ...rest, [field.path]: value }));
  };
  const wanted = filter.trim().toLowerCase();
  const fits = fields.filter((field) => !wanted || `${field.path} ${field.about}`.toLowerCase().includes(wanted));
  const sections = [...new Set(fits.map((field) => field.path.split(".")[0] ?? ""))];
  const count = Object.keys(changes).length;
  return html`<${Fragment}>
    <div class="row">
      <label class="field"><span>${t("Filter")}</span>
        <input type="search" value=${filter} onInput=${(/** @type {any} */ event) => setFilter(event.target.value)} /></label>
      <span class="grow" />
      ${count > 0 && html`<button type="button" onClick=${() => setChanges({})}>${t("Discard changes")}</button>`}
      <button type="button" class="primary" disabled=${count === 0} onClick=${() => setReviewing(true)}>${t("Review changes")}</button>
    </div>
    ${said && html`<p role="status" class="card">${said}</p>`}
    ${sections.map((section) => html`<section class="card" key=${section}>
      <h2>${section}</h2>
      <div class="fields">${fits.filter((field) => field.path.split(".")[0] === section).map((field) => html`<${Input} key=${field.path}
        field=${field} value=${field.path in changes ? changes[field.path] : field.value} changed=${field.path in changes}
        onPut=${(/** @type {any} */ value) => put(field, value)} />`)}</div>
    </section>`)}
    ${reviewing && html`<${Review} fields=${fields} changes=${changes} restart=${schema.data.restart}
      onClose=${() => setReviewing(false)} onSaved=${(/** @type {any} */ answer) => {
        setReviewing(false);
        setChanges({});
        setSaid(answer.needsRestart?.length ? t("Saved. {paths} needs a restart.", { paths: answer.needsRestart.join(", ") }) : t("Saved; it applies now."));
        document.reload();
      }} />`}
  <//>`;
}

/** @param {{field: Field, value: any, changed: boolean, onPut: (value: any) => void}} props */
function Input({ field, value, changed, onPut }) {
  const [text, setText] = useState(/** @type {string | null} */ (null));
  const [fault, setFault] = useState(false);
  /** @param {any} event */
  const type = (event) => {
    setText(event.target.value);
    try {
      onPut(read(field, event.target.value));
      setFault(false);
    } catch {
      setFault(true);
    }
  };
  const name = field.path;
  const now = text !== null && (fault || changed) ? text : shown(field, value);
  const about = html`<span class="note">${field.about.replaceAll("`", "")}</span>`;
  if (field.kind === "check") {
    return html`<div class="field"><label class=${classes("field", "check", changed && "changed")}><span>${name}</span>
      <input type="checkbox" aria-label=${name} checked=${Boolean(value)} onChange=${(/** @type {any} */ event) => onPut(event.target.checked)} /></label>${about}</div>`;
  }
  if (field.kind === "choice") {
    return html`<label class=${classes("field", changed && "changed")}><span>${name}</span>
      <select aria-label=${name} value=${value ?? ""} onChange=${(/** @type {any} */ event) => onPut(event.target.value || null)}>
        ${field.optional && html`<option value="">–</option>`}
        ${field.choices.map((each) => html`<option key=${each} value=${each}>${each}</option>`)}
      </select>${about}</label>`;
  }
  return html`<label class=${classes("field", changed && "changed")}><span>${name}</span>
    <input type="text" aria-label=${name} aria-invalid=${String(fault)} inputmode=${field.kind === "number" ? "decimal" : "text"} spellcheck=${false}
      autocomplete="off" value=${now} onInput=${type} />${fault ? html`<span class="fault">${t("This can't be read.")}</span>` : about}</label>`;
}

/** @param {{fields: Field[], changes: Record<string, any>, restart: string[], onClose: () => void, onSaved: (answer: any) => void}} props */
function Review({ fields, changes, restart, onClose, onSaved }) {
  const [fault, setFault] = useState("");
  const [busy, setBusy] = useState(false);
  const [asking, setAsking] = useState(false);
  const [pin, setPin] = useState("");
  /** @param {Event} event */
  const save = async (event) => {
    event.preventDefault();
    setBusy(true);
    setFault("");
    try {
      onSaved(await call("config.update", { config: patchOf(changes), ...(asking ? { pin } : {}) }));
    } catch (error) {
      setAsking(wantsPin(error));
      setPin("");
      setFault(explainPin(error));
      setBusy(false);
    }
  };
  return html`<${Dialog} label=${t("Review changes")} wide onClose=${onClose}>
    <ul class="diff">${Object.entries(changes).map(([path, value]) => {
      const before = fields.find((field) => field.path === path)?.value;
      const waits = restart.some((each) => path === each || path.startsWith(`${each}.`));
      return html`<li key=${path}><strong>${path}</strong> ${waits && html`<span class="badge warn">${t("needs a restart")}</span>`}<br />
        <del>${JSON.stringify(before ?? null)}</del> → <ins>${before === HIDDEN ? HIDDEN : JSON.stringify(value)}</ins></li>`;
    })}</ul>
    <form onSubmit=${save}>
      <${Fault} text=${fault} />
      <div class="row end sticky">
        ${asking && html`<${PinField} value=${pin} onInput=${setPin} />`}
        <button type="button" onClick=${onClose}>${t("Cancel")}</button>
        <button type="submit" class="primary" disabled=${busy || (asking && !pin)}>${t("Save")}</button>
      </div>
    </form>
  <//>`;
}
