/** Tokens: who may come in, and what for. */
import { Fragment, html, useState } from "../lib/html.js";
import { copyText } from "../lib/clipboard.js";
import { moment } from "../lib/format.js";
import { call } from "../lib/net.js";
import { t } from "../lib/words.js";
import { Dialog } from "../parts/dialog.js";
import { Fault, Waiting, useCall, useTask } from "../parts/load.js";
import { Remove } from "../parts/remove.js";
import { Badge, Table } from "../parts/table.js";

const SCOPES = ["read", "chat", "tools", "admin"];
const ENDS = [["", "never"], ["1h", "in an hour"], ["1d", "in a day"], ["30d", "in 30 days"], ["52w", "in a year"]];

export default function Tokens() {
  const list = useCall("token.list");
  const [making, setMaking] = useState(false);
  const [fault, run] = useTask();
  const tokens = list.data?.tokens ?? [];
  return html`<${Fragment}>
    <div class="row"><button type="button" class="primary" onClick=${() => setMaking(true)}>${t("New token")}</button></div>
    <${Fault} text=${fault} />
    ${list.data ? html`<${Table} name=${t("Tokens")} heads=${["Name", "User", "Scopes", "Made", "Ends", "Status", ""]}
      keys=${tokens.map((/** @type {any} */ each) => `${each.name} ${each.createdAt}`)} empty=${t("No tokens were made yet.")}
      rows=${tokens.map((/** @type {any} */ each) => [
        each.name, each.user, each.scopes.join(", "), moment(each.createdAt), each.expiresAt ? moment(each.expiresAt) : t("never"),
        html`<${Badge} word=${each.revoked ? "revoked" : "active"} />`,
        !each.revoked && html`<${Remove} verb="Revoke" label=${t("Revoke {name}", { name: each.name })}
          text=${t("Whoever uses this token is cut off at once.")}
          onYes=${() => run(async () => { await call("token.revoke", { name: each.name }); await list.reload(); })} />`,
      ])} />` : html`<${Waiting} of=${list} />`}
    ${making && html`<${NewToken} onClose=${() => { setMaking(false); list.reload(); }} />`}
  <//>`;
}

/** @param {{onClose: () => void}} props */
function NewToken({ onClose }) {
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState(["read", "chat"]);
  const [ends, setEnds] = useState("30d");
  const [made, setMade] = useState("");
  const [fault, run, busy] = useTask();
  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    run(async () => {
      const { token } = await call("token.create", { name: name.trim(), scopes, ...(ends ? { expiresIn: ends } : {}) });
      setMade(token);
    });
  };
  if (made) {
    return html`<${Dialog} label=${t("New token")} onClose=${onClose}>
      <div class="stack"><p>${t("This is the token. It is shown this once: copy it now.")}</p>
      <pre tabindex="0" role="group" aria-label=${t("Token")}>${made}</pre></div>
      <div class="row end"><button type="button" onClick=${() => copyText(made)}>${t("Copy")}</button>
        <button type="button" class="primary" onClick=${onClose}>${t("Close")}</button></div>
    <//>`;
  }
  return html`<${Dialog} label=${t("New token")} onClose=${onClose}>
    <form onSubmit=${submit}>
      <label class="field"><span>${t("Name")}</span>
        <input type="text" required maxlength="100" value=${name} onInput=${(/** @type {any} */ event) => setName(event.target.value)} /></label>
      <fieldset><legend>${t("Scopes")}</legend>
        ${SCOPES.map((scope) => html`<label key=${scope} class="field check"><span>${scope}</span>
          <input type="checkbox" checked=${scopes.includes(scope)}
            onChange=${() => setScopes((before) => (before.includes(scope) ? before.filter((each) => each !== scope) : [...before, scope]))} /></label>`)}
      </fieldset>
      <label class="field"><span>${t("Ends")}</span>
        <select value=${ends} onChange=${(/** @type {any} */ event) => setEnds(event.target.value)}>
          ${ENDS.map(([value, word]) => html`<option key=${value} value=${value}>${t(word ?? "")}</option>`)}
        </select></label>
      <${Fault} text=${fault} />
      <div class="row end"><button type="button" onClick=${onClose}>${t("Cancel")}</button>
        <button type="submit" class="primary" disabled=${busy || !name.trim() || scopes.length === 0}>${t("Create")}</button></div>
    </form>
  <//>`;
}
